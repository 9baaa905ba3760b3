"""Deeds about our own side: it stands still, and it runs again."""

from collections.abc import Mapping

from sqlalchemy import func, select

from admin.deeds import Deed, Field, Thing
from admin.desk import Ask
from admin.effects import Change, Outcome
from admin.given import Given
from admin.show import NOTHING, Cell, Text, instant
from core.base.clock import NAIROBI
from core.base.database import Work
from core.base.words import say
from core.billing.dunning_model import Standstill
from core.billing.model import ACTIVE, GRACE, Subscription
from core.billing.standstill_by_staff import LONGEST_BACK, close_standstill, open_standstill
from core.catalogue.model import PPPOE, Plan, Site
from core.staff.audit import Actor

EVERYWHERE = "0"


def _opening(ask: Ask, _: Mapping[str, int]) -> Thing:
    sites = ask.work.session.execute(select(Site.id, Site.name).order_by(Site.name)).all()
    choices: list[tuple[str, Text]] = [(EVERYWHERE, say("Everywhere"))]
    choices += [(str(row.id), row.name) for row in sites]
    now = ask.work.now.astimezone(NAIROBI)
    since = Field(
        "since",
        say("Since when"),
        "datetime-local",
        value=f"{now:%Y-%m-%dT%H:%M}",
        least=f"{now - LONGEST_BACK:%Y-%m-%dT%H:%M}",
        most=f"{now:%Y-%m-%dT%H:%M}",
    )
    where = Field("site", say("Where"), "select", value=EVERYWHERE, choices=choices)
    return Thing("standstill", 0, say("Our side"), "/dunning", (), [where, since])


def _open(work: Work, actor: Actor, given: Given) -> Outcome:
    site_id = given.number("site") or None
    since = given.moment("since")
    open_standstill(work, actor, site_id=site_id, since=since, reason=given.reason)
    where = work.session.get_one(Site, site_id).name if site_id else say("Everywhere")
    return Outcome(
        changes=[
            (where, say("Stands still since"), NOTHING, instant(since).text),
            (where, say("Home lines that wait"), "0", f"{_lines(work, site_id):,}"),
        ]
    )


def _lines(work: Work, site_id: int | None) -> int:
    """Lines that dunning would come to."""
    count = (
        select(func.count())
        .select_from(Subscription)
        .join(Plan, Plan.id == Subscription.plan_id)
        .where(Plan.kind == PPPOE, Subscription.state.in_([ACTIVE, GRACE]))
    )
    return work.session.scalar(count.where(Subscription.site_id == site_id) if site_id else count) or 0


def _where(work: Work, found: Standstill) -> Text:
    if found.site_id is not None:
        return work.session.get_one(Site, found.site_id).name
    return found.about or say("Everywhere")


def _closing(ask: Ask, ids: Mapping[str, int]) -> Thing:
    found = ask.work.session.get_one(Standstill, ids["standstill"])
    where = _where(ask.work, found)
    facts = [(say("Where"), Cell(where)), (say("From"), instant(found.from_at))]
    return Thing("standstill", found.id, where, "/dunning", facts)


def _close(work: Work, actor: Actor, given: Given) -> Outcome:
    found = work.session.get_one(Standstill, given.ids["standstill"])
    close_standstill(work, actor, standstill_id=found.id, reason=given.reason)
    over: Change = (_where(work, found), say("Our side"), say("still down"), say("runs again"))
    return Outcome(changes=[over])


OPEN = Deed(
    "standstill",
    "/standstills/new",
    "allow_cuts",
    say("Our side stands still"),
    say("Nobody is cut from now on"),
    _opening,
    _open,
    lead=say("While it lasts nobody there is reminded, slowed or cut, and grace grows by the same time."),
    place="dunning",
)
CLOSE = Deed(
    "standstill_over",
    "/standstills/{standstill:int}/over",
    "allow_cuts",
    say("Our side runs again"),
    say("It runs again"),
    _closing,
    _close,
    lead=say("Dunning goes on, later by the time that was lost."),
    place="dunning",
)
DEEDS = (OPEN, CLOSE)
