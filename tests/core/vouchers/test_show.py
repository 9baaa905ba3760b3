"""A code is shown to who bought or holds it, and to nobody else."""

import pytest

from core.base.clock import SetClock
from core.base.database import Database
from core.base.errors import Refusal
from core.vouchers.codes import parse_code
from core.vouchers.mint import code_of
from core.vouchers.model import VOID, Voucher
from core.vouchers.queries import newest_unused, voucher_line, vouchers_of
from core.vouchers.show import show_code
from tests.factories import OTIENO, a_hotspot_plan, a_paid_purchase, a_subscriber


@pytest.mark.parametrize("who", ["buyer_id", "holder_id"])
def test_shown_and_noted(database: Database, clock: SetClock, gift: Voucher, who: str) -> None:
    with database.work() as work:
        shown = show_code(work, voucher_id=gift.id, subscriber_id=getattr(gift, who))
        assert parse_code(shown) == code_of(work, gift)
        assert shown[5] == "-"
    with database.work() as work:
        assert work.session.get_one(Voucher, gift.id).seen_at == clock.at


def test_a_stranger_is_shown_nothing(database: Database, gift: Voucher) -> None:
    with database.work() as work:
        stranger = a_subscriber(work, OTIENO)
        with pytest.raises(Refusal):
            show_code(work, voucher_id=gift.id, subscriber_id=stranger.id)
        assert vouchers_of(work, stranger.id) == []
        assert voucher_line(work, gift.id, stranger.id) is None
        assert work.session.get_one(Voucher, gift.id).seen_at is None


def test_a_withdrawn_code_is_shown_to_nobody(database: Database, gift: Voucher) -> None:
    with database.work() as work:
        work.session.get_one(Voucher, gift.id).state = VOID
        work.session.flush()
        with pytest.raises(Refusal):
            show_code(work, voucher_id=gift.id, subscriber_id=gift.buyer_id)


def test_lists_show_the_newest_first_and_no_code(database: Database, gift: Voucher) -> None:
    with database.work() as work:
        a_paid_purchase(work, a_subscriber(work), a_hotspot_plan(work, hours=1))
        lines = vouchers_of(work, gift.buyer_id)
        assert [line.term_count for line in lines] == [3_600, 86_400]
        assert newest_unused(work, gift.buyer_id) == lines[0]
        assert code_of(work, gift) not in repr(lines)
        assert [line.id for line in vouchers_of(work, gift.holder_id)] == [gift.id]
