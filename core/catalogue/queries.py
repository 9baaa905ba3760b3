"""Reads about what is on sale."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core.base.database import Work
from core.base.words import say
from core.catalogue.model import Plan, Site, plan_sites


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan on sale, as menus show it; plain values, so that it can stand in a cache."""

    id: int
    kind: str
    name: str
    price_cents: int
    term_unit: str
    term_count: int
    shared_devices: int
    starts: str
    site_ids: tuple[int, ...]


def offer_of(plan: Plan) -> Offer:
    """The plan as menus show it."""
    return Offer(
        id=plan.id,
        kind=plan.kind,
        name=plan.name,
        price_cents=plan.price_cents,
        term_unit=plan.term_unit,
        term_count=plan.term_count,
        shared_devices=plan.shared_devices,
        starts=plan.starts,
        site_ids=tuple(sorted(site.id for site in plan.sites)),
    )


@dataclass(frozen=True, slots=True)
class PlanNow:
    """A plan at this moment, on sale or not."""

    offer: Offer
    currency: str
    is_on_sale: bool


PLAN_NOW = """
    plan.id, plan.kind, plan.name, plan.price_cents, plan.term_unit, plan.term_count, plan.shared_devices, plan.starts,
    ARRAY(SELECT site_id FROM plan_sites WHERE plan_id = plan.id ORDER BY site_id), plan.currency, plan.state
"""
"""The columns of a row of `plans AS plan` from which `plan_in_row` makes a PlanNow."""
PLAN_NOW_COLUMNS = 11


def plan_in_row(row: Sequence[Any]) -> PlanNow | None:
    """The plan whose PLAN_NOW columns these are; None where the row has none."""
    *plain, site_ids, currency, state = row
    if plain[0] is None:
        return None
    return PlanNow(Offer(*(*plain, tuple(site_ids))), currency, state == "on_sale")


def plan_now(plan: Plan) -> PlanNow:
    return PlanNow(offer_of(plan), plan.currency, plan.state == "on_sale")


def offers(work: Work, kind: str) -> list[Offer]:
    """What is on sale of one kind, cheapest first."""
    found = work.session.scalars(
        select(Plan)
        .where(Plan.kind == kind, Plan.state == "on_sale")
        .options(selectinload(Plan.sites))
        .order_by(Plan.price_cents, Plan.id)
    )
    return [offer_of(plan) for plan in found]


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
