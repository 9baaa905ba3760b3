"""Statements and the trial balance: what stands where, now and as it was."""

from datetime import timedelta
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.clock import SetClock
from core.base.database import Database, Work
from core.base.money import Money
from core.ledger.accounts import MPESA_CLEARING, SUSPENSE, VAT_PAYABLE, receivable
from core.ledger.post import post
from core.ledger.queries import balance, statement, trial_balance_by_account
from tests.factories import JUMA, a_subscriber

_serial = count()


def receive(work: Work, subscriber_id: int, cents: int) -> None:
    sides = [(MPESA_CLEARING, Money(cents)), (receivable(subscriber_id), -Money(cents))]
    post(work, kind="payment", source=f"test:{next(_serial)}", sides=sides)


def test_a_statement_is_the_balance_and_the_newest_movements(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        owner_id, other_id = a_subscriber(work).id, a_subscriber(work, JUMA).id
        assert statement(work, owner_id) == statement(work, owner_id, at=clock.at)
        assert (statement(work, owner_id).balance, statement(work, owner_id).movements) == (Money(0), [])
    begin = clock.at
    for cents in (100, 200, 300):
        with database.work() as work:
            receive(work, owner_id, cents)
            receive(work, other_id, 7)
        clock.advance(timedelta(hours=1))
    with database.work() as work:
        found = statement(work, owner_id, last=2)
        assert found.balance == Money(-600)
        assert [(m.amount.minor, m.balance.minor) for m in found.movements] == [(-300, -600), (-200, -300)]
        assert [m.at - begin for m in found.movements] == [timedelta(hours=2), timedelta(hours=1)]
        past = statement(work, owner_id, at=begin + timedelta(minutes=90))
        assert [(m.amount.minor, m.balance.minor) for m in past.movements] == [(-200, -300), (-100, -100)]
        assert past.balance == balance(work, owner_id, at=begin + timedelta(minutes=90)) == Money(-300)


def test_the_running_balance_ends_at_zero(database: Database) -> None:
    with database.work() as work:
        owner_id = a_subscriber(work).id

    @settings(max_examples=15)
    @given(amounts=st.lists(st.integers(-(10**9), 10**9).filter(bool), min_size=1, max_size=8))
    def check(amounts: list[int]) -> None:
        with database.work() as work:
            for cents in amounts:
                receive(work, owner_id, cents)
            found = statement(work, owner_id, last=500)
            assert found.balance == balance(work, owner_id) == found.movements[0].balance
            first = found.movements[-1]
            assert first.balance == first.amount

    check()


def test_the_trial_balance_has_all_subscribers_in_one_line_and_is_zero(
    database: Database, clock: SetClock
) -> None:
    with database.work() as work:
        receive(work, a_subscriber(work).id, 100)
        receive(work, a_subscriber(work, JUMA).id, -30)
    before = clock.at
    clock.advance(timedelta(days=1))
    with database.work() as work:
        post(work, kind="test", source="a", sides=[(SUSPENSE, Money(50)), (VAT_PAYABLE, -Money(50))])
        rows = {row.code: (row.debit.minor, row.credit.minor) for row in trial_balance_by_account(work)}
        assert rows == {
            "clearing.mpesa": (100, 30),
            "receivable": (30, 100),
            "suspense": (50, 0),
            "tax.vat": (0, 50),
        }
        assert sum(row.balance.minor for row in trial_balance_by_account(work)) == 0
        assert [row.code for row in trial_balance_by_account(work, at=before)] == [
            "clearing.mpesa",
            "receivable",
        ]
