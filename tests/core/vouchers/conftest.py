"""A voucher that Amina bought for Juma."""

import pytest

from core.base.database import Database
from core.vouchers.model import Voucher
from tests.factories import JUMA, a_hotspot_plan, a_paid_purchase, a_subscriber


@pytest.fixture
def gift(database: Database) -> Voucher:
    with database.work() as work:
        a_paid_purchase(work, a_subscriber(work), a_hotspot_plan(work), beneficiary=a_subscriber(work, JUMA))
        return work.session.query(Voucher).one()
