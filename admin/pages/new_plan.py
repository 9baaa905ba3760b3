"""Draft a plan: what it is, what it costs, where it is sold. Nobody can buy it until it is put on sale."""

import re

from sqlalchemy import select

from admin.desk import Ask, Door
from admin.show import Elsewhere, Page
from core.base.errors import Refusal
from core.base.money import Money
from core.base.words import Sentence, say
from core.catalogue.model import HOTSPOT, PPPOE, Site
from core.catalogue.plans import PlanDraft, draft_plan
from core.catalogue.prices import HIGHEST

TOPUP = "topup"
KINDS = {PPPOE: say("home line"), HOTSPOT: say("hotspot time"), TOPUP: say("data on top")}
UNITS = {"hours": say("hours"), "days": say("days"), "months": say("months")}
ENDS = {"stop": say("stops after"), "slow": say("slow after")}
BILLINGS = {"prepaid": say("paid before the period"), "postpaid": say("billed after the period")}
_CODE = re.compile(r"[a-z0-9-]{1,12}")
HOUR_SECONDS, GIGABYTE, LAST_PAYDAY = 3_600, 10**9, 31
MOST_CHARACTERS, MOST_DIGITS = 12, 7
"""Of names, which stand on USSD screens; and of every number that is typed here."""


def new(ask: Ask) -> Page:
    return _page(ask)


def _page(ask: Ask, problem: Sentence | None = None) -> Page:
    """problem: what is wrong with the form; what was typed into it stays there."""
    return Page(
        say("New plan"),
        template="new_plan.html",
        place="plans",
        lead=say("It is a draft at first: put it on sale when all of it is right."),
        values={
            "problem": problem,
            "filled": ask.form if problem else {},
            "kinds": KINDS,
            "units": UNITS,
            "ends": ENDS,
            "billings": BILLINGS,
            "sites": [
                (site.id, site.name) for site in ask.work.session.scalars(select(Site).order_by(Site.name))
            ],
            "highest": HIGHEST.minor // 100,
        },
    )


def make(ask: Ask) -> Page | Elsewhere:
    try:
        with ask.work.session.begin_nested():
            plan = draft_plan(
                ask.work,
                ask.actor,
                draft=_draft(ask),
                site_ids=_sites(ask),
                reason=ask.form.get("reason", ""),
            )
    except Refusal as refusal:
        return _page(ask, refusal.sentence)
    return Elsewhere(f"/plans/{plan.id}?done=drafted")


def _draft(ask: Ask) -> PlanDraft:
    form = ask.form
    kind, unit = _one_of(form.get("kind", ""), KINDS), _one_of(form.get("unit", ""), UNITS)
    length, data = _number(form.get("length", "")), form.get("data", "").strip()
    if kind == PPPOE and unit == "hours":
        raise Refusal(say("A home line is sold by days or months."))
    is_hotspot = kind == HOTSPOT
    if is_hotspot and unit != "months":
        length, unit = length * HOUR_SECONDS * (24 if unit == "days" else 1), "seconds"
    elif unit == "hours":
        length, unit = length * HOUR_SECONDS, "seconds"
    price = Money.shillings(_number(form.get("price", ""), least=0))
    if price > HIGHEST or (price.is_zero and not is_hotspot):
        raise Refusal(say("Prices are whole shillings."))
    if kind == TOPUP and not data:
        raise Refusal(say("Say how much data it adds."))
    return PlanDraft(
        code=_code(form.get("code", "")),
        name=_name(form.get("name", "")),
        kind=HOTSPOT if is_hotspot else PPPOE,
        price_cents=price.minor,
        term_unit=unit,
        term_count=length,
        download_kbps=_number(form.get("down", "")) * 1_000,
        upload_kbps=_number(form.get("up", "")) * 1_000,
        starts="first_login" if is_hotspot else "grant",
        shared_devices=_number(form.get("devices", "")),
        data_cap_bytes=_number(data) * GIGABYTE if data else None,
        after_cap=_one_of(form.get("after", ""), ENDS),
        billing=_one_of(form.get("billing", ""), BILLINGS) if kind == PPPOE else "prepaid",
        role=TOPUP if kind == TOPUP else "access",
        carries_over=kind == TOPUP and bool(form.get("carries")),
        fixed_anchor=_payday(form.get("payday", ""), is_month=(kind, unit, length) == (PPPOE, "months", 1)),
        until_midnight=is_hotspot and bool(form.get("midnight")),
    )


def _payday(typed: str, *, is_month: bool) -> int | None:
    """The day of the month on which the months of all its lines end."""
    if not typed.strip():
        return None
    day = _number(typed)
    if not is_month or day > LAST_PAYDAY:
        raise Refusal(say("Only home lines by the month share a payday, from 1 to 31."))
    return day


def _sites(ask: Ask) -> list[int]:
    """Those whose boxes are ticked."""
    ids = ask.work.session.scalars(select(Site.id))
    return [site_id for site_id in ids if ask.form.get(f"site-{site_id}")]


def _one_of(chosen: str, among: dict[str, Sentence]) -> str:
    if chosen not in among:
        raise Refusal(say("Choose one of the list."))
    return chosen


def _code(typed: str) -> str:
    """As it stands in the names of profiles on routers."""
    if not _CODE.fullmatch(typed.strip().lower()):
        raise Refusal(say("A code has 1 to 12 letters, figures and dashes."))
    return typed.strip().lower()


def _name(typed: str) -> str:
    name = " ".join(typed.split())
    if not 1 <= len(name) <= MOST_CHARACTERS or not name.isascii() or not name.isprintable():
        raise Refusal(say("A name has 1 to 12 plain characters."))
    return name


def _number(typed: str, least: int = 1) -> int:
    digits = typed.replace(",", "").strip()
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > MOST_DIGITS or int(digits) < least:
        raise Refusal(say("Type whole numbers."))
    return int(digits)


DOORS = (
    Door("/plans/new", "change_plans", new),
    Door("/plans/new", "change_plans", make, method="POST"),
)
