"""The table of proration, and that no cut of a period makes or loses a cent."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.clock import last_day
from core.base.money import Money
from core.billing.periods import moved_payday, period_around, through
from core.billing.proration import PlanChange, change_of_plan, days_bought, part, price_of_days

PRICES = st.builds(Money, st.integers(0, 10**9))
HOME = Money.shillings(1_500)
BIGGER = Money.shillings(2_500)


def test_joins_on_15_march() -> None:
    assert part(HOME, 15, 31, 31) == Money(774_19)
    assert price_of_days(HOME, date(2027, 3, 15), date(2027, 3, 31), 31) == Money(774_19)


def test_joins_on_10_february() -> None:
    price = Money.shillings(2_000)
    assert part(price, 10, 28, 28) == Money(1_285_71)
    assert price_of_days(price, date(2027, 2, 10), date(2027, 2, 28), 31) == Money(1_285_71)


def test_up_on_11_april_in_calendar_months() -> None:
    change = change_of_plan(HOME, BIGGER, used=10, n=30)
    assert change == PlanChange(credit=Money(1_000_00), charge=Money(1_666_67))
    assert change.due == Money(666_67)
    assert change.due.whole_shillings_up() == 667
    assert Money.shillings(667) - change.due == Money(33)


def test_up_on_1_april_with_an_own_anniversary() -> None:
    first, last = period_around(date(2027, 4, 1), 15)
    assert (first, last) == (date(2027, 3, 16), date(2027, 4, 15))
    used, n = (date(2027, 4, 1) - first).days, (last - first).days + 1
    assert (used, n) == (16, 31)
    change = change_of_plan(HOME, BIGGER, used, n)
    assert (change.credit, change.charge, change.due) == (Money(725_81), Money(1_209_68), Money(483_87))


def test_up_on_the_first_day() -> None:
    assert change_of_plan(HOME, BIGGER, used=0, n=30) == PlanChange(credit=HOME, charge=BIGGER)


def test_down_owes_nothing() -> None:
    assert change_of_plan(BIGGER, HOME, used=10, n=30).due == Money(-666_67)


def test_outage_credit_of_twelve_hours() -> None:
    assert part(HOME, 0, 12, 30 * 24) == Money(25_00)


def test_back_on_25_april_in_calendar_months() -> None:
    price = price_of_days(
        HOME, date(2027, 3, 31), date(2027, 4, 30), 31, dark=(date(2027, 4, 4), date(2027, 4, 25))
    )
    assert price == Money(400_00)


def test_back_a_month_later_pays_grace_of_april_and_the_rest_of_may() -> None:
    dark = (date(2027, 4, 4), date(2027, 5, 20))
    price = price_of_days(HOME, date(2027, 3, 31), date(2027, 5, 31), 31, dark)
    assert price == part(HOME, 0, 3, 30) + part(HOME, 20, 31, 31)


def test_the_bridge_to_a_new_payday() -> None:
    bridge = moved_payday(through(date(2027, 4, 15)), 15, 1)
    assert part(HOME, 0, bridge.days, bridge.of_days) == Money(800_00)


@pytest.mark.parametrize(("a", "b", "n"), [(-1, 1, 30), (2, 1, 30), (0, 31, 30), (0, 0, 0)])
def test_a_part_lies_inside(a: int, b: int, n: int) -> None:
    with pytest.raises(ValueError, match="inside its period"):
        part(HOME, a, b, n)


@pytest.mark.parametrize(
    ("paid", "days"),
    [(1_500, 30), (1_400, 30), (1_350, 30), (1_349, 26), (1_000, 20), (150, 3), (149, 0), (100, 0), (0, 0)],
)
def test_part_payments(paid: int, days: int) -> None:
    assert days_bought(HOME, Money.shillings(paid), 30) == days


def test_part_payment_settings() -> None:
    assert days_bought(HOME, Money.shillings(1_400), 30, full_from_bp=10_000) == 28
    assert days_bought(HOME, Money.shillings(100), 30, least_days=2) == 2
    with pytest.raises(ValueError, match="part payment"):
        days_bought(Money(0), Money(1), 30)


@given(PRICES, st.integers(1, 366), st.data())
def test_cutting_a_period_never_makes_or_loses_a_cent(price: Money, n: int, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, n), max_size=20)))
    marks = [0, *cuts, n]
    pieces = [part(price, a, b, n) for a, b in itertools.pairwise(marks)]
    assert Money.total(pieces) == price
    assert not any(piece.is_negative for piece in pieces)


@given(PRICES, st.integers(1, 31), st.integers(0, 31))
def test_a_credit_mirrors_its_charge(price: Money, n: int, a: int) -> None:
    a = min(a, n)
    assert part(-price, a, n, n) == -part(price, a, n, n)


@given(st.lists(PRICES, min_size=2, max_size=6), st.integers(28, 31), st.integers(0, 27))
def test_changes_of_one_day_add_up_to_one_change(prices: list[Money], n: int, used: int) -> None:
    steps = [change_of_plan(old, new, used, n).due for old, new in itertools.pairwise(prices)]
    assert Money.total(steps) == change_of_plan(prices[0], prices[-1], used, n).due


@given(
    PRICES,
    st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    st.lists(st.integers(0, 100), min_size=2),
    st.integers(1, 31),
)
def test_days_priced_in_turn_cost_what_they_cost_together(
    price: Money, start: date, spans: list[int], anchor: int
) -> None:
    days = [start]
    for span in spans[:6]:
        days.append(days[-1] + timedelta(days=span))
    pieces = [price_of_days(price, a, b, anchor) for a, b in itertools.pairwise(days)]
    assert Money.total(pieces) == price_of_days(price, days[0], days[-1], anchor)


@given(PRICES, st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(1, 31))
def test_a_whole_month_costs_its_price(price: Money, day: date, anchor: int) -> None:
    first, last = period_around(day, anchor)
    assert price_of_days(price, first - timedelta(days=1), last, anchor) == price
    assert price_of_days(price, first - timedelta(days=1), last, anchor, dark=(first, last)) == Money(0)


@given(PRICES, st.integers(1, 31), st.integers(0, 10**9))
def test_days_bought_are_paid_for(price: Money, n: int, paid: int) -> None:
    if price.is_zero:
        return
    days = days_bought(price, Money(paid), n)
    assert 0 <= days <= n
    assert days in (0, n) or price * days <= Money(paid) * n


def test_the_last_day_of_a_bridge_is_the_new_payday() -> None:
    assert last_day(moved_payday(through(date(2027, 1, 31)), 31, 5).paid_through) == date(2027, 2, 5)
