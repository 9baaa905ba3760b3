"""The text with the code: once when the network has it, again when asked, and its end."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core.base.clock import SetClock
from core.base.database import Database, Work
from core.base.errors import Refusal
from core.billing.model import ENDED, Subscription
from core.messaging.model import Notice
from core.subscribers.meet import choose_language
from core.vouchers import jobs
from core.vouchers.mint import code_of
from core.vouchers.model import Voucher
from core.vouchers.send import send_again, send_first
from tests.factories import AMINA, JUMA, OTIENO, a_subscriber


def notices(work: Work) -> list[Notice]:
    return list(work.session.scalars(select(Notice).order_by(Notice.id)))


def sent_first(database: Database, subscription_id: int) -> bool:
    with database.work() as work:
        return send_first(work, subscription_id=subscription_id)


def state(database: Database) -> str:
    with database.work() as work:
        return work.session.query(Voucher).one().state


def test_sent_once_to_its_holder_and_sealed(database: Database, gift: Voucher) -> None:
    for _ in range(2):
        sent_first(database, gift.subscription_id)
    with database.work() as work:
        (notice,) = notices(work)
        assert (notice.address, notice.template, notice.subscriber_id) == (
            JUMA.digits,
            "voucher",
            gift.holder_id,
        )
        assert code_of(work, gift)[:5].encode() not in notice.values_sealed


def test_a_home_line_has_no_voucher_to_send(database: Database) -> None:
    assert not sent_first(database, 1)
    with database.work() as work:
        assert notices(work) == []


@pytest.mark.parametrize(
    ("holders", "buyers", "written"), [("sw", "en", "sw"), ("", "en", "en"), ("", "sw", "sw")]
)
def test_a_gift_speaks_its_holders_language_or_its_givers(
    database: Database, gift: Voucher, holders: str, buyers: str, written: str
) -> None:
    with database.work() as work:
        for subscriber_id, language in ((gift.holder_id, holders), (gift.buyer_id, buyers)):
            if language:
                choose_language(work, subscriber_id=subscriber_id, language=language)
    sent_first(database, gift.subscription_id)
    with database.work() as work:
        assert notices(work)[0].language == written


def test_again_to_the_number_that_asks_within_the_days_limit(
    database: Database, clock: SetClock, gift: Voucher
) -> None:
    for _ in range(5):
        with database.work() as work:
            send_again(work, voucher_id=gift.id, subscriber_id=gift.buyer_id)
        clock.advance(timedelta(minutes=1))
    with database.work() as work, pytest.raises(Refusal):
        send_again(work, voucher_id=gift.id, subscriber_id=gift.buyer_id)
    with database.work() as work:
        assert [notice.address for notice in notices(work)] == [AMINA.digits] * 5
    clock.advance(timedelta(days=1))
    with database.work() as work:
        send_again(work, voucher_id=gift.id, subscriber_id=gift.buyer_id)


def test_again_twice_in_a_second_is_one_text(database: Database, gift: Voucher) -> None:
    for _ in range(2):
        with database.work() as work:
            send_again(work, voucher_id=gift.id, subscriber_id=gift.buyer_id)
    with database.work() as work:
        assert len(notices(work)) == 1


def test_nothing_is_sent_to_a_stranger(database: Database, gift: Voucher) -> None:
    with database.work() as work, pytest.raises(Refusal):
        send_again(work, voucher_id=gift.id, subscriber_id=a_subscriber(work, OTIENO).id)


def test_the_first_login_puts_it_in_use(database: Database, gift: Voucher) -> None:
    for at in (1_800_000_000, 1_800_000_999):
        jobs.mark_in_use(database, subscription_id=gift.subscription_id, at=at)
    with database.work() as work:
        voucher = work.session.get_one(Voucher, gift.id)
        assert voucher.first_used_at is not None
        assert (voucher.state, int(voucher.first_used_at.timestamp())) == ("active", 1_800_000_000)
        with pytest.raises(Refusal, match="already used"):
            send_again(work, voucher_id=gift.id, subscriber_id=gift.buyer_id)


def test_it_is_used_when_its_access_has_ended_and_not_before(database: Database, gift: Voucher) -> None:
    jobs.close_with_its_time(database, subscription_id=gift.subscription_id)
    assert state(database) == "sold"
    with database.work() as work:
        access = work.session.get_one(Subscription, gift.subscription_id)
        access.state, access.starts_at = ENDED, work.now
    jobs.close_with_its_time(database, subscription_id=gift.subscription_id)
    late: list[Any] = [jobs.mark_in_use]
    for job in late:
        job(database, subscription_id=gift.subscription_id, at=0)
    assert state(database) == "used"
    with database.work() as work:
        assert notices(work) == []
