"""Use an offer code: it is typed, its price is shown; its use is held while M-PESA asks, spent when the money comes,
and given back when it does not.

A use is a row beside its purchase, and what it counts for is read off the purchase's state: paid, it is spent; unpaid,
it is given back; and a late success, which makes the purchase paid after all, spends it after all.
"""

from datetime import timedelta
from typing import Any

from core.base.clock import nairobi_day
from core.base.database import Work
from core.base.dated import dated
from core.base.errors import Refusal
from core.base.money import Money
from core.base.words import Sentence, say
from core.catalogue.coupons import discount_of, typed_code

HELD_FOR = timedelta(days=1)
"""A payment whose end is never told gives its use back then; paid later, it buys at its price all the same."""
NO_SUCH_CODE = say("That code does not hold here or now.")
"""The one answer, whatever is wrong with it: who guesses learns nothing."""
TOO_MANY_CODES = say("Too many codes were typed. Please try again tomorrow.")

IS_USED = "(p.state IN ('paid', 'served') OR p.state = 'open' AND p.created_at > %(held_since)s)"
_LOCK = "SELECT id FROM coupons WHERE code = %(code)s FOR NO KEY UPDATE"
# What is paid after the month is billed by the cycle, at the plan's price. A voucher
# holds at every site of its plan: a code of one site holds for it where that is the only one.
_HOLDS = f"""
    SELECT c.id, c.percent_bp, c.cents FROM coupons c
    CROSS JOIN LATERAL (
        SELECT count(*) AS in_all, count(*) FILTER (WHERE u.subscriber_id = %(subscriber_id)s) AS by_them
        FROM coupon_uses u JOIN purchases p ON p.id = u.purchase_id
        WHERE u.coupon_id = c.id AND {IS_USED}
    ) AS used
    WHERE c.code = %(code)s AND c.from_at <= %(now)s AND c.until_at > %(now)s AND c.retired_at IS NULL
      AND used.in_all < c.uses_in_all AND used.by_them < c.uses_a_person
      AND (c.plan_id IS NULL OR c.plan_id = %(plan_id)s)
      AND NOT EXISTS (SELECT FROM plans WHERE plans.id = %(plan_id)s AND plans.billing = 'postpaid')
      AND (c.site_id IS NULL OR c.site_id = coalesce(CAST(%(site_id)s AS bigint), (
          SELECT min(site_id) FROM plan_sites WHERE plan_id = %(plan_id)s HAVING count(*) = 1)))
"""  # noqa: S608
_COUNT_TRY = """
    INSERT INTO coupon_tries (subscriber_id, day, tries) VALUES (%(subscriber_id)s, %(day)s, 1)
    ON CONFLICT (subscriber_id, day) DO UPDATE SET tries = coupon_tries.tries + 1
    WHERE coupon_tries.tries < %(most)s
    RETURNING tries
"""
_FORGET_TRY = """
    UPDATE coupon_tries SET tries = tries - 1 WHERE subscriber_id = %(subscriber_id)s AND day = %(day)s RETURNING tries
"""
_NOTE_USE = """
    INSERT INTO coupon_uses (coupon_id, purchase_id, subscriber_id, cents, at)
    VALUES (%(coupon_id)s, %(purchase_id)s, %(subscriber_id)s, %(cents)s, %(now)s) RETURNING id
"""


def try_code(
    work: Work, *, typed: str, subscriber_id: int, plan_id: int, site_id: int | None, price: Money
) -> tuple[str, Money] | Sentence:
    """The code that somebody typed and what it takes off `price`, the price of the period; or why there is none, in
    words. What did not hold is counted: the caller commits. Nothing is held yet."""
    (most,) = dated(work, "coupon.tries_a_day")
    day: dict[str, Any] = {"subscriber_id": subscriber_id, "day": nairobi_day(work.now), "most": most}
    if work.within(_COUNT_TRY, day) is None:
        return TOO_MANY_CODES
    code = typed_code(typed)
    found = code and discount_now(
        work, code, subscriber_id=subscriber_id, plan_id=plan_id, site_id=site_id, price=price
    )
    if not code or not found:
        return NO_SUCH_CODE
    work.within(_FORGET_TRY, day)
    return code, found


def discount_now(
    work: Work, code: str, *, subscriber_id: int, plan_id: int, site_id: int | None, price: Money
) -> Money | None:
    """What a code takes off the price at this moment for this person; None where it does not hold."""
    row = _held(work, code, subscriber_id=subscriber_id, plan_id=plan_id, site_id=site_id)
    off = discount_of(price, percent_bp=row[1], cents=row[2]) if row is not None else Money(0)
    return off if off.is_positive else None


def take_off(work: Work, code: str, purchase: dict[str, Any], *, fees_cents: int) -> int:
    """Lower the price in the row of a purchase that is about to be written; the coupon's id. The code stays locked
    until the transaction ends, so that of two who want its last use one is too late. Raises Refusal then."""
    work.within(_LOCK, {"code": code})
    row = _held(
        work,
        code,
        subscriber_id=purchase["buyer_id"],
        plan_id=purchase["plan_id"],
        site_id=purchase["site_id"],
    )
    if row is None:
        raise Refusal(NO_SUCH_CODE)
    price = Money(purchase["price_cents"] - fees_cents)
    off = discount_of(price, percent_bp=row[1], cents=row[2])
    if not off.is_positive:
        raise Refusal(NO_SUCH_CODE)
    purchase["price_cents"] -= off.minor
    purchase["discount_cents"] = off.minor
    return int(row[0])


def note_use(work: Work, *, coupon_id: int, purchase_id: int, subscriber_id: int, cents: int) -> None:
    """The purchase is written: it holds one use of the code."""
    work.within(
        _NOTE_USE,
        {
            "coupon_id": coupon_id,
            "purchase_id": purchase_id,
            "subscriber_id": subscriber_id,
            "cents": cents,
            "now": work.now,
        },
    )


def _held(
    work: Work, code: str, *, subscriber_id: int, plan_id: int, site_id: int | None
) -> tuple[Any, ...] | None:
    return work.within(
        _HOLDS,
        {
            "code": code,
            "subscriber_id": subscriber_id,
            "plan_id": plan_id,
            "site_id": site_id,
            "now": work.now,
            "held_since": work.now - HELD_FOR,
        },
    )
