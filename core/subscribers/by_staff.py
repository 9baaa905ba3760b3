"""What staff do to a person's numbers and mailbox, with the right to it, a reason, and an entry in the audit (M37).

The reason stands with the change, in staff's own words; the audit trail has ids alone.
"""

from sqlalchemy import select

from core.base.database import Work
from core.base.email import Email, parse_email
from core.base.errors import Refusal
from core.base.msisdn import Msisdn
from core.base.words import say
from core.staff.acts import demand, stated
from core.staff.audit import Actor, note
from core.subscribers.changes import EMAIL_NOTED, EMAIL_REMOVED, begin_change, restore_number, undo_change
from core.subscribers.model import MAIL, PHONE, Address, ContactChange
from core.subscribers.tax_pin import set_tax_pin


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


def set_tax_pin_by_staff(work: Work, actor: Actor, *, subscriber_id: int, pin: str, reason: str) -> None:
    """The KRA PIN that a person's invoices name from now on, as the person told it. Raises Refusal."""
    demand(actor, "change_contacts")
    stated(reason)
    set_tax_pin(work, subscriber_id=subscriber_id, pin=pin)
    note(work, actor, "tax_pin_set", whom="subscriber", whom_id=subscriber_id)


def note_email_by_staff(work: Work, actor: Actor, *, subscriber_id: int, email: str, reason: str) -> None:
    """Note the mailbox that a person has told us. It gets nothing before its code came back to the person, who is
    told of it: nobody's bills go where a clerk would have them (M37). Raises Refusal."""
    demand(actor, "change_contacts")
    words, mailbox = stated(reason), parse_email(email)
    if mailbox is None:
        raise Refusal(say("That is no e-mail address."))
    _change_email(work, actor, EMAIL_NOTED, subscriber_id, mailbox, words)


def remove_email_by_staff(
    work: Work, actor: Actor, *, address_id: int, subscriber_id: int, reason: str
) -> None:
    """No mail goes to this mailbox of the person any more. Raises Refusal; NoResultFound where it is no live one."""
    demand(actor, "change_contacts")
    words = stated(reason)
    address = work.session.scalars(
        select(Address.external_id).where(
            Address.id == address_id,
            Address.subscriber_id == subscriber_id,
            Address.channel == MAIL,
            Address.unlinked_at.is_(None),
        )
    ).one()
    _change_email(work, actor, EMAIL_REMOVED, subscriber_id, Email(address), words)


def _change_email(
    work: Work, actor: Actor, kind: str, subscriber_id: int, mailbox: Email, reason: str
) -> None:
    change = begin_change(
        work,
        kind=kind,
        subscriber_id=subscriber_id,
        channel=MAIL,
        external_id=mailbox.address,
        due_at=work.now,
        asked_by=named(actor),
    )
    change.reason = reason
    note(work, actor, kind, whom="subscriber", whom_id=subscriber_id, detail={"change": change.id})


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
