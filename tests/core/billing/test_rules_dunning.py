"""Dunning by example: the calendars of the database, and dark days that come back while a line is dunned."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from core.base.clock import NAIROBI, SetClock, last_day
from core.base.database import Database
from core.billing import jobs
from core.billing.model import GRACE, SUSPENDED
from core.messaging.consent import give
from core.messaging.template import Purpose
from tests.core.billing.dunning import House, at
from tests.factories import a_site


@pytest.fixture
def house(database: Database, clock: SetClock) -> House:
    return House(database, clock)


def paid_through(house: House, line: int, end: datetime) -> None:
    """Its last paid day is the one that ends then."""
    with house.work() as work:
        work.session.execute(
            text("UPDATE subscriptions SET paid_through = :at WHERE id = :id"), {"at": end, "id": line}
        )


def test_nobody_is_cut_on_a_public_holiday(house: House) -> None:
    line = house.line()
    # Four days after the 27th is Labour Day, a Saturday.
    paid_through(house, line, at(28, 0))
    house.clock.at = at(25, 20)
    house.until(at(3, 12, month=5))
    ending = [step for step in house.taken(line) if step[0].split(".")[0] in ("tonight", "suspend")]
    assert ending == [("tonight", "02 18:00"), ("suspend", "03 00:05")], "nor on the Sunday after it"


def test_no_prompt_while_a_fast_is_broken(house: House) -> None:
    """An outage of the morning moves the prompt of 17:00 to 18:15, which is an hour of Ramadan 2028."""
    line = house.line()
    with house.work() as work:
        owner = house.get(line).subscriber_id
        give(work, subscriber_id=owner, purpose=Purpose.PROMPT, how="staff", wording="yes, ask me")
    day = datetime(2028, 2, 16, tzinfo=NAIROBI)
    paid_through(house, line, day)
    down, up = day + timedelta(hours=9), day + timedelta(hours=10, minutes=15)
    house.clock.at = up
    jobs.note_gateway_down(house.database, gateway="mpesa", at=int(down.timestamp()))
    jobs.note_gateway_up(house.database, gateway="mpesa", at=int(up.timestamp()))
    for hour, minute in ((17, 0), (18, 15), (18, 59)):
        house.now(day + timedelta(hours=hour, minutes=minute))
        assert house.prompts() == []
    house.now(day + timedelta(hours=19))
    assert house.prompts() == ["16 19:00"]


def test_days_that_were_dark_in_grace_are_given_back_and_put_off_the_cut(house: House) -> None:
    with house.work() as work:
        site = a_site(work).id
    line = house.line(site_id=site)
    house.until(at(16, 12))
    jobs.note_site_down(house.database, site_id=site, at=int(at(16, 12).timestamp()))
    house.clock.at = at(17, 0, 5)
    jobs.close_the_day(house.database)
    found = house.get(line)
    assert found.paid_through is not None
    assert (found.state, f"{last_day(found.paid_through):%d/%m}") == (GRACE, "16/04")
    house.clock.at = at(17, 12)
    jobs.note_site_up(house.database, site_id=site, at=int(at(17, 12).timestamp()))
    for day in (18, 19, 20):
        house.until(at(day, 0, 4))
        house.clock.at = at(day, 0, 5)
        jobs.close_the_day(house.database)
        assert house.get(line).state == GRACE
    house.until(at(21, 12))
    assert house.get(line).state == SUSPENDED, "three days of grace that were bright"
