"""Texts about who a number is: the code that proves it, and the news that an account's chats or numbers change.

They go by SMS to the number itself, and news of a change also to the person's other chats: whoever has taken one of
them must not be the only one who is told.
"""

from core.base.clock import NAIROBI
from core.base.database import OpensWork, Work
from core.base.i18n import DEFAULT_LANGUAGE, LANGUAGES
from core.base.msisdn import Msisdn
from core.messaging.notify import notify
from core.messaging.template import Value
from core.messaging.templates import in_chat
from core.subscribers import changes
from core.subscribers.codes import COLUMN, TABLE
from core.subscribers.meet import find
from core.subscribers.model import PHONE, ContactChange, SmsCode, Subscriber
from core.subscribers.queries import chats_of, language_of, numbers_of

CHANNEL_NAMES = {"telegram": "Telegram", "whatsapp": "WhatsApp"}


def send_code(deps: OpensWork, *, code_id: int) -> None:
    """Queue the text with a code, while it is any use, and forget the code: only its hash stays."""
    with deps.work() as work:
        code = work.session.get_one(SmsCode, code_id, with_for_update=True)
        if code.code_sealed is None or code.used_at is not None or work.now >= code.expires_at:
            return
        number = Msisdn(code.number)
        clear = work.keyring.unseal(code.code_sealed, table=TABLE, column=COLUMN, row=code.id)
        spoken = code.language if code.language in LANGUAGES else language_of(find(work, msisdn=number))
        notify(
            work,
            template="code",
            address=number,
            subscriber_id=None,
            language=spoken or DEFAULT_LANGUAGE,
            values={"code": clear},
            dedupe_key=f"code:{code.id}",
        )
        code.code_sealed = None


def tell_change(deps: OpensWork, *, change_id: int) -> None:
    """Tell a person of a change of chats or numbers, on every number but the one that joins, and in every
    other chat: who holds the number may not be the person any more."""
    with deps.work() as work:
        change = work.session.get_one(ContactChange, change_id)
        person = work.session.get_one(Subscriber, change.subscriber_id)
        for number in _told(work, change):
            notify(
                work,
                template=f"contacts_{change.kind}",
                address=number,
                subscriber_id=person.id,
                language=language_of(person),
                values=_values(change, person.account_no),
                dedupe_key=f"contacts:{change.id}:{number.digits}",
            )
        for number, channel in _chats_told(work, change):
            notify(
                work,
                template=in_chat(f"contacts_{change.kind}"),
                address=number,
                subscriber_id=person.id,
                language=language_of(person),
                values=_values(change, person.account_no),
                dedupe_key=f"contacts:{change.id}:{channel}",
                prefer=channel,
            )


def _told(work: Work, change: ContactChange) -> list[Msisdn]:
    """Whose phone rings: all numbers of the person, also one that has just left."""
    told = {own.number for own in numbers_of(work, change.subscriber_id)}
    if change.from_number is not None:
        told.add(Msisdn(change.from_number))
    if change.channel == PHONE:
        theirs = Msisdn(change.external_id)
        told = told | {theirs} if change.kind == changes.NUMBER_REMOVED else told - {theirs}
    return sorted(told)


def _chats_told(work: Work, change: ContactChange) -> list[tuple[Msisdn, str]]:
    """(a number of the person, channel) of every kind of chat that is linked, but for the chat that changes."""
    own = numbers_of(work, change.subscriber_id)
    if not own:
        return []
    channels = {
        chat.channel
        for chat in chats_of(work, change.subscriber_id)
        if (chat.channel, chat.external_id) != (change.channel, change.external_id)
    }
    return [(own[0].number, channel) for channel in sorted(channels)]


def _values(change: ContactChange, account_no: str) -> dict[str, Value]:
    values: dict[str, Value] = {"account": account_no}
    if change.kind != changes.NUMBER_RESTORED:
        values["when"] = f"{change.due_at.astimezone(NAIROBI):%d/%m %H:%M}"
    if change.channel == PHONE:
        values["phone"] = Msisdn(change.external_id).masked
    else:
        values["chat"] = CHANNEL_NAMES.get(change.channel, change.channel.title())
    return values
