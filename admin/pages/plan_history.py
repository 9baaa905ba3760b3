"""What became of a plan: its prices, its offers, and when it was sold."""

from collections.abc import Mapping

from sqlalchemy import select

from admin.desk import Ask
from admin.show import NOTHING, Act, Cell, Table, Tone, day, instant, money, plain
from core.base.words import Sentence, say
from core.catalogue import plans as verbs
from core.catalogue.model import Plan
from core.catalogue.price_model import PlanMove, PlanOffer, PlanPrice
from core.staff.model import StaffMember

STATES: dict[str, tuple[Sentence, Tone]] = {
    verbs.DRAFT: (say("draft"), "secondary"),
    verbs.ON_SALE: (say("on sale"), "green"),
    verbs.RETIRED: (say("retired"), "red"),
}
MOST_ROWS = 50
"""Prices, offers and moves of one plan that are shown, newest first."""


def history_of(ask: Ask, found: Plan) -> list[Table]:
    session = ask.work.session
    people: Mapping[int | None, str] = {row.id: row.email for row in session.scalars(select(StaffMember))}
    sites: Mapping[int, str] = {site.id: site.name for site in found.sites}
    prices = session.scalars(
        select(PlanPrice).where(PlanPrice.plan_id == found.id).order_by(PlanPrice.id.desc()).limit(MOST_ROWS)
    )
    offers = session.scalars(
        select(PlanOffer).where(PlanOffer.plan_id == found.id).order_by(PlanOffer.id.desc()).limit(MOST_ROWS)
    )
    moves = session.scalars(
        select(PlanMove).where(PlanMove.plan_id == found.id).order_by(PlanMove.id.desc()).limit(MOST_ROWS)
    )
    return [
        Table(
            title=say("Prices"),
            columns=[say("From"), say("Price"), say("By"), say("Reason")],
            rows=[
                [
                    day(row.from_day),
                    money(row.price_cents),
                    plain(people.get(row.by_staff_id)),
                    plain(row.reason),
                ]
                for row in prices
            ],
            empty=say("Its price was never changed."),
        ),
        Table(
            title=say("Offers"),
            columns=[say("From"), say("Until"), say("Site"), say("Price"), say("Reason"), say("Do")],
            rows=[
                [
                    instant(row.from_at),
                    instant(row.until_at),
                    Cell(sites.get(row.site_id, NOTHING) if row.site_id else say("everywhere")),
                    money(row.price_cents),
                    plain(row.reason),
                    _end(ask, row),
                ]
                for row in offers
            ],
            empty=say("It was never offered."),
        ),
        Table(
            title=say("Sale"),
            columns=[say("When"), say("State"), say("By"), say("Reason")],
            rows=[
                [
                    instant(row.at),
                    state_of(row.to_state),
                    plain(people.get(row.by_staff_id)),
                    plain(row.reason),
                ]
                for row in moves
            ],
            empty=say("It stands as it was set up."),
        ),
    ]


def _end(ask: Ask, row: PlanOffer) -> Cell:
    if row.until_at <= ask.work.now or not ask.may("change_plans"):
        return Cell(NOTHING)
    return Cell("", act=Act(f"/offers/{row.id}/end", say("End it now")))


def state_of(name: str) -> Cell:
    words, tone = STATES[name]
    return Cell(words, tone=tone)
