"""What the past does by the clock: the night's jobs, the hours of reminders and notices, and a site that is down."""

from datetime import datetime, timedelta

from sqlalchemy import text

from bando.seed.past import Past
from bando.seed.shelf import begin_prices
from core.base.database import Work
from core.billing.cycle import CHUNK, begin_run, bill_chunk, close_round, pay_postpaid, read_round
from core.billing.dark_days import LOOKS_BACK_DAYS, give_dark_days
from core.billing.dark_hotspot import stretch
from core.billing.data import lift_caps
from core.billing.dunning import take_steps
from core.billing.dunning_model import SITE
from core.billing.ending import write_statement
from core.billing.expire import sweep
from core.billing.line_clock import follow_dates
from core.billing.serve import start_paid_time
from core.billing.standstill import begin_standstill, end_standstill
from core.payments.own_money import renew_due_line
from core.payments.remind import tell_steps

OUTAGE = timedelta(hours=9)

# Where time is over, only the lines whose account has money of its own: the others' jobs would find none.
_HEARD = text(
    """
    SELECT o.id, o.event, o.payload FROM outbox o
    WHERE o.id > :heard AND (
        o.event IN ('BillCovered', 'PostpaidBilled', 'StepsTaken', 'LineEnded') OR o.event = 'LineDue' AND (
            SELECT sum(p.amount_cents) FROM subscriptions s JOIN accounts a
                ON a.subscriber_id = coalesce(s.payer_id, s.subscriber_id) JOIN postings p ON p.account_id = a.id
            WHERE s.id = CAST(o.payload->>'subscription_id' AS bigint)
        ) < (
            SELECT coalesce(sum(i.open_cents), 0) FROM subscriptions s JOIN invoices i
                ON i.subscriber_id = coalesce(s.payer_id, s.subscriber_id) AND i.open_cents > 0
            WHERE s.id = CAST(o.payload->>'subscription_id' AS bigint)
        )
    ) ORDER BY o.id
    """
)
_BACK = text(
    "SELECT s.id FROM subscriptions s JOIN plans p ON p.id = s.plan_id "
    "WHERE s.state = 'awaiting_network' AND p.kind = 'pppoe' ORDER BY s.id"
)

# Whether a step may come due today, by the last paid day: reminders three days before and on it, the notice of an
# evening and what follows in the nights after it. Postpaid lines stand by their bills.
_CONCERNED = text(
    """
    WITH line AS (
        SELECT floor(extract(epoch FROM :midnight - paid_through) / 86400) AS days FROM subscriptions
        WHERE state IN ('active', 'grace') AND paid_through > :midnight - interval '40 days'
    ), special AS (
        SELECT EXISTS (
            SELECT FROM subscriptions WHERE state = 'suspended' AND paid_through < :midnight - interval '58 days'
        ) OR EXISTS (
            SELECT FROM invoices i JOIN subscriptions s ON s.id = i.subscription_id JOIN plans p ON p.id = s.plan_id
            WHERE i.open_cents > 0 AND p.billing = 'postpaid' AND i.due_at < :midnight + interval '4 days'
        ) OR EXISTS (SELECT FROM subscriptions WHERE slowed_at IS NOT NULL AND paid_through > :midnight) AS is_any
    )
    SELECT special.is_any OR EXISTS (SELECT FROM line WHERE days = 1 OR days BETWEEN 3 AND 25) AS night,
        special.is_any OR EXISTS (SELECT FROM line WHERE days IN (-4, -1)) AS morning,
        special.is_any OR EXISTS (SELECT FROM line WHERE days BETWEEN 2 AND 25) AS evening
    FROM special
    """
)


def pass_night(past: Past, midnight: datetime) -> None:
    """Midnight's jobs: what is over ends, what was agreed begins, steps are taken, bills are raised. What can concern
    nobody is left out."""
    work = past.at(midnight + timedelta(minutes=5))
    begin_prices(past)
    if past.capped:
        past.capped = lift_caps(work) == 0
    if past.dark_until is not None and work.now < past.dark_until + timedelta(days=LOOKS_BACK_DAYS):
        give_dark_days(work)
    sweep(work)
    follow_dates(work)
    past.concerned = work.session.execute(_CONCERNED, {"midnight": midnight}).one()
    if past.concerned.night:
        take_steps(work)
    past.at(midnight + timedelta(minutes=10))
    raise_bills(work)
    listen(past)
    for line_id in work.session.scalars(_BACK).all():
        start_paid_time(work, subscription_id=line_id, at=work.now)


def pass_morning(past: Past, midnight: datetime) -> None:
    """The hour of reminders."""
    past.at(midnight + timedelta(hours=8))
    if past.concerned is not None and past.concerned.morning:
        take_steps(past.work)
        listen(past)


def pass_evening(past: Past, midnight: datetime) -> None:
    """The hour of the notice that comes before a cut. Nobody here has agreed to the prompts of the hour before."""
    past.at(midnight + timedelta(hours=18))
    if past.concerned is not None and past.concerned.evening:
        take_steps(past.work)
        listen(past)


def raise_bills(work: Work) -> None:
    """A whole run of the cycle."""
    run_id = begin_run(work)
    if run_id is None:
        return
    while (left := read_round(work, run_id, size=CHUNK)) is not None:
        for upto in left.cuts:
            bill_chunk(work, run_id, round_number=left.number, upto=upto)
        close_round(work, run_id, round_number=left.number)


def listen(past: Past) -> None:
    """Own money pays and renews, who has gone gets the final statement; in the last days people are told of steps."""
    for row in past.work.session.execute(_HEARD, {"heard": past.heard}).all():
        past.heard = row.id
        match row.event:
            case "BillCovered" | "LineDue":
                renew_due_line(past.work, subscription_id=row.payload["subscription_id"])
            case "PostpaidBilled":
                pay_postpaid(past.work, invoice_id=row.payload["invoice_id"])
            case "LineEnded":
                write_statement(past.work, row.payload["subscription_id"])
            case _ if past.is_told_in_full:
                steps = row.payload["first_id"], row.payload["last_id"]
                tell_steps(past.work, *steps, paybill=past.shortcode)


def go_dark(past: Past, moment: datetime, site_id: int) -> None:
    """A site is down for some hours: steps of its lines stand still, and its time is given back."""
    begin_standstill(past.at(moment), scope=SITE, about=str(site_id), at=moment)
    end_standstill(past.at(moment + OUTAGE), scope=SITE, about=str(site_id), at=moment + OUTAGE)
    past.dark_until = moment + OUTAGE
    stretch(past.work)
