"""Who pays for a line that is another's: a landlord, an employer, a parent. One account, one payment, many lines.

The line's owner sees what is to be paid for the line and until when it is paid; of the payer's money, nothing.
"""

from sqlalchemy import select, text

from core.base.database import Work
from core.base.errors import Refusal
from core.base.words import say
from core.billing.account import IS_UNSERVED
from core.billing.credit import credit
from core.billing.model import ENDED, Invoice, Subscription
from core.billing.serve import lock_line
from core.billing.wake import wake_lines
from core.staff.acts import demand
from core.staff.audit import Actor, note

_LOCK_PEOPLE = text("SELECT id FROM subscribers WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE")


def set_payer(work: Work, actor: Actor, *, subscription_id: int, payer_id: int | None) -> None:
    """From now on `payer_id` pays for the line; None: its own subscriber. A bill that is open and whose period has not
    begun is taken back, for the new account is billed for it. What was used stays where it is owed. Raises Refusal."""
    demand(actor, "correct_money")
    line = work.session.get_one(Subscription, subscription_id)
    people = {line.subscriber_id, line.account_holder_id, payer_id or line.subscriber_id}
    work.session.execute(_LOCK_PEOPLE, {"ids": sorted(people)})
    line = lock_line(work, subscription_id)
    if line.state == ENDED:
        raise Refusal(say("That line has ended. Please buy it again from the menu."))
    if (payer_id or line.subscriber_id) == line.account_holder_id:
        raise Refusal(say("That account pays for the line already."))
    if line.plan.billing == "prepaid":
        _take_back_open_bills(work, line, actor)
    line.payer_id = payer_id if payer_id != line.subscriber_id else None
    wake_lines(work, line.account_holder_id)
    note(
        work,
        actor,
        "payer_set",
        whom="subscriber",
        whom_id=line.subscriber_id,
        detail={"subscription": line.id, "payer": payer_id},
    )


def _take_back_open_bills(work: Work, line: Subscription, actor: Actor) -> None:
    bills = work.session.scalars(
        select(Invoice)
        .where(Invoice.subscription_id == line.id, Invoice.open_cents > 0, text(IS_UNSERVED))
        .order_by(Invoice.id)
        .with_for_update()
    ).all()
    for bill in bills:
        credit(
            work,
            bill.id,
            reason="another account pays for the line",
            by_staff_id=actor.staff_id,
            source=f"payer:{line.id}:invoice:{bill.id}",
        )
