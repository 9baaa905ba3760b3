"""A number is heard. Was it silent for so long, or is its SIM another one, that it may be in other hands (M6)?

Such a number is parted from its accounts: whoever calls is met as somebody new, and sees nothing of what was. The
accounts stay as they are, and a number is given back to one by whoever proves to be its owner (docs/decisions/0018).
"""

from datetime import timedelta

from sqlalchemy import delete, select, update

from core.base.database import Work
from core.base.dated import dated
from core.base.log import logger
from core.base.msisdn import Msisdn
from core.subscribers.codes import alone_with
from core.subscribers.model import (
    CHANGED_HANDS,
    PHONE,
    SILENT,
    SIM_CHANGED,
    Address,
    PayerName,
    Subscriber,
)

NEVER_SILENCE = timedelta(days=30)
"""Less is no silence, whatever `number.silent_days` says: the setting is not even read."""
NOTED_EVERY = timedelta(days=1)
"""A number that is heard all day is written down once."""


def hear(work: Work, *, msisdn: Msisdn) -> Subscriber | None:
    """The subscriber whose number this is, now that it calls. None: nobody that we may take the caller for."""
    found = _whose(work, msisdn)
    if found is not None and _was_silent(work, found[1]):
        alone_with(work, msisdn.digits)
        found = _whose(work, msisdn)  # another call at the same time may have parted it, and met somebody new
        if found is not None and _was_silent(work, found[1]):
            part(work, msisdn=msisdn, why=SILENT)
            return None
    if found is None:
        return None
    subscriber, number = found
    if number.seen_at is None or work.now - number.seen_at >= NOTED_EVERY:
        number.seen_at = work.now
    return subscriber


def sim_changed(work: Work, *, msisdn: Msisdn) -> None:
    """Word from the network that this number has another SIM than before."""
    part(work, msisdn=msisdn, why=SIM_CHANGED)


def part(work: Work, *, msisdn: Msisdn, why: str) -> None:
    """The number may be in other hands: it, and every chat that speaks for it, leaves all its accounts."""
    assert why in CHANGED_HANDS
    alone_with(work, msisdn.digits)
    work.session.flush()
    is_the_number = (Address.channel == PHONE) & (Address.external_id == msisdn.digits)
    parted = work.session.scalars(
        update(Address)
        .where(is_the_number | (Address.number == msisdn.digits), Address.unlinked_at.is_(None))
        .values(is_primary=False, unlinked_at=work.now, unlinked_why=why)
        .returning(Address.id)
        .execution_options(synchronize_session="fetch")
    ).all()
    forget_payer_name(work, msisdn)
    if parted:
        logger("subscribers").info("number_parted", why=why, addresses=len(parted), number=msisdn)


def forget_payer_name(work: Work, msisdn: Msisdn) -> None:
    """Whoever has the number from here on pays under a name of his own."""
    work.session.execute(delete(PayerName).where(PayerName.number == msisdn.digits))


def is_somebodys(work: Work, msisdn: Msisdn) -> bool:
    """Whether the number is on an account."""
    return _whose(work, msisdn) is not None


def _whose(work: Work, msisdn: Msisdn) -> tuple[Subscriber, Address] | None:
    found = work.session.execute(
        select(Subscriber, Address)
        .join(Subscriber.addresses)
        .where(Address.channel == PHONE, Address.external_id == msisdn.digits, Address.is_primary)
        .execution_options(populate_existing=True)
    ).first()
    return None if found is None else (found[0], found[1])


def _was_silent(work: Work, number: Address) -> bool:
    silence = work.now - (number.seen_at or number.created_at)
    if silence < NEVER_SILENCE:
        return False
    (days,) = dated(work, "number.silent_days")
    return silence > timedelta(days=days)
