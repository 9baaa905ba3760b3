"""Change a line's plan: up, now, by day and to the cent; down, with the next period. Quoted before it is agreed to.

Up within paid time, the rest of the old plan is credited and the rest of the new one charged. What is due is paid like
anything else: by a purchase, and the change happens when its money is there. Where no paid time runs (grace, cut off),
the next period is simply raised on the new plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from core.base.clock import last_day, nairobi_day, start_of_day
from core.base.database import Work
from core.base.errors import Refusal
from core.base.money import Money
from core.base.words import say
from core.billing.line_model import KEPT, NEXT, NOW, LinePlanChange
from core.billing.model import ACTIVE, CHANGE, GRACE, SUSPENDED, Invoice, Purchase, Subscription
from core.billing.plan_of_line import raise_again, set_next_plan
from core.billing.purchase import StepId, begin_line_order
from core.billing.serve import lock_line
from core.billing.stretches import Stretch, charge_of, credit_of, unserved
from core.catalogue.model import PPPOE, Plan
from core.catalogue.queries import NOT_ON_SALE

SAME_PLAN = say("You have that plan already.")
AGREED_ONLY = say("To pay after the month is agreed with our office. Please ask us.")
NOT_NOW = say("The plan cannot be changed now. When the line is on, please try again.")


@dataclass(frozen=True, slots=True)
class Quote:
    """What a change of plan does. when: now, next (with the next period), or kept (a change that was asked for is taken
    back). day: the first day of the new plan, where it is known. price: of a whole period on it."""

    when: str
    day: date | None
    credit: Money
    charge: Money
    price: Money

    @property
    def due(self) -> Money:
        """What is to be paid now; negative where a change of today is taken back."""
        return self.charge - self.credit


def quote(
    stretches: Sequence[Stretch], *, today: date, old: Money, new: Money, begun_at: Money | None, ends: date
) -> Quote:
    """A change on `today`, on values alone. old, new: prices of whole periods; begun_at: that of the plan with which
    the day began, where it was changed today already: down to there one may go back. ends: the last paid day."""
    if not stretches or new < (old if begun_at is None else min(old, begun_at)):
        return Quote(NEXT, ends + timedelta(days=1), Money(0), Money(0), new)
    return Quote(NOW, today, credit_of(stretches, today), charge_of(stretches, today, new), new)


def quote_change(work: Work, subscription_id: int, plan_id: int) -> Quote:
    """What changing the line to `plan_id` does at this moment. Raises Refusal where it cannot be changed to it."""
    line = work.session.get_one(Subscription, subscription_id)
    plan = work.session.get(Plan, plan_id)
    check_change(line, plan)
    assert plan is not None
    return quote_line(work, line, plan)


def check_change(line: Subscription, plan: Plan | None, *, agreed: bool = False) -> None:
    """Raises Refusal where the line cannot be changed to the plan at this moment. agreed: by our office, which alone
    may let somebody pay after the month."""
    if plan is None or line.plan.kind != PPPOE:
        raise Refusal(NOT_ON_SALE)
    if plan.id == line.plan_id:
        if line.next_plan_id is None or line.next_plan_from is not None:
            raise Refusal(SAME_PLAN)
        return
    at = {site.id for site in plan.sites}
    is_sold = plan.state == "on_sale" and (plan.kind, plan.role) == (PPPOE, "access")
    if not is_sold or (line.site_id is not None and line.site_id not in at):
        raise Refusal(NOT_ON_SALE)
    begins_credit = plan.billing == "postpaid" and line.plan.billing == "prepaid"
    if begins_credit and not agreed:
        raise Refusal(AGREED_ONLY)
    if line.state not in (ACTIVE, GRACE, SUSPENDED) or (begins_credit and line.state == SUSPENDED):
        raise Refusal(NOT_NOW)
    if line.next_plan_from is not None:
        day = f"{line.next_plan_from:%d/%m}"
        raise Refusal(say("Your next plan is paid already. Change again from {day} on.", day=day))


def quote_line(work: Work, line: Subscription, plan: Plan) -> Quote:
    """The quote of a change that was checked."""
    assert line.paid_through is not None, "it was on"
    today = nairobi_day(work.now)
    ends = max(last_day(line.paid_through), today - timedelta(days=1))
    if plan.id == line.plan_id:
        return Quote(KEPT, None, Money(0), Money(0), plan.price)
    stretches: list[Stretch] = []
    if (
        line.state == ACTIVE
        and line.plan.billing == plan.billing == "prepaid"
        and _same_term(line.plan, plan)
    ):
        stretches = unserved(work, line, today)
        if _is_of_others(work, line, stretches):
            stretches = []
    begun = _begun_today(work, line)
    return quote(
        stretches,
        today=today,
        old=line.plan.price,
        new=plan.price,
        begun_at=begun.price if begun is not None else None,
        ends=ends,
    )


def _is_of_others(work: Work, line: Subscription, stretches: Sequence[Stretch]) -> bool:
    """Whether another account paid for days to come: what they cost would come back to it, and not to who pays now."""
    ids = {stretch.invoice_id for stretch in stretches}
    paid = select(Invoice.id).where(Invoice.id.in_(ids), Invoice.subscriber_id != line.account_holder_id)
    return work.session.scalar(paid.limit(1)) is not None


def _same_term(one: Plan, other: Plan) -> bool:
    """Other terms begin with a period of their own."""
    return (one.term_unit, one.term_count, one.fixed_anchor) == (
        other.term_unit,
        other.term_count,
        other.fixed_anchor,
    )


def _begun_today(work: Work, line: Subscription) -> Plan | None:
    """The plan with which the day began, where it was changed today: several changes are one."""
    plan_id = work.session.scalar(
        select(LinePlanChange.from_plan_id)
        .where(
            LinePlanChange.subscription_id == line.id,
            LinePlanChange.kind == NOW,
            LinePlanChange.at >= start_of_day(nairobi_day(work.now)),
        )
        .order_by(LinePlanChange.id)
        .limit(1)
    )
    return work.session.get(Plan, plan_id) if plan_id is not None else None


# -- with the next period


def change_next(
    work: Work,
    subscription_id: int,
    plan_id: int,
    *,
    by_staff_id: int | None = None,
    agreed: bool = False,
) -> Subscription:
    """From the next period on, another plan; or the one it has: free to change one's mind. A bill that is open for that
    period is raised anew. The caller holds the account's row. Raises Refusal."""
    line = lock_line(work, subscription_id)
    plan = work.session.get(Plan, plan_id)
    check_change(line, plan, agreed=agreed)
    assert plan is not None
    kept = plan.id == line.plan_id
    if plan.id == line.next_plan_id:
        return line
    change = note_change(work, line, plan, kind=KEPT if kept else NEXT, by_staff_id=by_staff_id)
    set_next_plan(work, line, None if kept else plan.id)
    raise_again(work, line, plan, source=f"change:{change.id}")
    return line


