"""Chats: who writes there, which number the chat speaks for, and how the two came together.

A chat is an address of its subscriber. What a channel vouches for, and what a person shares there, is a dated claim
(M22): level 1. A code that came back is level 2, of the chat and of its number.
"""

from dataclasses import dataclass

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import aliased

from core.base.database import Work
from core.base.i18n import DEFAULT_LANGUAGE, LANGUAGES
from core.base.msisdn import Msisdn
from core.subscribers.changes import CHAT_LINKED, tell
from core.subscribers.codes import alone_with, begin_code, take_code
from core.subscribers.hear import hear
from core.subscribers.meet import meet, prove_number
from core.subscribers.model import ASKED, CODE, OTHER_NUMBER, PHONE, VOUCHED, Address, Subscriber
from core.subscribers.proof import COOLING, PROVES_NOTHING, level_of

__all__ = [
    "Known",
    "begin_code",
    "link",
    "mark_off",
    "mark_on",
    "prove_chat",
    "recognise",
    "take_code",
    "unlink",
]

SENT_BY_THE_PHONE = ("sms",)
"""Channels where the message comes from the SIM itself, as far as anybody can say: there the number is heard."""


@dataclass(frozen=True, slots=True)
class Known:
    """Whose chat this is. level: see core.subscribers.proof."""

    subscriber_id: int
    number: Msisdn
    level: int
    address_id: int


def recognise(
    work: Work,
    *,
    channel: str,
    external_id: str,
    also: str = "",
    vouched: Msisdn | None = None,
    language: str = "",
) -> Known | None:
    """Who writes, and note that they did. None: no number is known for this chat.

    vouched: the number that the channel names with this message; the person is met by it, and where it is another
    than before, the chat leaves its former account first. language: the channel's guess, for somebody new.
    """
    found = _live(work, channel, external_id, also)
    if vouched is not None and (channel in SENT_BY_THE_PHONE or found is None):
        hear(work, msisdn=vouched)  # which may part the number from what it had, this chat with it
        found = _live(work, channel, external_id, also)
    if found is not None and vouched is not None and found[0].number != vouched.digits:
        _leave(work, found[0], OTHER_NUMBER)
        found = None
    if found is None and vouched is not None:
        found = _join(work, channel, external_id, also, vouched, language)
    if found is None:
        return None
    chat, number = found
    if also and chat.external_id == also:
        chat.external_id = external_id  # it was known by its second id alone
    chat.also = also or chat.also
    chat.seen_at = chat.last_inbound_at = work.now
    chat.off_at = None
    return Known(chat.subscriber_id, Msisdn(number.external_id), level_of(work.now, number, chat), chat.id)


def link(
    work: Work, *, channel: str, external_id: str, number: Msisdn, how: str, language: str = ""
) -> Known:
    """This chat speaks for `number` from now on. how: CONTACT (shared there) or CODE (a code came back).

    It leaves the account that it spoke for before, if that is another. The person is told on the number.
    """
    alone_with(work, f"{channel}:{external_id}")
    person = hear(work, msisdn=number) or meet(work, msisdn=number)
    _learn_language(person, language)
    found = _live(work, channel, external_id, "")
    chat = found[0] if found is not None else None
    if chat is not None and (chat.number, chat.subscriber_id) != (number.digits, person.id):
        _leave(work, chat, OTHER_NUMBER)
        chat = None
    if chat is None:
        chat = _new_chat(work, channel, external_id, number, person, how)
        tell(work, kind=CHAT_LINKED, subscriber_id=person.id, channel=channel, external_id=external_id)
    if how == CODE:
        prove_number(work, subscriber_id=person.id, msisdn=number)
        prove_chat(work, channel=channel, external_id=external_id)
    work.session.flush()
    own = work.session.scalars(
        select(Address).where(
            Address.channel == PHONE, Address.external_id == number.digits, Address.is_primary
        )
    ).one()
    return Known(person.id, number, level_of(work.now, own, chat), chat.id)


def prove_chat(work: Work, *, channel: str, external_id: str) -> None:
    """A code came back in this chat."""
    found = _live(work, channel, external_id, "")
    if found is not None and channel not in PROVES_NOTHING:
        found[0].level, found[0].proved_at, found[0].linked_how = 2, work.now, CODE


