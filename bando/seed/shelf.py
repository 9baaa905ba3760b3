"""What else is on the shelf in the past: an opening price that ends, plans for offices and with so much data."""

from datetime import date, datetime, timedelta

from sqlalchemy import select

from bando.seed.houses import DATA_PLAN, GIGABYTE, OFFICE_PLAN, TOPUP_PLAN
from bando.seed.past import Past
from core.base.clock import nairobi_day
from core.base.money import Money
from core.catalogue.model import HOTSPOT, PPPOE, Plan, Site
from core.catalogue.plans import PlanDraft, draft_plan, put_on_sale, retire
from core.catalogue.prices import change_price, put_prices_on
from core.staff.audit import COMMAND_LINE

OPENING_CODE, OPENING_PRICE = "home10", Money.shillings(1_800)
"""What is sold for less at first; in the middle of the past it has the price of the list."""
TOLD_BEFORE = timedelta(days=14)

HOME = {"kind": PPPOE, "term_unit": "months", "term_count": 1, "starts": "grant"}
DRAFTS = {
    OFFICE_PLAN: PlanDraft(
        code="office20",
        name="Office 20M",
        price_cents=450_000,
        download_kbps=20_000,
        upload_kbps=20_000,
        billing="postpaid",
        **HOME,  # type: ignore[arg-type]
    ),
    DATA_PLAN: PlanDraft(
        code="data60",
        name="Data 60GB",
        price_cents=120_000,
        download_kbps=20_000,
        upload_kbps=10_000,
        data_cap_bytes=60 * GIGABYTE,
        after_cap="slow",
        **HOME,  # type: ignore[arg-type]
    ),
    TOPUP_PLAN: PlanDraft(
        code="more20",
        name="20GB more",
        price_cents=30_000,
        download_kbps=20_000,
        upload_kbps=10_000,
        data_cap_bytes=20 * GIGABYTE,
        role="topup",
        **HOME,  # type: ignore[arg-type]
    ),
}
ON_REQUEST = (OFFICE_PLAN, DATA_PLAN)
"""Not in the menus of today: lines that have them keep them."""


def fill_shelf(past: Past) -> None:
    """Put everything on sale on the first day, at the prices of the opening."""
    for kind in (HOTSPOT, PPPOE):
        plans = select(Plan).where(Plan.kind == kind).order_by(Plan.price_cents)
        past.plans[kind] = list(past.work.session.scalars(plans))
    sites = list(past.work.session.scalars(select(Site.id).order_by(Site.id)))
    for name, draft in DRAFTS.items():
        why = "asked for by customers"
        plan = draft_plan(past.work, COMMAND_LINE, draft=draft, site_ids=sites, reason=why)
        put_on_sale(past.work, COMMAND_LINE, plan_id=plan.id, reason=why)
        past.plans[name] = [plan]
    _set_price(past, OPENING_PRICE, nairobi_day(past.work.now), "the price of the opening")


def end_opening_price(past: Past, moment: datetime, from_day: date) -> None:
    """It is told that the price of the list holds from that day on."""
    past.at(moment)
    past.prices_from = from_day
    _set_price(past, past.list_price, from_day, "the opening is over")


def begin_prices(past: Past) -> None:
    """The prices that are to begin this midnight, if any."""
    if past.prices_from != nairobi_day(past.work.now):
        return
    for plan_id in put_prices_on(past.work):
        past.work.session.refresh(past.work.session.get_one(Plan, plan_id))


def clear_shelf(past: Past) -> None:
    """What is sold on request alone is off the menus."""
    for name in ON_REQUEST:
        retire(past.work, COMMAND_LINE, plan_id=past.plans[name][0].id, reason="sold on request alone")


def _set_price(past: Past, price: Money, from_day: date, reason: str) -> None:
    plan = next(plan for plan in past.plans[PPPOE] if plan.code == OPENING_CODE)
    past.list_price = max(past.list_price, plan.price)
    change_price(past.work, COMMAND_LINE, plan_id=plan.id, price=price, from_day=from_day, reason=reason)
