"""Offer codes as staff make and retire them, and what one takes off a price. Their use: core.billing.coupon_use."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from core.base.database import Work
from core.base.errors import Refusal
from core.base.money import CENTS, Money
from core.base.words import say
from core.catalogue.coupon_model import Coupon
from core.catalogue.model import HOTSPOT, Plan, Site
from core.staff.acts import demand, stated
from core.staff.audit import Actor, note

WHOLE_BP = 10_000
MOST_USES = 10_000
"""Of one code: its uses are counted while its row is locked, and that must stay quick."""
MOST_USES_A_PERSON = 100
LEAST_PRICE = Money.shillings(1)
"""M-PESA asks for no less: what would cost nothing is given, not sold."""
DRAWN_LENGTH = 8
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_CODE = re.compile(r"(?=.*[A-Z])(?=.*[0-9])[A-Z0-9]{5,9}")
"""Letters and figures: no word that means something in a talk, no phone number, and shorter than a voucher."""


@dataclass(frozen=True, slots=True)
class CouponDraft:
    """A code as it is made: exactly one of percent and amount. code: empty to have one drawn."""

    code: str
    from_at: datetime
    until_at: datetime
    uses_in_all: int
    uses_a_person: int = 1
    percent: int | None = None
    amount: Money | None = None
    plan_id: int | None = None
    site_id: int | None = None


def typed_code(typed: str) -> str | None:
    """A code as somebody typed it, as it is kept; None where it can be none."""
    written = "".join(typed.split()).replace("-", "").upper()
    return written if _CODE.fullmatch(written) else None


def discount_of(price: Money, *, percent_bp: int | None, cents: int | None) -> Money:
    """What comes off a price: whole shillings, rounded up for the buyer, and a shilling is always left to pay."""
    off = cents if percent_bp is None else -(-price.minor * percent_bp // WHOLE_BP)
    assert off is not None, "it takes off a share or a sum"
    whole = Money(-(-off // CENTS) * CENTS)
    return max(Money(0), min(whole, price - LEAST_PRICE))


def make_coupon(work: Work, actor: Actor, *, draft: CouponDraft, reason: str) -> Coupon:
    """A code that holds from its first instant on. Raises Refusal for what could not be kept to: no end, no limit, a
    code that is taken, or a site at which a voucher of the plan would not hold alone."""
    demand(actor, "change_plans")
    why = stated(reason)
    _check(work, draft)
    code = typed_code(draft.code) if draft.code.strip() else _drawn()
    if code is None:
        raise Refusal(say("A code has 5 to 9 letters and figures, at least one of each."))
    if work.session.scalar(select(Coupon.id).where(Coupon.code == code)) is not None:
        raise Refusal(say("There is a code like that already."))
    coupon = Coupon(
        code=code,
        percent_bp=None if draft.percent is None else draft.percent * WHOLE_BP // 100,
        cents=None if draft.amount is None else draft.amount.minor,
        plan_id=draft.plan_id,
        site_id=draft.site_id,
        from_at=draft.from_at,
        until_at=draft.until_at,
        uses_in_all=draft.uses_in_all,
        uses_a_person=draft.uses_a_person,
        made_at=work.now,
        reason=why,
        by_staff_id=actor.staff_id,
    )
    work.session.add(coupon)
    work.session.flush()
    detail = {"percent_bp": coupon.percent_bp, "cents": coupon.cents, "uses": coupon.uses_in_all}
    note(work, actor, "coupon_made", whom="coupon", whom_id=coupon.id, detail=detail)
    return coupon


def retire_coupon(work: Work, actor: Actor, *, coupon_id: int) -> None:
    """Take a code back: who was shown its price before, and is asked for it now, still pays that. Raises Refusal where
    it is over."""
    demand(actor, "change_plans")
    coupon = work.session.get_one(Coupon, coupon_id, with_for_update=True, populate_existing=True)
    if coupon.retired_at is not None or coupon.until_at <= work.now:
        raise Refusal(say("That code is over already."))
    coupon.retired_at = work.now
    note(work, actor, "coupon_retired", whom="coupon", whom_id=coupon_id)


def _check(work: Work, draft: CouponDraft) -> None:
    if (draft.percent is None) == (draft.amount is None):
        raise Refusal(say("A code takes off a share or a sum: say one of them."))
    if draft.percent is not None and not 0 < draft.percent <= 100:
        raise Refusal(say("A share is 1 to 100 percent."))
    if draft.amount is not None and (not draft.amount.is_positive or draft.amount.minor % CENTS):
        raise Refusal(say("A code takes off whole shillings."))
    if draft.until_at <= max(draft.from_at, work.now):
        raise Refusal(say("A code ends after it begins, and later than now."))
    if not 1 <= draft.uses_in_all <= MOST_USES or not 1 <= draft.uses_a_person <= MOST_USES_A_PERSON:
        raise Refusal(say("Say how often it may be used: 10,000 times at most, 100 times by one person."))
    plan = work.session.get_one(Plan, draft.plan_id) if draft.plan_id is not None else None
    if draft.site_id is None:
        return
    work.session.get_one(Site, draft.site_id)
    sold_at = {site.id for site in plan.sites} if plan is not None else {draft.site_id}
    if draft.site_id not in sold_at:
        raise Refusal(say("The plan is not sold at that site."))
    if plan is not None and plan.kind == HOTSPOT and len(sold_at) > 1:
        raise Refusal(say("Its vouchers hold at other sites, too: let the code hold everywhere."))


def _drawn() -> str:
    while True:
        code = "".join(secrets.choice(_ALPHABET) for _ in range(DRAWN_LENGTH))
        if _CODE.fullmatch(code):
            return code
