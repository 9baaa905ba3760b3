"""The demo's past: what the verbs have lived adds up, on both sides."""

import ipaddress
import json
from pathlib import Path
from typing import Any

from sqlalchemy import text

from bando.seed.history import seed
from bando.seed.provider import ROUTERS
from core.base.clock import nairobi_day
from core.base.database import Database, Work
from core.billing.reports.debts import ageing
from core.billing.reports.growth import arpu
from core.billing.reports.leakage import leakage
from core.billing.reports.messages import cost_of_messages
from core.billing.reports.mrr import recurring
from core.billing.reports.period import Period
from core.billing.unbilled import unbilled
from core.ledger.queries import account_balance, trial_balance
from core.network.leakage import unpaid_access

WORLD = {
    "daraja": {"shortcode": "600100"},
    "routers": [
        {
            "name": router.name,
            "site": router.site,
            "port": 30_000 + router.port_offset,
            "username": "bando",
            "password": "not used here",
            "pppoe": router.pppoe,
            "hotspot": router.hotspot,
        }
        for router in ROUTERS
    ],
}

LEFT_TO_DO = "d.finished_at IS NULL AND o.event <> 'RouterReturned'"
NOT_TAKEN_UP = "s.state = 'awaiting_network' AND p.kind = 'pppoe'"


def live(database: Database, tmp_path: Path, *, count: int, days: int) -> list[dict[str, Any]]:
    """A past that is lived, and what M-PESA would know of it."""
    receipts = tmp_path / "receipts.jsonl"
    seed(
        database,
        world=WORLD,
        networks=[ipaddress.ip_network("127.0.0.0/8")],
        own_ports=[],
        receipts_file=receipts,
        say=lambda _: None,
        count=count,
        days=days,
    )
    return [json.loads(line) for line in receipts.read_text().splitlines()]


def count_of(work: Work, table: str, condition: str = "true") -> int:
    return int(work.scalar(f"SELECT count(*) FROM {table} WHERE {condition}"))


def adds_up(work: Work, told: list[dict[str, Any]]) -> None:
    """The books, on both sides, and the reports on them."""
    today = nairobi_day(work.now)
    period = Period(today.replace(day=1), today)
    assert trial_balance(work).is_zero
    held = sum(row["amount"] for row in told if not row.get("reversed"))
    paid_back = int(work.scalar("SELECT coalesce(sum(refunded_cents), 0)::bigint FROM receipts"))
    assert account_balance(work, "clearing.mpesa").minor == 100 * held - paid_back
    assert {row["receipt"] for row in told} == set(work.session.scalars(text("SELECT number FROM receipts")))
    assert unbilled(work) == []
    assert leakage(work, period).sales == 0
    assert unpaid_access(work) == []
    moved = recurring(work, period)
    assert moved.closing.subscribers == work.scalar(
        "SELECT count(DISTINCT subscriber_id) FROM subscriptions s JOIN plans p ON p.id = s.plan_id "
        "WHERE p.kind = 'pppoe' AND s.state IN ('active', 'grace')"
    )
    assert moved.closing.amount.is_positive
    assert ageing(work, period).open.minor == work.scalar("SELECT sum(open_cents)::bigint FROM invoices")
    assert {row.kind for row in arpu(work, period)} == {"hotspot", "pppoe", "all"}
    assert cost_of_messages(work, period)[-1].a_sale.is_positive


def has_happened(work: Work) -> None:
    """What reports have something to say of, and nothing that is left half done."""
    assert count_of(work, "deliveries d JOIN outbox o ON o.id = d.outbox_id", LEFT_TO_DO) == 0
    assert count_of(work, "subscriptions s JOIN plans p ON p.id = s.plan_id", NOT_TAKEN_UP) == 0
    assert count_of(work, "vouchers", "state NOT IN ('sold', 'active', 'used')") == 0
    assert count_of(work, "subscriptions", "payer_id IS NOT NULL") > 0
    assert count_of(work, "days_given", "kind = 'outage'") > 0
    assert count_of(work, "credit_notes") > 0
    assert count_of(work, "dunning_steps_taken", "NOT missed") > 0
    assert count_of(work, "suspense", "resolved_at IS NULL") <= 1
    opening, list_price = work.session.execute(
        text(
            "SELECT x.price_cents FROM plan_prices x JOIN plans p ON p.id = x.plan_id WHERE p.code = 'home10' "
            "AND x.reason <> 'as it was' ORDER BY x.id"
        )
    ).scalars()
    assert opening < list_price == work.scalar("SELECT price_cents FROM plans WHERE code = 'home10'")
    assert count_of(work, "plans", "kind = 'pppoe' AND state = 'on_sale' AND role = 'access'") == 3


def test_a_past_that_adds_up(database: Database, tmp_path: Path) -> None:
    """Few people and days; among them a house with a landlord, an office, and a line by data."""
    told = live(database, tmp_path, count=24, days=48)
    with database.work() as work:
        adds_up(work, told)
        has_happened(work)
