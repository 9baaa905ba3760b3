"""What the past does by the clock: the night's jobs, the evening's notices, and now and then an act of the staff."""

from datetime import datetime, timedelta

from sqlalchemy import text

from bando.seed.past import Past
from core.base.database import Work
from core.base.money import Money
from core.billing.corrections import goodwill, write_off
from core.billing.credit import credit
from core.billing.cycle import CHUNK, begin_run, bill_chunk, close_round, read_round
from core.billing.dunning import take_steps
from core.billing.dunning_model import SITE
from core.billing.expire import sweep
from core.billing.line_clock import follow_dates
from core.billing.standstill import begin_standstill, end_standstill
from core.ledger.post import lock_subscriber
from core.payments.gateway import Paid
from core.payments.keep import suspend_money
from core.payments.own_money import renew_due_line
from core.payments.receipts import take_receipt
from core.payments.remind import tell_steps
from core.staff.audit import COMMAND_LINE

OUTAGE_DAYS_AGO, OUTAGE = 100, timedelta(hours=9)
CORRECTIONS_EVERY = 10
"""Days between two afternoons on which staff correct something."""

_HEARD = text(
    "SELECT id, event, payload FROM outbox WHERE id > :heard AND event IN ('BillCovered', 'StepsTaken') ORDER BY id"
)
_GONE = text(
    "SELECT i.id FROM invoices i JOIN subscriptions s ON s.id = i.subscription_id "
    "WHERE i.open_cents > 0 AND s.state = 'ended' ORDER BY i.id"
)
_LATELY = text(
    "SELECT i.id, i.subscriber_id FROM invoices i JOIN invoice_lines l ON l.invoice_id = i.id "
    "JOIN plans p ON p.id = l.plan_id WHERE p.kind = 'pppoe' AND i.open_cents = 0 AND i.credited_cents = 0 "
    "ORDER BY i.id DESC LIMIT 3"
)
_BACK = text(
    "SELECT id FROM subscriptions WHERE state = 'awaiting_network' AND granted_at IS NULL ORDER BY id"
)


# The steps that take something away begin a day after the paid time; the evening's notice comes on its third day.
_IS_LATE = text(
    "SELECT EXISTS (SELECT FROM subscriptions WHERE state = 'grace' AND paid_through < :now - "
    "make_interval(hours => :late) OR state = 'suspended' AND paid_through < :now - interval '59 days')"
)
NIGHT_LATE, EVENING_LATE = 24, 65
"""Hours after the paid time from which the night's steps, and the evening's, concern somebody."""


def _take_steps(past: Past, late: int) -> None:
    """Reminders alone are not worth a run where nobody reads them."""
    now = past.work.now
    if past.is_told_in_full or past.work.session.scalar(_IS_LATE, {"now": now, "late": late}):
        take_steps(past.work)


def pass_night(past: Past, moment: datetime) -> list[int]:
    """Midnight's jobs: what is over ends, what was agreed begins, bills are raised, steps are taken. The lines that
    wait for their router: a pause is over."""
    work = past.at(moment)
    sweep(work)
    resumed = sum(follow_dates(work).values())
    raise_bills(work)
    _take_steps(past, NIGHT_LATE)
    listen(past)
    return list(work.session.scalars(_BACK)) if resumed else []


def pass_evening(past: Past, moment: datetime) -> None:
    """Reminders of the day, and the notice that comes before a cut."""
    past.at(moment)
    _take_steps(past, EVENING_LATE)
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
    """Own money renews; in the last days people are told of the steps."""
    for row in past.work.session.execute(_HEARD, {"heard": past.heard}).all():
        past.heard = row.id
        if row.event == "BillCovered":
            renew_due_line(past.work, subscription_id=row.payload["subscription_id"])
        elif past.is_told_in_full:
            tell_steps(past.work, row.payload["first_id"], row.payload["last_id"], paybill=past.shortcode)


def correct(past: Past, moment: datetime) -> None:
    """An afternoon in the office: debts of those who have gone are given up, a dark half day is credited, somebody is
    sorry, and money comes that names nobody."""
    work = past.at(moment)
    for invoice_id in work.session.scalars(_GONE).all():
        write_off(work, None, invoice_id=invoice_id, reason="the line has ended")
    found = work.session.execute(_LATELY).all()
    past.staff_acts["corrections"] += 1
    number = past.staff_acts["corrections"]
    for row in found[: number % 3]:
        lock_subscriber(work, row.subscriber_id)
        amount, reason = Money(2_500), "half a day without service"
        credit(work, row.id, amount=amount, reason=reason, source=f"past:credit:{row.id}")
    if found and number % 4 == 0:
        whose, key = found[0].subscriber_id, f"past:{number}"
        goodwill(
            work,
            COMMAND_LINE,
            subscriber_id=whose,
            amount=Money.shillings(100),
            reason="a long wait",
            key=key,
        )
    if number % 12 == 0:
        paid = Paid(
            past.draw_receipt(), Money.shillings(500), past.shortcode, account_text="WIFI", paid_at=work.now
        )
        receipt = take_receipt(work, paid, provider="mpesa", subscriber_id=None, collection_id=None)
        assert receipt is not None, "its number was just drawn"
        suspend_money(work, receipt, reason="no such account")
        past.keep_for_sandbox(paid.receipt, paid.amount.minor, "254700000000", "WIFI")


def go_dark(past: Past, moment: datetime, site_id: int) -> None:
    """A site is down for some hours: steps of its lines stand still."""
    begin_standstill(past.at(moment), scope=SITE, about=str(site_id), at=moment)
    end_standstill(past.work, scope=SITE, about=str(site_id), at=moment + OUTAGE)
