"""What whole lives brought to light (`test_lives`), each as a story of its own."""

from typing import Any

import pytest

from core.base.clock import SetClock
from core.base.database import Database, Work
from core.base.errors import Refusal
from core.base.money import Money
from core.billing.corrections import goodwill, write_off, written_off
from core.billing.model import SUSPENDED, Subscription
from core.billing.pause import set_renews
from core.billing.payer import set_payer
from core.billing.unbilled import unbilled
from core.payments.own_money import renew_due_line, use_money
from tests.core.billing.cycle_lines import on, put_money
from tests.core.billing.line_house import LineHouse
from tests.factories import JUMA, a_cashier, a_home_line, a_home_plan, a_paid_purchase, a_subscriber


@pytest.fixture
def house(database: Database, clock: SetClock) -> LineHouse:
    return LineHouse(database, clock)


def given(work: Work, line: Subscription) -> None:
    words: dict[str, Any] = {"amount": Money.shillings(1_500), "reason": "waited long", "key": "form 1"}
    goodwill(work, a_cashier(work), subscriber_id=line.subscriber_id, **words)


def let_renew(work: Work, line: Subscription) -> None:
    put_money(work, line.subscriber_id, 1_500)
    line.renews = False
    work.session.flush()
    set_renews(work, line.id, renews=True)


def paid_for_by_juma(work: Work, line: Subscription) -> None:
    juma = a_subscriber(work, JUMA, name="Juma").id
    put_money(work, juma, 1_500)
    set_payer(work, a_cashier(work), subscription_id=line.id, payer_id=juma)


@pytest.mark.parametrize("money_comes", [given, let_renew, paid_for_by_juma])
def test_money_that_no_payment_brought_ends_a_cut(house: LineHouse, money_comes: Any) -> None:
    with house.work() as work:
        line = a_home_line(work, a_subscriber(work), a_home_plan(work), state=SUSPENDED)
        money_comes(work, line)
    assert house.said("LineDue") == 1
    with house.work() as work:
        renew_due_line(work, subscription_id=line.id)
    assert house.get(line.id).state == "awaiting_network"
    assert house.own(line.id) == 0


def test_the_next_period_on_a_common_payday_ends_with_its_bill(house: LineHouse) -> None:
    line = house.line("2027-02-14")
    house.at("2027-03-01")
    house.change(line, 2_000, fixed_anchor=31)
    (bill,) = on(house.database, house.clock, "2027-03-12")
    assert (str(bill.period_from), str(bill.period_to)) == ("2027-03-15", "2027-03-31")
    house.renew(line)
    assert house.paid_through(line) == "2027-03-31"


def test_money_before_the_bill_of_a_postpaid_line_is_not_unbilled(house: LineHouse) -> None:
    with house.work() as work:
        a_paid_purchase(work, a_subscriber(work), a_home_plan(work, billing="postpaid"))
        work.session.flush()
        assert unbilled(work) == []


def test_a_bill_of_days_to_come_is_no_debt_to_be_given_up(house: LineHouse) -> None:
    house.line("2027-02-14")
    (bill,) = on(house.database, house.clock, "2027-03-12")
    with house.work() as work, pytest.raises(Refusal, match="credit note"):
        write_off(work, None, invoice_id=bill.id, reason="small debts of March")
    house.at("2027-03-16")
    with house.work() as work:
        write_off(work, None, invoice_id=bill.id, reason="small debts of March")
    with house.work() as work:
        assert written_off(work, bill.id) == Money.shillings(1_500)


def test_days_of_a_line_that_is_off_and_has_no_bill_are_parts_of_a_whole_month(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    on(house.database, house.clock, "2027-04-12")
    house.cut_off(line, "2027-04-19")
    house.at("2027-04-25")
    with house.work() as work:
        juma = a_subscriber(work, JUMA).id
        set_payer(work, a_cashier(work), subscription_id=line, payer_id=juma)
    house.put(line, 100_000)
    with house.work() as work:
        assert use_money(work, juma, why="test").terms == 1
    house.grant(line)
    assert house.paid_through(line) == "2027-05-12", "20 of 30 days, and 7 dark ones"
