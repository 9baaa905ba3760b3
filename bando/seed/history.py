"""A few weeks of the provider's past, lived through the verbs, all in one transaction: a seed that is broken off
leaves nothing behind.

What the verbs would have sent into the world is marked as done; the matching M-Pesa receipts are left for the
sandbox, so that both sides tell the same story. Routers get what holds today when the trial starts.
"""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from bando.seed.people import Person, people
from bando.seed.provider import open_provider
from core.base.clock import NAIROBI, nairobi_day
from core.base.database import Database, Work
from core.base.log import draw_request_id
from core.base.settings import Network
from core.billing.expire import sweep
from core.billing.model import ENDED, Subscription
from core.billing.purchase import StepId
from core.billing.queries import home_line
from core.billing.serve import start_at_login, start_paid_time
from core.catalogue.model import HOTSPOT, PPPOE, Plan
from core.network.credentials import send_first_credentials
from core.network.desire import desire
from core.network.events import RouterReturned
from core.network.model import Router
from core.payments.ask import claim, note_answer
from core.payments.collect import pay_for_plan
from core.payments.gateway import Accepted, Paid
from core.payments.settle import settle
from core.payments.tell import tell_receipt
from core.subscribers.meet import choose_language, meet
from core.vouchers.send import send_first

PEOPLE, HOMES, DAYS = 300, 170, 35
"""Tests ask for fewer people with BANDO_SEED_PEOPLE."""
DRAWN_FROM = 20_261_122
"""The seed of the drawing: every trial starts with the same people and the same past."""
RECEIPT_SYMBOLS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"

Say = Callable[[str], None]


