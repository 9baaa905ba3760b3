"""Prices from a day on, offers for a while, fees with the first period; and nothing of it touches what was bought."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from core.base.clock import NAIROBI, SetClock
from core.base.database import Database
from core.base.errors import Refusal
from core.base.money import Money
from core.billing.model import Invoice, InvoiceLine, Purchase
from core.catalogue.jobs import put_prices_on
from core.catalogue.model import Plan
from core.catalogue.plans import DRAFT, ON_SALE, RETIRED, PlanDraft, draft_plan, put_on_sale, retire
from core.catalogue.price_model import DEPOSIT, EQUIPMENT, INSTALLATION, PlanMove, PlanPrice
from core.catalogue.prices import change_price, end_offer, offer_plan, price_on, set_fee
from core.catalogue.queries import offers
from core.ledger.queries import account_balance, trial_balance
from core.staff.model import AuditEntry
from tests.conftest import START
from tests.factories import (
    JUMA,
    a_bill,
    a_cashier,
    a_home_line,
    a_home_plan,
    a_hotspot_plan,
    a_paid_purchase,
    a_purchase,
    a_site,
    a_subscriber,
)

WHY = "more expensive uplink"
TODAY = START.astimezone(NAIROBI).date()


def ksh(amount: int) -> Money:
    return Money.shillings(amount)


class House:
    """What a job is handed."""

    def __init__(self, database: Database) -> None:
        self.work = database.work


def test_a_price_begins_on_its_day(database: Database, clock: SetClock) -> None:
    day = date(2026, 12, 1)
    with database.work() as work:
        plan = a_home_plan(work, 1_500)
        change_price(work, a_cashier(work), plan_id=plan.id, price=ksh(1_800), from_day=day, reason=WHY)
        assert [price_on(work, plan.id, when).minor for when in (TODAY, date(2026, 11, 30), day)] == [
            150_000, 150_000, 180_000,
        ]  # fmt: skip
    for moment, cents in (
        (datetime(2026, 11, 30, 23, 59, 59, tzinfo=NAIROBI), 150_000),
        (datetime(2026, 12, 1, tzinfo=NAIROBI), 180_000),
    ):
        clock.at = moment
        for _ in range(2):  # a job may run twice
            put_prices_on(House(database))
        with database.work() as work:
            assert work.session.get_one(Plan, plan.id).price_cents == cents
            assert price_on(work, plan.id, TODAY).minor == 150_000, "yesterday keeps its price"


def test_a_price_of_today_holds_at_once_and_the_newest_word_about_a_day_counts(database: Database) -> None:
    with database.work() as work:
        plan, staff = a_home_plan(work, 1_500), a_cashier(work)
        for price in (1_700, 1_600):
            change_price(work, staff, plan_id=plan.id, price=ksh(price), from_day=TODAY, reason=WHY)
        assert (plan.price_cents, price_on(work, plan.id, TODAY).minor) == (160_000, 160_000)
        audit = work.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        assert [entry.what for entry in audit] == ["plan_price_changed"] * 2
        assert audit[0].staff_id == staff.staff_id
        assert WHY in work.session.scalars(select(PlanPrice.reason)).all()


def test_what_was_bought_keeps_its_price(database: Database) -> None:
    with database.work() as work:
        owner, friend = a_subscriber(work), a_subscriber(work, JUMA)
        plan = a_home_plan(work, 1_500)
        line = a_home_line(work, owner, plan)
        bill = a_bill(work, line)
        asked = a_purchase(work, friend, plan)
        change_price(work, a_cashier(work), plan_id=plan.id, price=ksh(1_800), from_day=TODAY, reason=WHY)
        work.session.expire_all()
        assert (bill.total_cents, bill.open_cents, asked.price_cents) == (150_000, 150_000, 150_000)
        assert a_purchase(work, owner, plan, renews=line).price_cents == 150_000, "its bill stands"
        assert a_purchase(work, friend, plan).price_cents == 180_000


@pytest.mark.parametrize(
    ("price", "from_day", "reason"),
    [
        (ksh(1_500), TODAY, WHY),  # as it is
        (ksh(1_800), TODAY - timedelta(days=1), WHY),  # the past is over
        (Money(150_050), TODAY, WHY),
        (ksh(0), TODAY, WHY),
        (ksh(1_800), TODAY, "  "),
    ],
)
def test_no_other_price(database: Database, price: Money, from_day: date, reason: str) -> None:
    with database.work() as work:
        plan, staff = a_home_plan(work, 1_500), a_cashier(work)
        with pytest.raises(Refusal):
            change_price(work, staff, plan_id=plan.id, price=price, from_day=from_day, reason=reason)


@pytest.mark.parametrize("role", ["support", "technician", "viewer"])
def test_only_who_may(database: Database, role: str) -> None:
    with database.work() as work:
        plan = a_home_plan(work)
        with pytest.raises(Refusal):
            retire(work, a_cashier(work, role), plan_id=plan.id, reason=WHY)
        assert plan.state == ON_SALE


def test_prices_are_written_once(database: Database) -> None:
    with database.work() as work:
        plan = a_home_plan(work)
        change_price(work, a_cashier(work), plan_id=plan.id, price=ksh(1_800), from_day=TODAY, reason=WHY)
    with pytest.raises(DBAPIError), database.work() as work:
        work.session.query(PlanPrice).delete()


def test_drafted_put_on_sale_retired(database: Database) -> None:
    draft = PlanDraft("home50", "Home 50", "pppoe", 500_000, "months", 1, 50_000, 25_000, "grant")
    with database.work() as work:
        staff, site = a_cashier(work), a_site(work)
        plan = draft_plan(work, staff, draft=draft, site_ids=[site.id], reason=WHY)
        with pytest.raises(Refusal):
            draft_plan(work, staff, draft=draft, site_ids=[site.id], reason=WHY)
        assert offers(work, "pppoe") == []
        put_on_sale(work, staff, plan_id=plan.id, reason=WHY)
        assert [offer.name for offer in offers(work, "pppoe")] == ["Home 50"]
        retire(work, staff, plan_id=plan.id, reason=WHY)
        assert offers(work, "pppoe") == []
        with pytest.raises(Refusal):
            retire(work, staff, plan_id=plan.id, reason=WHY)
        work.session.flush()
        moves = work.session.scalars(select(PlanMove).order_by(PlanMove.id)).all()
        assert [(move.from_state, move.to_state) for move in moves] == [
            (None, DRAFT), (DRAFT, ON_SALE), (ON_SALE, RETIRED),
        ]  # fmt: skip


def test_a_line_on_a_retired_plan_renews(database: Database) -> None:
    with database.work() as work:
        line = a_home_line(work, a_subscriber(work), a_home_plan(work))
        retire(work, a_cashier(work), plan_id=line.plan_id, reason=WHY)
        assert a_purchase(work, a_subscriber(work), line.plan, renews=line).price_cents == 150_000
        with pytest.raises(Refusal):
            a_purchase(work, a_subscriber(work, JUMA), line.plan)


def test_an_offer_holds_for_what_is_begun_inside_it(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        plan, buyer = a_hotspot_plan(work, 50), a_subscriber(work)
        offer_plan(
            work, a_cashier(work), plan_id=plan.id, site_id=None, price=ksh(40), reason="Jamhuri Day",
            from_at=START + timedelta(hours=1), until_at=START + timedelta(hours=2),
        )  # fmt: skip
        inside: list[Purchase] = []
        for minutes, price in ((59, 50), (60, 40), (119, 40), (120, 50)):
            work.now = START + timedelta(minutes=minutes)
            assert offers(work, "hotspot")[0].price_at() == price * 100
            bought = a_purchase(work, buyer, plan)
            assert bought.price_cents == price * 100
            inside.append(bought)
        change_price(work, a_cashier(work), plan_id=plan.id, price=ksh(60), from_day=TODAY, reason=WHY)
        assert [bought.price_cents for bought in inside] == [5_000, 4_000, 4_000, 5_000]


def test_an_offer_of_one_site_holds_there_and_renewals_have_the_plans_price(database: Database) -> None:
    with database.work() as work:
        here, there = a_site(work), a_site(work)
        plan, staff = a_home_plan(work, 1_500, sites=[here, there]), a_cashier(work)
        offer = offer_plan(
            work, staff, plan_id=plan.id, site_id=here.id, price=ksh(1_000), reason="a new mast",
            from_at=START, until_at=START + timedelta(days=7),
        )  # fmt: skip
        (found,) = offers(work, "pppoe")
        prices = [found.price_at(site) for site in (here.id, there.id, None)]
        assert prices == [100_000, 150_000, 150_000]
        plan.sites = [here]
        line = a_home_line(work, a_subscriber(work), plan)
        assert work.session.scalar(select(Purchase.price_cents)) == 100_000
        assert a_purchase(work, a_subscriber(work), plan, renews=line).price_cents == 150_000
        end_offer(work, staff, offer_id=offer.id)
        assert a_purchase(work, a_subscriber(work, JUMA), plan).price_cents == 150_000


def test_no_offer_of_vouchers_at_one_of_several_sites(database: Database) -> None:
    with database.work() as work:
        here, there = a_site(work), a_site(work)
        plan = a_hotspot_plan(work, 50, sites=[here, there])
        asked = {"plan_id": plan.id, "from_at": START, "until_at": START + timedelta(days=1), "reason": WHY}
        for site, price in ((here.id, 40), (None, 50), (None, 60), (99_999, 40)):
            with pytest.raises(Refusal):
                offer_plan(work, a_cashier(work), site_id=site, price=ksh(price), **asked)  # type: ignore[arg-type]


def test_fees_come_with_the_first_period_and_a_deposit_stays_its_owners(database: Database) -> None:
    with database.work() as work:
        plan, staff, owner = a_home_plan(work, 1_500), a_cashier(work), a_subscriber(work)
        for kind, amount in ((INSTALLATION, 1_000), (EQUIPMENT, 2_900), (DEPOSIT, 500)):
            set_fee(work, staff, plan_id=plan.id, kind=kind, amount=ksh(amount), reason=WHY)
        bought = a_paid_purchase(work, owner, plan)
        assert bought.price_cents == 590_000
        invoice = work.session.scalars(select(Invoice)).one()
        lines = work.session.scalars(select(InvoiceLine).order_by(InvoiceLine.id)).all()
        assert [(line.total_cents, line.excise_cents, line.vat_cents) for line in lines] == [
            (150_000, 16_867, 20_690), (100_000, 11_244, 13_793), (290_000, 0, 40_000), (50_000, 0, 0),
        ]  # fmt: skip
        assert (invoice.total_cents, invoice.open_cents) == (590_000, 0)
        assert account_balance(work, "deposits").minor == -50_000
        assert trial_balance(work).is_zero
        line_id = bought.subscription_id
        set_fee(work, staff, plan_id=plan.id, kind=DEPOSIT, amount=ksh(0), reason=WHY)
        assert a_purchase(work, a_subscriber(work, JUMA), plan).price_cents == 540_000
        work.session.refresh(bought)
        assert (bought.fees_cents, bought.subscription_id) == (440_000, line_id), "as it was agreed"
