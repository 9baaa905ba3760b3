"""Staff say that our side stands still, and that it is over: an uplink that no probe watches, a flood, a strike."""

from datetime import datetime, timedelta

from core.base.database import Work
from core.base.errors import Refusal
from core.base.words import say
from core.billing.dunning_model import ALL, SITE, Standstill
from core.billing.standstill import begin_standstill, end_standstill
from core.catalogue.model import Site
from core.staff.acts import demand, stated
from core.staff.audit import Actor, note

LONGEST_BACK = timedelta(days=7)
"""What began longer ago is a matter of days given, not of dunning."""


def open_standstill(work: Work, actor: Actor, *, site_id: int | None, since: datetime, reason: str) -> None:
    """Nobody at the site (none: at any) is reminded, slowed or cut since then. Raises Refusal where it stands still
    already, or for a time to come or long gone."""
    demand(actor, "allow_cuts")
    stated(reason)
    if site_id is not None:
        work.session.get_one(Site, site_id)
    if not work.now - LONGEST_BACK <= since <= work.now:
        raise Refusal(say("It began within the last {count} days.", count=LONGEST_BACK.days))
    scope, about = (SITE, str(site_id)) if site_id is not None else (ALL, "")
    if _is_open(work, scope, about):
        raise Refusal(say("It stands still already."))
    begin_standstill(work, scope=scope, about=about, at=since)
    note(work, actor, "standstill_opened", whom="site" if site_id else None, whom_id=site_id)


def close_standstill(work: Work, actor: Actor, *, standstill_id: int, reason: str) -> Standstill:
    """Our side is up again as of now. Raises Refusal where it was over already."""
    demand(actor, "allow_cuts")
    stated(reason)
    found = work.session.get_one(Standstill, standstill_id, with_for_update=True, populate_existing=True)
    if found.to_at is not None:
        raise Refusal(say("That standstill is over already."))
    end_standstill(work, scope=found.scope, about=found.about, at=work.now)
    note(work, actor, "standstill_closed", whom="standstill", whom_id=found.id)
    work.session.refresh(found)
    return found


def _is_open(work: Work, scope: str, about: str) -> bool:
    statement = "SELECT 1 FROM standstills WHERE scope = :scope AND about = :about AND to_at IS NULL"
    return work.scalar(statement, scope=scope, about=about) is not None
