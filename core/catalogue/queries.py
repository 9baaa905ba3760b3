"""Reads about what is on sale, at the price of this moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core.base.database import Work
from core.base.words import say
from core.catalogue.model import Site, plan_sites

TOPUPS = "topup"
"""Asked for among kinds: what adds data to a running period."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan on sale, as menus show it; plain values, so that it can stand in a cache.

    price_cents: of today, by the plan. offers: lower prices that hold now for what is begun: (site id, cents), site 0
    for everywhere. fees: (kind, cents), what a new line pays once with its first period. takes_code: whether some offer
    code holds for it now. fixed_anchor: the payday that all its lines share.
    """

    id: int
    kind: str
    name: str
    price_cents: int
    term_unit: str
    term_count: int
    shared_devices: int
    starts: str
    until_midnight: bool
    role: str
    data_bytes: int | None
    site_ids: tuple[int, ...]
    offers: tuple[tuple[int, int], ...] = ()
    fees: tuple[tuple[str, int], ...] = ()
    takes_code: bool = False
    fixed_anchor: int | None = None

    def price_at(self, site_id: int | None = None) -> int:
        """What beginning it costs now, in cents and without fees: the lowest price that holds at the site."""
        held = (cents for site, cents in self.offers if site in (0, site_id))
        return min((self.price_cents, *held))

    @property
    def is_free(self) -> bool:
        return self.price_cents == 0

    @property
    def fees_cents(self) -> int:
        return sum(cents for _, cents in self.fees)


@dataclass(frozen=True, slots=True)
class PlanNow:
    """A plan at this moment, on sale or not."""

    offer: Offer
    currency: str
    is_on_sale: bool


_TAKES_CODE = """
    plan.billing = 'prepaid' AND EXISTS (
        SELECT FROM coupons WHERE (plan_id = plan.id OR plan_id IS NULL) AND retired_at IS NULL
          AND from_at <= %(now)s AND until_at > %(now)s)
"""
_PLAN = """
    plan.id, plan.kind, plan.name, plan.price_cents, plan.term_unit, plan.term_count, plan.shared_devices, plan.starts,
    plan.until_midnight, plan.role, plan.data_cap_bytes,
    ARRAY(SELECT site_id FROM plan_sites WHERE plan_id = plan.id ORDER BY site_id),
    ARRAY(SELECT ARRAY[coalesce(site_id, 0), price_cents] FROM plan_offers
          WHERE plan_id = plan.id AND from_at <= %(now)s AND until_at > %(now)s ORDER BY id),
    ARRAY(SELECT ARRAY[kind, CAST(cents AS text)] FROM plan_fees WHERE plan_id = plan.id ORDER BY id),
    {takes_code},
    plan.fixed_anchor, plan.currency, plan.state
"""
PLAN_NOW = _PLAN.format(takes_code=_TAKES_CODE)
"""The columns of a row of `plans AS plan` from which `plan_in_row` makes a PlanNow; with %(now)s."""
PLAN_NOW_TO_PAY = _PLAN.format(takes_code="false")
"""The same for the key "Pay": whether it takes an offer code was asked when it was shown."""
PLAN_NOW_COLUMNS = 18
_ON_SALE = f"""
    SELECT {PLAN_NOW} FROM plans AS plan
    WHERE state = 'on_sale' AND role = %(role)s AND (role = 'topup' OR kind = %(kind)s)
"""  # noqa: S608
_ONE = f"SELECT {PLAN_NOW} FROM plans AS plan WHERE id = %(plan_id)s"  # noqa: S608


def plan_in_row(row: Sequence[Any]) -> PlanNow | None:
    """The plan whose PLAN_NOW columns these are; None where the row has none."""
    *plain, sites, offered, fees, takes_code, fixed_anchor, currency, state = row
    if plain[0] is None:
        return None
    lower = tuple((site, cents) for site, cents in offered)
    once = tuple((kind, int(cents)) for kind, cents in fees)
    offer = Offer(*(*plain, tuple(sites), lower, once, takes_code, fixed_anchor))
    return PlanNow(offer, currency, state == "on_sale")


def plan_now(work: Work, plan_id: int) -> PlanNow | None:
    """A plan as it is to be had now."""
    row = work.within(_ONE, {"plan_id": plan_id, "now": work.now})
    return plan_in_row(row) if row is not None else None


def offers(work: Work, kind: str) -> list[Offer]:
    """What is on sale of one kind of access, or TOPUPS; cheapest first."""
    work.session.flush()  # the statement is not the mapper's
    role = "topup" if kind == TOPUPS else "access"
    rows = (
        work.session.connection()
        .exec_driver_sql(_ON_SALE, {"kind": kind, "role": role, "now": work.now})
        .all()
    )
    plans = [plan.offer for row in rows if (plan := plan_in_row(tuple(row))) is not None]
    return sorted(plans, key=lambda offer: (offer.price_at(), offer.id))


def sites_of(work: Work, plan_id: int) -> list[tuple[int, str]]:
    """The sites (id, name) at which a plan is sold, by name."""
    rows = work.session.execute(
        select(Site.id, Site.name)
        .join(plan_sites, plan_sites.c.site_id == Site.id)
        .where(plan_sites.c.plan_id == plan_id)
        .order_by(Site.name)
    )
    return [(row.id, row.name) for row in rows]


NOT_ON_SALE = say("That bundle is no longer sold. Please choose another one.")
