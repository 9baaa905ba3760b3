"""Posting: entries that add up, are written once, are reversed by their mirror image, and never in parallel."""

from itertools import count
from threading import Event, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from core.base.clock import SetClock
from core.base.database import Database
from core.base.money import Money
from core.ledger.accounts import MPESA_CLEARING, SUSPENSE, VAT_PAYABLE, receivable
from core.ledger.model import JournalEntry
from core.ledger.post import lock_subscriber, post, reverse
from core.ledger.queries import account_balance, balance, trial_balance
from tests.factories import a_subscriber


def shillings(amount: int) -> Money:
    return Money(amount * 100)


def test_both_sides_stand(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        owner = a_subscriber(work)
        sides = [
            (MPESA_CLEARING, shillings(50)),
            (receivable(owner.id), -shillings(50)),
            (VAT_PAYABLE, Money(0)),
        ]
        entry_id = post(work, kind="payment", source="a", sides=sides)
        entry = work.session.get_one(JournalEntry, entry_id)
        assert (entry.at, len(entry.postings)) == (clock.at, 2)
        assert (balance(work, owner.id), account_balance(work, MPESA_CLEARING)) == (
            -shillings(50),
            shillings(50),
        )


def test_a_balance_of_the_past(database: Database, clock: SetClock) -> None:
    before = clock.at
    for number in (1, 2):
        with database.work() as work:
            sides = [(MPESA_CLEARING, shillings(10)), (SUSPENSE, -shillings(10))]
            post(work, kind="payment", source=f"source {number}", sides=sides)
        clock.at = clock.at.replace(hour=clock.at.hour + 1)
    with database.work() as work:
        assert account_balance(work, SUSPENSE, at=before) == -shillings(10)
        assert account_balance(work, SUSPENSE) == -shillings(20)


@pytest.mark.parametrize(
    "sides",
    [
        [(MPESA_CLEARING, shillings(50)), (SUSPENSE, -shillings(49))],
        [(MPESA_CLEARING, shillings(50)), ("no such account", -shillings(50))],
        [(MPESA_CLEARING, shillings(50))],
        [(MPESA_CLEARING, Money(0))],
        [],
    ],
)
def test_what_does_not_add_up_is_refused(database: Database, sides: list[tuple[str, Money]]) -> None:
    with pytest.raises((DBAPIError, ValueError)), database.work() as work:
        post(work, kind="payment", source="a", sides=sides)
    with database.work() as work:
        assert work.scalar("SELECT count(*) FROM journal_entries") == 0


def test_a_cause_is_posted_once_and_taken_back_once(database: Database) -> None:
    sides = [(MPESA_CLEARING, shillings(50)), (SUSPENSE, -shillings(50))]
    with database.work() as work:
        first = post(work, kind="payment", source="a", sides=sides)
    with pytest.raises(IntegrityError), database.work() as work:
        post(work, kind="payment", source="a", sides=sides)
    with database.work() as work:
        back = work.session.get_one(JournalEntry, reverse(work, source="a"))
        assert (back.reverses_id, back.kind) == (first, "reversal")
        assert account_balance(work, SUSPENSE) == Money(0)
    with pytest.raises(IntegrityError), database.work() as work:
        reverse(work, source="a")
    with pytest.raises(ValueError, match="nothing was posted"), database.work() as work:
        reverse(work, source="b")


def test_one_posting_to_a_person_at_a_time(database: Database) -> None:
    with database.work() as work:
        owner_id = a_subscriber(work).id
    order: list[str] = []
    held = Event()

    def second() -> None:
        held.wait(5)
        with database.work() as work:
            lock_subscriber(work, owner_id)
            order.append("second")

    thread = Thread(target=second)
    thread.start()
    with database.work() as work:
        lock_subscriber(work, owner_id)
        held.set()
        while not work.scalar("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            pass
        order.append("first")
    thread.join(5)
    assert order == ["first", "second"]


def test_a_row_that_only_refers_to_a_locked_person_need_not_wait(database: Database) -> None:
    with database.work() as work:
        owner_id = a_subscriber(work).id
    with database.work() as holding:
        lock_subscriber(holding, owner_id)
        with database.work() as work:
            work.session.execute(text("SET LOCAL lock_timeout = '200ms'"))
            work.session.execute(
                text("SELECT 1 FROM subscribers WHERE id = :id FOR KEY SHARE"), {"id": owner_id}
            )


def test_whatever_is_posted_and_reversed_the_trial_balance_is_zero(database: Database) -> None:
    amounts = st.lists(st.integers(-(10**9), 10**9).filter(bool), min_size=1, max_size=6)
    serial = count()

    @given(amounts=amounts)
    def check(amounts: list[int]) -> None:
        rest = -sum(amounts)
        sides = [(MPESA_CLEARING, Money(cents)) for cents in amounts] + [(SUSPENSE, Money(rest))]
        source = f"source {next(serial)}"
        with database.work() as work:
            before = account_balance(work, SUSPENSE)
            post(work, kind="test", source=source, sides=sides)
            assert account_balance(work, SUSPENSE) == before + Money(rest)
            assert trial_balance(work) == Money(0)
            reverse(work, source=source)
            assert account_balance(work, SUSPENSE) == before

    check()
