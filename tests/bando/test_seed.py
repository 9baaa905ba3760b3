"""The demo's past: what the verbs have lived adds up, on both sides."""

import ipaddress
import json
from pathlib import Path

from sqlalchemy import text

from bando.seed.history import seed
from bando.seed.provider import ROUTERS
from core.base.clock import nairobi_day
from core.base.database import Database
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


def test_a_past_that_adds_up(database: Database, tmp_path: Path) -> None:
    receipts = tmp_path / "receipts.jsonl"
    seed(
        database,
        world=WORLD,
        networks=[ipaddress.ip_network("127.0.0.0/8")],
        own_ports=[],
        receipts_file=receipts,
        say=lambda _: None,
        count=9,
        days=45,
    )
    told = [json.loads(line) for line in receipts.read_text().splitlines()]
    with database.work() as work:
        today = nairobi_day(work.now)
        period = Period(today.replace(day=1), today)
        assert trial_balance(work).is_zero
        assert account_balance(work, "clearing.mpesa").minor == 100 * sum(row["amount"] for row in told)
        assert {row["receipt"] for row in told} == set(
            work.session.scalars(text("SELECT number FROM receipts"))
        )
        assert unbilled(work) == []
        assert leakage(work, period).sales == 0
        assert unpaid_access(work) == []
        moved = recurring(work, period)
        assert moved.closing.subscribers == work.scalar(
            "SELECT count(*) FROM subscriptions s JOIN plans p ON p.id = s.plan_id "
            "WHERE p.kind = 'pppoe' AND s.state IN ('active', 'grace')"
        )
        assert moved.closing.amount.is_positive
        assert ageing(work, period).open.minor == work.scalar("SELECT sum(open_cents)::bigint FROM invoices")
        assert {row.kind for row in arpu(work, period)} == {"hotspot", "pppoe", "all"}
        assert cost_of_messages(work, period)[-1].a_sale.is_positive
        done = "SELECT count(*) FROM deliveries d JOIN outbox o ON o.id = d.outbox_id WHERE d.finished_at IS NULL"
        assert work.scalar(f"{done} AND o.event <> 'RouterReturned'") == 0
        assert {row.state for row in work.session.execute(text("SELECT DISTINCT state FROM vouchers"))} <= {
            "sold",
            "active",
            "used",
        }
