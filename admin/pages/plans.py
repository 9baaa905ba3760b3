"""Plans: what is sold, where and at which price; and, for who may, a new price, an offer, a fee, sale and retreat."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from admin.desk import Ask, Door
from admin.pages.money import plan_words
from admin.pages.plan_history import history_of, state_of
from admin.show import NOTHING, Act, Cell, Elsewhere, Page, Table, money, number, plain
from core.base.clock import NAIROBI, nairobi_day, start_of_day
from core.base.dated import dated
from core.base.errors import Refusal
from core.base.money import Money
from core.base.words import Sentence, say
from core.billing.tax import TaxRates, with_taxes
from core.catalogue import plans as verbs
from core.catalogue.labels import data_label
from core.catalogue.model import Plan, Site
from core.catalogue.price_model import PlanFee
from core.catalogue.prices import HIGHEST, change_price, end_offer, offer_plan, set_fee

KINDS = {"pppoe": say("home line"), "hotspot": say("hotspot time")}
FEES = {"installation": say("Installation"), "equipment": say("Equipment"), "deposit": say("Deposit")}
DONE = {
    "drafted": say("It is drafted. Look at it, then put it on sale."),
    "price": say("The price is noted."),
    "offer": say("The offer is noted."),
    "ended": say("The offer has ended."),
    "fee": say("The fee is noted."),
    "at": say("It is sold there, too."),
    "on_sale": say("The plan is on sale."),
    "retired": say("The plan is retired: lines that have it keep it."),
}
ON_TOP = "on_top"


def plans(ask: Ask) -> Page:
    found = ask.work.session.scalars(
        select(Plan)
        .options(selectinload(Plan.sites))
        .order_by(Plan.state != verbs.ON_SALE, Plan.kind, Plan.price_cents, Plan.id)
    )
    table = Table(
        columns=[say("Plan"), say("Kind"), say("Price"), say("Sites"), say("State")],
        rows=[
            [
                Cell(plan_words(plan), path=f"/plans/{plan.id}"),
                _kind(plan),
                money(plan.price_cents),
                Cell(_sites(plan), quiet=True),
                state_of(plan.state),
            ]
            for plan in found
        ],
        empty=say("There are no plans yet."),
    )
    ways = [(say("New plan"), "/plans/new")] if ask.may("change_plans") else []
    return Page(say("Plans"), tables=[table], place="plans", ways=ways)


def plan(ask: Ask) -> Page:
    return _page(ask)


def _page(ask: Ask, problem: Sentence | None = None, tried: str = "") -> Page:
    """tried: the form that the problem is about; what was typed into it stays there."""
    found = ask.work.session.get_one(Plan, ask.ids["plan"], options=[selectinload(Plan.sites)])
    may = ask.may("change_plans")
    return Page(
        plan_words(found),
        template="plan.html",
        place="plans",
        facts=_facts(ask, found),
        tables=[*([_acts(found)] if may else []), *history_of(ask, found)],
        values={
            "plan": found,
            "forms": may,
            "problem": problem,
            "tried": {name: ask.form if name == tried else {} for name in ("price", "offer", "fee", "at")},
            "elsewhere": _elsewhere(ask, found),
            "today": nairobi_day(ask.work.now).isoformat(),
            "highest": HIGHEST.minor // 100,
            "fees": FEES if found.kind == "pppoe" and found.role == "access" else {},
        },
        done=DONE.get(ask.query.get("done", "")),
    )


def _elsewhere(ask: Ask, found: Plan) -> list[Site]:
    """The sites where it is not sold."""
    sold_at = [site.id for site in found.sites]
    return list(ask.work.session.scalars(select(Site).where(Site.id.not_in(sold_at)).order_by(Site.name)))


def _facts(ask: Ask, found: Plan) -> list[tuple[Sentence, Cell]]:
    fees = ask.work.session.scalars(select(PlanFee).where(PlanFee.plan_id == found.id).order_by(PlanFee.id))
    after = say("slow after") if found.after_cap == "slow" else say("stops after")
    facts = [
        (say("State"), state_of(found.state)),
        (say("Kind"), _kind(found)),
        (say("Price today"), money(found.price_cents)),
        (say("Speed"), Cell(f"{found.download_kbps / 1000:g} / {found.upload_kbps / 1000:g} Mbps")),
        (say("Devices"), number(found.shared_devices)),
        (say("Sites"), Cell(_sites(found))),
        (say("Code"), plain(found.code)),
    ]
    if found.data_cap_bytes is not None:
        facts += [
            (say("Data"), Cell(data_label(found.data_cap_bytes))),
            (say("When it is used"), Cell(after)),
        ]
    return [*facts, *((FEES[fee.kind], money(fee.cents)) for fee in fees)]


def _acts(found: Plan) -> Table:
    act = (
        Act(f"/plans/{found.id}/retire", say("Retire"), asks=say("Why is it sold no longer?"))
        if found.state == verbs.ON_SALE
        else Act(f"/plans/{found.id}/sell", say("Put on sale"), asks=say("Why is it sold?"))
    )
    return Table(columns=[say("Do")], rows=[[Cell("", act=act)]], empty=say("There is nothing to decide."))


def _kind(found: Plan) -> Cell:
    return Cell(say("data on top") if found.role == "topup" else KINDS[found.kind])


def _sites(found: Plan) -> str:
    return ", ".join(sorted(site.name for site in found.sites)) or NOTHING


def _tried(verb: Callable[[Ask, int], str]) -> Callable[[Ask], Page | Elsewhere]:
    """The page of a form: back to the plan with what was done, or the form again with what is wrong."""

    def answer(ask: Ask) -> Page | Elsewhere:
        try:
            with ask.work.session.begin_nested():
                done = verb(ask, ask.ids["plan"])
        except Refusal as refusal:
            return _page(ask, refusal.sentence, ask.request.url.path.rpartition("/")[2])
        return Elsewhere(f"/plans/{ask.ids['plan']}?done={done}")

    return answer


def _price(ask: Ask, plan_id: int) -> str:
    """People are shown one price, with its taxes. One that was named without them gets those of its first day."""
    price, from_day = _shillings(ask.form.get("price", "")), _day(ask.form.get("from_day", ""))
    if ask.form.get("taxes") == ON_TOP:
        rates = dated(ask.work, "tax.excise_bp", "tax.vat_bp", at=start_of_day(from_day))
        price = with_taxes(price, TaxRates(*rates))
    change_price(
        ask.work,
        ask.actor,
        plan_id=plan_id,
        price=price,
        from_day=from_day,
        reason=ask.form.get("reason", ""),
    )
    return "price"


def _offer(ask: Ask, plan_id: int) -> str:
    """From the beginning of the first day (now, where that is today) to the end of the last."""
    first, last = _day(ask.form.get("from_day", "")), _day(ask.form.get("last_day", ""))
    site = ask.form.get("site", "")
    offer_plan(
        ask.work,
        ask.actor,
        plan_id=plan_id,
        site_id=int(site) if site.isdecimal() else None,
        from_at=start_of_day(first),
        until_at=start_of_day(last + timedelta(days=1)),
        price=_shillings(ask.form.get("price", "")),
        reason=ask.form.get("reason", ""),
    )
    return "offer"


def _fee(ask: Ask, plan_id: int) -> str:
    kind = ask.form.get("kind", "")
    if kind not in FEES:
        raise Refusal(say("Choose what it is for."))
    amount = _shillings(ask.form.get("price", ""))
    set_fee(ask.work, ask.actor, plan_id=plan_id, kind=kind, amount=amount, reason=ask.form.get("reason", ""))
    return "fee"


def _sell(ask: Ask, plan_id: int) -> str:
    verbs.put_on_sale(ask.work, ask.actor, plan_id=plan_id, reason=ask.form.get("reason", ""))
    return "on_sale"


def _at(ask: Ask, plan_id: int) -> str:
    site, why = ask.form.get("site", ""), ask.form.get("reason", "")
    site_id = int(site) if site.isascii() and site.isdecimal() and len(site) < 10 else 0
    verbs.sell_at(ask.work, ask.actor, plan_id=plan_id, site_id=site_id, reason=why)
    return "at"


def _retire(ask: Ask, plan_id: int) -> str:
    verbs.retire(ask.work, ask.actor, plan_id=plan_id, reason=ask.form.get("reason", ""))
    return "retired"


def end(ask: Ask) -> Elsewhere:
    offer = end_offer(ask.work, ask.actor, offer_id=ask.ids["offer"])
    return Elsewhere(f"/plans/{offer.plan_id}?done=ended")


def _shillings(typed: str) -> Money:
    plain_digits = typed.replace(",", "").strip()
    if not (plain_digits.isascii() and plain_digits.isdecimal()) or len(plain_digits) > 9:
        raise Refusal(say("Prices are whole shillings."))
    return Money.shillings(int(plain_digits))


def _day(typed: str) -> date:
    try:
        return datetime.strptime(typed, "%Y-%m-%d").replace(tzinfo=NAIROBI).date()
    except ValueError:
        raise Refusal(say("Choose a day.")) from None


DOORS = (
    Door("/plans", "see_figures", plans),
    Door("/plans/{plan:int}", "see_figures", plan),
    Door("/plans/{plan:int}/price", "change_plans", _tried(_price), method="POST"),
    Door("/plans/{plan:int}/offer", "change_plans", _tried(_offer), method="POST"),
    Door("/plans/{plan:int}/fee", "change_plans", _tried(_fee), method="POST"),
    Door("/plans/{plan:int}/at", "change_plans", _tried(_at), method="POST"),
    Door("/plans/{plan:int}/sell", "change_plans", _tried(_sell), method="POST"),
    Door("/plans/{plan:int}/retire", "change_plans", _tried(_retire), method="POST"),
    Door("/offers/{offer:int}/end", "change_plans", end, method="POST"),
)
