"""Give a line days: as goodwill, for an outage, or from one subscriber to another. Each with a reason and an author."""

from datetime import timedelta

from sqlalchemy import func, select, text

from core.base.clock import last_day, nairobi_day, start_of_day
from core.base.database import Work
from core.base.errors import Refusal
from core.base.words import say
from core.billing.account import open_bill
from core.billing.events import AccessChanged
from core.billing.line_model import GOODWILL, HANDED, OUTAGE, DaysGiven
from core.billing.model import ACTIVE, GRACE, PAUSED, Subscription
from core.billing.moves import move
from core.billing.periods import PaidTime, days_left, shifted
from core.billing.plan_of_line import shift_with
from core.billing.serve import lock_line
from core.billing.stretches import unserved
from core.catalogue.model import PPPOE
from core.staff.acts import demand, stated
from core.staff.audit import Actor, note

MOST_DAYS = 31
"""In one gift: more is a slip of a key, or should be money."""
NOT_ON = say("Days are given to a line that is on or paused.")

_LOCK_PEOPLE = text(
    """
    SELECT id FROM subscribers WHERE id IN (
        SELECT coalesce(payer_id, subscriber_id) FROM subscriptions WHERE id = ANY(:lines)
        UNION SELECT subscriber_id FROM subscriptions WHERE id = ANY(:lines)
    ) ORDER BY id FOR NO KEY UPDATE
    """
)


def give_days(
    work: Work, actor: Actor, *, subscription_id: int, days: int, reason: str, key: str, outage: bool = False
) -> DaysGiven:
    """Give a line days of service. key: of the form that asked; the same again is the same. Raises Refusal.

    A line in grace is on again where they reach beyond today; one that is paused keeps them for its return.
    """
    demand(actor, "change_lines")
    words = stated(reason)
    if not 1 <= days <= MOST_DAYS:
        raise Refusal(say("From 1 to {count} days can be given at once.", count=MOST_DAYS))
    lock_owners(work, subscription_id)
    again = _known(work, key, subscription_id)
    if again is not None:
        return again
    line = lock_line(work, subscription_id)
    shift_line(work, line, days)
    note(
        work,
        actor,
        "days_given",
        whom="subscriber",
        whom_id=line.subscriber_id,
        detail={"subscription": line.id, "days": days},
    )
    kind = OUTAGE if outage else GOODWILL
    return _note(work, line, kind=kind, days=days, reason=words, key=key, by_staff_id=actor.staff_id)


def hand_over_days(
    work: Work, *, from_id: int, to_id: int, days: int, key: str, by_staff_id: int | None = None
) -> None:
    """Days of one line go to another of the same plan: of whole days that are paid and to come, never of those that
    were lent or given, nor of a free plan. The same key again is the same. Raises Refusal."""
    lock_owners(work, from_id, to_id)
    if _known(work, key, from_id) is not None:
        return
    lines = {line_id: lock_line(work, line_id) for line_id in sorted({from_id, to_id})}
    donor, receiver = lines[from_id], lines[to_id]
    if from_id == to_id or donor.plan_id != receiver.plan_id or donor.plan.kind != PPPOE:
        raise Refusal(say("Days can be given to another line of the same plan."))
    if days < 1 or days > days_to_hand_over(work, donor):
        raise Refusal(
            say("So many paid days are not left. Days that were given or lent stay where they are.")
        )
    shift_line(work, receiver, days)
    shift_line(work, donor, -days)
    reason = "from one line to another"
    for line, other, number in ((donor, receiver, -days), (receiver, donor, days)):
        _note(
            work,
            line,
            kind=HANDED,
            days=number,
            reason=reason,
            key=key,
            by_staff_id=by_staff_id,
            other_id=other.id,
        )


def lock_owners(work: Work, *line_ids: int) -> None:
    """The rows of the lines' own people and of whoever pays for them, in the order in which everybody takes them."""
    work.session.execute(_LOCK_PEOPLE, {"lines": list(line_ids)})


def was_handed_over(work: Work, key: str, from_id: int) -> bool:
    """Whether days were handed over from the line under this key."""
    return _known(work, key, from_id) is not None


def days_to_hand_over(work: Work, line: Subscription) -> int:
    """How many of the line's days its owner may give away."""
    if line.state != ACTIVE or line.paid_through is None or line.plan.price_cents == 0:
        return 0
    tomorrow = nairobi_day(work.now) + timedelta(days=1)
    stretches = unserved(work, line, tomorrow)
    if not stretches:
        return 0
    bought = sum(stretch.days - stretch.used_before(tomorrow) for stretch in stretches)
    begun = min(stretch.last - timedelta(days=stretch.days) for stretch in stretches)
    given = work.session.scalar(
        select(func.coalesce(func.sum(DaysGiven.days), 0)).where(
            DaysGiven.subscription_id == line.id, DaysGiven.days > 0, DaysGiven.at >= start_of_day(begun)
        )
    )
    return max(0, min(bought, days_left(line.paid_through, work.now) - int(given or 0)))


def shift_line(work: Work, line: Subscription, days: int) -> None:
    """Move the end of a (locked) line's paid time by whole days, and what is bound to it. Raises Refusal."""
    if line.plan.kind != PPPOE or line.state not in (ACTIVE, GRACE, PAUSED) or line.paid_through is None:
        raise Refusal(NOT_ON)
    if line.state == PAUSED:
        line.paused_days_left = max(0, (line.paused_days_left or 0) + days)
        return
    bill = open_bill(work, line.id)
    fixed = line.plan.fixed_anchor is not None
    time = shifted(PaidTime(line.paid_through, line.anchor_day), days, fixed=fixed)
    shift_with(line, (last_day(time.paid_through) - last_day(line.paid_through)).days)
    line.paid_through, line.anchor_day = time.paid_through, time.anchor
    if bill is not None and line.plan.billing == "prepaid":
        bill.due_at = line.paid_through
    if line.state == GRACE and line.paid_through > work.now:
        move(work, line, ACTIVE, "days were given")
        if line.slowed_at is not None:
            line.slowed_at = None
            work.record(AccessChanged(line.id))
    work.session.flush()


def _known(work: Work, key: str, subscription_id: int) -> DaysGiven | None:
    return work.session.scalar(
        select(DaysGiven).where(DaysGiven.key == key, DaysGiven.subscription_id == subscription_id)
    )


def _note(
    work: Work,
    line: Subscription,
    *,
    kind: str,
    days: int,
    reason: str,
    key: str,
    by_staff_id: int | None,
    other_id: int | None = None,
) -> DaysGiven:
    given = DaysGiven(
        at=work.now,
        kind=kind,
        subscription_id=line.id,
        days=days,
        other_id=other_id,
        reason=reason,
        by_staff_id=by_staff_id,
        key=key,
    )
    work.session.add(given)
    work.session.flush()
    return given
