"""Offer codes: held while M-PESA asks, spent when the money comes, given back when it does not; no more uses than there
are, and no more taken off than was shown."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from core.base.errors import Refusal
from core.base.money import Money
from core.base.settings import Brand, Seller
from core.billing.coupon_use import NO_SUCH_CODE, TOO_MANY_CODES, try_code
from core.billing.credit import credit
from core.billing.model import Invoice, InvoiceLine
from core.billing.paper.facts import Letterhead, invoice_paper
from core.catalogue.coupon_model import Coupon
from core.catalogue.coupons import CouponDraft, make_coupon, retire_coupon
from core.catalogue.model import Plan
from core.catalogue.price_model import PlanFee
from core.payments.model import Collection
from tests.core.payments import said
from tests.factories import (
    AMINA,
    JUMA,
    OTIENO,
    a_bill,
    a_cashier,
    a_collection,
    a_home_line,
    a_home_plan,
    a_hotspot_plan,
    a_subscriber,
)

CHECKOUT = "ws_CO_000001"
CODE = "SAVE20"


def coupon(house: Any, **changes: Any) -> int:
    with house.work() as work:
        plain: dict[str, Any] = {
            "code": CODE,
            "percent": 20,
            "from_at": work.now,
            "until_at": work.now + timedelta(days=7),
            "uses_in_all": 100,
        }
        if "amount" in changes:
            del plain["percent"]
        return make_coupon(
            work, a_cashier(work), draft=CouponDraft(**(plain | changes)), reason="Jamhuri Day"
        ).id


def typed(house: Any, code: str, payer: Any = AMINA, *, plan: Any = None) -> Any:
    with house.work() as work:
        return try_code(
            work,
            typed=code,
            subscriber_id=a_subscriber(work, payer).id,
            plan_id=(plan or a_hotspot_plan(work)).id,
            site_id=None,
            price=Money.shillings(50),
        )


def test_what_was_shown_is_what_is_paid_and_taxed(house: Any) -> None:
    coupon(house)
    house.prompt(coupon=CODE)
    assert (house.collection().amount_cents, house.purchase().price_cents) == (4_000, 4_000)
    house.tell_stk(said.stk(CHECKOUT, shillings=40))
    house.run()
    house.is_served_once()
    (line,) = house.all(InvoiceLine)
    assert (line.total_cents, line.discount_cents) == (4_000, 1_000)
    # A discount lowers the price before tax is taken out of it: the taxes are those of 40.
    assert house.books() == {
        "clearing.mpesa": 4_000,
        "revenue.hotspot:0": -2_998,
        "tax.excise": -450,
        "tax.vat": -552,
    }
    with house.work() as work:
        credit(work, house.all(Invoice)[0].id, reason="paid back", source="test")
    assert house.books() == {"clearing.mpesa": 4_000, f"receivable:{house.purchase().buyer_id}": -4_000}


def test_a_use_is_given_back_when_the_payment_fails(house: Any) -> None:
    coupon(house, uses_in_all=1)
    house.prompt(coupon=CODE)
    with pytest.raises(Refusal):
        house.begin(JUMA, coupon=CODE)
    house.tell_stk(said.stk(CHECKOUT, 1032))
    house.run()
    assert house.begin(JUMA, coupon=CODE)


def test_a_late_success_is_honoured_though_the_last_use_went_to_another(house: Any) -> None:
    coupon(house, uses_in_all=1)
    house.prompt(coupon=CODE)
    house.tell_stk(said.stk(CHECKOUT, 1032))
    house.run()
    house.prompt(JUMA, coupon=CODE)
    house.clock.advance(timedelta(days=8))  # and the code is over
    house.tell_stk(said.stk(CHECKOUT, shillings=40))
    house.run()
    assert [one.price_cents for one in house.all(Invoice) for one in [house.purchase()]] == [4_000]
    assert (house.purchase().state, house.collection().state) == ("paid", "paid")
    with pytest.raises(Refusal):
        house.begin(OTIENO, coupon=CODE)


def test_two_who_want_the_last_use_at_once(house: Any) -> None:
    coupon(house, uses_in_all=1)
    with house.work() as work:
        plan_id = a_hotspot_plan(work).id
        for payer in (AMINA, JUMA, OTIENO):
            a_subscriber(work, payer)

    def ask(payer: Any) -> bool:
        try:
            with house.work() as work:
                a_collection(work, work.session.get_one(Plan, plan_id), payer, coupon=CODE)
        except Refusal:
            return False
        return True

    with ThreadPoolExecutor(3) as threads:
        assert sorted(threads.map(ask, (AMINA, JUMA, OTIENO))) == [False, False, True]
    assert len(house.all(Collection)) == 1


def test_nobody_uses_it_more_often_than_is_said(house: Any) -> None:
    coupon(house, uses_a_person=1)
    house.prompt(coupon=CODE)
    house.tell_stk(said.stk(CHECKOUT, shillings=40))
    house.after(minutes=10)
    assert typed(house, CODE) == NO_SUCH_CODE
    assert typed(house, CODE, JUMA) == (CODE, Money.shillings(10))


def test_an_open_bill_is_lowered_to_what_was_shown(house: Any) -> None:
    coupon(house, amount=Money.shillings(300))
    with house.work() as work:
        owner = a_subscriber(work)
        line = a_home_line(work, owner, a_home_plan(work, 1_500))
        a_bill(work, line)
        a_collection(work, line.plan, renews=line.id, coupon=CODE)
    house.run()
    house.tell_stk(said.stk(CHECKOUT, shillings=1_200))
    house.run()
    bill = next(one for one in house.all(Invoice) if one.kind == "bill")
    assert (bill.open_cents, bill.credited_cents) == (0, 30_000)
    assert house.own_money(bill.subscriber_id) == 0
    assert house.books()["revenue.pppoe:1"] == -(112_443 * 4 // 5)


def test_what_is_paid_once_is_not_lowered(house: Any) -> None:
    coupon(house, percent=50)
    with house.work() as work:
        plan = a_home_plan(work, 1_500)
        work.session.add(PlanFee(plan_id=plan.id, kind="deposit", cents=200_000))
        work.session.flush()
        begun = a_collection(work, plan, coupon=CODE)
    assert begun.amount_cents == 275_000
    house.run()
    house.tell_stk(said.stk(CHECKOUT, shillings=2_750))
    house.run()
    assert house.books()["deposits"] == -200_000
    assert [(one.total_cents, one.discount_cents) for one in house.all(InvoiceLine)] == [
        (75_000, 75_000),
        (200_000, 0),
    ]


def test_every_wrong_code_gets_one_answer_and_few_are_heard(house: Any) -> None:
    with house.work() as work:
        plan, other = a_hotspot_plan(work), a_hotspot_plan(work)
    coupon(house, plan_id=plan.id)
    coupon(house, code="EARLY1", from_at=house.clock.at + timedelta(days=1))
    with house.work() as work:
        retire_coupon(work, a_cashier(work), coupon_id=coupon(house, code="GONE22"))
    for code in ("NOSUCH1", "EARLY1", "GONE22", "0712345678", "' OR 1=1"):
        assert typed(house, code, plan=plan) == NO_SUCH_CODE
    assert typed(house, CODE, plan=plan) == TOO_MANY_CODES, "a right one is not heard either"
    assert typed(house, "save-20", JUMA, plan=plan) == (CODE, Money.shillings(10))
    assert typed(house, CODE, JUMA, plan=other) == NO_SUCH_CODE
    house.clock.advance(timedelta(days=1))
    assert typed(house, CODE, plan=plan) == (CODE, Money.shillings(10))
    assert len(house.all(Coupon)) == 3


def test_the_receipt_says_what_the_code_took_off(house: Any) -> None:
    coupon(house)
    house.prompt(coupon=CODE)
    house.tell_stk(said.stk(CHECKOUT, shillings=40))
    house.run()
    head = Letterhead(Brand(), Seller(), "123456")
    with house.work() as work:
        paper = invoice_paper(work, invoice_id=house.all(Invoice)[0].id, head=head, language="en")
    assert paper is not None
    assert paper.facts["lines"] == [{"what": "WiFi, 24 hours (50.00 less 10.00)", "amount": "40.00"}]