# -- now


def order_change(
    work: Work, line: Subscription, quoted: Quote, *, plan_id: int, step: StepId, buyer_id: int
) -> Purchase:
    """The purchase that pays for a change now."""
    assert line.paid_through is not None
    days = (last_day(line.paid_through) - nairobi_day(work.now)).days + 1
    return begin_line_order(
        work,
        step=step,
        buyer_id=buyer_id,
        line=line,
        purpose=CHANGE,
        plan_id=plan_id,
        price=quoted.due,
        days=days,
    )


def is_still_quoted(work: Work, purchase: Purchase) -> bool:
    """Whether the change that a purchase was quoted for can still be made for its price: each day it costs less, but
    its period may be over, or renewed meanwhile."""
    assert purchase.subscription_id is not None
    try:
        now = quote_change(work, purchase.subscription_id, purchase.plan_id)
    except Refusal:
        return False
    return now.when == NOW and now.due <= purchase.price


def note_change(
    work: Work,
    line: Subscription,
    plan: Plan,
    *,
    kind: str,
    by_staff_id: int | None,
    purchase: Purchase | None = None,
    credit_cents: int = 0,
    charge_cents: int = 0,
) -> LinePlanChange:
    """Keep what was changed, when and by whom."""
    change = LinePlanChange(
        at=work.now,
        kind=kind,
        subscription_id=line.id,
        from_plan_id=line.plan_id,
        to_plan_id=plan.id,
        credit_cents=credit_cents,
        charge_cents=charge_cents,
        purchase_id=purchase.id if purchase is not None else None,
        by_staff_id=by_staff_id,
    )
    work.session.add(change)
    work.session.flush()
    return change