def unlink(work: Work, *, channel: str, external_id: str) -> None:
    """This chat speaks for nobody from now on."""
    alone_with(work, f"{channel}:{external_id}")
    found = _live(work, channel, external_id, "")
    if found is not None:
        _leave(work, found[0], ASKED)


def mark_off(work: Work, *, channel: str, external_id: str) -> None:
    """The person has blocked us there."""
    found = _live(work, channel, external_id, "")
    if found is not None:
        found[0].off_at = found[0].off_at or work.now


def mark_on(work: Work, *, channel: str, external_id: str) -> None:
    """The person has let us in again."""
    found = _live(work, channel, external_id, "")
    if found is not None:
        found[0].off_at = None


_NUMBER = aliased(Address)
# Asked at every message, and made once: to make it takes longer than to ask.
_LIVE = (
    select(Address, _NUMBER)
    .join(
        _NUMBER,
        and_(
            _NUMBER.channel == PHONE,
            _NUMBER.external_id == Address.number,
            _NUMBER.subscriber_id == Address.subscriber_id,
            _NUMBER.unlinked_at.is_(None),
        ),
    )
    .where(
        Address.channel == bindparam("channel"),
        Address.is_primary,
        or_(
            Address.external_id.in_([bindparam("external_id"), bindparam("also")]),
            and_(Address.also == bindparam("external_id"), Address.also != ""),
        ),
    )
    .order_by((Address.external_id == bindparam("external_id")).desc(), Address.id)
    .limit(1)
)


def _live(work: Work, channel: str, external_id: str, also: str) -> tuple[Address, Address] | None:
    """The chat's row and that of its number, which must be the same person's still. The chat may be known by its
    second id alone, and a message may name that alone."""
    asked = {"channel": channel, "external_id": external_id, "also": also or external_id}
    found = work.session.execute(_LIVE, asked).first()
    return None if found is None else (found[0], found[1])


def _join(
    work: Work, channel: str, external_id: str, also: str, number: Msisdn, language: str
) -> tuple[Address, Address] | None:
    """A chat whose channel names the number itself. None where another chat spoke for that number there before: the
    number's account on that channel has begun anew, maybe with another person, and only a code tells (M22)."""
    alone_with(work, f"{channel}:{external_id}")
    others = work.session.scalars(
        select(Address).where(
            Address.channel == channel,
            Address.number == number.digits,
            Address.external_id.not_in({external_id, also or external_id}),
            Address.also != external_id,
        )
    ).all()
    for other in others:
        if other.is_primary:
            _leave(work, other, OTHER_NUMBER)
    if others:
        return None
    person = meet(work, msisdn=number)
    if language != DEFAULT_LANGUAGE:  # phones speak it unasked; any other was somebody's choice
        _learn_language(person, language)
    if _live(work, channel, external_id, "") is None:
        _new_chat(work, channel, external_id, number, person, VOUCHED)
    return _live(work, channel, external_id, "")


def _new_chat(
    work: Work, channel: str, external_id: str, number: Msisdn, person: Subscriber, how: str
) -> Address:
    work.session.flush()
    stale = select(Address).where(
        Address.channel == channel, Address.external_id == external_id, Address.is_primary
    )
    for row in work.session.scalars(stale):  # of a number that has left meanwhile
        _leave(work, row, OTHER_NUMBER)
    chat = Address(
        subscriber_id=person.id,
        channel=channel,
        external_id=external_id,
        is_primary=True,
        number=number.digits,
        linked_how=how,
        level=1,
        created_at=work.now,
        seen_at=work.now,
        last_inbound_at=work.now,
        cooling_until=work.now + COOLING,
    )
    work.session.add(chat)
    work.session.flush()
    return chat


def _leave(work: Work, chat: Address, why: str) -> None:
    chat.is_primary, chat.unlinked_at, chat.unlinked_why = False, work.now, why
    work.session.flush()


def _learn_language(person: Subscriber, language: str) -> None:
    if not person.language and language in LANGUAGES:
        person.language = language
