"""A year of the provider's past, lived through the verbs, all in one transaction: a seed that is broken off leaves
nothing behind.

What the verbs would have sent into the world is marked as done; the matching M-Pesa receipts are left for the
sandbox, so that both sides tell the same story. Routers get what holds today when the trial starts.
"""

import heapq
import json
import random
from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from bando.seed.nights import (
    CORRECTIONS_EVERY,
    OUTAGE_DAYS_AGO,
    correct,
    go_dark,
    pass_evening,
    pass_night,
)
from bando.seed.past import Past
from bando.seed.people import Person, people
from bando.seed.present import come_to_the_present
from bando.seed.provider import open_provider
from bando.seed.sales import pay_more, sell
from core.base.clock import NAIROBI, nairobi_day
from core.base.database import Database
from core.base.errors import Refusal
from core.base.settings import Network
from core.billing.change_plan import change_next
from core.billing.model import ACTIVE, AWAITING_NETWORK, ENDED, PAUSED, Subscription
from core.billing.pause import pause
from core.billing.serve import lock_line, start_paid_time
from core.catalogue.model import HOTSPOT, PPPOE, Plan
from core.ledger.post import lock_subscriber
from core.subscribers.meet import choose_language, meet
from core.subscribers.model import Subscriber

PEOPLE, HOMES, DAYS = 300, 170, 90
"""Tests ask for fewer people with BANDO_SEED_PEOPLE; BANDO_SEED_DAYS asks for fewer days, or 365 for a whole year."""
DAYS_IN_FULL = 10
"""The last days are lived as today is; those before by the paybill and without texts, at a third of the cost."""
DRAWN_FROM = 20_261_122
"""The seed of the drawing: every trial starts with the same people and the same past."""
HOTSPOT_REST_DAYS, LESS_EVERY = 12, 10
"""So many days, on the average, until somebody whose bundle is over buys the next one; one more for every ten days that
it is ago, for hotspots have become known."""

_PLAN_FOR_FULL_TABLES = text(
    "SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)"
)
"""The database has not counted what this transaction fills, and would read whole tables that it takes for empty."""

