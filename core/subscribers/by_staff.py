"""What staff do to a person's numbers, with the right to it, a reason, and an entry in the audit trail (M37).

The reason stands with the change, in staff's own words; the audit trail has ids alone.
"""

from sqlalchemy import select

from core.base.database import Work
from core.base.msisdn import Msisdn
from core.staff.acts import demand, stated
from core.staff.audit import Actor, note
from core.subscribers.changes import restore_number, undo_change
from core.subscribers.model import PHONE, Address, ContactChange


def undo_by_staff(work: Work, actor: Actor, *, change_id: int, subscriber_id: int, reason: str) -> None:
    """Take back a change of this person's numbers. Raises Refusal; NoResultFound where it is another's."""
    demand(actor, "change_contacts")
    words = stated(reason)
    change = work.session.scalars(
        select(ContactChange).where(
            ContactChange.id == change_id, ContactChange.subscriber_id == subscriber_id
        )
    ).one()
    undo_change(work, change_id=change.id, asked_by=named(actor))
    change.reason = words
    note(
        work,
        actor,
        "contact_change_undone",
        whom="subscriber",
        whom_id=subscriber_id,
        detail={"change": change_id},
    )


def restore_by_staff(work: Work, actor: Actor, *, address_id: int, subscriber_id: int, reason: str) -> None:
    """Give a number that was parted (M6) back to this person. Raises Refusal; NoResultFound for another's."""
    demand(actor, "change_contacts")
    words = stated(reason)
    number = work.session.scalars(
        select(Address.external_id).where(
            Address.id == address_id, Address.subscriber_id == subscriber_id, Address.channel == PHONE
        )
    ).one()
    change = restore_number(work, number=Msisdn(number), subscriber_id=subscriber_id, asked_by=named(actor))
    change.reason = words
    note(
        work,
        actor,
        "number_given_back",
        whom="subscriber",
        whom_id=subscriber_id,
        detail={"address": address_id, "change": change.id},
    )


def named(actor: Actor) -> str:
    """Who asked for a change, as it stands with it."""
    return f"staff:{actor.staff_id}"
