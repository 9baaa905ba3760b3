"""Paying after the month: how a line comes to it and goes from it, and that no day is charged twice or by nobody."""

import pytest

from core.base.clock import SetClock
from core.base.database import Database
from core.base.errors import Refusal
from core.base.money import Money
from core.billing.change_plan import AGREED_ONLY, change_next
from core.billing.cycle import pay_postpaid
from core.billing.dunning_restore import restore
from core.billing.ending import end_line
from core.billing.give import give_days, hand_over_days
from core.billing.lines_by_staff import change_plan_for
from core.billing.model import Invoice, Purchase, Subscription
from core.billing.withdraw import withdraw_unused
from core.catalogue.price_model import PlanFee
from core.payments.own_money import renew_due_line, use_money
from tests.core.billing.cycle_lines import on
from tests.core.billing.line_house import LineHouse
from tests.factories import AMINA, JUMA, a_cashier


@pytest.fixture
def house(database: Database, clock: SetClock) -> LineHouse:
    return LineHouse(database, clock)


def agreed(house: LineHouse, line: int, shillings: int, billing: str) -> None:
    with house.work() as work:
        plan = house.plan(work, shillings, **({"billing": billing} if billing == "postpaid" else {}))
        change_plan_for(
            work, a_cashier(work), subscription_id=line, plan_id=plan.id, reason="an office, by contract"
        )


def bills(house: LineHouse) -> list[tuple[str, str, int, int]]:
    """(first day, last day, total, open) of what was raised and not taken back."""
    with house.work() as work:
        rows = work.session.query(Invoice).filter(Invoice.kind == "bill", Invoice.credited_cents == 0)
        return [
            (str(row.period_from), str(row.period_to), row.total_cents, row.open_cents)
            for row in rows.order_by(Invoice.id)
        ]


def test_what_is_paid_at_the_beginning_is_an_advance_that_pays_the_first_bill(house: LineHouse) -> None:
    with house.work() as work:
        plan = house.plan(work, 1_500, billing="postpaid")
        work.session.add(PlanFee(plan_id=plan.id, kind="deposit", cents=200_000))
    line = house.line("2027-03-15", billing="postpaid")
    assert (house.own(line), house.paid_through(line)) == (150_000, "2027-04-15")
    assert house.invoices("sale") == [(200_000, 0, 0)], "the deposit alone"
    on(house.database, house.clock, "2027-04-16")
    with house.work() as work:
        pay_postpaid(work, invoice_id=work.session.query(Invoice).filter(Invoice.kind == "bill").one().id)
    assert bills(house) == [("2027-03-16", "2027-04-15", 150_000, 0)]
    assert (house.own(line), house.paid_through(line)) == (0, "2027-05-15")