@dataclass
class Past:
    """The past that is being lived: whose turn it is on which day, and what M-Pesa would know of it."""

    work: Work
    draw: random.Random
    shortcode: str
    plans: dict[str, list[Plan]] = field(default_factory=dict)
    receipts: list[dict[str, Any]] = field(default_factory=list)
    sales: int = 0


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
) -> None:
    """Open the provider and live its past up to the database's present."""
    with database.work() as work:
        now = work.now
        first_day = datetime.combine(nairobi_day(now), time(), NAIROBI) - timedelta(days=DAYS)
        past = Past(work, random.Random(DRAWN_FROM), world["daraja"]["shortcode"])
        open_provider(_at(work, first_day), routers=world["routers"], networks=networks, own_ports=own_ports)
        for kind in (HOTSPOT, PPPOE):
            plans = select(Plan).where(Plan.kind == kind).order_by(Plan.price_cents)
            past.plans[kind] = list(work.session.scalars(plans))
        crowd = list(people(count, HOMES * count // PEOPLE, DAYS - 1, past.draw))
        for day in range(DAYS + 1):
            _live_day(past, crowd, morning=first_day + timedelta(days=day), days_ago=DAYS - day, until=now)
            if day % 5 == 0:
                say(f"seeding: day {day} of {DAYS}, {past.sales} sales")
        _come_to_the_present(_at(work, now))
    receipts_file.parent.mkdir(parents=True, exist_ok=True)
    receipts_file.write_text("".join(json.dumps(row) + "\n" for row in past.receipts))
    say(f"seeding: {len(crowd)} subscribers, {past.sales} sales")


def _live_day(
    past: Past, crowd: Sequence[Person], *, morning: datetime, days_ago: int, until: datetime
) -> None:
    """One day: people act at drawn minutes between 6 and 22, in order; then the sweep of the night."""
    acts = sorted(
        (
            (morning + timedelta(minutes=past.draw.randint(360, 1320)), person)
            for person in crowd
            if person.joined_days_ago >= days_ago and _acts_today(past, person, days_ago)
        ),
        key=lambda act: act[0],
    )
    for moment, person in acts:
        if moment < until:
            sweep(_at(past.work, moment))
            _act(past, past.work, person)
    sweep(_at(past.work, min(morning + timedelta(hours=23), until)))


def _at(work: Work, moment: datetime) -> Work:
    """The same transaction at another moment: the past is lived a day at a time."""
    work.session.flush()
    work.now = moment
    work.request_id = draw_request_id()
    return work


def _acts_today(past: Past, person: Person, days_ago: int) -> bool:
    if person.joined_days_ago == days_ago:
        return True
    return past.draw.random() < (0.15 if person.home else 0.12)


def _act(past: Past, work: Work, person: Person) -> None:
    subscriber = meet(work, msisdn=person.msisdn)
    if subscriber.language is None:
        choose_language(work, subscriber_id=subscriber.id, language=person.language)
        if person.home:
            subscriber.first_name, subscriber.last_name = person.first_name, person.last_name
    if not person.home:
        _buy(past, work, person, past.draw.choices(past.plans[HOTSPOT], (30, 20, 30, 12, 8))[0])
        return
    line = home_line(work, subscriber.id)
    if line is None:
        plan = past.draw.choices(past.plans[PPPOE], (5, 4, 2))[0]
        site = past.draw.choice(plan.sites)
        subscriber.site_id = site.id
        _buy(past, work, person, plan, site_id=site.id)
    elif line.last_day is not None and (line.last_day - nairobi_day(work.now)).days <= 3:
        plan = work.session.get_one(Plan, line.plan_id)
        _buy(past, work, person, plan, renews=line.subscription_id)


def _buy(
    past: Past,
    work: Work,
    person: Person,
    plan: Plan,
    *,
    site_id: int | None = None,
    renews: int | None = None,
) -> None:
    """One whole purchase: asked for, prompted, paid, served, told; and used, where it is a voucher."""
    past.sales += 1
    buyer = meet(work, msisdn=person.msisdn)
    collection = pay_for_plan(
        work,
        step=StepId("ussd", f"past-{past.sales}", "pay"),
        buyer=buyer,
        payer=person.msisdn,
        plan_id=plan.id,
        site_id=site_id,
        renews=renews,
        push_after=timedelta(),
    )
    if claim(work, collection.id) is None:
        return
    note_answer(work, collection.id, Accepted(f"past-{past.sales}", f"ws_CO_past_{past.sales}"))
    number = "U" + "".join(past.draw.choices(RECEIPT_SYMBOLS, k=9))
    paid = Paid(number, collection.amount, past.shortcode, collection.reference, paid_at=work.now)
    settle(work, collection.id, paid=paid, cause="callback")
    past.receipts.append(
        {
            "receipt": number,
            "amount": collection.amount_cents // 100,
            "msisdn": person.msisdn.digits,
            "account": collection.reference,
            "at": work.now.isoformat(),
        }
    )
    line_id = int(
        work.scalar("SELECT subscription_id FROM purchases WHERE id = :id", id=collection.purchase_id)
    )
    start_paid_time(work, subscription_id=line_id, at=work.now)
    if plan.kind == PPPOE:
        tell_receipt(work, collection.purchase_id)
        return
    send_first(work, subscription_id=line_id)
    if past.draw.random() < 0.93:
        start_at_login(work, subscription_id=line_id, at=work.now)
        work.session.execute(
            text(
                "UPDATE vouchers SET state = 'active', first_used_at = :now, seen_at = :now "
                "WHERE subscription_id = :line"
            ),
            {"now": work.now, "line": line_id},
        )


def _come_to_the_present(work: Work) -> None:
    """Mark as done what the past has sent out; then have the routers brought to what holds today."""
    sweep(work)
    lines = work.session.scalars(
        select(Subscription.id).where(Subscription.state != ENDED).order_by(Subscription.id)
    ).all()
    for line in lines:
        desire(work, subscription_id=line)
        send_first_credentials(work, subscription_id=line)
    for statement in (
        "UPDATE deliveries SET finished_at = :now, dispatched_at = :now WHERE finished_at IS NULL",
        "UPDATE notices SET state = 'delivered', attempts = 1, sent_at = created_at, delivered_at = created_at",
        "UPDATE vouchers v SET state = 'used' FROM subscriptions s "
        "WHERE s.id = v.subscription_id AND s.state = 'ended' AND v.state <> 'used'",
    ):
        work.session.execute(text(statement), {"now": work.now})
    for router_id in work.session.scalars(select(Router.id)):
        work.record(RouterReturned(router_id))
