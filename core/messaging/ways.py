"""The ladder: the ways to reach a person, cheapest that confirms first, and which of them is to be tried next.

A chat that was written in lately, then SMS, then mail. Telegram tells nothing of what it took, so an urgent notice
goes there first only where the person waits for it there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import aliased

from core.base.database import Work
from core.base.dated import dated
from core.messaging.carrier import CHATS, EMAIL, SMS, WHATSAPP, Carrier
from core.messaging.model import AWAY, CLOSED, SENDING, UNKNOWN, Notice, NoticeTry
from core.messaging.settings import SmsSettings
from core.messaging.template import Purpose, Template
from core.messaging.templates import TEMPLATES
from core.subscribers.model import PHONE, Address

WINDOW, MARGIN = timedelta(hours=24), timedelta(minutes=10)
"""Free words are allowed in WhatsApp so long after the person wrote; taken for closed a little early, for the
message is still on its way."""
TRIES = 6
"""On one way, while its carrier is away."""
STUBBORN = (SMS, EMAIL)
"""After an unknown outcome tried once more: for what a person asked or paid for, a rare duplicate is better than
silence. A chat is not: there are other ways."""
URGENT = ".urgent"
STANDS_FOR = {"ussd": SMS}
"""Who dials may have no internet at all; a session cannot be written to, its phone can."""


@dataclass(frozen=True, slots=True)
class Way:
    """window_open: in free words; else as a template, which costs."""

    channel: str
    address: str
    window_open: bool = True
    confirms: bool = True
    cost_cents: int = 0


def ways_of(
    work: Work, notice: Notice, tries: Sequence[NoticeTry], carriers: Mapping[str, Carrier], sms: SmsSettings
) -> list[Way]:
    """Every way to this person, best first. A chat that was found closed on the way takes a template from then on."""
    form = TEMPLATES[notice.template]
    if form.mail_only:
        return [Way(EMAIL, notice.address, confirms=False)] if EMAIL in carriers else []
    by_sms = [Way(SMS, notice.address)] if SMS in carriers and sms.allows(notice.address) else []
    others = [] if form.sms_only else _other_addresses(work, notice.subscriber_id, carriers)
    if not others:
        return [] if form.chat_only else by_sms
    found = [
        _priced(work, way, carriers[way.channel], notice.parts or 1)
        for way in [*(_way_of(work, address, tries) for address in others), *by_sms]
    ]
    wanted = STANDS_FOR.get(notice.prefer or "", notice.prefer)
    if form.chat_only:
        return [way for way in found if way.channel == wanted]
    return sorted(
        found,
        key=lambda way: (
            way.channel != wanted,
            way.channel == EMAIL,
            form.urgent and not way.confirms,
            way.cost_cents,
            not way.confirms,
        ),
    )


def _other_addresses(
    work: Work, subscriber_id: int | None, carriers: Mapping[str, Carrier]
) -> Sequence[Address]:
    """The person's chats that were written in lately, newest first, and a proved mailbox; none that the
    person has closed, nor a chat whose number is another's by now (threats M6)."""
    channels = [channel for channel in (*CHATS, EMAIL) if channel in carriers]
    if subscriber_id is None or not channels:
        return []
    number = aliased(Address)
    still_has_the_number = (
        select(number.id)
        .where(
            number.channel == PHONE,
            number.external_id == Address.number,
            number.subscriber_id == Address.subscriber_id,
            number.unlinked_at.is_(None),
        )
        .exists()
    )
    found = work.session.scalars(
        select(Address)
        .where(
            Address.subscriber_id == subscriber_id,
            Address.channel.in_(channels),
            Address.unlinked_at.is_(None),
            Address.off_at.is_(None),
            or_(
                and_(Address.channel == EMAIL, Address.proved_at.is_not(None)),
                and_(Address.is_primary, still_has_the_number),
            ),
        )
        .order_by(Address.last_inbound_at.desc().nulls_last(), Address.id.desc())
    ).all()
    if not found:
        return []
    (days,) = dated(work, "chat.lately_days")
    since = work.now - timedelta(days=days)
    return [
        address
        for address in found
        if address.channel == EMAIL or (address.last_inbound_at or address.created_at) > since
    ]


