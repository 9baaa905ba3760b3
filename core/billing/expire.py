"""What time ends: hotspot time that is over, vouchers nobody used, home lines that nobody paid.

Set-based: one statement a step however many lines it concerns. Running it twice moves nothing twice.
"""

from sqlalchemy import TextClause, text

from core.base.database import Work
from core.base.dated import dated
from core.billing.events import AccessChanged, AccessEnded, LineDue, LineSuspended

LINES_A_SWEEP = 20_000
"""A sweep holds its rows for one transaction; more lines than this wait for the next, seconds later."""

_MOVE = """
    WITH due AS (
        SELECT s.id, s.state FROM subscriptions s JOIN plans p ON p.id = s.plan_id
        WHERE {condition}
        ORDER BY s.id LIMIT :limit FOR UPDATE OF s SKIP LOCKED
    ), moved AS (
        UPDATE subscriptions s SET state = :to_state {also} FROM due WHERE s.id = due.id
        RETURNING s.id, due.state
    ), noted AS (
        INSERT INTO subscription_moves (subscription_id, at, from_state, to_state, cause)
        SELECT id, :now, state, :to_state, :cause FROM moved
    )
    SELECT id FROM moved
"""

HOTSPOT_OVER = text(
    _MOVE.format(condition="s.state = 'active' AND p.kind = 'hotspot' AND s.paid_through <= :now", also="")
)
NEVER_USED = text(
    _MOVE.format(
        condition="s.state = 'awaiting_network' AND p.kind = 'hotspot' "
        "AND s.created_at < :now - make_interval(days => :honoured)",
        also="",
    )
)
INTO_GRACE = text(
    _MOVE.format(condition="s.state = 'active' AND p.kind = 'pppoe' AND s.paid_through <= :now", also="")
)
OUT_OF_GRACE = text(
    _MOVE.format(
        condition="s.state = 'grace' AND s.paid_through + make_interval(days => :grace, mins => 5) <= :now",
        # Dark from the hour at which it should have gone off: a sweep that stood still must not cost paid days.
        also=", dark_since = s.paid_through + make_interval(days => :grace)",
    )
)


def sweep(work: Work) -> dict[str, int]:
    """Move every line whose time has come. Returns how many of each kind were moved."""
    use_by, honoured, grace = dated(work, "voucher.use_by_days", "voucher.honoured_days", "home.grace_days")
    over = _move(work, HOTSPOT_OVER, "ended", "its time is over")
    unused = _move(work, NEVER_USED, "ended", "never used", honoured=use_by + honoured + 1)
    late = _move(work, INTO_GRACE, "grace", "the last paid day is over")
    unpaid = _move(work, OUT_OF_GRACE, "suspended", "not paid", grace=grace)
    work.record_all([AccessEnded(line) for line in over + unused])
    work.record_all([AccessChanged(line) for line in over + unused + unpaid])
    work.record_all([LineDue(line) for line in late])
    work.record_all([LineSuspended(line) for line in unpaid])
    return {"over": len(over), "unused": len(unused), "into_grace": len(late), "suspended": len(unpaid)}


def _move(work: Work, statement: TextClause, to_state: str, cause: str, **values: int) -> list[int]:
    common = {"now": work.now, "to_state": to_state, "cause": cause, "limit": LINES_A_SWEEP}
    return list(work.session.scalars(statement, {**common, **values}))
