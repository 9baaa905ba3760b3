"""What time ends: hotspot time that is over, vouchers nobody used, the paid days of home lines. What follows for a
line that nobody pays are the steps of dunning.

Set-based: one statement a step however many lines it concerns. Running it twice moves nothing twice.
"""

from sqlalchemy import TextClause, text

from core.base.database import Work
from core.base.dated import dated
from core.billing.dark_hotspot import stretch_due
from core.billing.events import AccessChanged, AccessEnded, LineDue
from core.billing.said import SAID, each, said_by

LINES_A_SWEEP = 20_000
"""A sweep holds its rows for one transaction; more lines than this wait for the next, seconds later."""

_MOVE = f"""
    WITH due AS (
        SELECT s.id, s.state FROM subscriptions s JOIN plans p ON p.id = s.plan_id
        WHERE {{condition}}
        ORDER BY s.id LIMIT :limit FOR UPDATE OF s SKIP LOCKED
    ), moved AS (
        UPDATE subscriptions s SET state = :to_state FROM due WHERE s.id = due.id
        RETURNING s.id, due.state
    ), noted AS (
        INSERT INTO subscription_moves (subscription_id, at, from_state, to_state, cause)
        SELECT id, :now, state, :to_state, :cause FROM moved
    ), event AS ({{event}}), {SAID}
    SELECT count(*) FROM moved
"""  # noqa: S608
_OFF = f"{each(AccessEnded, 'moved')} UNION ALL {each(AccessChanged, 'moved')}"

HOTSPOT_OVER = text(
    _MOVE.format(condition="s.state = 'active' AND p.kind = 'hotspot' AND s.paid_through <= :now", event=_OFF)
)
NEVER_USED = text(
    _MOVE.format(
        condition="s.state = 'awaiting_network' AND p.kind = 'hotspot' "
        "AND s.created_at < :now - make_interval(days => :honoured)",
        event=_OFF,
    )
)
INTO_GRACE = text(
    # A postpaid line has no grace of its own: the cycle carries its time on, and its bill is due later.
    _MOVE.format(
        condition="s.state = 'active' AND p.kind = 'pppoe' AND p.billing = 'prepaid' AND s.paid_through <= :now",
        event=each(LineDue, "moved"),
    )
)


def sweep(work: Work) -> dict[str, int]:
    """Move every line whose time has come. Returns how many of each kind were moved."""
    use_by, honoured = dated(work, "voucher.use_by_days", "voucher.honoured_days")
    stretch_due(work)
    return {
        "over": _move(work, HOTSPOT_OVER, "ended", "its time is over"),
        "unused": _move(work, NEVER_USED, "ended", "never used", honoured=use_by + honoured + 1),
        "into_grace": _move(work, INTO_GRACE, "grace", "the last paid day is over"),
    }


def _move(work: Work, statement: TextClause, to_state: str, cause: str, **values: int) -> int:
    common = {"now": work.now, "to_state": to_state, "cause": cause, "limit": LINES_A_SWEEP}
    said = said_by(work, AccessEnded, AccessChanged, LineDue)
    return int(work.session.execute(statement, {**common, **said, **values}).scalar_one())
