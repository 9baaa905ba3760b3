"""Slow, suspend, end: what takes something away. The balance is read again in the same transaction, under the lock
that a payment takes; where own money suffices the line is renewed instead. Without its notice there is no cut, and a
mass of cuts waits for somebody's yes.

Three statements a step, however many lines: choose, lock, and the one that judges, cuts and says so. The lines' ids go
from one to the next as text that is never read here.
"""

from typing import Any

from sqlalchemy import Row, text

from core.base.clock import nairobi_day, start_of_day
from core.base.database import Work
from core.billing.dunning_lines import GROUPED, LINES, UNTAKEN
from core.billing.dunning_mass import Masses
from core.billing.dunning_model import END, SLOW, SUSPEND
from core.billing.dunning_plan import DAY, Policy, Step
from core.billing.dunning_tell import tell
from core.billing.events import AccessChanged, AccessEnded, LineDue, LineEnded, LineSuspended
from core.billing.said import SAID, each, said_by

NOTICE_HOLDS = DAY
"""The notice of one evening holds until the next."""

# Its notice was given on an evening before; and it was not left to own money today already.
_CHOOSE = text(
    f"""
    WITH {LINES}, {GROUPED}, may AS MATERIALIZED (
        SELECT due.id, due.place FROM due
        WHERE {UNTAKEN} AND (
            SELECT true FROM dunning_steps_taken r
            WHERE r.subscription_id = due.id AND r.day_zero = due.day_zero AND r.step_key = :renew_key LIMIT 1
        ) IS NULL AND (CAST(:notice AS text) IS NULL OR (
            SELECT true FROM dunning_steps_taken n
            WHERE n.subscription_id = due.id AND n.day_zero = due.day_zero AND NOT n.missed
              AND (n.step_key = :notice OR starts_with(n.step_key, :notice || '.'))
              AND n.at > :notice_since AND n.at < :today LIMIT 1
        ))
    ), first AS (SELECT id, place FROM may ORDER BY id LIMIT :limit)
    SELECT (SELECT count(*) FROM may) AS lines, CAST(array_agg(id ORDER BY id) AS text) AS ids,
        CAST(array_agg(place ORDER BY id) AS text) AS places FROM first
    """  # noqa: S608
)
# Whoever is paying at this moment holds the account's row: that line is left for the next run.
_LOCK = text(
    """
    WITH one AS MATERIALIZED (
        SELECT one.id, one.place, coalesce(s.payer_id, s.subscriber_id) AS holder_id
        FROM (
            SELECT id, place FROM unnest(CAST(:ids AS bigint[]), CAST(:places AS int[])) AS one (id, place)
            ORDER BY id LIMIT :most
        ) AS one JOIN subscriptions s ON s.id = one.id
    ), holder AS MATERIALIZED (
        SELECT id FROM subscribers WHERE id IN (SELECT holder_id FROM one)
        ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
    ), free AS MATERIALIZED (
        SELECT s.id, one.place FROM one JOIN subscriptions s ON s.id = one.id
        WHERE coalesce(s.payer_id, s.subscriber_id) IN (SELECT id FROM holder)
        ORDER BY s.id FOR UPDATE OF s SKIP LOCKED
    )
    SELECT CAST(array_agg(id ORDER BY id) AS text) AS ids, CAST(array_agg(place ORDER BY id) AS text) AS places
    FROM free
    """
)
# A statement of its own after the lock: it sees what was committed until then. Own money is that of
# `core.billing.account.own_money`. All is looked up line by line over indexes: a plan that is kept for few lines must
# do for many. Whoever takes such a step holds the line: what is untaken under the lock stays so.
_JUDGED = """
    one AS MATERIALIZED (
        SELECT s.id, (CAST(:days AS date[]))[one.place] AS day_zero,
            (CAST(:darks AS timestamptz[]))[one.place] AS dark_from, s.state, s.renews, s.paid_through, s.lent_through,
            p.billing, next.price_cents, coalesce(s.payer_id, s.subscriber_id) AS holder_id
        FROM unnest(CAST(:ids AS bigint[]), CAST(:places AS int[])) AS one (id, place)
        JOIN subscriptions s ON s.id = one.id JOIN plans p ON p.id = s.plan_id
        JOIN plans next ON next.id = coalesce(s.next_plan_id, s.plan_id)
        WHERE s.state = ANY(:states)
    ), judged AS MATERIALIZED (
        SELECT one.id, one.day_zero, one.state, one.dark_from,
            one.renews AND (
                SELECT coalesce(sum(open_cents), 0) FROM invoices
                WHERE subscriber_id = one.holder_id AND open_cents > 0
            ) - (
                SELECT coalesce(sum(amount_cents), 0) FROM postings
                WHERE account_id = (SELECT a.id FROM accounts a WHERE a.subscriber_id = one.holder_id)
            ) >= coalesce(bill.open_cents, one.price_cents) AS suffices
        FROM one LEFT JOIN LATERAL (
            SELECT i.open_cents, i.due_at FROM invoices i
            WHERE i.subscription_id = one.id AND i.open_cents > 0 AND i.kind = 'bill' AND i.purchase_id IS NULL
            ORDER BY i.due_at NULLS FIRST, i.id LIMIT 1
        ) bill ON true
        WHERE (one.lent_through IS NULL OR one.lent_through <= :now)
          AND CAST((CASE one.billing WHEN 'prepaid' THEN one.paid_through ELSE bill.due_at END
                - interval '1 microsecond') AT TIME ZONE 'Africa/Nairobi' AS date) = one.day_zero
          AND one.id NOT IN (
            SELECT subscription_id FROM promises WHERE until_at > :now
            UNION ALL SELECT i.subscription_id FROM disputes d JOIN invoices i ON i.id = d.invoice_id
            WHERE d.ended_at IS NULL AND d.until > :now AND i.subscription_id IS NOT NULL
          ) AND (
            SELECT true FROM dunning_steps_taken t WHERE t.subscription_id = one.id AND t.day_zero = one.day_zero
              AND t.step_key IN (:key, :renew_key) LIMIT 1
          ) IS NULL
    )
"""
_TAKE = """
    WITH {judged}, cut AS (
        UPDATE subscriptions s SET {change} FROM judged WHERE s.id = judged.id AND NOT judged.suffices
        RETURNING s.id, judged.day_zero, judged.state
    ), taken AS (
        INSERT INTO dunning_steps_taken (subscription_id, day_zero, step_key, step_id, at)
        SELECT id, day_zero, CAST(:key AS text), CAST(:step_id AS bigint), CAST(:now AS timestamptz) FROM cut
        UNION ALL SELECT id, day_zero, :renew_key, :step_id, :now FROM judged WHERE suffices
        RETURNING id, step_key
    ){noted}, event AS (
        {events}
        UNION ALL {renewals}
    ), {said}
    SELECT (SELECT count(*) FROM judged) AS judged,
        (SELECT array_agg(id ORDER BY id) FROM taken WHERE step_key = :key) AS told
"""
_NOTED = """, noted AS (
        INSERT INTO subscription_moves (subscription_id, at, from_state, to_state, cause)
        SELECT id, :now, state, '{to_state}', '{cause}' FROM cut
    )"""
