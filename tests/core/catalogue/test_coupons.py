"""Offer codes as they are made: what one takes off a price, and what is refused."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from core.base.database import Database
from core.base.errors import Refusal
from core.base.money import Money
from core.catalogue.coupons import (
    CouponDraft,
    discount_of,
    make_coupon,
    retire_coupon,
    typed_code,
)
from core.staff.model import AuditEntry
from tests.factories import a_cashier, a_home_plan, a_hotspot_plan, a_site

PRICES = st.integers(100, 25_000_000).map(Money)


@given(price=PRICES, bp=st.integers(1, 10_000))
def test_a_share_is_whole_shillings_for_the_buyer_and_never_all(price: Money, bp: int) -> None:
    off = discount_of(price, percent_bp=bp, cents=None)
    assert off.minor % 100 == 0 or price - off == Money.shillings(1)
    assert price - off >= Money.shillings(1)
    assert off.minor * 10_000 >= min(price.minor * bp, (price.minor - 100) * 10_000)
    assert off.minor < price.minor * bp / 10_000 + 100


@given(price=PRICES, cents=st.integers(1, 10_000).map(lambda shillings: shillings * 100))
def test_a_sum_is_taken_off_as_far_as_a_shilling_is_left(price: Money, cents: int) -> None:
    assert discount_of(price, percent_bp=None, cents=cents) == min(Money(cents), price - Money.shillings(1))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("save20", "SAVE20"),
        (" save-20 ", "SAVE20"),
        ("STOP", None),
        ("SAVED", None),
        ("0712345678", None),
        ("A1B2", None),
        ("A1B2C3D4E5", None),
        ("SAVÉ20", None),
        ("", None),
    ],
)
def test_how_codes_are_written(typed: str, kept: str | None) -> None:
    assert typed_code(typed) == kept


@pytest.mark.parametrize(
    "wrong",
    [
        {"percent": None},
        {"amount": Money.shillings(5)},
        {"percent": 0},
        {"percent": 101},
        {"percent": None, "amount": Money(150)},
        {"code": "JAMHURI"},
        {"code": "TAKEN1"},
        {"days": 0},
        {"uses_in_all": 0},
        {"uses_in_all": 10_001},
        {"uses_a_person": 0},
        {"at": "elsewhere"},
        {"at": "one of two"},
        {"reason": "x"},
        {"role": "support"},
    ],
)
def test_what_is_refused(database: Database, wrong: dict[str, Any]) -> None:
    with database.work() as work:
        here, there = a_site(work), a_site(work)
        plan = a_hotspot_plan(work, sites=[here, there])
        days = timedelta(days=wrong.pop("days", 7))
        draft: dict[str, Any] = {"code": "NEW1A", "from_at": work.now, "until_at": work.now + days}
        draft |= {"percent": 10, "uses_in_all": 5}
        why, role = wrong.pop("reason", "Jamhuri Day"), wrong.pop("role", "finance")
        make_coupon(
            work,
            a_cashier(work),
            draft=CouponDraft(**{**draft, "code": "TAKEN1", "until_at": work.now + timedelta(1)}),
            reason="Jamhuri",
        )
        at = wrong.pop("at", None)
        if at is not None:
            draft["plan_id"] = plan.id if at == "one of two" else a_home_plan(work).id
            draft["site_id"] = there.id
        with pytest.raises(Refusal):
            make_coupon(work, a_cashier(work, role), draft=CouponDraft(**(draft | wrong)), reason=why)


def test_a_code_may_be_drawn_and_is_retired_once(database: Database) -> None:
    with database.work() as work:
        staff = a_cashier(work)
        draft = CouponDraft("", work.now, work.now + timedelta(days=1), 5, amount=Money.shillings(100))
        made = make_coupon(work, staff, draft=draft, reason="for the market")
        assert typed_code(made.code) == made.code
        retire_coupon(work, staff, coupon_id=made.id)
        assert made.retired_at == work.now
        with pytest.raises(Refusal):
            retire_coupon(work, staff, coupon_id=made.id)
        told = work.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(entry.what, entry.whom_id) for entry in told] == [
        ("coupon_made", made.id),
        ("coupon_retired", made.id),
    ]
