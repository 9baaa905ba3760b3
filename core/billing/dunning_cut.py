"""Slow, suspend, end: what takes something away. The balance is read again in the same transaction, under the lock
that a payment takes; where own money suffices the line is renewed instead. Without its notice there is no cut, and a
mass of cuts waits for somebody's yes (M47)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, text, update
from sqlalchemy.dialects.postgresql import insert

from core.base.clock import nairobi_day, start_of_day
from core.base.database import Work
from core.base.inbox import raise_incident
from core.billing.dunning_lines import GROUPED, LINES, UNTAKEN
from core.billing.dunning_model import END, SLOW, SUSPEND, CutHold
from core.billing.dunning_plan import DAY, Policy, Step
from core.billing.dunning_tell import tell
from core.billing.events import AccessChanged, AccessEnded, LineDue, LineEnded, LineSuspended

MASS_LINES, MASS_PERCENT = 200, 5
"""More lines than both, within an hour, are an error of ours or of the clock until a person has said otherwise."""
YES_HOLDS, HOUR = DAY, timedelta(hours=1)
NOTICE_HOLDS = DAY
"""The notice of one evening holds until the next."""

# Its notice was given on an evening before; and it was not left to own money today already.
_MAY = f"""
    {UNTAKEN} AND (
        SELECT true FROM dunning_steps_taken r
        WHERE r.subscription_id = due.id AND r.day_zero = due.day_zero AND r.step_key = :renew_key LIMIT 1
    ) IS NULL AND (CAST(:notice AS text) IS NULL OR (
        SELECT true FROM dunning_steps_taken n
        WHERE n.subscription_id = due.id AND n.day_zero = due.day_zero AND NOT n.missed
          AND (n.step_key = :notice OR starts_with(n.step_key, :notice || '.'))
          AND n.at > :notice_since AND n.at < :today LIMIT 1
    ))
