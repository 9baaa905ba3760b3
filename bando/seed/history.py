"""A year of the provider's past, lived through the verbs, all in one transaction: a seed that is broken off leaves
nothing behind.

What the verbs would have sent into the world is marked as done; the matching M-Pesa receipts are left for the
sandbox, so that both sides tell the same story. Routers get what holds today when the trial starts.
"""

import heapq
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from bando.seed import homes, houses
from bando.seed.hours import moment_of, voucher_moment
from bando.seed.nights import go_dark, pass_evening, pass_morning, pass_night
from bando.seed.office import EVERY_DAYS, work_in_the_office
from bando.seed.past import Past, planned_once
from bando.seed.people import BY_DATA, LANDLORD, OFFICE, PASSER, TENANT, Person, people
from bando.seed.present import come_to_the_present
from bando.seed.provider import open_provider
from bando.seed.sales import sell
from bando.seed.shelf import TOLD_BEFORE, clear_shelf, end_opening_price, fill_shelf
from core.base.clock import NAIROBI, nairobi_day
from core.base.database import Database
from core.base.settings import Network
from core.catalogue.model import HOTSPOT, PPPOE
from core.subscribers.model import Subscriber

PEOPLE, HOMES, DAYS = 300, 170, 365
"""Tests ask for fewer people with BANDO_SEED_PEOPLE, and for fewer days with BANDO_SEED_DAYS."""
DAYS_IN_FULL = 14
"""In the last days people are told of everything; of those before no text is kept, which is cheaper."""
DRAWN_FROM = 20_261_122
"""The seed of the drawing: every trial starts with the same people and the same past."""
VOUCHERS = (30, 20, 30, 12, 8)
"""How many of a hundred vouchers are of each hotspot plan, the cheapest first."""
HOTSPOT_REST_DAYS = 22
"""So many days, on the average, until somebody whose bundle is over wants the next one."""
OUTAGE_DAYS_AGO = 23
AT_LEAST_FOR_PRICES = 21
"""A past of fewer days has one price alone."""

Say = Callable[[str], None]
Act = tuple[datetime, int]
"""When, and whose act it is: the place in the crowd."""


