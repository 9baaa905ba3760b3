"""What staff do to a line: pause, bring back, end, give it a grace of its own. With a reason, in the audit trail."""

from datetime import date

from core.base.database import Work
from core.base.errors import Refusal
from core.base.words import say
from core.billing.change_plan import change_next
from core.billing.ending import end_line
from core.billing.line_model import LineEnding
from core.billing.model import ENDED, Subscription
from core.billing.pause import pause, resume
from core.billing.serve import lock_line
from core.catalogue.model import PPPOE
from core.ledger.post import lock_subscriber
from core.staff.acts import demand, stated
from core.staff.audit import Actor, note

LONGEST_GRACE = 60
"""Days: as long as a policy's own."""


def pause_for(
    work: Work, actor: Actor, *, subscription_id: int, reason: str, until: date | None = None
) -> Subscription:
    """Pause a line, whatever the rules for subscribers say but for the longest pause. Raises Refusal."""
    words = _begin(work, actor, subscription_id, reason)
    line = pause(work, subscription_id, until=until, cause=words)
    _note(work, actor, "line_paused", line)
    return line


def resume_for(work: Work, actor: Actor, *, subscription_id: int, reason: str) -> Subscription:
    """Bring a paused line back before its time. Raises Refusal."""
    words = _begin(work, actor, subscription_id, reason)
    line = resume(work, subscription_id, cause=words)
    _note(work, actor, "line_resumed", line)
    return line


def end_for(work: Work, actor: Actor, *, subscription_id: int, reason: str) -> LineEnding:
    """End a line with its final statement. There is no way back. Raises Refusal."""
    words = _begin(work, actor, subscription_id, reason)
    statement = end_line(work, subscription_id, reason=words, by_staff_id=actor.staff_id)
    _note(work, actor, "line_ended", work.session.get_one(Subscription, subscription_id))
    return statement


def change_plan_for(
    work: Work, actor: Actor, *, subscription_id: int, plan_id: int, reason: str
) -> Subscription:
    """Another plan with the next period, also between paying before the month and after it, which our office alone
    agrees to. Raises Refusal."""
    _begin(work, actor, subscription_id, reason)
    line = change_next(work, subscription_id, plan_id, by_staff_id=actor.staff_id, agreed=True)
    _note(work, actor, "line_plan_changed", line)
    return line


def set_grace(
    work: Work, actor: Actor, *, subscription_id: int, days: int | None, reason: str
) -> Subscription:
    """Give a line so many days of grace of its own; None: those of the policy again. Steps that were taken stay taken.
    Raises Refusal."""
    demand(actor, "ease_dunning")
    stated(reason)
    line = lock_line(work, subscription_id)
    if line.state == ENDED or line.plan.kind != PPPOE:
        raise Refusal(say("Only a home line that has not ended has days of grace."))
    if days is not None and not 0 <= days <= LONGEST_GRACE:
        raise Refusal(say("Grace is from 0 to {count} days.", count=LONGEST_GRACE))
    line.grace_days = days
    work.session.flush()
    _note(work, actor, "grace_set", line)
    return line


def _begin(work: Work, actor: Actor, subscription_id: int, reason: str) -> str:
    demand(actor, "change_lines")
    words = stated(reason)
    lock_subscriber(work, work.session.get_one(Subscription, subscription_id).account_holder_id)
    return words


def _note(work: Work, actor: Actor, what: str, line: Subscription) -> None:
    detail = {"subscription": line.id}
    note(work, actor, what, whom="subscriber", whom_id=line.subscriber_id, detail=detail)
