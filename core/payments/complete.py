"""A purchase whose money is there: its access begins, and its invoice is issued, or the open bill is bought."""

from datetime import timedelta

from core.base.clock import last_day, nairobi_day
from core.base.database import Work
from core.base.i18n import DEFAULT_LANGUAGE, render
from core.base.log import logger
from core.base.money import Money
from core.billing import change_plan, payday
from core.billing.account import ADJUSTED, BY_OFFER_CODE, adopt, open_bill, set_against
from core.billing.common_payday import days_to_join
from core.billing.credit import credit
from core.billing.data import add_topup, can_top_up
from core.billing.events import AccessChanged, PaidTimeStarted
from core.billing.exchange import change_now
from core.billing.invoice import fee_lines, invoice_purchase, issue
from core.billing.model import (
    AWAITING_NETWORK,
    CHANGE,
    ENDED,
    SERVED,
    SUSPENDED,
    TERM,
    Invoice,
    Purchase,
    Subscription,
)
from core.billing.moves import move
from core.billing.serve import lock_line, serve
from core.catalogue.labels import data_label, plan_term, term_label
from core.catalogue.model import HOTSPOT
from core.payments.events import GiftPaid, PaymentSettled
from core.vouchers.mint import mint

NETWORK_ANSWERS_WITHIN = timedelta(seconds=20)
"""A router that is there takes a second; after this a buyer starts to worry, and somebody looks."""
_PAYER = "SELECT payer_id FROM subscriptions WHERE id = %(line_id)s"
_STILL_OPEN = (
    "SELECT 1 FROM invoices WHERE id = %(bill_id)s AND open_cents > 0 AND purchase_id IS NULL FOR UPDATE"
)


def complete(work: Work, purchase: Purchase, *, customer_id: int, paid: Money | None = None) -> None:
    """Serve and invoice a purchase whose money stands on the customer's account. Rows are locked.

    paid: what the account gives for it where that is less than its price; the rest stays owed.
    """
    if purchase.plan.role == "topup":
        _complete_topup(work, purchase, customer_id)
    elif purchase.plan.kind == HOTSPOT:
        _complete_voucher(work, purchase, customer_id)
    elif purchase.purpose == TERM:
        _complete_line(work, purchase, customer_id, paid)
    else:
        _complete_change(work, purchase)
    logger("payments").info("settled", purchase=purchase.id, cents=purchase.price_cents)


def whose_money(work: Work, purchase: Purchase) -> int:
    """On whose account a purchase stands: the buyer's for vouchers; for a home line that of whoever pays for it, or of
    its owner."""
    if purchase.plan.kind == HOTSPOT or purchase.plan.role == "topup":
        return purchase.buyer_id
    if purchase.subscription_id is not None:
        row = work.within(_PAYER, {"line_id": purchase.subscription_id})
        if row is not None and row[0] is not None:
            return int(row[0])
    return purchase.beneficiary_id


def is_still_to_pay(work: Work, purchase: Purchase) -> bool:
    """Whether what was quoted is still there to be paid: a bill that something else paid meanwhile is not, nor a change
    of a period that is over."""
    if purchase.purpose != TERM:
        is_quoted = change_plan.is_still_quoted if purchase.purpose == CHANGE else payday.is_still_quoted
        return is_quoted(work, purchase)
    if purchase.plan.role == "topup":
        return can_top_up(work, purchase)
    return purchase.bill_id is None or work.within(_STILL_OPEN, {"bill_id": purchase.bill_id}) is not None


def _complete_voucher(work: Work, purchase: Purchase, customer_id: int) -> None:
    access = serve(work, purchase)
    mint(work, subscription_id=access.id, buyer_id=purchase.buyer_id, holder_id=purchase.beneficiary_id)
    if purchase.buyer_id != purchase.beneficiary_id:
        work.record(GiftPaid(purchase.id))
    work.record(PaymentSettled(purchase.id), after=NETWORK_ANSWERS_WITHIN)
    # Last, for everybody waits for the next number until this is committed.
    invoice_purchase(work, purchase, subscriber_id=customer_id, description=f"WiFi, {_term(purchase)}")


def _complete_topup(work: Work, purchase: Purchase, customer_id: int) -> None:
    """Data on top of what runs: there at once."""
    topup = add_topup(work, purchase)
    work.record(PaymentSettled(purchase.id), after=NETWORK_ANSWERS_WITHIN)
    work.record(PaidTimeStarted(purchase.id))
    description = f"{purchase.plan.name}, {data_label(topup.bytes)}"
    invoice_purchase(work, purchase, subscriber_id=customer_id, description=description)


