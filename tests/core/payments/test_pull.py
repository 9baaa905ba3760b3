"""What the provider's own list tells: payments of which no message ever came."""

from datetime import timedelta
from typing import Any

import pytest

from core.base.errors import OutcomeUnknown, Unreachable
from core.base.money import Money
from core.billing.model import Purchase
from core.payments import jobs
from core.payments.gateway import Paid
from core.payments.model import Receipt
from tests.factories import a_subscriber


def listed(receipt: str, shillings: int, account: str) -> Paid:
    return Paid(receipt, Money.shillings(shillings), "", account_text=account, payer_hint="712345678")


def test_a_payment_whose_push_was_never_answered_is_found(house: Any) -> None:
    house.gateway.answers.append(OutcomeUnknown("the database died before the answer was noted"))
    collection_id = house.prompt()
    collection = house.collection(collection_id)
    house.gateway.listed = [listed("UKM7PULLED", 50, collection.reference)]
    jobs.pull_missed(house)
    jobs.pull_missed(house)
    house.run()
    assert house.collection(collection_id).state == "paid"
    assert [purchase.state for purchase in house.all(Purchase)] == ["paid"]
    assert [receipt.number for receipt in house.all(Receipt)] == ["UKM7PULLED"]


def test_a_known_receipt_changes_nothing(house: Any) -> None:
    with house.work() as work:
        owner = a_subscriber(work)
    house.gateway.listed = [listed("UKM7PULLED", 70, owner.account_no)]
    jobs.pull_missed(house)
    house.clock.advance(timedelta(minutes=30))
    jobs.pull_missed(house)
    house.run()
    assert house.own_money(owner.id) == 70


def test_the_window_follows_what_was_read_whole(house: Any) -> None:
    jobs.pull_missed(house)
    house.gateway.refusals.append(Unreachable("closed"))
    house.clock.advance(timedelta(hours=5))
    with pytest.raises(Unreachable):
        jobs.pull_missed(house)
    house.clock.advance(timedelta(hours=1))
    jobs.pull_missed(house)
    (first, first_until), (second, _) = house.gateway.pulls
    assert first_until - first == timedelta(hours=48) - timedelta(minutes=2)
    assert second == first_until - timedelta(hours=3)
