"""Texts about who a number is: the code that proves it, and the news that an account's chats or numbers change.

They go by SMS to the number itself, and news of a change also to the person's other chats: whoever has taken one of
them must not be the only one who is told.
"""

from sqlalchemy import or_, select

from core.base.clock import NAIROBI
from core.base.database import OpensWork, Work
from core.base.email import Email, Reached, reached
from core.base.i18n import DEFAULT_LANGUAGE, LANGUAGES
from core.base.msisdn import Msisdn
from core.messaging.notify import notify
from core.messaging.template import Value
from core.messaging.templates import by_mail, in_chat
from core.subscribers import changes
from core.subscribers.codes import COLUMN, TABLE
from core.subscribers.meet import find
from core.subscribers.model import MAIL, PHONE, Address, ContactChange, SmsCode, Subscriber
from core.subscribers.queries import chats_of, language_of, numbers_of

CHANNEL_NAMES = {"telegram": "Telegram", "whatsapp": "WhatsApp"}


def send_code(deps: OpensWork, *, code_id: int) -> None:
    """Queue the text with a code, while it is any use, and forget the code: only its hash stays."""
    with deps.work() as work:
        code = work.session.get_one(SmsCode, code_id, with_for_update=True)
        if code.code_sealed is None or code.used_at is not None or work.now >= code.expires_at:
            return
        number = reached(code.number)
        clear = work.keyring.unseal(code.code_sealed, table=TABLE, column=COLUMN, row=code.id)
        notify(
            work,
            template="code" if isinstance(number, Msisdn) else by_mail("code"),
            address=number,
            subscriber_id=None,
            language=_language_for(work, code, number),
            values={"code": clear},
            dedupe_key=f"code:{code.id}",
        )
        code.code_sealed = None


def _language_for(work: Work, code: SmsCode, number: Reached) -> str:
    """What was spoken where it was asked for, else what the number's person speaks."""
    if code.language in LANGUAGES:
        return code.language
    return language_of(find(work, msisdn=number)) if isinstance(number, Msisdn) else DEFAULT_LANGUAGE


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
        for mailbox in _mailboxes_told(work, change):
            notify(
                work,
                template=by_mail(f"contacts_{change.kind}"),
                address=mailbox,
                subscriber_id=person.id,
                language=language_of(person),
                values=_values(change, person.account_no),
                dedupe_key=f"contacts:{change.id}:{mailbox.address}",
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


def _mailboxes_told(work: Work, change: ContactChange) -> list[Email]:
    """The mailbox that gets no more mail: its owner may be the person still."""
    if change.kind not in (changes.EMAIL_SET, changes.EMAIL_REMOVED):
        return []
    until_now = or_(Address.unlinked_at.is_(None), Address.unlinked_at >= change.asked_at)
    joins = change.kind == changes.EMAIL_SET
    found = work.session.scalars(
        select(Address.external_id)
        .distinct()
        .where(
            Address.subscriber_id == change.subscriber_id,
            Address.channel == MAIL,
            Address.proved_at.is_not(None),
            (Address.external_id != change.external_id) == joins,
            until_now,
        )
    )
    return sorted(map(Email, found))


def _values(change: ContactChange, account_no: str) -> dict[str, Value]:
    values: dict[str, Value] = {"account": account_no}
    if change.kind not in (changes.NUMBER_RESTORED, changes.EMAIL_NOTED):
        values["when"] = f"{change.due_at.astimezone(NAIROBI):%d/%m %H:%M}"
    if change.channel == PHONE:
        values["phone"] = Msisdn(change.external_id).masked
    elif change.channel == MAIL:
        values["email"] = Email(change.external_id).masked
    else:
        values["chat"] = CHANNEL_NAMES.get(change.channel, change.channel.title())
    return values
