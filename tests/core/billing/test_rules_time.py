"""Time by example, lived through the verbs: rows of the billing rules' first section that no other file holds."""

from datetime import date, datetime, timedelta

import pytest

from core.base.clock import NAIROBI, SetClock, start_of_day
from core.base.database import Database
from core.billing import jobs
from core.billing.model import ACTIVE, ENDED, GRACE, SUSPENDED, Subscription
from core.billing.moves import move
from core.billing.pause import pause
from core.catalogue.model import Site
from core.network.desire import desire
from core.network.model import AccessAccount
from tests.core.billing.cycle_lines import on
from tests.core.billing.line_house import LineHouse
from tests.factories import JUMA, a_hotspot_plan, a_paid_purchase, a_site, a_subscriber


@pytest.fixture
def house(database: Database, clock: SetClock) -> LineHouse:
    return LineHouse(database, clock)


def at(hour: int, minute: int = 0, day: int = 15) -> datetime:
    """An instant of March 2027 in Nairobi."""
    return datetime(2027, 3, day, hour, minute, tzinfo=NAIROBI)


def cut(house: LineHouse, line: int, day: str) -> None:
    """Its grace is over: dark from that day on. How dunning comes to it is told elsewhere."""
    with house.work() as work:
        found = work.session.get_one(Subscription, line)
        if found.state == ACTIVE:
            move(work, found, GRACE, "the last paid day is over")
            work.session.flush()
        move(work, found, SUSPENDED, "not paid")
        found.dark_since = start_of_day(date.fromisoformat(day))


# -- hotspot time


class Voucher:
    """An hour of hotspot time, first used at 10:00 at a site."""

    def __init__(self, database: Database, clock: SetClock, *, known: bool = True, devices: int = 1) -> None:
        self.database, self.clock = database, clock
        clock.at = at(9, 50)
        with database.work() as work:
            self.site, other = a_site(work, "Kilifi").id, a_site(work, "Mtwapa")
            here = work.session.get_one(Site, self.site)
            plan = a_hotspot_plan(work, hours=1, sites=[here, other], shared_devices=devices)
            self.other = other.id
            self.id = a_paid_purchase(work, a_subscriber(work), plan).subscription_id or 0
        clock.at = at(10)
        seconds = int(at(10).timestamp())
        jobs.begin_granted(database, subscription_id=self.id, at=seconds)
        site = self.site if known else 0
        jobs.begin_logged_in(database, subscription_id=self.id, at=seconds, site_id=site)

    def dark(self, since: datetime, until: datetime, *, site: int | None = None, told: int = 1) -> None:
        """The site is down and up again, and the minutes between are swept."""
        place = site or self.site
        for _ in range(told):
            self.is_at(max(since, self.clock.at))
            jobs.note_site_down(self.database, site_id=place, at=int(since.timestamp()))
        for moment in (since + timedelta(minutes=minutes) for minutes in range(0, 120, 10)):
            if self.clock.at < moment < until:
                self.is_at(moment)
        for _ in range(told):
            self.is_at(until)
            jobs.note_site_up(self.database, site_id=place, at=int(until.timestamp()))

    def is_at(self, moment: datetime) -> str:
        self.clock.at = moment
        jobs.end_what_is_over(self.database)
        with self.database.work() as work:
            return work.session.get_one(Subscription, self.id).state

    def ends(self, moment: datetime) -> bool:
        """It runs until that second, and no longer."""
        return (self.is_at(moment - timedelta(seconds=1)), self.is_at(moment)) == (ACTIVE, ENDED)


@pytest.mark.parametrize(
    ("since", "until", "ends"),
    [
        ((10, 20), (10, 50), (11, 30)),
        ((9, 55), (10, 15), (11, 15)),
        ((10, 50), (11, 40), (11, 50)),
        ((10, 59), (12, 30), (12, 31)),
    ],
)
def test_hour_from_10_with_its_site_dark(
    database: Database, clock: SetClock, since: tuple[int, int], until: tuple[int, int], ends: tuple[int, int]
) -> None:
    voucher = Voucher(database, clock)
    voucher.dark(at(*since), at(*until), told=2)
    assert voucher.ends(at(*ends))


def test_only_the_site_of_its_first_login_stretches_an_hour(database: Database, clock: SetClock) -> None:
    voucher = Voucher(database, clock)
    voucher.dark(at(10, 20), at(10, 50), site=voucher.other)
    assert voucher.ends(at(11))


def test_where_its_site_is_not_known_any_of_its_plan_counts(database: Database, clock: SetClock) -> None:
    voucher = Voucher(database, clock, known=False)
    voucher.dark(at(10, 20), at(10, 50), site=voucher.other)
    assert voucher.ends(at(11, 30))


def test_money_that_cannot_come_in_stretches_no_hour(database: Database, clock: SetClock) -> None:
    voucher = Voucher(database, clock)
    jobs.note_gateway_down(database, gateway="mpesa", at=int(at(10, 20).timestamp()))
    assert voucher.ends(at(11))


