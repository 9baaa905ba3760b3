"""Invoices: no gap, no double, and taxes apart as the table says."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from core.base.clock import SetClock
from core.base.database import Database, Work
from core.base.dated import DatedSetting
from core.billing.invoice import invoice_purchase
from core.billing.model import Invoice
from core.ledger.queries import account_balance, trial_balance
from tests.factories import (
    AMINA,
    JUMA,
    a_home_plan,
    a_hotspot_plan,
    a_paid_purchase,
    a_purchase,
    a_subscriber,
)

TABLE = [
    (5, 375, 56, 69), (10, 750, 112, 138), (20, 1_499, 225, 276), (50, 3_748, 562, 690),
    (99, 7_421, 1_113, 1_366), (1_000, 74_963, 11_244, 13_793), (1_500, 112_443, 16_867, 20_690),
    (2_500, 187_406, 28_111, 34_483),
]  # fmt: skip


def numbers(work: Work) -> list[int]:
    return list(work.session.scalars(select(Invoice.number).order_by(Invoice.number)))


@pytest.mark.parametrize(("price", "net", "excise", "vat"), TABLE)
def test_taxes_stand_apart_on_the_journal(
    database: Database, price: int, net: int, excise: int, vat: int
) -> None:
    with database.work() as work:
        sold = a_paid_purchase(work, a_subscriber(work), a_home_plan(work, price))
        codes = (f"revenue.pppoe:{sold.site_id}", "tax.excise", "tax.vat", "clearing.mpesa")
        assert [account_balance(work, code).minor for code in codes] == [-net, -excise, -vat, price * 100]
        assert trial_balance(work).minor == 0
        invoice = work.session.scalars(select(Invoice)).one()
        assert (invoice.net_cents, invoice.excise_cents, invoice.vat_cents) == (net, excise, vat)
        assert invoice.title == "INV-2026-000001"


def test_a_rate_holds_from_its_day_on(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        work.session.add(
            DatedSetting(
                name="tax.excise_bp",
                starts_at=work.now + timedelta(days=1),
                value=0,
                set_at=work.now,
                set_by="test",
            )
        )
        a_paid_purchase(work, a_subscriber(work), a_hotspot_plan(work, 50))
    clock.advance(timedelta(days=1))
    with database.work() as work:
        a_paid_purchase(work, a_subscriber(work), a_hotspot_plan(work, 50))
        found = work.session.scalars(select(Invoice).order_by(Invoice.id)).all()
        assert [(invoice.excise_cents, invoice.vat_cents) for invoice in found] == [(562, 690), (0, 690)]
        assert [invoice.excise_bp for invoice in found] == [1_500, 0]


def test_a_purchase_is_billed_once(database: Database) -> None:
    with database.work() as work:
        purchase = a_paid_purchase(work, a_subscriber(work), a_hotspot_plan(work))
    with pytest.raises(IntegrityError), database.work() as work:
        invoice_purchase(
            work, work.session.merge(purchase), subscriber_id=purchase.buyer_id, description="again"
        )


def test_the_series_begins_anew_with_the_year(database: Database, clock: SetClock) -> None:
    for at in ("2026-12-31T20:59:59+00:00", "2026-12-31T21:00:00+00:00", "2027-01-01T00:00:00+00:00"):
        clock.at = clock.at.fromisoformat(at)
        with database.work() as work:
            a_paid_purchase(work, a_subscriber(work), a_hotspot_plan(work))
    with database.work() as work:
        titles = [invoice.title for invoice in work.session.scalars(select(Invoice).order_by(Invoice.id))]
    assert titles == ["INV-2026-000001", "INV-2027-000001", "INV-2027-000002"]


def test_no_gap_when_two_settle_at_once_and_one_rolls_back(database: Database) -> None:
    with database.work() as work:
        plan = a_hotspot_plan(work)
        people = [a_subscriber(work, phone) for phone in (AMINA, JUMA)]
    first_has_its_number, second_waits = Barrier(2), Barrier(2)

    def rolls_back() -> None:
        with database.work() as work:
            a_paid_purchase(work, work.session.merge(people[0]), work.session.merge(plan))
            first_has_its_number.wait(10)
            second_waits.wait(10)
            work.session.rollback()

    def stays() -> None:
        first_has_its_number.wait(10)
        with database.work() as work:
            buyer = work.session.merge(people[1])
            purchase = a_purchase(work, buyer, work.session.merge(plan))
            second_waits.wait(10)
            invoice_purchase(work, purchase, subscriber_id=buyer.id, description="WiFi")

    threads = [Thread(target=rolls_back), Thread(target=stays)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    with database.work() as work:
        assert numbers(work) == [1]
        a_paid_purchase(work, work.session.merge(people[0]), work.session.merge(plan))
        assert numbers(work) == [1, 2]
        assert work.session.execute(text("SELECT last_number FROM invoice_series")).scalar_one() == 2