Say = Callable[[str], None]
Act = tuple[datetime, int]
"""When, and whose act it is: the place in the crowd."""


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
    with database.work() as work:
        now = work.now
        work.session.execute(_PLAN_FOR_FULL_TABLES)
        first_day = datetime.combine(nairobi_day(now), time(), NAIROBI) - timedelta(days=days)
        past = Past(
            work,
            random.Random(DRAWN_FROM),
            world["daraja"]["shortcode"],
            in_full_from=now - timedelta(days=DAYS_IN_FULL),
        )
        open_provider(past.at(first_day), routers=world["routers"], networks=networks, own_ports=own_ports)
        for kind in (HOTSPOT, PPPOE):
            plans = select(Plan).where(Plan.kind == kind).order_by(Plan.price_cents)
            past.plans[kind] = list(work.session.scalars(plans))
        crowd = list(people(count, HOMES * count // PEOPLE, days - 1, past.draw))
        acts = [
            (_moment_of(past, first_day + timedelta(days=days - person.joined_days_ago)), place)
            for place, person in enumerate(crowd)
        ]
        heapq.heapify(acts)
        for day in range(days + 1):
            _live_day(
                past, crowd, acts, morning=first_day + timedelta(days=day), days_ago=days - day, until=now
            )
            if day % (max(days, 7) // 7) == 0:
                say(f"seeding: day {day} of {days}, {past.sales} sales")
        come_to_the_present(past.at(now))
    receipts_file.parent.mkdir(parents=True, exist_ok=True)
    receipts_file.write_text("".join(json.dumps(row) + "\n" for row in past.receipts))
    say(f"seeding: {len(crowd)} subscribers, {past.sales} sales")


def _live_day(
    past: Past,
    crowd: Sequence[Person],
    acts: list[Act],
    *,
    morning: datetime,
    days_ago: int,
    until: datetime,
) -> None:
    """One day: the night's jobs, then people at their minutes, then the evening's notices."""
    for line_id in pass_night(past, morning + timedelta(minutes=6)):
        start_paid_time(past.work, subscription_id=line_id, at=past.work.now)
    if days_ago == OUTAGE_DAYS_AGO:
        go_dark(past, morning + timedelta(hours=9), past.plans[PPPOE][0].sites[0].id)
    if days_ago and days_ago % CORRECTIONS_EVERY == 0:
        correct(past, morning + timedelta(hours=15))
    evening, tomorrow = morning + timedelta(hours=18, minutes=30), morning + timedelta(days=1)
    for end in (evening, tomorrow):
        while acts and acts[0][0] < min(end, until):
            moment, place = heapq.heappop(acts)
            past.at(moment)
            after = _act(past, crowd[place])
            if after is not None:
                heapq.heappush(acts, (max(after, moment + timedelta(hours=1)), place))
        if end == evening <= until:
            pass_evening(past, evening)


def _moment_of(past: Past, day: datetime) -> datetime:
    """Some minute of a day between 6 and 22."""
    return datetime.combine(nairobi_day(day), time(), NAIROBI) + timedelta(
        minutes=past.draw.randint(360, 1320)
    )


def _act(past: Past, person: Person) -> datetime | None:
    """What somebody does now, and when that person acts next; None where that is all."""
    subscriber = meet(past.work, msisdn=person.msisdn)
    if subscriber.language is None:
        choose_language(past.work, subscriber_id=subscriber.id, language=person.language)
        if person.home:
            subscriber.first_name, subscriber.last_name = person.first_name, person.last_name
    if not person.home:
        return _use_hotspot(past, subscriber, person)
    line_id = past.lines.get(person.msisdn.digits)
    return _join(past, subscriber, person) if line_id is None else _go_on(past, subscriber, person, line_id)


def _use_hotspot(past: Past, subscriber: Subscriber, person: Person) -> datetime:
    plan = past.draw.choices(past.plans[HOTSPOT], (30, 20, 30, 12, 8))[0]
    sell(past, subscriber, person, plan)
    ago = max(0, (past.in_full_from - past.work.now).days)
    rest = timedelta(days=past.draw.expovariate(1 / (HOTSPOT_REST_DAYS + ago // LESS_EVERY)))
    day = past.work.now + timedelta(seconds=plan.term_count) + rest
    if (
        day.astimezone(NAIROBI).weekday() < 4 and past.draw.random() < 0.5
    ):  # most are sold from Friday to Sunday
        day += timedelta(days=4 - day.astimezone(NAIROBI).weekday() + past.draw.randint(0, 2))
    return _moment_of(past, day)


def _join(past: Past, subscriber: Subscriber, person: Person) -> datetime | None:
    plan = past.draw.choices(past.plans[PPPOE], (5, 4, 2))[0]
    site = past.draw.choice(plan.sites)
    subscriber.site_id = site.id
    line = sell(past, subscriber, person, plan, site_id=site.id)
    past.lines[person.msisdn.digits] = line.id
    return _next_payment(past, line)


def _go_on(past: Past, subscriber: Subscriber, person: Person, line_id: int) -> datetime | None:
    """A line's owner pays; now and then another plan is wanted first, or a rest."""
    line = lock_line(past.work, line_id)
    if line.state == ENDED:
        return None
    if line.state in (PAUSED, AWAITING_NETWORK):
        return past.work.now + timedelta(days=9)
    if line.paid_through is not None and line.paid_through > past.work.now + timedelta(days=6):
        return _next_payment(past, line)  # paid ahead meanwhile
    mood = past.draw.random()
    if mood < 0.08:
        lock_subscriber(past.work, subscriber.id)
    if line.state == ACTIVE and mood < 0.07:
        _want_another_plan(past, line)
    elif line.state == ACTIVE and mood < 0.08:
        try:
            until = nairobi_day(past.work.now) + timedelta(days=past.draw.randint(10, 25))
            pause(past.work, line.id, until=until, cause="asked for by its owner")
            return past.work.now + timedelta(days=27)
        except Refusal:
            pass  # it has no paid day left
    if mood > 0.96:
        pay_more(past, subscriber, person, line, line.plan.price + line.plan.price)
    else:
        plan = past.work.session.get_one(Plan, line.next_plan_id or line.plan_id)
        sell(past, subscriber, person, plan, renews=line.id)
    return _next_payment(past, line)


def _want_another_plan(past: Past, line: Subscription) -> None:
    """The next one up, or sometimes down, from the next period on."""
    plans = past.plans[PPPOE]
    here = next(place for place, plan in enumerate(plans) if plan.id == line.plan_id)
    there = here + (1 if past.draw.random() < 0.65 else -1)
    if 0 <= there < len(plans):
        try:
            change_next(past.work, line.id, plans[there].id)
        except Refusal:
            return  # the next period is paid already
        past.work.session.flush()


def _next_payment(past: Past, line: Subscription) -> datetime | None:
    """Most pay in the last days, many in the days of grace, some when they are cut, and a few never again."""
    assert line.paid_through is not None, "it was on"
    kind = past.draw.random()
    if kind < 0.52:
        days = past.draw.randint(-3, -1)
    elif kind < 0.86:
        days = past.draw.randint(0, 3)
    elif kind < 0.95:
        days = past.draw.randint(5, 13)
    elif kind < 0.975:
        days = past.draw.randint(18, 40)
    else:
        return None
    return _moment_of(past, line.paid_through + timedelta(days=days))