def _complete_line(work: Work, purchase: Purchase, customer_id: int, paid: Money | None) -> None:
    renews = lock_line(work, purchase.subscription_id) if purchase.subscription_id is not None else None
    before = renews.paid_through if renews is not None else None
    pays_after = "postpaid" in (purchase.plan.billing, renews.plan.billing if renews is not None else "")
    bill = open_bill(work, renews.id) if renews is not None and renews.state != ENDED else None
    if bill is not None and (bill.subscriber_id != customer_id or _is_of_a_dark_month(work, bill, purchase)):
        bill = None
    if bill is None and pays_after:
        _keep_advance(work, purchase, renews, customer_id)
        return
    if bill is not None and renews is not None and pays_after:
        line = _keep_on(work, renews, purchase)
    else:
        line = serve(work, purchase)
    work.record(PaymentSettled(purchase.id), after=NETWORK_ANSWERS_WITHIN)
    is_on = purchase.state == SERVED and before is not None and line.paid_through is not None
    rest_due_at = line.paid_through if is_on else None
    if bill is not None:
        adopt(
            work,
            bill,
            purchase_id=purchase.id,
            price=purchase.price,
            paid=purchase.price if paid is None else paid,
            due_at=rest_due_at,
            why=BY_OFFER_CODE if purchase.discount_cents else ADJUSTED,
        )
        return
    period = days_to_join(purchase.plan, nairobi_day(purchase.created_at)) if renews is None else None
    if is_on and before is not None and line.paid_through is not None:
        period = (nairobi_day(before), last_day(line.paid_through))
    invoice_id = invoice_purchase(
        work,
        purchase,
        subscriber_id=customer_id,
        description=f"{purchase.plan.name}, {_term(purchase)}",
        period=period,
        paid=paid is None,
        due_at=before if is_on else None,  # as its bill would have been
    )
    if paid is not None:
        invoice = work.session.get_one(Invoice, invoice_id)
        set_against(work, invoice, paid, source=f"purchase:{purchase.id}")
        invoice.due_at = rest_due_at or work.now


def _keep_advance(work: Work, purchase: Purchase, renews: Subscription | None, customer_id: int) -> None:
    """Money before the bill of a line that is billed after the month: the period is invoiced when it is over, and is
    paid from this. Invoiced now is what a new line pays once."""
    if renews is None or renews.state == ENDED:
        serve(work, purchase)
    else:
        _keep_on(work, renews, purchase)
    work.record(PaymentSettled(purchase.id), after=NETWORK_ANSWERS_WITHIN)
    once = fee_lines(purchase)
    if once:
        issue(
            work,
            kind="sale",
            subscriber_id=customer_id,
            lines=once,
            subscription_id=purchase.subscription_id,
            purchase_id=purchase.id,
            paid=True,
        )


def _is_of_a_dark_month(work: Work, bill: Invoice, purchase: Purchase) -> bool:
    """After a cut that outlasted its common month, more is bought than the old bill was for: that is taken back."""
    if purchase.plan.fixed_anchor is None or purchase.price <= Money(bill.open_cents):
        return False
    credit(
        work, bill.id, reason="not served, another period was bought", source=f"purchase:{purchase.id}:bill"
    )
    return True


def _complete_change(work: Work, purchase: Purchase) -> None:
    """Time that runs already: its plan changes, or its end moves to the new payday."""
    assert purchase.subscription_id is not None
    line = lock_line(work, purchase.subscription_id)
    work.record(PaymentSettled(purchase.id), after=NETWORK_ANSWERS_WITHIN)
    work.record(PaidTimeStarted(purchase.id))
    if purchase.purpose == CHANGE:
        change_now(work, line, purchase.plan, purchase=purchase)
    else:
        payday.move_payday(work, purchase)


def _keep_on(work: Work, line: Subscription, purchase: Purchase) -> Subscription:
    """A period that was billed after it was used is paid: no time is added. A line that was cut for it comes back."""
    purchase.state, purchase.paid_at, purchase.served_at = SERVED, work.now, work.now
    if line.state == SUSPENDED:
        move(work, line, AWAITING_NETWORK, f"purchase {purchase.id}")
    if line.state == AWAITING_NETWORK or line.slowed_at is not None:
        line.slowed_at = None
        work.record(AccessChanged(line.id))
    work.record(PaidTimeStarted(purchase.id))
    return line


def _term(purchase: Purchase) -> str:
    plan = purchase.plan
    term = plan_term(plan) if plan.until_midnight else term_label(purchase.term_unit, purchase.term_count)
    return render(term, DEFAULT_LANGUAGE)
