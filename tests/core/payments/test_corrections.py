"""Payments corrected: refunded, taken back by their payer, moved to the right account, found out of suspense."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from core.base.clock import last_day
from core.base.errors import Refusal
from core.base.money import Money
from core.billing.account import standing
from core.billing.correction_model import Correction
from core.billing.documents import CreditNote
from core.billing.model import Invoice
from core.payments.corrections import move_money, refund, resolve_suspense
from core.payments.model import Receipt
from core.payments.reversal import reverse_receipt
from tests.core.payments import said
from tests.factories import JUMA, a_cashier, a_collection, a_home_line, a_home_plan, a_subscriber

CHECKOUT = "ws_CO_000001"
TAXES = "tax.excise", "tax.vat"


def owner_who_paid(house: Any, shillings: int = 1_500, **line: Any) -> Any:
    """An owner whose line was prolonged by a paybill payment, the receipt 1."""
    with house.work() as work:
        owner = a_subscriber(work)
        a_home_line(work, owner, a_home_plan(work), **line)
    pay(house, owner, shillings)
    return owner


def pay(house: Any, owner: Any, shillings: int, receipt: str = "UKM1AAAAAA") -> None:
    house.tell_c2b(said.c2b(owner.account_no, shillings=f"{shillings}.00", receipt=receipt))
    house.run()


def act(house: Any, verb: Any, **asked: Any) -> Any:
    with house.work() as work:
        done = verb(work, a_cashier(work), **{"receipt_id": 1, "reason": "asked by phone", **asked})
    house.run()
    return done


def takes_back(house: Any, receipt_id: int = 1) -> bool:
    with house.work() as work:
        done = reverse_receipt(work, receipt_id=receipt_id, reason="told by the provider's list")
    house.run()
    return done


def stands(house: Any, subscriber_id: int) -> tuple[int, int]:
    """(owed, own) in shillings"""
    with house.work() as work:
        owed, own = standing(work, subscriber_id)
        return owed.minor // 100, own.minor // 100


def paid_through(house: Any, number: int = 1) -> str:
    return f"{last_day(house.line(number).paid_through):%d %b %Y}"


# -- refund


def test_a_refund_of_500_is_a_credit_note_and_then_the_payout(house: Any) -> None:
    owner = owner_who_paid(house)
    before = house.books()
    found = act(house, refund, amount=Money.shillings(500), reference="sgr7k2xq9p")
    after = house.books()
    assert after["clearing.mpesa"] == before["clearing.mpesa"] - 50_000
    note = house.all(CreditNote)[0]
    assert (note.total_cents, note.net_cents, note.excise_cents, note.vat_cents) == (
        50_000,
        37_481,
        5_622,
        6_897,
    )
    assert [after[code] - before[code] for code in TAXES] == [5_622, 6_897]
    assert (found.reference, found.receipt_id, stands(house, owner.id)) == ("SGR7K2XQ9P", 1, (0, 0))
    assert house.texts() == ["receipt", "refund_paid"]


def test_a_refund_of_money_that_bought_nothing_needs_no_credit_note(house: Any) -> None:
    owner = owner_who_paid(house, 1_600)
    act(house, refund, amount=Money.shillings(100), reference="SGR7K2XQ9P")
    assert (house.all(CreditNote), stands(house, owner.id), house.clearing()) == ([], (0, 0), 1_500)


def test_no_more_is_refunded_than_was_paid(house: Any) -> None:
    owner_who_paid(house)
    act(house, refund, amount=Money.shillings(1_000), reference="SGR7K2XQ9P")
    for shillings in (501, 0):
        with pytest.raises(Refusal):
            act(house, refund, amount=Money.shillings(shillings), reference="SGR7K2XQ9Q")
    with pytest.raises(DBAPIError), house.work() as work:
        work.session.get_one(Receipt, 1).refunded_cents = 150_001


def test_the_same_payout_is_noted_once(house: Any) -> None:
    owner_who_paid(house)
    act(house, refund, amount=Money.shillings(100), reference="SGR7K2XQ9P")
    with pytest.raises(IntegrityError):
        act(house, refund, amount=Money.shillings(100), reference="sgr7 k2xq9p")
    assert house.clearing() == 1_400


def test_a_refund_of_everything_ends_the_time(house: Any) -> None:
    owner = owner_who_paid(house)
    act(house, refund, amount=Money.shillings(1_500), reference="SGR7K2XQ9P")
    assert (paid_through(house), stands(house, owner.id)) == ("22 Dec 2026", (0, 0))
    assert house.books() == {}


# -- taken back by the payer


def test_a_reversal_takes_back_the_entry_and_the_time_that_was_not_used(house: Any) -> None:
    owner = owner_who_paid(house)
    assert takes_back(house)
    assert (paid_through(house), stands(house, owner.id), house.books()) == ("22 Dec 2026", (0, 0), {})
    assert house.all(Receipt)[0].reversed_at is not None
    assert not takes_back(house)
    assert house.texts() == ["receipt", "payment_reversed"]


def test_used_days_are_owed(house: Any) -> None:
    owner = owner_who_paid(house)
    house.clock.at = house.line().paid_through - timedelta(
        days=21, hours=1
    )  # 10 of the month's 31 days are used
    takes_back(house)
    assert stands(house, owner.id) == (483, 0)
    assert house.all(Invoice)[0].open_cents == 48_387
    assert house.all(CreditNote)[0].total_cents == 101_613
    assert house.clearing() == 0


def test_used_days_of_less_than_100_are_written_off(house: Any) -> None:
    owner = owner_who_paid(house)
    house.clock.at = house.line().paid_through - timedelta(days=30, hours=12)
    takes_back(house)
    assert stands(house, owner.id) == (0, 0)
    assert house.books()["bad_debt"] == 4_839
    assert [found.kind for found in house.all(Correction)] == ["reversal", "write_off"]


def test_own_money_goes_first(house: Any) -> None:
    owner = owner_who_paid(house, 1_500)
    pay(house, owner, 40, receipt="UKM2BBBBBB")
    assert takes_back(house, 2)
    assert (paid_through(house), stands(house, owner.id)) == ("22 Jan 2027", (0, 0))


def test_who_does_it_again_loses_grace(house: Any) -> None:
    owner = owner_who_paid(house)
    takes_back(house)
    assert house.line().grace_days is None
    pay(house, owner, 1_500, receipt="UKM2BBBBBB")
    takes_back(house, 2)
    assert house.line().grace_days == 0


def test_a_voucher_that_was_not_used_ends(house: Any) -> None:
    house.prompt()
    house.tell_stk(said.stk(CHECKOUT))
    house.run()
    takes_back(house)
    assert (house.line().state, house.books()) == ("ended", {})


def test_a_line_that_still_waits_goes_back_to_where_it_was(house: Any) -> None:
    owner = owner_who_paid(house, state="suspended")
    assert house.line().state == "awaiting_network"
    takes_back(house)
    assert (house.line().state, stands(house, owner.id), house.books()) == ("suspended", (0, 0), {})


def test_suspended_money_that_is_taken_back_is_nobodys(house: Any) -> None:
    house.tell_c2b(said.c2b("Mama Njeri"))
    house.run()
    takes_back(house)
    assert house.books() == {}
    with house.work() as work:
        owner_id = a_subscriber(work).id
    with pytest.raises(Refusal):
        act_on_suspense(house, owner_id)


def test_two_take_it_back_at_once(house: Any) -> None:
    owner_who_paid(house)
    with ThreadPoolExecutor(2) as threads:
        done = [found.result() for found in [threads.submit(takes_back, house) for _ in range(2)]]
    assert sorted(done) == [False, True]
    assert house.books() == {}


# -- the wrong account


def test_unused_days_move_to_the_right_account_and_used_ones_stay(house: Any) -> None:
    wrong = owner_who_paid(house, dark_since=None)
    with house.work() as work:
        right = a_subscriber(work, JUMA, name="Juma")
        a_home_line(work, right, a_home_plan(work))
    house.clock.advance(timedelta(hours=20))
    act(house, move_money, to_subscriber_id=right.id)
    assert [paid_through(house, number) for number in (1, 2)] == ["22 Dec 2026", "22 Jan 2027"]
    assert (stands(house, wrong.id), stands(house, right.id)) == ((0, 0), (0, 0))
    assert house.texts()[-3:] == ["money_moved_away", "money_moved_here", "line_renewed_itself"]
    assert house.all(Receipt)[0].subscriber_id == right.id
    assert house.clearing() == 1_500


def test_days_that_were_used_are_paid_by_whom_they_served(house: Any) -> None:
    with house.work() as work:
        wrong, right = a_subscriber(work), a_subscriber(work, JUMA)
        a_home_line(work, wrong, a_home_plan(work), granted_at=work.now - timedelta(days=31))
        a_home_line(work, right, a_home_plan(work))
    pay(house, wrong, 1_500)  # in its last day: the month runs from tomorrow on
    house.clock.advance(timedelta(hours=23))
    act(house, move_money, to_subscriber_id=right.id)
    assert paid_through(house) == f"{last_day(house.clock.at):%d %b %Y}"
    assert stands(house, wrong.id) == (0, 0)
    house.books()


def test_after_a_day_it_is_too_late(house: Any) -> None:
    owner_who_paid(house)
    with house.work() as work:
        right_id = a_subscriber(work, JUMA).id
    house.clock.advance(timedelta(hours=25))
    with pytest.raises(Refusal):
        act(house, move_money, to_subscriber_id=right_id)


def test_money_moves_once(house: Any) -> None:
    owner = owner_who_paid(house)
    with house.work() as work:
        right_id = a_subscriber(work, JUMA).id
    act(house, move_money, to_subscriber_id=right_id)
    with pytest.raises(Refusal):
        act(house, move_money, to_subscriber_id=right_id)
    assert (stands(house, owner.id), stands(house, right_id)) == ((0, 0), (0, 1_500))


# -- suspense


def act_on_suspense(house: Any, subscriber_id: int) -> Any:
    with house.work() as work:
        done = resolve_suspense(
            work, a_cashier(work), item_id=1, subscriber_id=subscriber_id, reason="sent a picture of it"
        )
    house.run()
    return done


def test_money_found_out_of_suspense_is_used_and_never_comes_from_clearing_twice(house: Any) -> None:
    with house.work() as work:
        owner = a_subscriber(work)
        a_home_line(work, owner, a_home_plan(work))
    house.tell_c2b(said.c2b("Mama Njeri", shillings="1500.00"))
    house.run()
    found = act_on_suspense(house, owner.id)
    assert (found.kind, found.cents, paid_through(house)) == ("resolution", -150_000, "22 Jan 2027")
    assert (house.clearing(), "suspense" in house.books()) == (1_500, False)
    with pytest.raises(Refusal):
        act_on_suspense(house, owner.id)
    assert house.clearing() == 1_500


def test_who_may_not_correct_money_is_refused(house: Any) -> None:
    owner_who_paid(house)
    with house.work() as work:
        actor = a_cashier(work, "support")
        acts = [
            lambda: refund(work, actor, receipt_id=1, amount=Money(100), reference="ABCD", reason="asked"),
            lambda: move_money(work, actor, receipt_id=1, to_subscriber_id=1, reason="asked"),
            lambda: resolve_suspense(work, actor, item_id=1, subscriber_id=1, reason="asked"),
            lambda: reverse_receipt(work, receipt_id=1, reason="asked", actor=actor),
        ]
        for forbidden in acts:
            with pytest.raises(Refusal):
                forbidden()


def test_a_prompt_s_payment_taken_back_ends_its_line(house: Any) -> None:
    with house.work() as work:
        owner = a_subscriber(work)
        line = a_home_line(work, owner, a_home_plan(work))
        a_collection(work, line.plan, renews=line.id)
    house.run()
    house.tell_stk(said.stk(CHECKOUT, shillings=1_500))
    house.run()
    assert takes_back(house)
    assert (paid_through(house), house.books()) == ("22 Dec 2026", {})


def test_the_provider_s_status_says_that_a_payment_was_taken_back(house: Any) -> None:
    """A second word of the same receipt from an unlisted source is asked about; the answer is: reversed."""
    owner = owner_who_paid(house)
    house.tell_c2b(said.c2b(owner.account_no, shillings="1500.00", LastName="X"), trusted=False)
    house.run()
    house.tell_status(said.status("conversation-1", shillings=1_500, state="Reversed"))
    house.run()
    assert (house.claims(), house.books()) == (["refuted"], {})
    assert (paid_through(house), house.texts()[-1]) == ("22 Dec 2026", "payment_reversed")
