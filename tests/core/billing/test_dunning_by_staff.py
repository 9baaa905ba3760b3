"""Staff change the policy from a day on: what a line in the midst of it lives through, and what is refused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.clock import SetClock
from core.base.database import Database
from core.base.errors import Refusal
from core.billing.calendar_by_staff import Rest, add_rest, end_rest
from core.billing.dunning_by_staff import PolicyDraft, end_own_policy, take_policy_back, write_policy
from core.billing.dunning_check import check_policy
from core.billing.dunning_model import DunningPolicy
from core.billing.dunning_plan import Policy, Stand, Step, due_at
from core.billing.dunning_policy import calendars, policies_now, policies_to_come
from core.billing.model import GRACE, SUSPENDED, Subscription
from core.staff.audit import Actor
from core.staff.model import AuditEntry
from tests.core.billing.dunning import House, at
from tests.core.billing.test_dunning import WHOLE_POLICY

OWNER = Actor(staff_id=None, role="owner", source="test")
Change = Callable[[Step], Step]


@pytest.fixture
def house(database: Database, clock: SetClock) -> House:
    return House(database, clock)


def draft_of(house: House, from_day: date, *, plan_id: int | None = None, grace: int = 3) -> PolicyDraft:
    """The policy that holds, to begin on another day."""
    with house.work() as work:
        standing = next(each for each in policies_now(work) if each.plan_id is None)
    return PolicyDraft("home", plan_id, from_day, grace, list(standing.policy.steps.values()))


def written(house: House, draft: PolicyDraft) -> int:
    with house.work() as work:
        return write_policy(work, OWNER, draft=draft, reason="more days for all")


def with_steps(draft: PolicyDraft, change: Change) -> PolicyDraft:
    return replace(draft, steps=[change(step) for step in draft.steps])


def later(days: int) -> Change:
    """The end of the grace so many days later."""
    return lambda step: (
        replace(step, day_offset=step.day_offset + days)
        if step.key in ("slow", "tonight", "suspend")
        else step
    )


def plan_of(house: House, line: int) -> int:
    with house.work() as work:
        return work.session.get_one(Subscription, line).plan_id


def test_written_again_as_it_was_it_does_the_same(house: House) -> None:
    line = house.line()
    house.until(at(14, 12))
    written(house, draft_of(house, date(2027, 4, 15)))
    house.until(at(19, 9))
    assert house.taken(line) == WHOLE_POLICY
    assert [template for template, _ in house.texts()] == [
        "line_reminder", "line_last_day", "line_slowed", "line_stops_tonight", "line_suspended",
    ]  # fmt: skip


def test_two_days_more_from_the_day_of_the_cut_on_the_line_stays_and_has_its_notice_anew(
    house: House,
) -> None:
    line = house.line()
    house.until(at(18, 20))
    written(house, with_steps(draft_of(house, date(2027, 4, 19), grace=5), later(2)))
    house.until(at(20, 23))
    assert house.get(line).state == GRACE
    assert house.taken(line) == [*WHOLE_POLICY[:-1], ("tonight.2", "20 18:00")]
    house.until(at(21, 9))
    assert house.get(line).state == SUSPENDED
    assert house.taken(line)[-1] == ("suspend", "21 00:05")
    assert [key for key, _ in house.taken(line)].count("slow") == 1


def test_days_fewer_cut_nobody_without_the_notice_of_the_evening_before(house: House) -> None:
    line = house.line()
    house.until(at(16, 23))
    sooner = {"slow": 1, "tonight": 1, "suspend": 2}
    draft = with_steps(
        without("prompt_again")(draft_of(house, date(2027, 4, 17), grace=0)),
        lambda step: replace(step, day_offset=sooner.get(step.key, step.day_offset)),
    )
    written(house, draft)
    house.until(at(18, 17, 59))
    assert house.get(line).state == GRACE, "the cut was of the night of the 17th, but there was no notice"
    house.until(at(19, 9))
    taken = house.taken(line)
    assert taken[-2:] == [("tonight", "18 18:00"), ("suspend", "19 00:05")], "not before Sunday is over"
    assert [key for key, _ in taken].count("prompt") == 1


def test_a_step_left_out_and_one_added(house: House) -> None:
    line = house.line()
    extra = Step(0, "remind_2", -1, time(9), "remind", "line_reminder", prefer="whatsapp")
    draft = draft_of(house, date(2027, 4, 13))
    steps = [step for step in draft.steps if step.action not in ("prompt", "slow")]
    house.until(at(12, 12))
    written(house, replace(draft, steps=[*steps, extra]))
    house.until(at(19, 9))
    assert [key for key, _ in house.taken(line)] == ["remind", "remind_2", "last_day", "tonight", "suspend"]


def test_a_plan_s_own_policy_begins_and_ends(house: House) -> None:
    line, other = house.line(), house.line(price=2_000)
    plan = plan_of(house, line)
    written(house, with_steps(draft_of(house, date(2027, 4, 12), plan_id=plan, grace=6), later(3)))
    house.until(at(19, 9))
    assert (house.get(line).state, house.get(other).state) == (GRACE, SUSPENDED)
    with house.work() as work:
        end_own_policy(work, OWNER, plan_id=plan, from_day=date(2027, 4, 20), reason="one policy again")
    house.until(at(20, 1))
    assert house.get(line).state == GRACE, "no notice was given yet"
    house.until(at(21, 1))
    assert house.get(line).state == SUSPENDED
    with house.work() as work, pytest.raises(Refusal, match="no policy of its own"):
        end_own_policy(work, OWNER, plan_id=plan, from_day=date(2027, 5, 1), reason="once more")


def test_what_has_not_begun_is_taken_back_and_what_has_is_not(house: House) -> None:
    house.line()
    policy = written(house, draft_of(house, date(2027, 4, 20)))
    with house.work() as work:
        assert [each.policy.id for each in policies_to_come(work)] == [policy]
        take_policy_back(work, OWNER, policy_id=policy, reason="a slip of a key")
        assert policies_to_come(work) == []
    for policy_id, words in ((policy, "taken back already"), (1, "It has begun")):
        with house.work() as work, pytest.raises(Refusal, match=words):
            take_policy_back(work, OWNER, policy_id=policy_id, reason="a slip of a key")
    house.until(at(21, 9))
    with house.work() as work:
        assert [each.policy.id for each in policies_now(work)] == [1]


def test_who_wrote_it_and_why_is_kept_and_the_old_row_is_as_it_was(house: House) -> None:
    house.line()
    policy = written(house, draft_of(house, date(2027, 4, 20), grace=2))
    with house.work() as work:
        old, new = work.session.get_one(DunningPolicy, 1), work.session.get_one(DunningPolicy, policy)
        assert (old.grace_days, old.ended_on, new.grace_days, new.reason) == (3, None, 2, "more days for all")
        entry = work.session.query(AuditEntry).one()
        assert (entry.what, entry.detail["policy"]) == ("dunning_policy_written", policy)


@pytest.mark.parametrize("role", ["support", "technician", "viewer"])
def test_who_may_not(house: House, role: str) -> None:
    house.line()
    draft, nobody = draft_of(house, date(2027, 4, 20)), Actor(None, role, "test")
    rest = Rest(None, date(2027, 5, 4), date(2027, 5, 4))
    with house.work() as work:
        for act in (
            lambda: write_policy(work, nobody, draft=draft, reason="because"),
            lambda: take_policy_back(work, nobody, policy_id=1, reason="because"),
            lambda: end_own_policy(work, nobody, plan_id=1, from_day=draft.from_day, reason="because"),
            lambda: add_rest(work, nobody, calendar="holidays", rest=rest, reason="because"),
            lambda: end_rest(work, nobody, calendar_day_id=1, reason="because"),
        ):
            with pytest.raises(Refusal, match="role"):
                act()


def only(whose: str, **changes: object) -> Callable[[PolicyDraft], PolicyDraft]:
    return lambda draft: with_steps(
        draft, lambda step: replace(step, **changes) if step.key == whose else step
    )  # type: ignore[arg-type]


def without(*keys: str) -> Callable[[PolicyDraft], PolicyDraft]:
    return lambda draft: replace(draft, steps=[step for step in draft.steps if step.key not in keys])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda draft: replace(draft, from_day=date(2027, 4, 11)), "tomorrow or later"),
        (lambda draft: replace(draft, from_day=date(2037, 4, 11)), "tomorrow or later"),
        (lambda draft: replace(draft, grace_days=61), "Days of grace"),
        (lambda draft: replace(draft, grace_days=4), "days of grace it comes after"),
        (lambda draft: replace(draft, steps=[]), "from 1 to"),
        (lambda draft: replace(draft, steps=[*draft.steps, draft.steps[0]]), "there twice"),
        (lambda draft: replace(draft, plan_id=999), "home lines"),
        (without("tonight"), "without the notice"),
        (without("suspend"), "leave it out, too"),
        (without("suspend", "tonight"), "only a line that was switched off"),
        (only("tonight", day_offset=2), "the day before"),
        (only("tonight", at=time(9)), "the day before"),
        (only("tonight", announces=None), "no reminder for after"),
        (only("suspend", at=time(12)), "from 00:00 to 06:00"),
        (only("slow", day_offset=0), "paid days are over"),
        (only("slow", day_offset=9), "comes before"),
        (only("end", day_offset=4), "comes after"),
        (only("end", day_offset=401), "the day goes from"),
        (only("remind", at=time(20)), "08:00 to 20:00"),
        (only("remind", template="line_suspended"), "not true"),
        (only("remind", day_offset=0), "not true"),
        (only("remind", day_offset=2), "no reminder for after"),
        (only("slow", template="line_suspended"), "not true"),
        (only("remind", prefer="pigeon"), "a way is chosen"),
        (only("prompt", prefer="sms"), "a way is chosen"),
        (only("suspend", calendars=("saturdays",)), "of the list"),
        (only("prompt", key="slow_2", action="slow", at=time(1)), "once each"),
        (only("remind", key="prompt_again"), "there twice"),
        (lambda draft: only("remind", key="prompt")(without("prompt")(draft)), "something else"),
    ],
)  # fmt: skip
def test_what_is_refused(house: House, change: Callable[[PolicyDraft], PolicyDraft], words: str) -> None:
    house.clock.at = at(11, 20)
    draft = change(draft_of(house, date(2027, 4, 12)))
    with house.work() as work, pytest.raises(Refusal) as refused:
        write_policy(work, OWNER, draft=draft, reason="more days for all")
    assert words in refused.value.sentence.msgid


STEPS = [
    Step(1, "remind", -3, time(8), "remind", "line_reminder"),
    Step(2, "slow", 2, time(0, 5), "slow", "line_slowed"),
    Step(3, "tonight", 3, time(18), "remind", "line_stops_tonight", announces="suspend"),
    Step(4, "suspend", 4, time(0, 5), "suspend", "line_suspended"),
    Step(5, "end", 60, time(0, 5), "end"),
]


@settings(max_examples=60)
@given(
    grace=st.integers(-1, 12),
    days=st.lists(st.integers(-5, 14), min_size=5, max_size=5),
    kept=st.lists(st.booleans(), min_size=5, max_size=5),
    hours=st.lists(st.sampled_from([time(0, 5), time(8), time(18), time(23)]), min_size=5, max_size=5),
)
def test_what_passes_cuts_nobody_early_or_unannounced(
    grace: int, days: list[int], kept: list[bool], hours: list[time]
) -> None:
    steps = [
        replace(step, day_offset=day, at=hour)
        for step, day, hour, keep in zip(STEPS, days, hours, kept, strict=True)
        if keep
    ]
    try:
        check_policy(grace, steps, ["sundays"])
    except Refusal:
        return
    policy = Policy(1, "any", grace, {step.key: step for step in steps})
    stand = Stand(date(2027, 4, 15))
    due = {key: due_at(policy, step, stand, {}) for key, step in policy.steps.items()}
    cut = due.get("suspend")
    if cut is not None:
        notice = due["tonight"]
        assert notice is not None
        assert timedelta() < cut - notice < timedelta(days=1)
        assert cut >= at(16, 0) + timedelta(days=grace)
        assert all(other < cut for key, other in due.items() if key not in ("suspend", "end") and other)
    if "end" in due:
        assert cut is not None
        assert due["end"] is not None
        assert due["end"] > cut


def test_a_day_that_is_gazetted_late_is_kept_and_taken_off_again(house: House) -> None:
    line = house.line()
    house.until(at(16, 12))
    with house.work() as work:
        rest = Rest(None, date(2027, 4, 19), date(2027, 4, 20), note="Eid, gazetted")
        row = add_rest(work, OWNER, calendar="holidays", rest=rest, reason="gazetted today")
    house.until(at(19, 9))
    assert house.get(line).state == GRACE
    with house.work() as work:
        end_rest(work, OWNER, calendar_day_id=row.id, reason="one day only after all")
        assert len(calendars(work)["holidays"]) > 30
    house.until(at(20, 9))
    assert house.get(line).state == SUSPENDED
    with house.work() as work:
        assert [entry.what for entry in work.session.query(AuditEntry)] == [
            "calendar_day_added", "calendar_day_ended",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("calendar", "rest", "words"),
    [
        ("holidays", Rest(None, date(2027, 4, 1), date(2027, 4, 10)), "Choose a weekday, or days"),
        ("holidays", Rest(None, date(2027, 4, 14), date(2027, 4, 12)), "last day comes after"),
        ("holidays", Rest(None, date(2027, 5, 1), date(2027, 6, 15)), "Nobody would be"),
        ("holidays", Rest(None, None, None), "Choose a weekday, or days"),
        ("sundays", Rest(8, None, None), "Choose a weekday, or days"),
        ("sundays", Rest(6, date(2027, 5, 1), None), "Choose a weekday, or days"),
        ("ramadan", Rest(5, None, None, 1_140, 1_080), "last hour comes after"),
        ("new moons", Rest(5, None, None), "Choose one of the list"),
    ],
)
def test_days_that_are_refused(house: House, calendar: str, rest: Rest, words: str) -> None:
    house.clock.at = at(11, 20)
    with house.work() as work, pytest.raises(Refusal) as refused:
        add_rest(work, OWNER, calendar=calendar, rest=rest, reason="gazetted today")
    assert words in refused.value.sentence.msgid


def test_a_week_of_rest_is_refused_and_the_last_of_a_calendar_stays(house: House) -> None:
    house.clock.at = at(11, 20)
    with house.work() as work:
        for weekday in range(1, 6):
            add_rest(work, OWNER, calendar="sundays", rest=Rest(weekday, None, None), reason="a strike")
        with pytest.raises(Refusal, match="Nobody would be"):
            add_rest(work, OWNER, calendar="sundays", rest=Rest(6, None, None), reason="a strike")
        work.session.rollback()
    with house.work() as work, pytest.raises(Refusal, match="last of its calendar"):
        end_rest(work, OWNER, calendar_day_id=1, reason="Sundays, too")