def test_the_router_s_own_stop_moves_along(database: Database, clock: SetClock) -> None:
    voucher = Voucher(database, clock, devices=2)
    voucher.dark(at(10, 20), at(10, 50))
    with database.work() as work:
        desire(work, subscription_id=voucher.id)
        account = work.session.query(AccessAccount).one()
        assert account.uptime_limit_seconds == 2 * 90 * 60


# -- home lines


def test_anchor_31(house: LineHouse) -> None:
    line = house.line("2026-12-31")
    last_days = []
    for _ in range(14):
        last_days.append(house.paid_through(line))
        house.renew(line)
    assert last_days[:4] == ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]
    assert last_days[12:] == ["2028-01-31", "2028-02-29"]
    assert house.get(line).anchor_day == 31


def test_back_after_22_dark_days_and_old_grace_is_written_off_once_in_six_months(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    for cut_on, back_on, paid_through in (
        ("2027-04-19", "2027-05-10", "2027-06-10"),
        ("2027-06-14", "2027-07-05", "2027-08-01"),  # 10 July and 22 dark days: grace was used
        ("2027-10-16", "2027-11-06", "2027-12-06"),  # 180 days after 10 May
    ):
        cut(house, line, cut_on)
        house.at(back_on)
        house.renew(line)
        house.grant(line)
        assert house.paid_through(line) == paid_through


@pytest.mark.parametrize("gone", ["suspended", "paused"])
def test_no_invoice_is_raised_while_suspended_or_paused(house: LineHouse, clock: SetClock, gone: str) -> None:
    line = house.line("2027-03-15")
    if gone == "suspended":
        cut(house, line, "2027-04-10")
    else:
        house.at("2027-04-10")
        with house.work() as work:
            pause(work, line, cause="asked for")
    assert on(house.database, clock, "2027-04-12") == on(house.database, clock, "2027-05-02") == []


# -- an outage of six hours is a day


def night(house: LineHouse, day: str) -> None:
    """Its sweep, run twice."""
    house.clock.at = datetime.fromisoformat(f"{day}T00:05:00+03:00")
    for _ in range(2):
        jobs.close_the_day(house.database)


def dark(house: LineHouse, day: int, *hours: tuple[float, float], site: int | None = None) -> None:
    for since, until in hours:
        place, begins = site or house.site_id, at(0, day=day)
        for tell, hour in ((jobs.note_site_down, since), (jobs.note_site_up, until)):
            moment = begins + timedelta(hours=hour)
            house.clock.at = max(house.clock.at, moment)
            tell(house.database, site_id=place, at=int(moment.timestamp()))


@pytest.mark.parametrize(
    ("hours", "last_day"),
    [
        ([(10, 16)], "2027-04-02"),
        ([(10, 15.99)], "2027-04-01"),
        ([(1, 4), (20, 23)], "2027-04-02"),
        ([(18, 29)], "2027-04-02"),  # six hours of that day, five of the next
        ([(18, 30)], "2027-04-03"),  # six of each
    ],
)
def test_six_dark_hours_are_a_day(house: LineHouse, hours: list[tuple[float, float]], last_day: str) -> None:
    line = house.line("2027-03-01")
    dark(house, 20, *hours)
    night(house, "2027-03-22")
    assert house.paid_through(line) == last_day
    assert house.get(line).anchor_day == int(last_day[-2:])


def test_a_dark_day_that_is_told_late_comes_back_and_a_gift_is_not_given_twice(house: LineHouse) -> None:
    there = house.line("2027-03-01")
    joined = house.line("2027-03-20", phone=JUMA)  # the day of joining is a gift already
    night(house, "2027-03-21")
    dark(house, 20, (10, 20))
    night(house, "2027-03-24")
    assert (house.paid_through(there), house.paid_through(joined)) == ("2027-04-02", "2027-04-20")
    with house.work() as work:
        elsewhere = a_site(work, "Mtwapa").id
    dark(house, 25, (0, 24), site=elsewhere)
    night(house, "2027-03-26")
    assert house.paid_through(there) == "2027-04-02"


def test_a_dark_day_in_grace_brings_the_line_back_and_its_bill_waits_along(
    house: LineHouse, clock: SetClock
) -> None:
    line = house.line("2027-02-19")
    (bill,) = on(house.database, clock, "2027-03-16")
    assert bill.due_at == at(0, day=20)
    dark(house, 19, (12, 24))
    house.at("2027-03-20", "00:01")
    assert house.get(line).state == GRACE
    night(house, "2027-03-20")
    assert (house.get(line).state, house.paid_through(line)) == (ACTIVE, "2027-03-20")
    assert [bill.due_at for bill in on(house.database, clock, "2027-03-20")] == [at(0, day=21)]


def test_who_was_cut_that_day_has_it_already(house: LineHouse) -> None:
    line = house.line("2027-02-16")
    cut(house, line, "2027-03-20")
    house.at("2027-03-20", "18:00")
    house.renew(line)
    house.grant(line)
    before = house.paid_through(line)
    dark(house, 20, (1, 12))
    night(house, "2027-03-21")
    assert house.paid_through(line) == before
