"""Hotspot time that ends with the day (billing-rules, section 1)."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from core.base.clock import NAIROBI, SetClock
from core.base.database import Database, Work
from core.billing.model import ENDED, Subscription
from core.billing.serve import serve, start_at_login, start_paid_time
from core.catalogue.model import Plan
from core.network.terms import terms_of
from tests.factories import a_hotspot_plan, a_purchase, a_subscriber


def ends(work: Work, clock: SetClock, login: datetime) -> datetime:
    clock.at = work.now = login
    plan = a_hotspot_plan(work, until_midnight=True)
    access = serve(work, a_purchase(work, a_subscriber(work), plan))
    work.session.flush()
    start_paid_time(work, subscription_id=access.id, at=login)
    start_at_login(work, subscription_id=access.id, at=login)
    assert access.paid_through is not None
    assert access.state != ENDED
    return access.paid_through.astimezone(NAIROBI)


@pytest.mark.parametrize(
    ("hour", "minute", "last_day"),
    [(0, 0, 15), (9, 0, 15), (19, 59, 15), (20, 0, 16), (21, 0, 16), (23, 59, 16)],
)
def test_until_midnight(database: Database, clock: SetClock, hour: int, minute: int, last_day: int) -> None:
    with database.work() as work:
        login = datetime(2027, 4, 15, hour, minute, tzinfo=NAIROBI)
        assert ends(work, clock, login) == datetime(2027, 4, last_day + 1, tzinfo=NAIROBI)


def test_the_routers_stop_is_never_before_midnight(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        login = datetime(2027, 4, 15, 20, 0, tzinfo=NAIROBI)
        until = ends(work, clock, login)
        access = work.session.scalars(select(Subscription)).one()
        seconds = terms_of("active", work.session.get_one(Plan, access.plan_id))["uptime_limit_seconds"]
        assert isinstance(seconds, int)
        assert login + timedelta(seconds=seconds) >= until
