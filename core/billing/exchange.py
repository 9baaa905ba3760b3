"""A change of plan within paid time: a credit note for the rest of the old, an invoice for that of the new."""

from collections.abc import Sequence
from datetime import date

from core.base.clock import last_day, nairobi_day
from core.base.database import Work
from core.base.errors import Refusal
from core.base.money import Money
from core.billing.account import own_money, pay_from_own
from core.billing.change_plan import NOT_NOW, check_change, note_change, quote_line
from core.billing.credit import credit, left_of
from core.billing.data import follow_plan
from core.billing.invoice import InvoiceLineDraft, issue
from core.billing.line_model import NOW, LinePlanChange, PlanChangePart
from core.billing.model import SERVED, Invoice, Purchase, Subscription
from core.billing.plan_of_line import raise_again, set_plan
from core.billing.stretches import Stretch, charge_of, credit_of, unserved
from core.catalogue.model import Plan
from core.ledger.accounts import revenue


def change_now(
    work: Work,
    line: Subscription,
    plan: Plan,
    *,
    purchase: Purchase | None = None,
    by_staff_id: int | None = None,
) -> LinePlanChange:
    """Change a (locked) line's plan today: a credit note for the rest of the old, an invoice for that of the new.

    The account gives what it has for it. The caller holds its row. Raises Refusal.
    """
    check_change(line, plan)
    quoted = quote_line(work, line, plan)
    if quoted.when != NOW:
        raise Refusal(NOT_NOW)
    return exchange(work, line, plan, purchase=purchase, by_staff_id=by_staff_id)


def exchange(
    work: Work,
    line: Subscription,
    plan: Plan,
    *,
    purchase: Purchase | None = None,
    by_staff_id: int | None = None,
) -> LinePlanChange:
    """The change itself, up or down: of every day from today on."""
    today = nairobi_day(work.now)
    stretches = unserved(work, line, today)
    change = note_change(
        work,
        line,
        plan,
        kind=NOW,
        by_staff_id=by_staff_id,
        purchase=purchase,
        credit_cents=credit_of(stretches, today).minor,
        charge_cents=charge_of(stretches, today, plan.price).minor,
    )
    for invoice_id, amount in _by_invoice(stretches, today).items():
        amount = min(amount, left_of(work, invoice_id))
        if amount.is_positive:
            credit(
                work,
                invoice_id,
                amount=amount,
                reason="not served, the plan was changed",
                by_staff_id=by_staff_id,
                source=f"change:{change.id}:invoice:{invoice_id}",
            )
    set_plan(work, line, plan.id)
    follow_plan(work, line)
    invoice = _charge(work, line, plan, change, today, purchase)
    if invoice is not None:
        work.session.add_all([_part(stretch, change, invoice, plan, today) for stretch in stretches])
    if purchase is not None:
        purchase.state, purchase.paid_at, purchase.served_at = SERVED, work.now, work.now
    work.session.flush()
    raise_again(work, line, plan, source=f"change:{change.id}")
    return change


def _by_invoice(stretches: Sequence[Stretch], today: date) -> dict[int, Money]:
    found: dict[int, Money] = {}
    for stretch in stretches:
        found[stretch.invoice_id] = found.get(stretch.invoice_id, Money(0)) + stretch.credit_from(today)
    return found


def _charge(
    work: Work,
    line: Subscription,
    plan: Plan,
    change: LinePlanChange,
    today: date,
    purchase: Purchase | None,
) -> Invoice | None:
    amount = Money(change.charge_cents)
    if not amount.is_positive:
        return None
    assert line.paid_through is not None
    ends = last_day(line.paid_through)
    holder_id = line.account_holder_id
    covered = own_money(work, holder_id) >= amount
    invoice = issue(
        work,
        kind="change",
        subscriber_id=holder_id,
        lines=[
            InvoiceLineDraft(
                f"{plan.name}, {today:%d/%m/%Y} - {ends:%d/%m/%Y}",
                amount,
                plan.id,
                revenue(plan.kind, line.site_id),
            )
        ],
        subscription_id=line.id,
        period=(today, ends),
        due_at=work.now,
        purchase_id=purchase.id if purchase is not None else None,
        paid=covered,
    )
    if not covered:
        pay_from_own(work, invoice, source=f"change:{change.id}")
    return invoice


def _part(
    stretch: Stretch, change: LinePlanChange, invoice: Invoice, plan: Plan, today: date
) -> PlanChangePart:
    return PlanChangePart(
        change_id=change.id,
        purchase_id=stretch.purchase_id,
        invoice_id=invoice.id,
        price_cents=plan.price_cents,
        from_mark=stretch.mark + stretch.used_before(today),
        to_mark=stretch.mark + stretch.days,
        of_days=stretch.of,
    )
