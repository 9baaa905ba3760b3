"""Nobody is cut by a clock that jumped, and no mass of lines without a yes (M47)."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from core.base.clock import MachineReading, SetClock
from core.base.clock_guard import believe_clock, is_clock_doubted, look_at_clock
from core.base.database import Database
from core.base.errors import Refusal
from core.base.inbox import Incident
from core.billing.cut_hold import allow_cuts, open_holds
from core.billing.dunning_model import DunningPolicy
from core.billing.model import GRACE, SUSPENDED
from core.staff.audit import Actor
from core.staff.model import AuditEntry
from tests.core.billing.dunning import House, at

OWNER = Actor(staff_id=None, role="owner", source="test")


@pytest.fixture
def house(database: Database, clock: SetClock) -> House:
    return House(database, clock)


class Machine:
    """A machine that was started an hour before the database's own present."""

    def __init__(self, house: House) -> None:
        with house.work() as work:
            self.at = work.scalar("SELECT clock_timestamp()")
        self.boot_id, self.boot_seconds = "first", 3_600

    def passes(self, by: timedelta) -> None:
        self.at += by
        self.boot_seconds += int(by.total_seconds())

    def look(self, house: House) -> bool:
        with house.work() as work:
            return look_at_clock(work, MachineReading(self.at, self.boot_id, self.boot_seconds))


def kinds(house: House) -> list[str]:
    with house.work() as work:
        return [incident.kind for incident in work.session.query(Incident).order_by(Incident.id)]


@pytest.mark.parametrize(
    "jump", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=-1), timedelta(days=400)]
)
@pytest.mark.parametrize("reboot", [False, True])
def test_a_jump_of_the_clock_cuts_and_reminds_nobody_until_it_is_right_again(
    house: House, jump: timedelta, reboot: bool
) -> None:
    line = house.line()
    house.until(at(18, 23))
    machine = Machine(house)
    assert machine.look(house)
    if reboot:
        machine.boot_id, machine.boot_seconds = "second", 60
    machine.at += jump
    house.clock.at = at(18, 23) + jump
    assert not machine.look(house)
    before = house.taken(line)
    house.now(house.clock.at)
    house.now(at(19, 0, 5) if jump > timedelta() else house.clock.at)
    assert (house.get(line).state, house.taken(line)) == (GRACE, before)
    assert kinds(house) == ["clock_doubted"]

    machine.at -= jump
    house.clock.at = at(19, 0, 5)
    assert machine.look(house)
    house.now(at(19, 0, 5))
    assert house.get(line).state == SUSPENDED


def test_time_that_passes_and_a_night_s_rest_are_believed(house: House) -> None:
    machine = Machine(house)
    house.clock.at = at(18, 23)
    assert machine.look(house)
    machine.boot_id, machine.boot_seconds = "second", 10
    house.clock.at += timedelta(minutes=9)
    machine.passes(timedelta(minutes=9))
    assert machine.look(house)
    with house.work() as work:
        assert not is_clock_doubted(work)


def test_a_job_that_sees_another_time_than_was_looked_at_does_nothing(house: House) -> None:
    house.clock.at = at(18, 23)
    assert Machine(house).look(house)
    for apart, doubted in (
        (timedelta(minutes=9), False),
        (timedelta(minutes=11), True),
        (timedelta(minutes=-2), True),
    ):
        house.clock.at = at(18, 23) + apart
        with house.work() as work:
            assert is_clock_doubted(work) is doubted


def test_a_person_may_say_that_the_clock_is_right(house: House) -> None:
    machine = Machine(house)
    assert machine.look(house)
    machine.at += timedelta(
        minutes=12
    )  # not more than ten from the database's, had it been looked at in between
    assert not machine.look(house)
    with house.work() as work:
        believe_clock(work, MachineReading(machine.at, machine.boot_id, machine.boot_seconds))
        assert not is_clock_doubted(work)


def crowd(house: House, count: int, *, price: int = 1_500) -> int:
    """So many more lines of the same owner, all in grace since the same day; the first of them."""
    first = house.line(price=price)
    with house.work() as work:
        work.session.execute(
            text(
                "INSERT INTO subscriptions (subscriber_id, plan_id, state, paid_through, created_at) "
                "SELECT subscriber_id, plan_id, state, paid_through, created_at FROM subscriptions, "
                "generate_series(1, :count) WHERE id = :id"
            ),
            {"id": first, "count": count - 1},
        )
    return first


def suspended(house: House) -> int:
    with house.work() as work:
        return int(work.scalar("SELECT count(*) FROM subscriptions WHERE state = 'suspended'"))


def test_a_mass_of_cuts_waits_for_a_yes_and_then_goes_on(house: House) -> None:
    crowd(house, 201)
    house.until(at(19, 0, 10))
    assert suspended(house) == 0
    house.now(at(19, 0, 11))
    assert kinds(house) == ["mass_cut"]
    with house.work() as work:
        (hold,) = open_holds(work)
        assert (hold.action, hold.lines, hold.lines_on) == ("suspend", 201, 201)
    for role in ("support", "viewer", ""):
        with pytest.raises(Refusal), house.work() as work:
            allow_cuts(work, Actor(staff_id=None, role=role, source="test"), hold_id=hold.id)
    house.clock.at = at(19, 8)
    with house.work() as work:
        allow_cuts(work, OWNER, hold_id=hold.id)
    house.now(at(19, 8, 1))
    assert suspended(house) == 201
    with house.work() as work:
        assert [entry.what for entry in work.session.query(AuditEntry)] == ["cuts_allowed"]
        with pytest.raises(Refusal):
            allow_cuts(work, OWNER, hold_id=hold.id)


def test_two_hundred_lines_or_a_twentieth_are_no_mass(house: House) -> None:
    crowd(house, 200)
    house.until(at(19, 0, 5))
    assert suspended(house) == 200
    assert kinds(house) == []


def give_own_policy(house: House, plan_id: int) -> None:
    """The plan's lines go by steps of their own, which are the same."""
    with house.work() as work:
        own = DunningPolicy(name="own", from_day=date(2027, 1, 1), grace_days=3, plan_id=plan_id)
        work.session.add(own)
        work.session.flush()
        work.session.execute(
            text(
                "INSERT INTO dunning_steps (policy_id, key, day_offset, at, action, template, calendars, announces) "
                "SELECT :own, key, day_offset, at, action, template, calendars, announces FROM dunning_steps "
                "WHERE policy_id = 1"
            ),
            {"own": own.id},
        )


@pytest.mark.parametrize(
    ("one", "other", "cut", "held"),
    [(250, 260, 0, 510), (300, 10, 0, 310), (10, 300, 10, 300), (150, 150, 150, 150)],
)
def test_a_mass_is_one_of_all_policies_together(
    house: House, one: int, other: int, cut: int, held: int
) -> None:
    crowd(house, one)
    give_own_policy(house, house.get(crowd(house, other, price=2_000)).plan_id)
    house.until(at(19, 0, 10))
    for minute in (11, 12, 13):
        house.now(at(19, 0, minute))
    assert (suspended(house), kinds(house)) == (cut, ["mass_cut"])
    with house.work() as work:
        (hold,) = open_holds(work)
        assert hold.lines == held
        allow_cuts(work, OWNER, hold_id=hold.id)
    house.now(at(19, 0, 14))
    assert (suspended(house), kinds(house)) == (one + other, ["mass_cut"])
