"""What steps wait for: our own side, a promise, a dispute, a lent day, Sundays; and what they never do afterwards."""

from datetime import date, datetime

import pytest
from sqlalchemy import text

from core.base.clock import SetClock, start_of_day
from core.base.database import Database
from core.base.errors import Refusal
from core.billing import jobs
from core.billing.corrections import dispute
from core.billing.dunning_model import Standstill
from core.billing.model import GRACE, SUSPENDED
from core.billing.promise import lend_day, promise_to_pay
from core.billing.standstill import standstills_now
from core.billing.standstill_by_staff import close_standstill, open_standstill
from core.staff.audit import COMMAND_LINE
from tests.core.billing.dunning import House, at
from tests.factories import JUMA, a_cashier, a_site


@pytest.fixture
def house(database: Database, clock: SetClock) -> House:
    return House(database, clock)


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def ending(house: House, line: int) -> list[tuple[str, str]]:
    """What was done to end the line's grace."""
    return [step for step in house.taken(line) if step[0].split(".")[0] in ("slow", "tonight", "suspend")]


def test_while_mpesa_is_down_nothing_is_done_and_grace_grows_by_the_same_time(house: House) -> None:
    line = house.line()
    house.until(at(18, 20))
    jobs.note_gateway_down(house.database, gateway="mpesa", at=seconds(at(18, 20)))
    for moment in (at(19, 0, 5), at(19, 1, 59)):
        house.now(moment)
        assert house.get(line).state == GRACE
    jobs.note_gateway_up(house.database, gateway="mpesa", at=seconds(at(19, 2)))
    house.now(at(19, 6, 4))
    assert house.get(line).state == GRACE
    house.now(at(19, 6, 5))
    assert house.get(line).state == SUSPENDED


def test_a_site_that_is_down_holds_only_its_own_lines(house: House) -> None:
    with house.work() as work:
        site = a_site(work).id
    there, elsewhere = house.line(site_id=site), house.line(JUMA)
    jobs.note_site_down(house.database, site_id=site, at=seconds(at(16, 12)))
    house.until(at(19, 12))
    assert (house.get(there).state, house.get(elsewhere).state) == (GRACE, SUSPENDED)
    assert ending(house, there) == []
    jobs.note_site_up(house.database, site_id=site, at=seconds(at(19, 12)))
    house.until(at(22, 12))
    assert ending(house, there) == [("slow", "20 00:05"), ("tonight", "21 18:00"), ("suspend", "22 00:05")]


def test_a_notice_that_our_side_made_stale_is_given_again_before_the_cut(house: House) -> None:
    line = house.line()
    house.until(at(18, 18))
    jobs.note_gateway_down(house.database, gateway="mpesa", at=seconds(at(18, 19)))
    house.until(at(20, 12))
    jobs.note_gateway_up(house.database, gateway="mpesa", at=seconds(at(20, 12)))
    house.until(at(22, 12))
    assert ending(house, line) == [
        ("slow", "17 00:05"),
        ("tonight", "18 18:00"),
        ("tonight.2", "20 18:00"),
        ("suspend", "21 00:05"),
    ]


def test_news_of_a_standstill_may_come_late_twice_and_in_the_wrong_order(house: House) -> None:
    down, up = seconds(at(16, 12)), seconds(at(16, 15))
    house.clock.at = at(17, 12)
    jobs.note_gateway_up(house.database, gateway="mpesa", at=up)
    for _ in range(2):
        jobs.note_gateway_down(house.database, gateway="mpesa", at=down)
        jobs.note_gateway_up(house.database, gateway="mpesa", at=up)
    with house.work() as work:
        found = standstills_now(work)
    assert not found.is_open(0)
    assert found.of(0) == ((at(16, 12), at(16, 15)),)


