"""Move a line to another site, where its plan is sold: its time goes on, its account goes to the routers there."""

from sqlalchemy import select

from core.base.database import Work
from core.base.errors import Refusal
from core.base.words import say
from core.billing.events import AccessChanged
from core.billing.line_model import SiteMove
from core.billing.model import ENDED, Subscription
from core.billing.serve import lock_line
from core.catalogue.model import PPPOE, plan_sites
from core.ledger.post import lock_subscriber
from core.staff.acts import demand, stated
from core.staff.audit import Actor, note


def move_line(work: Work, actor: Actor, *, subscription_id: int, site_id: int, reason: str) -> SiteMove:
    """The line is at another site from now on. What is sold for it from here on is earned there. Raises Refusal."""
    demand(actor, "change_lines")
    words = stated(reason)
    lock_subscriber(work, work.session.get_one(Subscription, subscription_id).subscriber_id)
    line = lock_line(work, subscription_id)
    if line.state == ENDED or line.plan.kind != PPPOE or line.site_id == site_id:
        raise Refusal(say("This line cannot be moved there."))
    sold_there = select(plan_sites.c.site_id).where(plan_sites.c.site_id == site_id)
    if work.session.scalar(sold_there.where(plan_sites.c.plan_id == line.plan_id)) is None:
        raise Refusal(say("Its plan is not sold there. Change the plan first."))
    moved = SiteMove(
        at=work.now,
        subscription_id=line.id,
        from_site_id=line.site_id,
        to_site_id=site_id,
        reason=words,
        by_staff_id=actor.staff_id,
    )
    work.session.add(moved)
    line.site_id = site_id
    work.session.flush()
    work.record(AccessChanged(line.id))
    note(
        work,
        actor,
        "line_moved",
        whom="subscriber",
        whom_id=line.subscriber_id,
        detail={"subscription": line.id, "site": site_id},
    )
    return moved
