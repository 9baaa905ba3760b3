"""What time ends: once, set-based, and no minute early."""

from datetime import timedelta

import pytest
from sqlalchemy import event, text

from core.base.clock import SetClock
from core.base.database import Database
from core.billing import expire, jobs
from core.billing.expire import sweep
from core.billing.model import ACTIVE, AWAITING_NETWORK, ENDED, GRACE, SUSPENDED, Subscription
from core.billing.serve import start_at_login
from core.vouchers import jobs as vouchers
from core.vouchers.model import Voucher
from tests.factories import AMINA, a_home_line, a_home_plan, a_hotspot_plan, a_paid_purchase, a_subscriber


def a_voucher(database: Database, *, used: bool) -> int:
    """The subscription of a sold voucher of one hour, begun now if used."""
    with database.work() as work:
        purchase = a_paid_purchase(work, a_subscriber(work), a_hotspot_plan(work, hours=1))
        assert purchase.subscription_id is not None
        if used:
            start_at_login(work, subscription_id=purchase.subscription_id, at=work.now)
        return purchase.subscription_id


def swept(database: Database) -> dict[str, int]:
    with database.work() as work:
        return {kind: number for kind, number in sweep(work).items() if number}


def said(database: Database) -> list[str]:
    with database.work() as work:
        return list(work.session.scalars(text("SELECT event FROM outbox ORDER BY id")))


def state(database: Database, subscription_id: int) -> str:
    with database.work() as work:
        return work.session.get_one(Subscription, subscription_id).state


def test_hotspot_time_ends_to_the_second_and_its_voucher_is_used(database: Database, clock: SetClock) -> None:
    line = a_voucher(database, used=True)
    clock.advance(timedelta(minutes=59, seconds=59))
    assert swept(database) == {}
    clock.advance(timedelta(seconds=1))
    assert swept(database) == {"over": 1}
    assert swept(database) == {}
    assert said(database)[-1] == "AccessChanged"
    vouchers.close_with_its_time(database, subscription_id=line)
    with database.work() as work:
        assert work.session.query(Voucher).one().state == "used"


def test_an_unused_voucher_lapses_after_ninety_days_and_thirty_of_honour(
    database: Database, clock: SetClock
) -> None:
    line = a_voucher(database, used=False)
    clock.advance(timedelta(days=120, hours=23))
    assert swept(database) == {}
    clock.advance(timedelta(days=1))
    assert swept(database) == {"unused": 1}
    assert state(database, line) == ENDED


@pytest.mark.parametrize("begins", [ACTIVE, GRACE, SUSPENDED, ENDED, AWAITING_NETWORK])
def test_a_home_line_nobody_pays_goes_into_grace_and_no_further(
    database: Database, clock: SetClock, begins: str
) -> None:
    with database.work() as work:
        line = a_home_line(work, a_subscriber(work), a_home_plan(work), state=begins)
    clock.advance(timedelta(days=200))
    assert swept(database) == ({"into_grace": 1} if begins == ACTIVE else {})
    assert state(database, line.id) == (GRACE if begins == ACTIVE else begins)
    assert swept(database) == {}


def test_grace_is_said_but_the_routers_are_left_alone_for_the_line_stays_on(
    database: Database, clock: SetClock
) -> None:
    with database.work() as work:
        a_home_line(work, a_subscriber(work), a_home_plan(work))
    before = said(database)
    clock.advance(timedelta(days=31))
    assert swept(database) == {"into_grace": 1}
    assert sorted(said(database)) == sorted([*before, "LineDue"])


def test_many_lines_are_few_statements(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        owner, plan = a_subscriber(work, AMINA), a_home_plan(work)
        first = a_home_line(work, owner, plan)
        work.session.execute(
            text(
                "INSERT INTO subscriptions (subscriber_id, plan_id, state, paid_through, created_at) "
                "SELECT subscriber_id, plan_id, state, paid_through, created_at FROM subscriptions, "
                "generate_series(1, 499) WHERE id = :id"
            ),
            {"id": first.id},
        )
    clock.advance(timedelta(days=200))
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *said: statements.append(said[2]))
    assert swept(database) == {"into_grace": 500}
    assert len(statements) < 10


def test_a_full_sweep_is_repeated(
    database: Database, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.work() as work:
        owner, plan = a_subscriber(work), a_home_plan(work)
        lines = [a_home_line(work, owner, plan).id for _ in range(3)]
    clock.advance(timedelta(days=60))
    monkeypatch.setattr(expire, "LINES_A_SWEEP", 1)
    monkeypatch.setattr(jobs, "LINES_A_SWEEP", 1)
    jobs.end_what_is_over(database)
    assert [state(database, line) for line in lines] == [GRACE] * 3


def test_a_line_that_somebody_holds_is_left_for_the_next_sweep(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        line = a_home_line(work, a_subscriber(work), a_home_plan(work))
    clock.advance(timedelta(days=60))
    with database.work() as holding:
        holding.session.get_one(Subscription, line.id, with_for_update={"of": Subscription})
        assert swept(database) == {}
    assert swept(database) == {"into_grace": 1}
