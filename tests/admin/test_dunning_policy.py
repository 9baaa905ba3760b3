"""The policy of dunning by page: written again as it is, changed, refused, ended; and the calendars."""

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select

from core.base.clock import nairobi_day
from core.billing.dunning_model import CalendarDay, DunningPolicy, DunningStep
from tests.admin.conftest import Browser, House, logged_in
from tests.admin.deeds import do, look
from tests.admin.pages import Read
from tests.factories import a_home_plan

_FIELD = re.compile(r'<input class="form-(?:control|check-input)"([^>]*) name="([^"]+)"([^>]*)>')
_SELECT = re.compile(r'<select[^>]* name="([^"]+)">(.*?)</select>', re.DOTALL)


@pytest.fixture
def plan(house: House) -> int:
    with house.work() as work:
        return a_home_plan(work).id


def filled(browser: Browser, path: str) -> dict[str, str]:
    """What a browser would send of the form as it is shown."""
    text = browser.get(path).text
    found = {}
    for before, name, after in _FIELD.findall(text):
        rest = before + after
        value = re.search(r'value="([^"]*)"', rest)
        if 'type="checkbox"' not in rest or " checked" in rest:
            found[name] = unescape(value[1]) if value else ""
    for name, options in _SELECT.findall(text):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        assert chosen is not None
        found[name] = chosen[1]
    return {**found, "reason": "agreed with the owner"}


def steps_of(house: House, policy_id: int) -> list[tuple[object, ...]]:
    with house.work() as work:
        rows = work.session.scalars(select(DunningStep).where(DunningStep.policy_id == policy_id))
        return sorted(
            (row.key, row.day_offset, row.at, row.action, row.template, row.prefer, sorted(row.calendars),
             row.announces)
            for row in rows
        )  # fmt: skip


def newest(house: House) -> DunningPolicy:
    with house.work() as work:
        return work.session.scalars(select(DunningPolicy).order_by(DunningPolicy.id.desc()).limit(1)).one()


@pytest.mark.parametrize("path", ["/dunning/new", "/dunning/plans/{plan}/new"])
def test_as_it_is_shown_it_is_the_same_policy(house: House, browser: Browser, plan: int, path: str) -> None:
    logged_in(house, browser, "finance")
    at = path.format(plan=plan)
    assert browser.post(at, **filled(browser, at)).status_code == 303
    made = newest(house)
    with house.work() as work:
        tomorrow = nairobi_day(work.now) + timedelta(days=1)
    assert (made.from_day, made.grace_days) == (tomorrow, 3)
    assert made.plan_id == (plan if "plan" in path else None)
    assert steps_of(house, made.id) == steps_of(house, 1)
    assert "To come: home" in Read(browser.get("/dunning").text).text


def test_changed_steps_one_left_out_and_one_more(house: House, browser: Browser) -> None:
    logged_in(house, browser, "owner")
    form = filled(browser, "/dunning/new")
    del form["keep-prompt"]
    changes = {"grace": "5", "day-tonight": "5", "day-suspend": "6", "day-slow": "+4", "at-remind": "09:30",
               "way-remind": "whatsapp", "sundays-slow": "1", "keep-new": "1"}  # fmt: skip
    assert browser.post("/dunning/new", **{**form, **changes}).status_code == 303
    made = {step[0]: step for step in steps_of(house, newest(house).id)}
    assert "prompt" not in made
    assert made["remind"][5] == "whatsapp"
    assert made["slow"][1] == 4
    assert made["slow"][6] == ["sundays"]
    assert (made["remind_2"][1], made["remind_2"][4]) == (-1, "line_reminder")


def test_what_is_wrong_is_said_and_what_was_typed_stays(house: House, browser: Browser) -> None:
    logged_in(house, browser, "owner")
    form = filled(browser, "/dunning/new")
    del form["keep-tonight"]
    answer = browser.post("/dunning/new", **form, on="/own")
    assert "without the notice of the evening before" in Read(answer.text).text
    assert re.search(r'name="keep-tonight" value="1">', answer.text), "still not ticked"
    for wrong in ({"day-remind": "x"}, {"at-remind": "25:00"}, {"from_day": "soon"}, {"reason": ""}):
        assert 'role="alert"' in browser.post("/dunning/new", **{**form, "keep-tonight": "1", **wrong}).text
    assert newest(house).id == 1


def test_a_plan_s_own_ends_and_what_is_to_come_is_taken_back(
    house: House, browser: Browser, plan: int
) -> None:
    logged_in(house, browser, "owner")
    at = f"/dunning/plans/{plan}/new"
    browser.post(at, **filled(browser, at))
    made = newest(house)
    day = (made.from_day + timedelta(days=30)).isoformat()
    assert browser.get(do(browser, f"/dunning/plans/{plan}/end", from_day=day)).status_code == 200
    assert newest(house).ended_on == made.from_day + timedelta(days=30)
    do(browser, f"/dunning/policies/{made.id}/back")
    assert newest(house).ended_on == made.from_day
    assert look(browser, "/dunning/policies/1/back").hidden == {}
    assert "To come" not in Read(browser.get("/dunning").text).text


def test_a_calendar_gets_days_and_loses_them(house: House, browser: Browser) -> None:
    logged_in(house, browser, "finance")
    with house.work() as work:
        first = (nairobi_day(work.now) + timedelta(days=9)).isoformat()
    typed = {"calendar": "holidays", "weekday": "0", "first": first, "last": first, "name": "Gazetted"}
    do(browser, "/dunning/calendars/new", **typed)
    assert "Gazetted" in Read(browser.get("/dunning").text).text
    assert look(browser, "/dunning/calendars/new", **{**typed, "from": "later"}).hidden == {}
    with house.work() as work:
        row = work.session.scalars(select(CalendarDay.id).where(CalendarDay.note == "Gazetted")).one()
    order = do(browser, f"/dunning/calendars/{row}/end")
    assert browser.get(order).status_code == 200
    assert "Gazetted" not in Read(browser.get("/dunning").text).text


def test_support_sees_the_policy_and_no_way_to_change_it(house: House, browser: Browser) -> None:
    logged_in(house, browser, "support")
    text = browser.get("/dunning").text
    assert "suspend" in text
    assert "/dunning/new" not in text
    assert "/dunning/calendars" not in text
    assert browser.get("/dunning/new").status_code == 403