def test_what_staff_says_stands_beside_other_news(house: House) -> None:
    with house.work() as work:
        site, staff = a_site(work, "Kilifi").id, a_cashier(work, "owner")
    house.clock.at = at(16, 12)
    jobs.note_site_down(house.database, site_id=site, at=seconds(at(16, 10)))
    jobs.note_site_up(house.database, site_id=site, at=seconds(at(16, 11)))
    with house.work() as work:
        open_standstill(work, staff, site_id=site, since=at(16, 10, 30), reason="a flood at the mast")
    jobs.note_site_down(house.database, site_id=site, at=seconds(at(16, 12)))
    jobs.note_site_up(house.database, site_id=site, at=seconds(at(16, 13)))
    house.clock.at = at(16, 15)
    with house.work() as work:
        assert standstills_now(work).is_open(site), "routers that answer do not end the flood"
        (mine,) = work.session.query(Standstill).filter(Standstill.to_at.is_(None))
        close_standstill(work, staff, standstill_id=mine.id, reason="the water has gone")
    with house.work() as work:
        found = standstills_now(work)
    assert (found.is_open(site), found.of(site)) == (False, ((at(16, 10), at(16, 15)),))


def test_a_promise_is_waited_for_to_the_end_of_its_day(house: House) -> None:
    line = house.line()
    house.until(at(16, 12))
    with house.work() as work:
        promise_to_pay(work, line, until=date(2027, 4, 24))
    house.until(at(24, 23, 59))
    assert ending(house, line) == []
    house.until(at(26, 12))
    assert ending(house, line) == [("slow", "25 00:05"), ("tonight", "25 18:00"), ("suspend", "26 00:05")]
    assert house.get(line).dark_since == start_of_day(date(2027, 4, 26))


def test_a_promise_has_its_limits(house: House) -> None:
    line = house.line()
    house.until(at(16, 12))
    for day in (date(2027, 4, 15), date(2027, 5, 1)):
        with pytest.raises(Refusal), house.work() as work:
            promise_to_pay(work, line, until=day)
    with house.work() as work:
        promise_to_pay(work, line, until=date(2027, 4, 16))
    with pytest.raises(Refusal), house.work() as work:
        promise_to_pay(work, line, until=date(2027, 4, 20))
    house.until(at(19, 12))
    assert house.get(line).state == SUSPENDED
    with pytest.raises(Refusal), house.work() as work:
        lend_day(work, line)


def test_an_emergency_day_keeps_it_on_and_comes_out_of_the_month(house: House) -> None:
    line = house.line(grace_days=0)
    house.until(at(15, 12))
    with house.work() as work:
        lend_day(work, line)
    house.until(at(16, 20))
    assert house.get(line).state == GRACE
    house.pay(line)
    assert house.get(line).paid_through == at(16, 0, month=5)
    with pytest.raises(Refusal), house.work() as work:
        lend_day(work, line)


def test_a_disputed_bill_waits_until_the_end_of_the_dispute(house: House) -> None:
    line = house.line()
    house.until(at(16, 12))
    with house.work() as work:
        # The bill of the month bought stands in for the next one: what counts is that it is this line's.
        invoice = work.scalar("UPDATE invoices SET subscription_id = :line RETURNING id", line=line)
        dispute(work, COMMAND_LINE, invoice_id=invoice, reason="twice billed", until=at(21, 0))
    house.until(at(20, 23, 59))
    assert ending(house, line) == []
    house.until(at(22, 12))
    assert ending(house, line) == [("slow", "21 00:05"), ("tonight", "21 18:00"), ("suspend", "22 00:05")]


def test_nobody_is_cut_on_a_sunday_or_a_holiday(house: House) -> None:
    line = house.line()
    with house.work() as work:  # a day less: the cut would come on Sunday the 18th
        work.session.execute(text("UPDATE subscriptions SET paid_through = :at"), {"at": at(15, 0)})
    house.until(at(19, 12))
    assert ending(house, line) == [("slow", "16 00:05"), ("tonight", "18 18:00"), ("suspend", "19 00:05")]


def test_after_a_rest_of_the_program_old_reminders_are_let_be_and_nobody_is_cut_without_notice(
    house: House,
) -> None:
    line = house.line()
    house.now(at(17, 3))
    assert house.taken(line) == [("last_day missed", "17 03:00"), ("slow", "17 03:00")]
    house.now(at(20, 3))
    assert house.get(line).state == GRACE, "it was told nothing"
    house.until(at(21, 12))
    assert ending(house, line) == [("slow", "17 03:00"), ("tonight", "20 18:00"), ("suspend", "21 00:05")]
    assert house.get(line).dark_since == at(19, 0), "what stood still was ours: it costs no paid day"
    assert house.get(line).state == SUSPENDED