_SAYING = {
    SLOW: (AccessChanged,),
    SUSPEND: (LineSuspended, AccessChanged),
    END: (AccessEnded, LineEnded, AccessChanged),
}


def _taking(action: str, change: str, noted: str = "") -> str:
    return _TAKE.format(
        judged=_JUDGED,
        change=change,
        noted=noted,
        events=" UNION ALL ".join(each(event, "cut") for event in _SAYING[action]),
        renewals=each(LineDue, "judged WHERE suffices"),
        said=SAID,
    )


_TAKING = {
    SLOW: text(_taking(SLOW, "slowed_at = :now")),
    SUSPEND: text(
        _taking(
            SUSPEND,
            # Dark from the hour at which it should have gone off: a run that stood still must not cost paid days.
            "state = 'suspended', dark_since = judged.dark_from, slowed_at = NULL",
            _NOTED.format(to_state="suspended", cause="not paid"),
        )
    ),
    END: text(
        _taking(
            END,
            "state = 'ended', ended_at = :now",
            _NOTED.format(to_state="ended", cause="not paid for too long"),
        )
    ),
}


def cut(work: Work, policy: Policy, step: Step, values: dict[str, Any], masses: Masses) -> int:
    """Take the step for the lines of the groups in `values`; for how many it was taken, or would have been but for
    own money."""
    notice = policy.announcer(step.key)
    facts = {
        **values,
        "now": work.now,
        "key": step.key,
        "step_id": step.id,
        "notice": notice.key if notice is not None else None,
        "notice_since": work.now - NOTICE_HOLDS,
        "today": start_of_day(nairobi_day(work.now)),
        "renew_key": f"renew {nairobi_day(work.now)}",
    }
    chosen = work.session.execute(_CHOOSE, facts).one()
    most = min(chosen.lines, values["limit"])
    if step.action != SLOW:
        most = masses.allowed(step, lines=chosen.lines, at_once=values["limit"])
    if most == 0:
        return 0
    locked = work.session.execute(_LOCK, {**_handed_on(chosen), "most": most}).one()
    if locked.ids is None:
        return 0
    said = said_by(work, *_SAYING[step.action], LineDue)
    taken = work.session.execute(_TAKING[step.action], {**facts, **_handed_on(locked), **said}).one()
    if step.template is not None:
        tell(work, taken.told or ())
    return int(taken.judged)


def _handed_on(row: Row[Any]) -> dict[str, str]:
    """Lines and the places of their groups, as the next statement takes them."""
    return {"ids": row.ids, "places": row.places}
