"""Change of plan: billing-rules section 2, on the verbs, under the clock of the day."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.base.clock import SetClock
from core.base.database import Database
from core.base.errors import Refusal
from core.billing.line_model import KEPT, NEXT, NOW
from core.billing.payer import set_payer
from tests.core.billing.line_house import LineHouse
from tests.factories import JUMA, a_cashier, a_subscriber


@pytest.fixture
def house(database: Database, clock: SetClock) -> LineHouse:
    return LineHouse(database, clock)


@pytest.mark.parametrize(
    ("granted", "day", "credit", "charge", "due"),
    [
        ("2027-03-31", "2027-04-11", 100_000, 166_667, 66_667),  # paid for 1 to 30 April
        ("2027-03-15", "2027-04-01", 72_581, 120_968, 48_387),  # 16 March to 15 April: 31 days, 16 used
        ("2027-03-31", "2027-04-01", 150_000, 250_000, 100_000),  # the first day: all of both
        ("2027-03-31", "2027-04-30", 5_000, 8_333, 3_333),  # the last day belongs to the new plan
    ],
)
def test_up_within_a_period(
    house: LineHouse, granted: str, day: str, credit: int, charge: int, due: int
) -> None:
    line = house.line(granted)
    through = house.paid_through(line)
    house.at(day)
    house.put(line, due)
    quoted = house.change(line, 2_500)
    assert (quoted.when, quoted.credit.minor, quoted.charge.minor, quoted.due.minor) == (
        NOW,
        credit,
        charge,
        due,
    )
    assert (house.price(line), house.paid_through(line), house.own(line)) == (2_500, through, 0)
    assert (house.credited(), house.invoices("change")) == ([credit], [(charge, 0, 0)])
    assert house.said("AccessChanged") == 2  # opened, changed


def test_the_rest_of_a_whole_shilling_stays_the_subscriber_s(house: LineHouse) -> None:
    line = house.line("2027-03-31")
    house.at("2027-04-11")
    house.put(line, 66_700)
    house.change(line, 2_500)
    assert house.own(line) == 33


def test_without_the_money_nothing_changes(house: LineHouse) -> None:
    line = house.line("2027-03-31")
    house.at("2027-04-11")
    house.put(line, 66_666)
    with pytest.raises(Refusal):
        house.change(line, 2_500)
    assert (house.price(line), house.own(line), house.credited()) == (1_500, 66_666, [])


@pytest.mark.parametrize("way", [(2_500, 3_500), (3_500, 2_500), (2_000, 4_000, 3_500), (3_500, 1_500)])
def test_several_changes_in_one_day_are_one(house: LineHouse, way: tuple[int, ...]) -> None:
    line = house.line("2027-03-15")
    house.at("2027-04-01")
    house.put(line, 500_000)
    for shillings in way:
        house.change(line, shillings)
    one = {3_500: 96_774, 2_500: 48_387, 1_500: 0}[way[-1]]
    assert (house.price(line), house.own(line)) == (way[-1], 500_000 - one)


def test_changes_on_different_days_of_one_period(house: LineHouse) -> None:
    line = house.line("2027-03-31")
    house.put(line, 500_000)
    house.at("2027-04-11")
    house.change(line, 2_500)
    house.at("2027-04-21")
    house.change(line, 3_500)
    # 10 days at 1,500, 10 at 2,500, 10 at 3,500 of 30
    assert 150_000 + 500_000 - house.own(line) == 50_000 + 83_334 + 116_667
    assert house.credited() == [100_000, 83_333]


def test_months_that_were_paid_ahead_change_too(house: LineHouse) -> None:
    line = house.line("2027-03-31")
    house.renew(line)
    house.at("2027-04-11")
    house.put(line, 166_667)
    quoted = house.change(line, 2_500)
    assert (quoted.credit.minor, quoted.charge.minor) == (250_000, 416_667)
    assert (house.paid_through(line), house.own(line)) == ("2027-05-31", 0)


def test_days_that_were_given_are_not_credited(house: LineHouse) -> None:
    line = house.line("2027-03-31")
    with house.work() as work:
        from core.billing.give import shift_line
        from core.billing.serve import lock_line

        shift_line(work, lock_line(work, line), 2)
    house.at("2027-04-11")
    house.put(line, 100_000)
    quoted = house.change(line, 2_500)
    # 22 days left: the two that were given are used first.
    assert (quoted.credit.minor, quoted.charge.minor) == (110_000, 183_333)
    assert house.paid_through(line) == "2027-05-02"


def test_down_begins_with_the_next_period(house: LineHouse) -> None:
    line = house.line("2027-03-15", 2_500)
    house.at("2027-04-01")
    quoted = house.change(line, 1_500)
    assert (quoted.when, str(quoted.day), quoted.due.minor) == (NEXT, "2027-04-16", 0)
    assert (house.price(line), house.credited()) == (2_500, [])
    house.at("2027-04-10")
    house.renew(line)
    assert (house.price(line), house.paid_through(line)) == (2_500, "2027-05-15")
    assert house.invoices("sale")[1] == (150_000, 0, 0)
    house.at("2027-04-15", "23:59")
    assert house.price(line) == 2_500
    house.at("2027-04-16", "00:00")
    assert (house.price(line), house.get(line).state) == (1_500, "active")
    house.at("2027-04-16", "00:01")
    assert house.said("AccessChanged") == 2


def test_one_is_free_to_change_one_s_mind(house: LineHouse) -> None:
    line = house.line("2027-03-15", 2_500)
    house.at("2027-04-01")
    house.change(line, 1_500)
    assert house.change(line, 2_500).when == KEPT
    house.renew(line)
    house.at("2027-04-20")
    assert house.price(line) == 2_500
    with pytest.raises(Refusal):
        house.change(line, 2_500)


def test_after_the_next_plan_is_paid_it_is_too_late(house: LineHouse) -> None:
    line = house.line("2027-03-15", 2_500)
    house.change(line, 1_500)
    house.renew(line)
    with pytest.raises(Refusal):
        house.change(line, 2_000)


def bill(house: LineHouse, line: int) -> None:
    from tests.core.billing.cycle_lines import on

    on(house.database, house.clock, f"{house.clock.at:%Y-%m-%d}")


@pytest.mark.parametrize("billed", [True, False])
def test_up_while_in_grace_the_renewal_is_on_the_new_plan(house: LineHouse, billed: bool) -> None:
    line = house.line("2027-03-15")
    if billed:
        house.at("2027-04-14")
        bill(house, line)
        assert house.invoices("bill") == [(150_000, 150_000, 0)]
    house.at("2027-04-17")
    assert house.get(line).state == "grace"
    assert house.change(line, 2_500).when == NEXT
    assert house.price(line) == 1_500
    if billed:
        assert house.invoices("bill") == [(150_000, 0, 150_000), (250_000, 250_000, 0)]
    house.renew(line)
    assert (house.price(line), house.paid_through(line), house.own(line)) == (2_500, "2027-05-15", 0)
    assert (
        sum(total - back for kind in ("sale", "bill") for total, _, back in house.invoices(kind)) == 400_000
    )


def test_an_open_bill_follows_a_change_now(house: LineHouse) -> None:
    line = house.line("2027-03-31")
    house.at("2027-04-29")
    bill(house, line)
    house.put(line, 6_667)
    house.change(line, 2_500)
    assert house.invoices("bill") == [(150_000, 0, 150_000), (250_000, 250_000, 0)]
    assert house.own(line) == 0
    house.renew(line)
    assert (house.paid_through(line), house.own(line)) == ("2027-05-31", 0)


def test_back_from_the_dark_on_the_new_plan(house: LineHouse) -> None:
    from core.billing.moves import move
    from core.billing.serve import lock_line

    line = house.line("2027-03-15")
    house.at("2027-04-17")
    with house.work() as work:
        found = lock_line(work, line)
        move(work, found, "suspended", "test")
        found.dark_since = work.now
    house.at("2027-04-20")
    assert house.change(line, 2_500).when == NEXT
    house.renew(line)
    assert (house.price(line), house.get(line).state) == (2_500, "awaiting_network")
    house.grant(line)
    assert (house.price(line), house.paid_through(line)) == (2_500, "2027-05-19")


@pytest.mark.parametrize(
    "other",
    [
        {"billing": "postpaid"},
        {"kind": "hotspot"},
        {"state": "draft"},
        {"role": "topup", "data_cap_bytes": 1},
    ],
)
def test_what_is_no_plan_for_the_line(house: LineHouse, other: dict[str, Any]) -> None:
    line = house.line("2027-03-15")
    with house.work() as work:
        plan = house.plan(work, 2_500, **other)
        plan.code = "other"
        from core.billing.change_plan import quote_change

        with pytest.raises(Refusal):
            quote_change(work, line, plan.id)


def test_a_plan_of_another_term_begins_with_a_period_of_its_own(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    assert house.change(line, 3_000, term_unit="days", term_count=7).when == NEXT
    house.at("2027-04-16")
    house.renew(line)
    assert (house.price(line), house.paid_through(line)) == (3_000, "2027-04-22")


def test_a_month_that_was_bought_in_part_is_changed_in_part(house: LineHouse) -> None:
    from core.payments.own_money import renew_due_line

    line = house.line("2027-03-31")
    house.put(line, 100_000)
    house.at("2027-05-01")
    with house.work() as work:
        renew_due_line(work, subscription_id=line)
    assert (house.paid_through(line), house.own(line)) == ("2027-05-20", 3_226)
    house.at("2027-05-11")
    house.put(line, 1_000_000)
    quoted = house.change(line, 2_500)
    assert (quoted.credit.minor, quoted.charge.minor) == (48_387, 80_645)  # 10 of 31 days


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    days=st.lists(st.integers(1, 30), min_size=1, max_size=4, unique=True).map(sorted),
    steps=st.lists(st.integers(100, 900), min_size=4, max_size=4),
)
def test_splitting_a_period_makes_and_loses_no_cent(
    database_urls: object, broom: Any, database: Database, clock: SetClock, days: list[int], steps: list[int]
) -> None:
    """However often a period is cut, each part costs its part of the whole, rounded once at each cut."""
    from tests.conftest import sweep

    sweep(broom)
    house = LineHouse(database, clock)
    line = house.line("2027-03-31")
    house.put(line, 10_000_000)
    price, marks = 1_500, [(1, 1_500)]
    for day, more in zip(days, steps, strict=False):
        price += more
        house.at(f"2027-04-{day:02}")
        house.change(line, price)
        marks.append((day, price))
    spent = 150_000 + 10_000_000 - house.own(line)
    ends = [day for day, _ in marks[1:]] + [31]
    expected = sum(
        _half_up(shillings * 100 * (end - 1), 30) - _half_up(shillings * 100 * (day - 1), 30)
        for (day, shillings), end in zip(marks, ends, strict=True)
    )
    assert spent == expected
    with house.work() as work:
        charged = work.scalar("SELECT sum(total_cents - credited_cents) FROM invoices")
    assert charged == expected


def _half_up(cents: int, n: int) -> int:
    return (2 * cents + n) // (2 * n)


def test_a_bridge_is_on_the_plan_that_it_was_priced_by(house: LineHouse) -> None:
    line = house.line("2027-03-15", 2_500)
    house.change(line, 1_500)
    house.put(line, 125_000)
    house.at("2027-03-20")
    assert house.move_payday(line, 10) == 125_000  # 25 of 30 days
    house.at("2027-04-15", "23:59")
    assert (house.price(line), house.paid_through(line)) == (2_500, "2027-05-10")
    house.at("2027-04-16", "00:01")
    assert house.price(line) == 1_500


def test_a_payday_is_not_moved_onto_a_plan_that_has_none(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    house.change(line, 1_000, fixed_anchor=31)
    house.put(line, 200_000)
    with pytest.raises(Refusal):
        house.move_payday(line, 10)


def test_what_another_account_paid_is_changed_with_the_next_period(house: LineHouse) -> None:
    line = house.line("2027-03-31")
    house.at("2027-04-11")
    with house.work() as work:
        juma = a_subscriber(work, JUMA).id
        set_payer(work, a_cashier(work), subscription_id=line, payer_id=juma)
    house.put(line, 66_667)
    assert house.change(line, 2_500).when == "next", "its credit would be the other account's"
    assert (house.own(line), house.invoices("change"), house.credited()) == (66_667, [], [])
