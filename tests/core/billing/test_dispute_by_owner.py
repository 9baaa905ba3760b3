"""A bill is called wrong by phone: staff see it, dunning waits a week, and it is no way to live free."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from core.base.clock import SetClock
from core.base.database import Database
from core.base.errors import Refusal
from core.billing.dispute_by_owner import REASONS, dispute_by_owner
from core.billing.model import Subscription
from tests.core.billing.line_house import LineHouse
from tests.factories import JUMA, a_bill, a_subscriber


@pytest.fixture
def house(database: Database, clock: SetClock) -> LineHouse:
    return LineHouse(database, clock)


def billed(house: LineHouse) -> tuple[int, int]:
    """A line and its open bill."""
    line = house.line("2027-03-15")
    house.at("2027-04-13")
    return line, bill(house, line)


def bill(house: LineHouse, line: int, **changes: Any) -> int:
    with house.work() as work:
        return a_bill(work, work.session.get_one(Subscription, line), **changes).id


def call_wrong(house: LineHouse, line: int, invoice: int) -> None:
    with house.work() as work:
        dispute_by_owner(
            work,
            invoice_id=invoice,
            subscriber_id=house.get(line).subscriber_id,
            reason=REASONS[0],
            channel="ussd",
        )


def test_it_is_noted_once_shown_to_staff_and_told(house: LineHouse) -> None:
    line, invoice = billed(house)
    for _ in range(3):
        call_wrong(house, line, invoice)
    with house.work() as work:
        found = work.session.execute(
            text("SELECT reason, until - opened_at > interval '7 days', by_staff_id FROM disputes")
        ).all()
        assert [tuple(row) for row in found] == [(REASONS[0], True, None)]
        assert work.scalar("SELECT count(*) FROM incidents WHERE kind = 'bill_disputed'") == 1
        assert work.scalar("SELECT count(*) FROM notices WHERE template = 'bill_disputed'") == 1


def test_not_twice_nor_another_one_soon(house: LineHouse) -> None:
    line, invoice = billed(house)
    call_wrong(house, line, invoice)
    house.clock.advance(timedelta(days=9))
    later = bill(house, line, period=(date(2027, 5, 16), date(2027, 6, 15)))
    for again in (invoice, later):
        with pytest.raises(Refusal):
            call_wrong(house, line, again)


def test_neither_a_strangers_bill_nor_a_paid_one(house: LineHouse) -> None:
    line, invoice = billed(house)
    with house.work() as work:
        stranger = a_subscriber(work, JUMA).id
    with pytest.raises(Refusal), house.work() as work:
        dispute_by_owner(work, invoice_id=invoice, subscriber_id=stranger, reason=REASONS[0], channel="ussd")
    with house.work() as work:
        paid = work.scalar("SELECT id FROM invoices WHERE open_cents = 0 ORDER BY id LIMIT 1")
    with pytest.raises(Refusal):
        call_wrong(house, line, paid)