"""  # noqa: S608
_COUNT = text(
    f"""
    WITH {LINES}, {GROUPED}
    SELECT (SELECT count(*) FROM due WHERE {_MAY}) AS lines,
        (SELECT count(*) FROM dunning_steps_taken
         WHERE step_id = :step_id AND step_key = :key AND at > :hour_ago) AS lately,
        (SELECT count(*) FROM subscriptions s JOIN plans p ON p.id = s.plan_id
         WHERE p.kind = 'pppoe' AND s.state IN ('active', 'grace')) AS lines_on
    """  # noqa: S608
)
_CHOOSE = text(
    f"""
    WITH {LINES}, {GROUPED}
    SELECT due.id, due.holder_id, due.day_zero, due.dark_from FROM due WHERE {_MAY} ORDER BY due.id LIMIT :limit
    """  # noqa: S608
)
# Whoever is paying at this moment holds the account's row: that line is left for the next run.
_LOCK = text(
    """
    WITH holder AS MATERIALIZED (
        SELECT id FROM subscribers WHERE id = ANY(:holders) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
    )
    SELECT s.id FROM subscriptions s
    WHERE s.id = ANY(:ids) AND coalesce(s.payer_id, s.subscriber_id) IN (SELECT id FROM holder)
    ORDER BY s.id FOR UPDATE OF s SKIP LOCKED
    """
)
# A statement of its own after the lock: it sees what was committed until then. Whole sets, joined once each. Own money
# is that of `core.billing.account.own_money`, here for many at once.
_JUDGE = text(
    """
    WITH one AS MATERIALIZED (
        SELECT one.*, s.state, s.renews, s.paid_through, s.lent_through, p.billing, next.price_cents,
            coalesce(s.payer_id, s.subscriber_id) AS holder_id
        FROM unnest(CAST(:ids AS bigint[]), CAST(:days AS date[]), CAST(:darks AS timestamptz[]))
            AS one (id, day_zero, dark_from)
        JOIN subscriptions s ON s.id = one.id JOIN plans p ON p.id = s.plan_id
        JOIN plans next ON next.id = coalesce(s.next_plan_id, s.plan_id)
        WHERE s.state = ANY(:states)
    ), posted AS MATERIALIZED (
        SELECT a.subscriber_id, sum(p.amount_cents) AS cents FROM accounts a JOIN postings p ON p.account_id = a.id
        WHERE a.subscriber_id = ANY(:holders) GROUP BY a.subscriber_id
    ), wanting AS MATERIALIZED (
        SELECT subscriber_id, sum(open_cents) AS cents FROM invoices
        WHERE open_cents > 0 AND subscriber_id = ANY(:holders) GROUP BY subscriber_id
    ), bill AS MATERIALIZED (
        SELECT DISTINCT ON (subscription_id) subscription_id, open_cents, due_at FROM invoices
        WHERE open_cents > 0 AND kind = 'bill' AND purchase_id IS NULL AND subscription_id = ANY(:ids)
        ORDER BY subscription_id, due_at NULLS FIRST, id
    ), waiting AS MATERIALIZED (
        SELECT subscription_id FROM promises WHERE until_at > :now AND subscription_id = ANY(:ids)
        UNION SELECT i.subscription_id FROM disputes d JOIN invoices i ON i.id = d.invoice_id
        WHERE d.ended_at IS NULL AND d.until > :now AND i.subscription_id = ANY(:ids)
    )
    SELECT one.id, one.day_zero, one.state, one.dark_from,
        one.renews AND coalesce(wanting.cents, 0) - coalesce(posted.cents, 0)
            >= coalesce(bill.open_cents, one.price_cents) AS suffices
    FROM one
    LEFT JOIN posted ON posted.subscriber_id = one.holder_id
    LEFT JOIN wanting ON wanting.subscriber_id = one.holder_id
    LEFT JOIN bill ON bill.subscription_id = one.id
    LEFT JOIN waiting ON waiting.subscription_id = one.id
    WHERE waiting.subscription_id IS NULL AND (one.lent_through IS NULL OR one.lent_through <= :now)
      AND CAST((CASE one.billing WHEN 'prepaid' THEN one.paid_through ELSE bill.due_at END
            - interval '1 microsecond') AT TIME ZONE 'Africa/Nairobi' AS date) = one.day_zero
    ORDER BY one.id
    """
)
_YES = text(
    """
    SELECT lines - (
        SELECT count(*) FROM dunning_steps_taken t
        WHERE t.step_id = :step_id AND t.step_key = :key AND t.at >= h.released_at
    ) FROM cut_holds h WHERE action = :action AND released_at > :since ORDER BY released_at DESC LIMIT 1
    """
)
_NO_MASS = text(
    "UPDATE cut_holds SET released_at = :now, lines = 0 WHERE action = :action AND released_at IS NULL"
)
_TAKE = """
    WITH one AS (
        SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:days AS date[]), CAST(:states AS text[]),
            CAST(:darks AS timestamptz[])) AS one (id, day_zero, state, dark_from)
    ), taken AS (
        INSERT INTO dunning_steps_taken (subscription_id, day_zero, step_key, step_id, at)
        SELECT id, day_zero, :key, :step_id, :now FROM one ORDER BY id
        ON CONFLICT DO NOTHING RETURNING id, subscription_id
    ){moved}
    SELECT id, subscription_id FROM taken ORDER BY id