def _way_of(work: Work, address: Address, tries: Sequence[NoticeTry]) -> Way:
    wrote_at, id_there = address.last_inbound_at, address.external_id
    is_open = wrote_at is not None and work.now < wrote_at + WINDOW - MARGIN
    was_closed = any(each.state == CLOSED and each.address == id_there for each in tries)
    return Way(address.channel, id_there, address.channel != WHATSAPP or (is_open and not was_closed))


def _priced(work: Work, way: Way, carrier: Carrier, parts: int) -> Way:
    cost = carrier.cost_cents(work, parts=parts, window_open=way.window_open)
    return Way(way.channel, way.address, way.window_open, carrier.confirms, cost)


def patience(work: Work, form: Template, ways: Sequence[Way]) -> dict[str, timedelta]:
    """How long each channel may be away, before another is tried. Asked for only where there is another."""
    if len(ways) < 2:
        return {}
    channels = sorted({way.channel for way in ways})
    end = URGENT if form.urgent else ""
    seconds = dated(work, *(f"patience.{channel}{end}" for channel in channels))
    return {channel: timedelta(seconds=found) for channel, found in zip(channels, seconds, strict=True)}


def confirmed_within(work: Work, form: Template, ahead: Sequence[Way]) -> timedelta | None:
    """How long the first of these ways has to confirm that it arrived, before the next is tried too. None: what it
    took is left at that, for it never confirms, or there is no other, or it is an offer."""
    if len(ahead) < 2 or not ahead[0].confirms or form.purpose is Purpose.MARKETING:
        return None
    (seconds,) = dated(work, f"confirmed_within.{ahead[0].channel}{URGENT if form.urgent else ''}")
    return timedelta(seconds=seconds)


def open_ways(
    ways: Sequence[Way], tries: Sequence[NoticeTry], form: Template, patience: Mapping[str, timedelta]
) -> list[Way]:
    """The ways that are not spent, the one to be tried next first; none: the ladder has ended.

    A way is spent when its carrier has taken or refused the notice; when its outcome stayed unknown; when its
    carrier was away too often. A carrier that is away for longer than its patience gives way to the others.
    """
    if form.purpose is Purpose.MARKETING and any(each.state == UNKNOWN for each in tries):
        return []
    unspent = [way for way in ways if not _is_spent(way, _tries_on(way, tries))]
    hopeful = [way for way in unspent if _is_back_in_time(_tries_on(way, tries), patience.get(way.channel))]
    rest = sorted((way for way in unspent if way not in hopeful), key=lambda way: len(_tries_on(way, tries)))
    return [*hopeful, *rest]


def _tries_on(way: Way, tries: Sequence[NoticeTry]) -> list[NoticeTry]:
    return [
        each
        for each in tries
        if (each.channel, each.address, each.window_open) == (way.channel, way.address, way.window_open)
    ]


def _is_spent(way: Way, tries: Sequence[NoticeTry]) -> bool:
    unknowns = sum(each.state == UNKNOWN for each in tries)
    decided = any(each.state not in (AWAY, UNKNOWN, SENDING) for each in tries)
    return decided or unknowns > (way.channel in STUBBORN) or len(tries) >= TRIES


def _is_back_in_time(tries: Sequence[NoticeTry], patience: timedelta | None) -> bool:
    """Whether the next try on this way, after its pause, is still within its patience."""
    aways = [each for each in tries if each.again_at is not None]
    if not aways or patience is None:
        return True
    last: datetime | None = aways[-1].again_at
    assert last is not None
    return last <= aways[0].begun_at + patience
