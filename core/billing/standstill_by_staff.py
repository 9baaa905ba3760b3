"""Staff say that our side stands still, and that it is over: an uplink that no probe watches, a flood, a strike."""

from datetime import datetime, timedelta

from core.base.database import Work
from core.base.errors import Refusal
from core.base.words import say
from core.billing.dark_hotspot import stretch
from core.billing.dunning_model import ALL, SITE, Standstill
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
    # A row of its own, beside what the probes say: a router that answers does not end a flood, and an outage that was
    # over before does not swallow one that staff know of.
    scope, about = (SITE, f"{site_id}:staff") if site_id is not None else (ALL, "")
    if _is_open(work, scope, about):
        raise Refusal(say("It stands still already."))
    work.session.add(Standstill(scope=scope, about=about, site_id=site_id, from_at=since))
    work.session.flush()
    note(work, actor, "standstill_opened", whom="site" if site_id else None, whom_id=site_id)


def close_standstill(work: Work, actor: Actor, *, standstill_id: int, reason: str) -> Standstill:
    """Our side is up again as of now: hotspot time that ran there ends later. Raises Refusal where it was over
    already."""
    demand(actor, "allow_cuts")
    stated(reason)
    found = work.session.get_one(Standstill, standstill_id, with_for_update=True, populate_existing=True)
    if found.to_at is not None:
        raise Refusal(say("That standstill is over already."))
    found.to_at = max(found.from_at, work.now)
    work.session.flush()
    stretch(work)
    note(work, actor, "standstill_closed", whom="standstill", whom_id=found.id)
    return found


def _is_open(work: Work, scope: str, about: str) -> bool:
    statement = "SELECT 1 FROM standstills WHERE scope = :scope AND about = :about AND to_at IS NULL"
    return work.scalar(statement, scope=scope, about=about) is not None
