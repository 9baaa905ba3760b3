"""The policy "home", followed through row by row: paid through Thursday 15 April 2027."""

import threading
from datetime import date, time, timedelta

import pytest
from sqlalchemy import text

from core.base.clock import SetClock
from core.base.database import Database
from core.billing import jobs
from core.billing.dunning_model import DunningPolicy, DunningStep
from core.billing.model import ACTIVE, ENDED, GRACE, SUSPENDED
from core.messaging.consent import give
from core.messaging.template import Purpose
from tests.core.billing.dunning import House, at

WHOLE_POLICY = [
    ("remind", "12 08:00"),
    ("last_day", "15 08:00"),
    ("prompt", "16 17:00"),
    ("slow", "17 00:05"),
    ("prompt_again", "17 17:00"),
    ("tonight", "18 18:00"),
    ("suspend", "19 00:05"),
]


@pytest.fixture
def house(database: Database, clock: SetClock) -> House:
    return House(database, clock)


def test_nobody_pays_a_line_through_its_whole_policy(house: House) -> None:
    line = house.line()
    house.until(at(12, 7, 59))
    assert house.taken(line) == []
    house.until(at(15, 23, 59))
    assert house.get(line).state == ACTIVE
    house.until(at(17, 12))
    assert (house.get(line).state, house.get(line).slowed_at) == (GRACE, at(17, 0, 5))
    house.until(at(19, 9))
    assert house.taken(line) == WHOLE_POLICY
    assert house.texts() == [
        ("line_reminder", "12 08:00"),
        ("line_last_day", "15 08:00"),
        ("line_slowed", "17 08:00"),
        ("line_stops_tonight", "18 18:00"),
        ("line_suspended", "19 08:00"),
    ]
    found = house.get(line)
    assert (found.state, found.dark_since, found.slowed_at) == (SUSPENDED, at(19, 0), None)
    assert house.prompts() == [], "nobody agreed to prompts"
    assert house.said("LineSuspended") == 1


def test_a_run_that_is_repeated_takes_nothing_twice(house: House) -> None:
    line = house.line()
    for moment in (at(12, 8), at(15, 8), at(17, 0, 5), at(18, 18), at(19, 0, 5)):
        house.until(moment)
        before = (house.taken(line), house.texts(), house.said("AccessChanged"))
        house.now(moment + timedelta(seconds=30))
        house.now(moment + timedelta(seconds=59))
        assert (house.taken(line), house.texts(), house.said("AccessChanged")) == before


def test_runs_at_the_same_time_share_the_lines_and_tell_each_once(house: House) -> None:
    lines = [house.line() for _ in range(8)]
    for moment in (at(12, 8), at(19, 0, 5)):
        house.until(moment - timedelta(minutes=1))
        house.clock.at = moment
        together = threading.Barrier(4)

        def run(together: threading.Barrier = together) -> None:
            together.wait()
            jobs.take_dunning_steps(house.database)

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        house.now(moment)
    assert all([step for step, _ in house.taken(line)].count("remind") == 1 for line in lines)
    assert [house.get(line).state for line in lines] == [SUSPENDED] * 8
    assert house.said("LineSuspended") == 8
    assert [template for template, _ in house.texts()].count("line_reminder") == 8


def test_paid_on_the_last_evening_it_runs_fast_at_once_and_all_later_steps_are_void(house: House) -> None:
    line = house.line()
    house.until(at(18, 21, 20))
    assert house.get(line).slowed_at is not None
    changes = house.said("AccessChanged")
    house.pay(line)
    found = house.get(line)
    assert (found.state, found.slowed_at, found.paid_through) == (ACTIVE, None, at(16, 0, month=5))
    assert house.said("AccessChanged") == changes + 1, "the router is told by the payment itself"
    house.until(at(25, 12))
    assert house.get(line).state == ACTIVE
    assert house.taken(line)[-1] == ("tonight", "18 18:00")


def test_paid_at_two_in_the_night_after_the_cut_it_comes_back_and_the_morning_is_silent(house: House) -> None:
    line = house.line()
    house.until(at(19, 2))
    assert house.get(line).state == SUSPENDED
    house.pay(line)
    house.until(at(19, 12))
    assert house.get(line).state == ACTIVE
    assert ("line_suspended", "19 08:00") not in house.texts(), "it is not off any more at 08:00"


def test_a_suspended_line_ends_after_sixty_days(house: House) -> None:
    line = house.line()
    house.until(at(19, 12))
    house.now(at(14, 0, 4, month=6))
    assert house.get(line).state == SUSPENDED
    house.now(at(14, 0, 5, month=6))
    assert (house.get(line).state, house.get(line).ended_at) == (ENDED, at(14, 0, 5, month=6))


