"""Cash and bank money that staff book: once for a number, used like paybill money, moved, given back, taken out."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from core.base.clock import nairobi_day, start_of_day
from core.base.errors import Refusal
from core.base.money import Money
from core.billing.model import GRACE, SUSPENDED, Subscription
from core.payments.by_hand import number_of, take_by_hand
from core.payments.corrections import move_money, refund
from core.payments.installments import begin_installments
from core.payments.model import Installment, Receipt
from core.payments.reversal import reverse_receipt
from core.staff.model import AuditEntry
from tests.core.payments.test_corrections import act, paid_through
from tests.factories import JUMA, a_cashier, a_home_line, a_home_plan, a_subscriber


def owner_of_line(house: Any, **line: Any) -> Any:
    with house.work() as work:
        owner = a_subscriber(work)
        a_home_line(work, owner, a_home_plan(work), **line)
    return owner


def take(house: Any, owner: Any, shillings: int = 1_500, **asked: Any) -> Receipt:
    with house.work() as work:
        values = {"way": "cash", "reference": "0123", "day": nairobi_day(work.now), **asked}
        actor = values.pop("actor", None) or a_cashier(work)
        found = take_by_hand(work, actor, subscriber_id=owner.id, amount=Money.shillings(shillings), **values)
    house.run()
    return found


@pytest.mark.parametrize(("way", "account"), [("cash", "cash"), ("bank", "clearing.bank")])
def test_it_lies_where_it_came_and_renews_the_line(house: Any, way: str, account: str) -> None:
    owner = owner_of_line(house)
    receipt = take(
        house, owner, way=way, reference="ft 2632-7abc", day=nairobi_day(house.clock.at) - timedelta(days=3)
    )
    assert (receipt.provider, receipt.number, receipt.account_text) == (way, "FT26327ABC", owner.account_no)
    assert receipt.paid_at == start_of_day(nairobi_day(house.clock.at) - timedelta(days=3))
    assert (paid_through(house), house.texts(), house.clearing()) == ("22 Jan 2027", ["receipt"], 0)
    assert house.books()[account] == 150_000
    assert [entry.what for entry in house.all(AuditEntry)] == ["money_taken"]


def test_a_line_that_is_off_is_bought_again(house: Any) -> None:
    owner = owner_of_line(house, state=SUSPENDED)
    take(house, owner)
    assert (house.purchase(2).state, house.own_money(owner.id)) == ("paid", 0)  # until its router has it


def test_a_part_payment_buys_days_and_too_little_is_kept(house: Any) -> None:
    owner = owner_of_line(house, state=GRACE)
    take(house, owner, 100)
    assert (house.own_money(owner.id), house.texts()) == (100, ["money_kept"])
    take(house, owner, 1_000, reference="124")
    assert house.texts()[-1] == "receipt_part"
    assert paid_through(house) != "22 Dec 2026"


def test_what_is_kept_aside_comes_first(house: Any) -> None:
    with house.work() as work:
        owner, plan = a_subscriber(work), a_home_plan(work, 2_500)
        begin_installments(work, subscriber_id=owner.id, plan_id=plan.id, site_id=None)
    take(house, owner, 800)
    (kept,) = house.all(Installment)
    assert (kept.kept_cents, house.texts()) == (80_000, ["money_aside"])


def test_a_number_is_booked_once_for_ever(house: Any) -> None:
    owner = owner_of_line(house)
    with house.work() as work:
        juma = a_subscriber(work, JUMA, name="Juma")
    take(house, owner)
    for other, number in ((owner, "123"), (juma, "123"), (juma, "#00-123")):
        with pytest.raises(Refusal, match="booked already"):
            take(house, other, 700, reference=number)
    take(house, juma, 700, way="bank", reference="0123")  # the bank's number is not the book's
    act(house, reverse_receipt_by)
    with pytest.raises(Refusal, match="taken out"):
        take(house, owner)
    take(house, owner, 150, reference="123B")
    assert [receipt.number for receipt in house.all(Receipt)] == ["123", "0123", "123B"]
    house.books()


def reverse_receipt_by(work: Any, actor: Any, *, receipt_id: int, reason: str) -> bool:
    return reverse_receipt(work, receipt_id=receipt_id, reason=reason, actor=actor)


@pytest.mark.parametrize("same_account", [True, False])
def test_two_clerks_at_the_same_time_book_it_once(house: Any, same_account: bool) -> None:
    owner = owner_of_line(house)
    with house.work() as work:
        other = owner if same_account else a_subscriber(work, JUMA, name="Juma")
        clerks = [a_cashier(work), a_cashier(work)]

    def one(number: int) -> bool:
        whose = (owner, other)[number]
        try:
            with house.work() as work:
                take_by_hand(
                    work, clerks[number], subscriber_id=whose.id, amount=Money.shillings(1_500 + number),
                    way="bank", reference="FT26327ABC", day=nairobi_day(work.now),
                )  # fmt: skip
        except Refusal:
            return False
        return True

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(one, range(2))) == [False, True]
    house.run()
    (receipt,) = house.all(Receipt)
    assert house.books()["clearing.bank"] == receipt.amount_cents
    assert house.incidents() == []


def test_it_is_moved_to_the_right_account(house: Any) -> None:
    owner = owner_of_line(house)
    with house.work() as work:
        juma = a_subscriber(work, JUMA, name="Juma")
        a_home_line(work, juma, a_home_plan(work))
    take(house, owner)
    act(house, move_money, to_subscriber_id=juma.id)
    assert (paid_through(house, 1), paid_through(house, 2)) == ("22 Dec 2026", "22 Jan 2027")
    assert house.books()["cash"] == 150_000
    assert {"money_moved_away", "money_moved_here"} < set(house.texts())


def test_a_slip_is_taken_out_and_nobody_loses_grace(house: Any) -> None:
    owner = owner_of_line(house)
    for number, slips in enumerate(("1", "2"), start=1):
        take(house, owner, reference=slips)
        act(house, reverse_receipt_by, receipt_id=number)
    assert (paid_through(house), house.books()) == ("22 Dec 2026", {})
    assert house.texts() == ["receipt", "payment_taken_out"] * 2
    with house.work() as work:
        assert work.session.get_one(Subscription, 1).grace_days is None


def test_it_is_given_back_from_where_it_lies(house: Any) -> None:
    owner = owner_of_line(house)
    take(house, owner, 100)
    act(house, refund, amount=Money.shillings(40), reference="voucher 7")
    assert house.books()["cash"] == 6_000
    assert (house.clearing(), house.texts()[-1]) == (0, "refund_by_hand")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"way": "mpesa"}, "in cash or by bank"),
        ({"shillings": 0}, "above zero"),
        ({"shillings": 1_000_001}, "at most"),
        ({"days": 1}, "the day on which it came"),
        ({"days": -366}, "the day on which it came"),
        ({"reference": " -/ "}, "receipt book"),
        ({"reference": "000"}, "receipt book"),
        ({"reference": "12é"}, "receipt book"),
        ({"way": "bank", "reference": "123"}, "own reference"),
        ({"way": "bank", "reference": "A" * 36}, "own reference"),
        ({"role": "support"}, "role"),
    ],
)
def test_what_cannot_be_is_refused(house: Any, changed: dict[str, Any], words: str) -> None:
    owner = owner_of_line(house)
    asked = dict(changed)
    day = nairobi_day(house.clock.at) + timedelta(days=asked.pop("days", 0))
    with house.work() as work:
        actor = a_cashier(work, asked.pop("role", "finance"))
    with pytest.raises(Refusal, match=words):
        take(house, owner, asked.pop("shillings", 100), day=day, actor=actor, **asked)
    assert house.all(Receipt) == []


def test_a_number_has_one_spelling() -> None:
    assert number_of("cash", " 00-12/3 ") == number_of("cash", "123") == "123"
    assert number_of("bank", "ft26 327.abc") == "FT26327ABC"
    assert number_of("bank", "000123") == "000123"