@dataclass
class Days:
    """The days that are lived, from `first`; until: the present."""

    first: datetime
    count: int
    until: datetime
    crowd: Sequence[Person]
    acts: list[Act] = field(default_factory=list)

    @property
    def list_prices_from(self) -> date | None:
        """When the opening price ends: in the middle, with a month where there are some."""
        if self.count < AT_LEAST_FOR_PRICES:
            return None
        day = nairobi_day(self.first + timedelta(days=self.count // 2))
        return day.replace(day=1) if self.count > 100 else day


def is_seeded(database: Database) -> bool:
    """Whether this database has a provider already."""
    with database.work() as work:
        return bool(work.scalar("SELECT EXISTS (SELECT 1 FROM plans)"))


def seed(
    database: Database,
    *,
    world: dict[str, Any],
    networks: Sequence[Network],
    own_ports: Sequence[int],
    receipts_file: Path,
    say: Say,
    count: int = PEOPLE,
    days: int = DAYS,
) -> None:
    """Open the provider and live its past up to the database's present."""
    with database.work() as work, planned_once(work):
        now = work.now
        first_day = datetime.combine(nairobi_day(now), time(), NAIROBI) - timedelta(days=days)
        past = Past(
            work,
            random.Random(DRAWN_FROM),
            world["daraja"]["shortcode"],
            in_full_from=now - timedelta(days=DAYS_IN_FULL),
        )
        open_provider(past.at(first_day), routers=world["routers"], networks=networks, own_ports=own_ports)
        fill_shelf(past)
        crowd = list(people(count, HOMES * count // PEOPLE, days - 1, past.draw))
        lived = Days(first_day, days, now, crowd)
        for place, person in enumerate(crowd):
            day = first_day + timedelta(days=days - person.joined_days_ago)
            is_passer = person.life == PASSER
            joins = voucher_moment(past.draw, day) if is_passer else moment_of(past.draw, day)
            heapq.heappush(lived.acts, (joins, place))
        for day_number in range(days + 1):
            _live_day(past, lived, day_number)
            if day_number % (max(days, 12) // 12) == 0:
                say(f"seeding: day {day_number} of {days}, {past.sales} sales")
        clear_shelf(past)
        come_to_the_present(past.at(now))
    receipts_file.parent.mkdir(parents=True, exist_ok=True)
    receipts_file.write_text("".join(json.dumps(row) + "\n" for row in past.receipts))
    say(f"seeding: {len(crowd)} subscribers, {past.sales} sales")


def _live_day(past: Past, lived: Days, number: int) -> None:
    """One day: the night's jobs, then people at their minutes, between them what has its hour."""
    midnight = lived.first + timedelta(days=number)
    hours: list[tuple[datetime, Callable[[], None]]] = [
        (midnight + timedelta(minutes=5), lambda: pass_night(past, midnight)),
        (midnight + timedelta(hours=8), lambda: pass_morning(past, midnight)),
        *_events_of(past, lived, number, midnight),
        (midnight + timedelta(hours=18), lambda: pass_evening(past, midnight)),
    ]
    for moment, happens in sorted(hours, key=lambda one: one[0]):
        _live_until(past, lived, min(moment, lived.until))
        if moment > lived.until:
            return
        happens()
    _live_until(past, lived, min(midnight + timedelta(days=1), lived.until))


def _events_of(
    past: Past, lived: Days, number: int, midnight: datetime
) -> list[tuple[datetime, Callable[[], None]]]:
    """What happens on this day alone."""
    found: list[tuple[datetime, Callable[[], None]]] = []
    prices_from, ago = lived.list_prices_from, lived.count - number
    noon, afternoon = midnight + timedelta(hours=12), midnight + timedelta(hours=15)
    if prices_from is not None and nairobi_day(midnight) == prices_from - TOLD_BEFORE:
        found.append((noon, lambda: end_opening_price(past, noon, prices_from)))
    if ago == OUTAGE_DAYS_AGO:
        morning = midnight + timedelta(hours=8, minutes=20)
        site_id = past.plans[PPPOE][0].sites[0].id
        found.append((morning, lambda: go_dark(past, morning, site_id)))
    if ago and ago % EVERY_DAYS == 0:
        found.append((afternoon, lambda: work_in_the_office(past, afternoon)))
    return found


def _live_until(past: Past, lived: Days, end: datetime) -> None:
    """People act, each at their minute, up to `end`."""
    while lived.acts and lived.acts[0][0] < end:
        moment, place = heapq.heappop(lived.acts)
        past.at(moment)
        after = _act(past, lived.crowd[place])
        if after is not None:
            heapq.heappush(lived.acts, (max(after, moment + timedelta(hours=1)), place))


def _act(past: Past, person: Person) -> datetime | None:
    """What somebody does now, and when that person acts next; None where that is all."""
    subscriber = past.meet(person)
    match person.life:
        case _ if person.life == PASSER:
            return _buy_voucher(past, subscriber, person)
        case _ if person.life == OFFICE:
            return houses.live_at_the_office(past, subscriber, person)
        case _ if person.life == BY_DATA:
            return houses.live_by_data(past, subscriber, person)
        case _ if person.life == LANDLORD:
            return houses.live_as_landlord(past, subscriber, person)
    line_id = past.lines.get(person.msisdn.digits)
    if line_id is not None:
        return homes.go_on(past, subscriber, person, line_id)
    join = houses.live_as_tenant if person.life == TENANT else homes.join
    return join(past, subscriber, person)


def _buy_voucher(past: Past, subscriber: Subscriber, person: Person) -> datetime:
    plan = past.draw.choices(past.plans[HOTSPOT], VOUCHERS)[0]
    sell(past, subscriber, person, plan)
    rest = timedelta(days=past.draw.expovariate(1 / HOTSPOT_REST_DAYS))
    return voucher_moment(past.draw, past.work.now + timedelta(seconds=plan.term_count) + rest)
