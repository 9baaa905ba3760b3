"""A code for a paid access: sealed, found by its hash, one for each access."""

from datetime import date

import pytest

from core.base.clock import last_day
from core.base.database import Database
from core.base.secrets import Keyring, SealBroken
from core.vouchers import mint as minting
from core.vouchers.codes import parse_code
from core.vouchers.mint import LOOKUP, code_of, mint
from core.vouchers.model import Voucher
from tests.factories import a_hotspot_plan, a_paid_purchase, a_subscriber


def test_the_code_is_sealed_and_found_by_its_hash(
    database: Database, keyring: Keyring, gift: Voucher
) -> None:
    with database.work() as work:
        code = code_of(work, gift)
    assert parse_code(code) == code
    assert code.encode() not in gift.code_sealed
    assert gift.code_lookup in keyring.lookups(code, LOOKUP)
    assert gift.code_lookup not in keyring.lookups(code, "another purpose")
    with pytest.raises(SealBroken):
        keyring.unseal(gift.code_sealed, table="vouchers", column="code_sealed", row=gift.id + 1)


def test_it_is_sold_for_ninety_days_of_use(gift: Voucher) -> None:
    assert (gift.state, last_day(gift.use_by)) == ("sold", date(2027, 2, 20))


def test_an_access_has_one_voucher(database: Database, gift: Voucher) -> None:
    with database.work() as work:
        again = mint(
            work, subscription_id=gift.subscription_id, buyer_id=gift.buyer_id, holder_id=gift.holder_id
        )
        assert (again.id, work.session.query(Voucher).count()) == (gift.id, 1)


def test_a_code_that_is_taken_is_drawn_again(
    database: Database, gift: Voucher, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.work() as work:
        drawn = iter([code_of(work, gift), "ABCDEFGHJK"])
        monkeypatch.setattr(minting, "draw_code", lambda: next(drawn))
        a_paid_purchase(work, a_subscriber(work), a_hotspot_plan(work))
        newest = work.session.query(Voucher).order_by(Voucher.id.desc()).first()
        assert newest is not None
        assert code_of(work, newest) == "ABCDEFGHJK"
