"""An afternoon in the office, every few days: what staff correct, each with its reason."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import text

from bando.seed.past import Past
from core.base.errors import Refusal
from core.base.money import Money
from core.billing.corrections import dispute, end_dispute, goodwill, write_off
from core.billing.credit import credit
from core.ledger.post import lock_subscriber
from core.payments.corrections import refund, resolve_suspense
from core.payments.gateway import Paid
from core.payments.keep import suspend_money
from core.payments.own_money import use_money
from core.payments.receipts import take_receipt
from core.payments.reversal import reverse_receipt
from core.staff.audit import COMMAND_LINE

EVERY_DAYS = 5

_GONE = text(
    "SELECT i.id FROM invoices i JOIN subscriptions s ON s.id = i.subscription_id "
    "WHERE i.open_cents > 0 AND s.state = 'ended' ORDER BY i.id"
)
_HOME_SALE = text(
    "SELECT i.id, i.subscriber_id FROM invoices i JOIN subscriptions s ON s.id = i.subscription_id "
    "JOIN plans p ON p.id = s.plan_id WHERE p.kind = 'pppoe' AND p.billing = 'prepaid' AND i.open_cents = 0 "
    "AND i.credited_cents = 0 AND s.state = 'active' AND s.payer_id IS NULL AND i.issued_at > :since "
    "ORDER BY i.id DESC LIMIT 1"
)
_OPEN_BILL = text(
    "SELECT i.id FROM invoices i JOIN subscriptions s ON s.id = i.subscription_id WHERE i.open_cents > 0 "
    "AND i.kind = 'bill' AND i.purchase_id IS NULL AND s.state IN ('active', 'grace') AND s.payer_id IS NULL "
    "ORDER BY i.id DESC LIMIT 1"
)
_PAID = text(
    "SELECT r.id FROM receipts r JOIN collections c ON c.id = r.collection_id "
    "JOIN purchases p ON p.id = c.purchase_id JOIN plans n ON n.id = p.plan_id "
    "WHERE n.kind = :kind AND n.role = 'access' AND r.received_at > :since AND r.reversed_at IS NULL "
    "AND r.refunded_cents = 0 AND p.state = 'served' ORDER BY r.id DESC LIMIT 1"
)
_IN_SUSPENSE = text("SELECT id FROM suspense WHERE resolved_at IS NULL ORDER BY id LIMIT 1")


def work_in_the_office(past: Past, moment: datetime) -> None:
    """Debts of those who have gone are given up; then one of the day's cases."""
    past.at(moment)
    for invoice_id in past.work.session.scalars(_GONE).all():
        write_off(past.work, None, invoice_id=invoice_id, reason="the line has ended")
    number = past.staff_acts["afternoons"]
    past.staff_acts["afternoons"] += 1
    try:
        CASES[number % len(CASES)](past)
    except Refusal:
        return  # nobody was in that case


def credit_half_a_day(past: Past) -> None:
    found = past.work.session.execute(_HOME_SALE, _lately(past, 4)).one_or_none()
    if found is None:
        return
    lock_subscriber(past.work, found.subscriber_id)
    credit(past.work, found.id, amount=Money(2_500), reason="half a day without service", source=_key(past))


def be_sorry(past: Past) -> None:
    found = past.work.session.execute(_HOME_SALE, _lately(past, 9)).one_or_none()
    if found is not None:
        goodwill(
            past.work,
            COMMAND_LINE,
            subscriber_id=found.subscriber_id,
            amount=Money.shillings(100),
            reason="a long wait for the technician",
            key=_key(past),
        )


def refund_a_voucher(past: Past) -> None:
    """Somebody paid for a bundle and wants the money back."""
    receipt_id = past.work.session.scalar(_PAID, {"kind": "hotspot", **_lately(past, 2)})
    if receipt_id is not None:
        amount = _amount_of(past, receipt_id)
        refund(
            past.work,
            COMMAND_LINE,
            receipt_id=receipt_id,
            amount=amount,
            reference=past.draw_receipt(),
            reason="bought by mistake",
        )


def lose_a_payment(past: Past) -> None:
    """M-PESA gives a payer the money back: the time that is left ends, the used days are owed."""
    receipt_id = past.work.session.scalar(_PAID, {"kind": "pppoe", **_lately(past, 4)})
    if receipt_id is not None:
        reverse_receipt(past.work, receipt_id=receipt_id, reason="reversed by M-PESA")
        number = past.work.scalar("SELECT number FROM receipts WHERE id = :id", id=receipt_id)
        next(row for row in past.receipts if row["receipt"] == number)["reversed"] = True


def hear_a_complaint(past: Past) -> None:
    """A bill is disputed; the next time it is settled."""
    if past.disputed is not None:
        end_dispute(past.work, COMMAND_LINE, invoice_id=past.disputed)
        past.disputed = None
        return
    invoice_id = past.work.session.scalar(_OPEN_BILL)
    if invoice_id is not None:
        until = past.work.now + timedelta(days=6)
        dispute(
            past.work, COMMAND_LINE, invoice_id=invoice_id, reason="says it was paid in cash", until=until
        )
        past.disputed = invoice_id


def find_an_owner(past: Past) -> None:
    """Money that named nobody: what waits is given to its owner, and the next comes."""
    item_id = past.work.session.scalar(_IN_SUSPENSE)
    found = past.work.session.execute(_HOME_SALE, _lately(past, 9)).one_or_none()
    if item_id is not None:
        if found is None:
            return
        owner = found.subscriber_id
        resolve_suspense(
            past.work,
            COMMAND_LINE,
            item_id=item_id,
            subscriber_id=owner,
            reason="told us the receipt's number",
        )
        use_money(past.work, owner, why=_key(past))
    paid = Paid(
        past.draw_receipt(),
        Money.shillings(500),
        past.shortcode,
        account_text="WIFI",
        paid_at=past.work.now,
    )
    receipt = take_receipt(past.work, paid, provider="mpesa", subscriber_id=None, collection_id=None)
    assert receipt is not None, "its number was just drawn"
    suspend_money(past.work, receipt, reason="no such account")
    past.keep_for_sandbox(paid.receipt, paid.amount.minor, "254700000000", "WIFI")


def _key(past: Past) -> str:
    return f"past:{past.staff_acts['afternoons']}"


def _lately(past: Past, days: int) -> dict[str, datetime]:
    return {"since": past.work.now - timedelta(days=days)}


def _amount_of(past: Past, receipt_id: int) -> Money:
    cents = past.work.scalar("SELECT amount_cents FROM receipts WHERE id = :id", id=receipt_id)
    return Money(int(cents))


CASES: tuple[Callable[[Past], None], ...] = (
    credit_half_a_day,
    find_an_owner,
    refund_a_voucher,
    be_sorry,
    hear_a_complaint,
    lose_a_payment,
    hear_a_complaint,
    refund_a_voucher,
    credit_half_a_day,
    be_sorry,
)
