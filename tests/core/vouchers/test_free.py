"""Free time: once a day for a person and a site, by PostgreSQL; no money, no invoice, no collection."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.base.clock import NAIROBI, SetClock
from core.base.database import Database
from core.base.errors import Refusal
from core.base.msisdn import Msisdn
from core.billing.model import Invoice, Purchase
from core.billing.purchase import StepId
from core.payments.collect import pay_for_plan
from core.vouchers.free import give_free
from core.vouchers.model import Voucher
from tests.conftest import START
from tests.factories import AMINA, JUMA, a_hotspot_plan, a_site, a_step, a_subscriber


def ask(database: Database, plan_id: int, phone: Msisdn = AMINA, step: StepId | None = None) -> bool:
    """Whether it was given."""
    try:
        with database.work() as work:
            person = a_subscriber(work, phone)
            give_free(work, step=step or a_step(), subscriber_id=person.id, plan_id=plan_id)
    except Refusal:
        return False
    return True


def test_once_a_day_for_a_person_and_a_site(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        here, there = a_site(work), a_site(work)
        first, second = a_hotspot_plan(work, 0, 1, sites=[here]), a_hotspot_plan(work, 0, 1, sites=[there])
        both = a_hotspot_plan(work, 0, 2, sites=[here, there])
    assert [ask(database, plan.id) for plan in (first, first, both, second, second)] == [
        True, False, False, True, False,
    ]  # fmt: skip
    assert ask(database, both.id, JUMA)
    clock.at = (START.astimezone(NAIROBI) + timedelta(days=1)).replace(hour=0, minute=0)
    assert ask(database, both.id)
    with database.work() as work:
        assert len(work.session.scalars(select(Voucher)).all()) == 4
        assert work.session.scalars(select(Invoice)).all() == []
        assert {bought.price_cents for bought in work.session.scalars(select(Purchase))} == {0}


def test_a_key_pressed_twice_gives_one(database: Database) -> None:
    with database.work() as work:
        plan = a_hotspot_plan(work, 0)
    step = a_step()
    assert [ask(database, plan.id, step=step) for _ in range(2)] == [True, True]
    with database.work() as work:
        assert len(work.session.scalars(select(Voucher)).all()) == 1


def test_asked_for_twice_at_the_same_time(database: Database) -> None:
    with database.work() as work:
        plan = a_hotspot_plan(work, 0)
        a_subscriber(work)
    with ThreadPoolExecutor(4) as pool:
        given = list(pool.map(lambda _: ask(database, plan.id), range(4)))
    assert sorted(given) == [False, False, False, True]


def test_what_costs_something_is_not_given_and_what_is_free_not_paid_for(database: Database) -> None:
    with database.work() as work:
        paid, free = a_hotspot_plan(work, 50), a_hotspot_plan(work, 0)
    assert not ask(database, paid.id)
    with pytest.raises(Refusal), database.work() as work:
        pay_for_plan(
            work,
            step=a_step(),
            buyer=a_subscriber(work),
            payer=AMINA,
            plan_id=free.id,
            push_after=timedelta(),
        )
