"""Lines for the billing cycle, granted on a day, and the cycle on another."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from core.base.clock import SetClock
from core.base.database import Database, Work
from core.base.dated import DatedSetting
from core.base.money import Money
from core.billing import jobs
from core.billing.model import ACTIVE, Invoice, Subscription
from core.catalogue.model import Plan
from core.ledger.accounts import MPESA_CLEARING, receivable
from core.ledger.post import post
from tests.factories import a_home_line, a_subscriber


def nairobi(day: str, at: str = "00:10") -> datetime:
    """An instant in UTC: by default when the night's run begins."""
    return datetime.fromisoformat(f"{day}T{at}:00+03:00").astimezone(UTC)


def a_line(work: Work, plan: Plan, granted: str, *, state: str = ACTIVE, owner: Any = None) -> Subscription:
    line = a_home_line(
        work, owner or a_subscriber(work), plan, state=state, granted_at=nairobi(granted, "14:05")
    )
    if plan.fixed_anchor is not None:
        line.anchor_day = plan.fixed_anchor
    return line


def on(database: Database, clock: SetClock, day: str, at: str = "00:10") -> list[Invoice]:
    """All bills there are, once the night's run of this day is through."""
    clock.at = nairobi(day, at)
    jobs.raise_bills(database)
    return bills(database)


def bills(database: Database) -> list[Invoice]:
    with database.work() as work:
        found = work.session.scalars(
            select(Invoice).where(Invoice.kind == "bill").order_by(Invoice.series, Invoice.number)
        )
        return list(found)


def dated(work: Work, name: str, value: int) -> None:
    work.session.add(DatedSetting(name=name, value=value, starts_at=work.now, set_at=work.now, set_by="test"))


def put_money(work: Work, subscriber_id: int, shillings: int, source: str = "test") -> None:
    money = Money.shillings(shillings)
    post(
        work,
        kind="payment",
        source=source,
        sides=[(MPESA_CLEARING, money), (receivable(subscriber_id), -money)],
    )