def test_from_before_the_month_to_after_it(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    on(house.database, house.clock, "2027-04-12")
    assert house.invoices("bill") == [(150_000, 150_000, 0)]
    agreed(house, line, 2_000, "postpaid")
    assert house.invoices("bill") == [(150_000, 0, 150_000)], (
        "nothing is to be paid before the month any more"
    )
    house.at("2027-04-15", "23:59")
    assert house.price(line) == 1_500
    house.at("2027-04-16", "00:01")
    assert (house.price(line), house.get(line).state, house.paid_through(line)) == (
        2_000,
        "active",
        "2027-05-15",
    )
    on(house.database, house.clock, "2027-05-15")
    assert bills(house) == []
    on(house.database, house.clock, "2027-05-16")
    assert bills(house) == [("2027-04-16", "2027-05-15", 200_000, 200_000)]


def test_days_of_grace_are_in_the_first_bill(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    house.at("2027-04-17")
    agreed(house, line, 2_000, "postpaid")
    house.at("2027-04-17", "15:00")
    assert (house.get(line).state, house.paid_through(line)) == ("active", "2027-05-15")
    on(house.database, house.clock, "2027-05-16")
    assert bills(house) == [("2027-04-16", "2027-05-15", 200_000, 200_000)]


def test_own_money_waits_for_the_bill(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    agreed(house, line, 2_000, "postpaid")
    house.put(line, 500_000)
    with house.work() as work:
        owner = work.session.get_one(Subscription, line).subscriber_id
        use_money(work, owner, why="test")
    house.at("2027-04-16", "00:01")
    with house.work() as work:
        assert renew_due_line(work, subscription_id=line) == 0
    assert (house.own(line), house.paid_through(line)) == (500_000, "2027-05-15")


def test_one_may_change_ones_mind_until_then(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    agreed(house, line, 2_000, "postpaid")
    with house.work() as work:
        change_next(work, line, work.session.get_one(Subscription, line).plan_id)
    house.at("2027-04-16", "00:01")
    assert (house.price(line), house.get(line).state) == (1_500, "grace")


def test_back_to_paying_before_the_month(house: LineHouse) -> None:
    line = house.line("2027-03-15", 2_000, billing="postpaid")
    agreed(house, line, 1_500, "prepaid")
    house.put(line, -200_000)  # the advance was given back
    for day in ("2027-04-16", "2027-04-17"):
        on(house.database, house.clock, day)
        house.at(day, "02:00")
    assert house.invoices("final") == [(200_000, 200_000, 0)], "a debt: paying it buys no month"
    assert bills(house) == [("2027-04-16", "2027-05-15", 150_000, 150_000)]
    assert (house.price(line), house.paid_through(line), house.get(line).state) == (
        1_500,
        "2027-04-15",
        "grace",
    )
    house.put(line, 350_000)
    with house.work() as work:
        owner = work.session.get_one(Subscription, line).subscriber_id
        assert use_money(work, owner, why="test").terms == 1
    assert (house.own(line), house.paid_through(line)) == (0, "2027-05-15")


def test_days_that_were_given_cost_nothing_and_no_month_with_them(house: LineHouse) -> None:
    line = house.line("2027-03-31", billing="postpaid", fixed_anchor=31)
    on(house.database, house.clock, "2027-05-01")
    with house.work() as work:
        give_days(work, a_cashier(work), subscription_id=line, days=2, reason="two dark days", key="k")
    for day in ("2027-06-03", "2027-07-01"):
        on(house.database, house.clock, day)
    assert bills(house)[1:] == [
        ("2027-05-01", "2027-06-02", 150_000, 150_000),
        ("2027-06-03", "2027-06-30", 140_000, 140_000),
    ]


def test_a_paid_bill_is_of_days_that_were_used(house: LineHouse) -> None:
    line, other = (house.line("2027-03-15", billing="postpaid", phone=phone) for phone in (AMINA, JUMA))
    house.put(line, -150_000)  # the advance was given back
    on(house.database, house.clock, "2027-04-16")
    house.at("2027-04-20")
    house.renew(line)
    house.at("2027-04-25")
    with house.work() as work, pytest.raises(Refusal):
        hand_over_days(work, from_id=line, to_id=other, days=5, key="k")
    with house.work() as work:
        asked = work.session.query(Purchase).filter(Purchase.subscription_id == line)
        paid = asked.order_by(Purchase.id.desc()).limit(1).one()
        assert withdraw_unused(work, paid, cause="the payer had it back").unused_part(paid.price) == Money(0)
    assert (house.paid_through(line), house.get(line).state) == ("2027-05-15", "active")


def cut_and_back(house: LineHouse, line: int, cut: str, paid: str, *, by_phone: bool) -> None:
    """Off for want of money from one day to the other, on which what is due is paid."""
    house.cut_off(line, cut)
    house.at(paid)
    if by_phone:
        house.renew(line)
    else:
        house.put(line, 150_000)
        with house.work() as work:
            use_money(work, work.session.get_one(Subscription, line).subscriber_id, why="test")
            assert restore(work, limit=10) == 1
    house.grant(line)


@pytest.mark.parametrize("by_phone", [True, False])
def test_dark_days_are_in_no_bill(house: LineHouse, by_phone: bool) -> None:
    line = house.line("2027-03-15", billing="postpaid")
    house.put(line, -150_000)  # the advance was given back
    on(house.database, house.clock, "2027-04-16")
    cut_and_back(house, line, "2027-05-04", "2027-06-20", by_phone=by_phone)
    # Eighteen days were used before the cut, and twelve are left of the month: the day of the return is a gift.
    assert (house.get(line).state, house.paid_through(line)) == ("active", "2027-07-02")
    assert house.get(line).dark_since is None
    on(house.database, house.clock, "2027-07-02")
    assert len(bills(house)) == 1
    on(house.database, house.clock, "2027-07-03")
    assert [bill[2] for bill in bills(house)] == [150_000, 150_000]
    house.at("2027-07-05")
    with house.work() as work:
        assert end_line(work, line, reason="moved away").charged_cents == 14_516, "3 to 5 July of 31 days"


def test_dark_days_come_out_of_the_next_calendar_month(house: LineHouse) -> None:
    line = house.line("2027-03-31", billing="postpaid", fixed_anchor=31)
    house.put(line, -150_000)
    on(house.database, house.clock, "2027-05-01")
    cut_and_back(house, line, "2027-05-19", "2027-05-25", by_phone=True)
    for day in ("2027-06-08", "2027-07-01"):
        on(house.database, house.clock, day)
    assert [bill[2] for bill in bills(house)] == [150_000, 150_000, 115_000], "seven days of June are free"


def test_nobody_begins_to_owe_by_a_key(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    with house.work() as work:
        plan = house.plan(work, 2_000, billing="postpaid")
        with pytest.raises(Refusal) as refused:
            change_next(work, line, plan.id)
    assert refused.value.sentence == AGREED_ONLY


def test_days_after_a_part_of_a_month_are_on_the_first_bill(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    on(house.database, house.clock, "2027-04-12")
    house.at("2027-04-16", "09:00")
    house.put(line, 50_000)
    with house.work() as work:
        use_money(work, work.session.get_one(Subscription, line).subscriber_id, why="test")
    assert house.paid_through(line) == "2027-04-25"
    agreed(house, line, 2_000, "postpaid")
    house.at("2027-04-26", "00:01")
    on(house.database, house.clock, "2027-05-26")
    assert bills(house) == [("2027-04-26", "2027-05-25", 200_000, 200_000)]
