"""Offer codes: what each takes off, where and until when, how often it was used; and, for who may, a new one, and its
end."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text

from admin.desk import Ask, Door
from admin.pages.money import plan_words
from admin.show import NOTHING, Act, Cell, Elsewhere, Page, Table, Tone, instant, money, plain
from core.base.clock import NAIROBI, nairobi_day, start_of_day
from core.base.errors import Refusal
from core.base.money import Money
from core.base.words import Sentence, say
from core.billing.coupon_use import HELD_FOR, IS_USED
from core.catalogue.coupons import (
    MOST_USES,
    MOST_USES_A_PERSON,
    CouponDraft,
    make_coupon,
    retire_coupon,
)
from core.catalogue.model import Plan, Site

DONE = {"made": say("The code holds from its first day on."), "retired": say("The code is taken back.")}
MOST_ROWS = 100
"""Codes that are shown, newest first."""
HIGHEST_DIGITS = 6

_NEWEST = text(
    f"""
    SELECT c.*, site.name AS site, staff.email, used.times, used.cents AS given
    FROM coupons c LEFT JOIN sites site ON site.id = c.site_id LEFT JOIN staff ON staff.id = c.by_staff_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS times, coalesce(sum(u.cents), 0)::bigint AS cents
        FROM coupon_uses u JOIN purchases p ON p.id = u.purchase_id
        WHERE u.coupon_id = c.id AND {IS_USED.replace("%(held_since)s", ":held_since")}
    ) AS used
    ORDER BY c.id DESC LIMIT :most
    """  # noqa: S608
)


def coupons(ask: Ask) -> Page:
    return _page(ask)


def _page(ask: Ask, problem: Sentence | None = None) -> Page:
    """problem: what is wrong with the form; what was typed into it stays there."""
    session = ask.work.session
    plans = {plan.id: plan_words(plan) for plan in session.query(Plan).order_by(Plan.id)}
    found = session.execute(_NEWEST, {"held_since": ask.work.now - HELD_FOR, "most": MOST_ROWS})
    table = Table(
        columns=[
            say("Code"),
            say("State"),
            say("Takes off"),
            say("For"),
            say("From"),
            say("Until"),
            say("Used"),
            say("Given in all"),
            say("By"),
            say("Reason"),
            say("Do"),
        ],
        rows=[_row(ask, row, plans) for row in found],
        empty=say("There are no offer codes yet."),
    )
    return Page(
        say("Offer codes"),
        template="coupons.html",
        tables=[table],
        place="coupons",
        lead=say(
            "A code lowers one period's price, never what is paid once. Each use is noted with its payment."
        ),
        values={
            "forms": ask.may("change_plans"),
            "problem": problem,
            "filled": ask.form if problem else {},
            "today": nairobi_day(ask.work.now).isoformat(),
            "plans": plans,
            "sites": {site.id: site.name for site in session.query(Site).order_by(Site.name)},
            "most": MOST_USES,
            "most_a_person": MOST_USES_A_PERSON,
        },
        done=DONE.get(ask.query.get("done", "")),
    )


def _row(ask: Ask, row: Any, plans: dict[int, Any]) -> list[Cell]:
    words, tone = _state(ask, row)
    is_over = row.retired_at is not None or row.until_at <= ask.work.now
    act = Act(f"/coupons/{row.id}/retire", say("Take it back"))
    return [
        plain(row.code),
        Cell(words, tone=tone),
        money(row.cents) if row.cents is not None else Cell(f"{row.percent_bp / 100:g} %", number=True),
        Cell(plans.get(row.plan_id, say("every plan")) if row.site_id is None else row.site),
        instant(row.from_at),
        instant(row.until_at),
        Cell(f"{row.times:,} / {row.uses_in_all:,}", number=True),
        money(row.given),
        plain(row.email),
        plain(row.reason),
        Cell(NOTHING) if is_over or not ask.may("change_plans") else Cell("", act=act),
    ]


def _state(ask: Ask, row: Any) -> tuple[Sentence, Tone]:
    if row.retired_at is not None:
        return say("taken back"), "red"
    if row.until_at <= ask.work.now:
        return say("over"), "secondary"
    if row.times >= row.uses_in_all:
        return say("used up"), "secondary"
    if row.from_at > ask.work.now:
        return say("not begun"), "blue"
    return say("holds"), "green"


def make(ask: Ask) -> Page | Elsewhere:
    try:
        with ask.work.session.begin_nested():
            make_coupon(ask.work, ask.actor, draft=_draft(ask), reason=ask.form.get("reason", ""))
    except Refusal as refusal:
        return _page(ask, refusal.sentence)
    return Elsewhere("/coupons?done=made")


def _draft(ask: Ask) -> CouponDraft:
    """From the beginning of the first day to the end of the last."""
    form = ask.form
    off, is_share = _number(form.get("off", "")), form.get("unit") == "percent"
    first, last = _day(form.get("from_day", "")), _day(form.get("last_day", ""))
    plan, site = form.get("plan", ""), form.get("site", "")
    return CouponDraft(
        code=form.get("code", ""),
        from_at=start_of_day(first),
        until_at=start_of_day(last + timedelta(days=1)),
        uses_in_all=_number(form.get("uses", "")),
        uses_a_person=_number(form.get("uses_a_person", "")),
        percent=off if is_share else None,
        amount=None if is_share else Money.shillings(off),
        plan_id=_chosen(ask, Plan, plan),
        site_id=_chosen(ask, Site, site),
    )


def _chosen(ask: Ask, kind: type[Plan] | type[Site], chosen: str) -> int | None:
    """The id that was chosen; None for any."""
    if not chosen:
        return None
    chosen_id = _number(chosen)
    if ask.work.session.get(kind, chosen_id) is None:
        raise Refusal(say("Choose one of the list."))
    return chosen_id


def retire(ask: Ask) -> Elsewhere:
    retire_coupon(ask.work, ask.actor, coupon_id=ask.ids["coupon"])
    return Elsewhere("/coupons?done=retired")


def _number(typed: str) -> int:
    digits = typed.replace(",", "").strip()
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > HIGHEST_DIGITS:
        raise Refusal(say("Type whole numbers."))
    return int(digits)


def _day(typed: str) -> date:
    try:
        return datetime.strptime(typed, "%Y-%m-%d").replace(tzinfo=NAIROBI).date()
    except ValueError:
        raise Refusal(say("Choose a day.")) from None


DOORS = (
    Door("/coupons", "see_money", coupons),
    Door("/coupons", "change_plans", make, method="POST"),
    Door("/coupons/{coupon:int}/retire", "change_plans", retire, method="POST"),
)
