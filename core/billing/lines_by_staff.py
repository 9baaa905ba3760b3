"""What staff do to a line: pause it, bring it back, end it. Each with a reason, in the audit trail."""

from datetime import date

from core.base.database import Work
from core.billing.ending import end_line
from core.billing.line_model import LineEnding
from core.billing.model import Subscription
from core.billing.pause import pause, resume
from core.ledger.post import lock_subscriber
from core.staff.acts import demand, stated
from core.staff.audit import Actor, note


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


def _begin(work: Work, actor: Actor, subscription_id: int, reason: str) -> str:
    demand(actor, "change_lines")
    words = stated(reason)
    lock_subscriber(work, work.session.get_one(Subscription, subscription_id).account_holder_id)
    return words


def _note(work: Work, actor: Actor, what: str, line: Subscription) -> None:
    detail = {"subscription": line.id}
    note(work, actor, what, whom="subscriber", whom_id=line.subscriber_id, detail=detail)