def test_own_money_renews_the_line_instead_of_a_cut(house: House) -> None:
    line = house.line()
    house.until(at(19, 0, 4))
    house.has_own(line, 1_500)
    house.now(at(19, 0, 5))
    found = house.get(line)
    assert (found.state, found.paid_through, found.slowed_at) == (ACTIVE, at(16, 0, month=5), None)
    assert ("suspend", "19 00:05") not in house.taken(line)


def test_own_money_that_does_not_suffice_or_is_not_to_be_used_keeps_no_line_on(house: House) -> None:
    short, refused = house.line(), house.line(renews=False)
    house.until(at(19, 0, 4))
    house.has_own(short, 1_499)
    house.now(at(19, 0, 5))
    assert house.get(short).state == SUSPENDED
    house.has_own(refused, 5_000)
    house.now(at(19, 0, 6))
    assert house.get(refused).state == SUSPENDED


def test_a_payment_in_the_making_holds_its_line_back_from_the_cut(house: House) -> None:
    line = house.line()
    house.until(at(19, 0, 4))
    house.clock.at = at(19, 0, 5)
    with house.work() as paying:
        owner = house.get(line).subscriber_id
        paying.session.execute(
            text("SELECT FROM subscribers WHERE id = :id FOR NO KEY UPDATE"), {"id": owner}
        )
        jobs.take_dunning_steps(house.database)
        assert house.get(line).state == GRACE
    house.now(at(19, 0, 6))
    assert house.get(line).state == SUSPENDED


def test_who_agreed_is_prompted_once_and_once_more_on_the_next_day(house: House) -> None:
    line = house.line()
    with house.work() as work:
        owner = house.get(line).subscriber_id
        give(work, subscriber_id=owner, purpose=Purpose.PROMPT, how="staff", wording="yes, ask me")
    house.until(at(16, 17))
    assert house.prompts() == ["16 17:00"]
    with house.work() as work:
        work.session.execute(text("UPDATE collections SET state = 'failed', reason = 'no_answer'"))
    house.until(at(19, 12))
    assert house.prompts() == ["16 17:00", "17 17:00"]


def test_a_policy_that_changes_on_the_way_repeats_nothing(house: House) -> None:
    line = house.line()
    house.until(at(17, 12))
    with house.work() as work:
        policy = DunningPolicy(name="home", from_day=date(2027, 4, 17), grace_days=5)
        work.session.add(policy)
        work.session.flush()
        for key, offset, hour, action, announces in (
            ("remind", -3, time(8), "remind", None),
            ("slow", 2, time(0, 5), "slow", None),
            ("evening", 5, time(18), "remind", "suspend"),
            ("suspend", 6, time(0, 5), "suspend", None),
        ):
            work.session.add(
                DunningStep(
                    policy_id=policy.id,
                    key=key,
                    day_offset=offset,
                    at=hour,
                    action=action,
                    announces=announces,
                    template="line_stops_tonight" if announces else None,
                )
            )
    house.until(at(22, 12))
    assert house.taken(line) == [
        *WHOLE_POLICY[:4],
        ("evening", "20 18:00"),
        ("suspend", "21 00:05"),
    ]


def test_a_plan_may_have_a_policy_of_its_own(house: House) -> None:
    usual, gentle = house.line(), house.line(price=2_000)
    with house.work() as work:
        policy = DunningPolicy(
            name="gentle", from_day=date(2027, 1, 1), grace_days=3, plan_id=house.get(gentle).plan_id
        )
        work.session.add(policy)
        work.session.flush()
        work.session.add(
            DunningStep(policy_id=policy.id, key="only", day_offset=0, at=time(8), action="remind")
        )
    house.until(at(20, 12))
    assert [step for step, _ in house.taken(gentle)] == ["only"]
    assert house.taken(usual) == WHOLE_POLICY


def test_grace_of_the_line_s_own_moves_what_ends_it(house: House) -> None:
    longer, none = house.line(grace_days=5), house.line(grace_days=0)
    house.until(at(22, 12))
    assert [step for step in house.taken(longer) if step[0] in ("slow", "tonight", "suspend")] == [
        ("slow", "19 00:05"),
        ("tonight", "20 18:00"),
        ("suspend", "21 00:05"),
    ]
    assert [step for step in house.taken(none) if step[0] in ("slow", "tonight", "suspend")] == [
        ("tonight", "15 18:00"),
        ("suspend", "16 00:05"),
    ]


def test_somebody_who_paid_after_the_hour_of_the_reminder_is_not_reminded(house: House) -> None:
    line = house.line()
    house.until(at(12, 7, 30))
    house.clock.at = at(12, 8, 30)
    with house.work() as work:
        work.session.execute(text("UPDATE purchases SET paid_at = :now"), {"now": work.now})
    house.now(at(12, 9))
    assert house.taken(line) == []