"""
_MOVED = """, moved AS (
        UPDATE subscriptions s SET {change} FROM taken JOIN one ON one.id = taken.subscription_id
        WHERE s.id = taken.subscription_id RETURNING s.id, one.state
    )"""
_NOTED = """, noted AS (
        INSERT INTO subscription_moves (subscription_id, at, from_state, to_state, cause)
        SELECT id, :now, state, '{to_state}', '{cause}' FROM moved
    )"""
_TAKING = {
    SLOW: text(_TAKE.format(moved=_MOVED.format(change="slowed_at = :now"))),
    SUSPEND: text(
        _TAKE.format(
            # Dark from the hour at which it should have gone off: a run that stood still must not cost paid days.
            moved=_MOVED.format(change="state = 'suspended', dark_since = one.dark_from, slowed_at = NULL")
            + _NOTED.format(to_state="suspended", cause="not paid")
        )
    ),
    END: text(
        _TAKE.format(
            moved=_MOVED.format(change="state = 'ended', ended_at = :now")
            + _NOTED.format(to_state="ended", cause="not paid for too long")
        )
    ),
    "renew": text(_TAKE.format(moved="")),
}


def cut(work: Work, policy: Policy, step: Step, values: dict[str, Any]) -> int:
    """Take the step for the lines of the groups in `values`; for how many it was taken, or would have been but for
    own money."""
    notice = policy.announcer(step.key)
    facts = {
        **values,
        "key": step.key,
        "step_id": step.id,
        "notice": notice.key if notice is not None else None,
        "notice_since": work.now - NOTICE_HOLDS,
        "today": start_of_day(nairobi_day(work.now)),
        "hour_ago": work.now - HOUR,
        "renew_key": _renew_key(work),
    }
    most = _most(work, step, facts)
    if most == 0:
        return 0
    chosen = work.session.execute(_CHOOSE, {**facts, "limit": min(most, values["limit"])}).all()
    judged = _locked_and_judged(work, values["states"], chosen)
    _renew(work, step, [row for row in judged if row.suffices])
    _cut(work, step, [row for row in judged if not row.suffices])
    return len(judged)


def _locked_and_judged(work: Work, states: list[str], chosen: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """The lines that nobody else holds, as they stand under the lock: with whether own money suffices."""
    if not chosen:
        return []
    holders = sorted({row.holder_id for row in chosen})
    locking = {"ids": [row.id for row in chosen], "holders": holders}
    free = set(work.session.scalars(_LOCK, locking))
    ours = [row for row in chosen if row.id in free]
    if not ours:
        return []
    judging = {
        "ids": [row.id for row in ours],
        "days": [row.day_zero for row in ours],
        "darks": [row.dark_from for row in ours],
        "holders": holders,
        "states": states,
        "now": work.now,
    }
    return work.session.execute(_JUDGE, judging).all()


def _cut(work: Work, step: Step, rows: list[Row[Any]]) -> None:
    taken = _take(work, step, step.key, step.action, rows)
    lines = [row.subscription_id for row in taken]
    if step.action == END:
        work.record_all([AccessEnded(line) for line in lines])
        work.record_all([LineEnded(line) for line in lines])
    if step.action == SUSPEND:
        work.record_all([LineSuspended(line) for line in lines])
    work.record_all([AccessChanged(line) for line in lines])
    if step.template is not None:
        tell(work, [row.id for row in taken])


def _renew(work: Work, step: Step, rows: list[Row[Any]]) -> None:
    """Have lines renewed whose owner's money suffices; asked once a day, for as long as it does."""
    taken = _take(work, step, _renew_key(work), "renew", rows)
    work.record_all([LineDue(row.subscription_id) for row in taken])


def _renew_key(work: Work) -> str:
    return f"renew {nairobi_day(work.now)}"


def _take(work: Work, step: Step, key: str, what: str, rows: list[Row[Any]]) -> list[Row[Any]]:
    if not rows:
        return []
    values = {
        "ids": [row.id for row in rows],
        "days": [row.day_zero for row in rows],
        "states": [row.state for row in rows],
        "darks": [row.dark_from for row in rows],
        "key": key,
        "step_id": step.id,
        "now": work.now,
    }
    return list(work.session.execute(_TAKING[what], values).all())


def is_held(work: Work, action: str) -> bool:
    """Whether such cuts wait for somebody's yes."""
    held = "SELECT EXISTS (SELECT FROM cut_holds WHERE action = :action AND released_at IS NULL)"
    return bool(work.scalar(held, action=action))


def _most(work: Work, step: Step, facts: dict[str, Any]) -> int:
    """How many lines may be cut now: no mass of them without a yes, which holds for a day and as many as it was for."""
    if step.action == SLOW:
        return int(facts["limit"])
    found = work.session.execute(_COUNT, facts).one()
    lines = found.lines + found.lately
    if lines <= MASS_LINES or lines * 100 <= (found.lines_on + found.lately) * MASS_PERCENT:
        work.session.execute(_NO_MASS, {"action": step.action, "now": work.now})
        return int(facts["limit"]) if found.lines else 0
    yes = work.session.scalar(
        _YES, {**facts, "action": step.action, "since": work.now - YES_HOLDS, "key": step.key}
    )
    if yes is not None and yes > 0:
        return int(yes)
    _hold(work, step, lines=found.lines, lines_on=found.lines_on)
    return 0


def _hold(work: Work, step: Step, *, lines: int, lines_on: int) -> None:
    values = {"lines": lines, "lines_on": lines_on}
    standing = update(CutHold).where(CutHold.action == step.action, CutHold.released_at.is_(None))
    if work.session.scalar(standing.values(**values).returning(CutHold.id)) is not None:
        return
    opened = work.session.scalar(
        insert(CutHold)
        .values(action=step.action, at=work.now, **values)
        .on_conflict_do_nothing()
        .returning(CutHold.id)
    )
    if opened is not None:
        raise_incident(
            work,
            kind="mass_cut",
            key=f"mass_cut:{opened}",
            detail=f"{lines} of {lines_on} lines would be cut ({step.key}): they wait for a yes",
        )
