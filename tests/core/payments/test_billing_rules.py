"""The journal by example: each row of the billing rules' fourth section, and what it leaves on the accounts."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from core.base.money import Money
from core.billing.corrections import write_off
from core.billing.credit import credit
from core.billing.proration import part
from core.ledger.post import reverse
from core.payments.corrections import refund, resolve_suspense
from core.payments.gateway import Verdict
from core.payments.reversal import reverse_receipt
from tests.core.payments import said
from tests.factories import AMINA, a_bill, a_cashier, a_home_line, a_home_plan, a_subscriber

CHECKOUT = "ws_CO_000001"
Row = dict[str, Any]
OWNER = "receivable:1"


def billed(house: Any) -> None:
    with house.work() as work:
        a_bill(work, a_home_line(work, a_subscriber(work), a_home_plan(work)))


def received(house: Any) -> None:
    with house.work() as work:
        account_no = a_subscriber(work).account_no
    house.tell_c2b(said.c2b(account_no, shillings="1500.00"))
    house.run()


def owner_unknown(house: Any) -> None:
    house.tell_c2b(said.c2b("Mama Njeri", shillings="1500.00"))
    house.run()


def owner_found(house: Any) -> None:
    owner_unknown(house)
    with house.work() as work:
        resolve_suspense(
            work, a_cashier(work), item_id=1, subscriber_id=a_subscriber(work).id, reason="he called"
        )


def told_twice(house: Any) -> None:
    house.prompt()
    house.tell_stk(said.stk(CHECKOUT))
    house.tell_c2b(said.c2b(house.collection().reference))
    house.run()


def settled_by_query(house: Any) -> None:
    house.prompt()
    house.gateway.verdicts[CHECKOUT] = Verdict(paid=True, code="0")
    house.after(seconds=20)
    reference = house.collection().reference
    house.tell_c2b(said.c2b(reference))
    house.tell_c2b(said.c2b(reference, receipt="UKM2BBBBBB"))
    house.run()


def cancelled_then_paid(house: Any) -> None:
    house.prompt()
    house.tell_stk(said.stk(CHECKOUT, 1032))
    house.run()
    house.tell_stk(said.stk(CHECKOUT))
    house.run()


def another_amount(house: Any) -> None:
    house.prompt()
    house.tell_stk(said.stk(CHECKOUT, shillings=40))
    house.run()
    house.tell_status(said.status("conversation-1", shillings=40))
    house.run()


def a_voucher(house: Any) -> None:
    house.prompt()
    house.tell_stk(said.stk(CHECKOUT))
    house.run()


def paid_month(house: Any) -> None:
    billed(house)
    received(house)


def refunded(house: Any) -> None:
    paid_month(house)
    with house.work() as work:
        refund(
            work,
            a_cashier(work),
            receipt_id=1,
            amount=Money.shillings(500),
            reference="SGR7K2XQ9P",
            reason="too slow",
        )


def taken_back_by_payer(house: Any) -> None:
    paid_month(house)
    with house.work() as work:
        reverse_receipt(work, receipt_id=1, reason="told by the provider's list")


def dark_for_12_hours(house: Any) -> None:
    paid_month(house)
    with house.work() as work:
        outage = part(Money.shillings(1_500), 0, 12, 30 * 24)
        credit(work, 1, amount=outage, reason="12 hours dark", source="outage:1")


def written_off(house: Any) -> None:
    billed(house)
    house.clock.advance(timedelta(days=40))  # a debt only since its days have come
    with house.work() as work:
        write_off(work, None, invoice_id=1, reason="too little to ask for")


def mistaken(house: Any) -> None:
    received(house)
    with house.work() as work:
        reverse(work, source="receipt:mpesa:UKM1AAAAAA")
    with house.work() as work:
        assert work.scalar("SELECT count(*) FROM journal_entries") == 2


PPPOE = "revenue.pppoe:1"
A_MONTH = {PPPOE: -112_443, "tax.excise": -16_867, "tax.vat": -20_690}
A_VOUCHER = {"revenue.hotspot:0": -3_748, "tax.excise": -562, "tax.vat": -690}
ROWS: list[tuple[str, Callable[[Any], None], Row]] = [
    (
        "invoice 1,500 issued: Dr receivable 1,500.00, Cr revenue 1,124.43, Cr excise 168.67, Cr VAT 206.90",
        billed,
        {OWNER: 150_000, **A_MONTH},
    ),
    (
        "M-Pesa 1,500 received: Dr M-Pesa clearing 1,500, Cr receivable 1,500",
        received,
        {"clearing.mpesa": 150_000, OWNER: -150_000},
    ),
    (
        "owner unknown: Dr clearing, Cr suspense",
        owner_unknown,
        {"clearing.mpesa": 150_000, "suspense": -150_000},
    ),
    (
        "on resolution Dr suspense, Cr receivable; never from clearing twice",
        owner_found,
        {"clearing.mpesa": 150_000, OWNER: -150_000},
    ),
    (
        "same receipt by STK callback and by C2B: one entry",
        told_twice,
        {"clearing.mpesa": 5_000, **A_VOUCHER},
    ),
    (
        "settled by status query: the first C2B is that receipt, any further receipt is new money",
        settled_by_query,
        {"clearing.mpesa": 10_000, OWNER: -5_000, **A_VOUCHER},
    ),
    (
        "prompt cancelled (1032), success follows: credited as usual",
        cancelled_then_paid,
        {"clearing.mpesa": 5_000, **A_VOUCHER},
    ),
    (
        "amount other than asked, confirmed by status: the received amount is posted, the price does not change",
        another_amount,
        {"clearing.mpesa": 4_000, OWNER: -4_000},
    ),
    (
        "prepaid sale, voucher: invoice and payment in the same instant",
        a_voucher,
        {"clearing.mpesa": 5_000, **A_VOUCHER},
    ),
    (
        "refund 500: Dr revenue, excise, VAT in proportion, Cr receivable; then Dr receivable, Cr clearing",
        refunded,
        {"clearing.mpesa": 100_000, PPPOE: -74_962, "tax.excise": -11_245, "tax.vat": -13_793},
    ),
    (
        "reversal that the customer asked of Safaricom: entry reversed, unused time withdrawn",
        taken_back_by_payer,
        {},
    ),
    (
        "outage credit as money: 12 h of a 30-day 1,500 line = 25.00",
        dark_for_12_hours,
        {
            "clearing.mpesa": 150_000,
            OWNER: -2_500,
            PPPOE: -110_569,
            "tax.excise": -16_586,
            "tax.vat": -20_345,
        },
    ),
    ("write-off: Dr bad debt, Cr receivable", written_off, {"bad_debt": 150_000, **A_MONTH}),
    ("mistake: a reversing entry that names the first; both stay", mistaken, {}),
]


@pytest.mark.parametrize(("story", "stands"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_the_journal_by_example(house: Any, story: Callable[[Any], None], stands: Row) -> None:
    with house.work() as work:
        assert a_subscriber(work, AMINA).id == 1
    story(house)
    assert house.books() == stands
