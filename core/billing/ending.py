"""End a line: a final statement, the unserved days credited, days that nobody billed charged, the deposit back."""

from datetime import date, timedelta

from sqlalchemy import select, text

from core.base.clock import last_day, nairobi_day, start_of_day
from core.base.database import Work
from core.base.errors import Refusal
from core.base.money import Money
from core.base.words import say
from core.billing.account import IS_UNSERVED, pay_oldest_due, standing
from core.billing.credit import credit, left_of, left_of_periods
from core.billing.cycle_sql import ENDED_ON
from core.billing.events import AccessChanged, AccessEnded
from core.billing.invoice import InvoiceLineDraft, issue
from core.billing.line_model import LineEnding
from core.billing.model import AWAITING_NETWORK, ENDED, GRACE, PAID, UNPAID, Invoice, Purchase, Subscription
from core.billing.moves import move
from core.billing.proration import part
from core.billing.serve import lock_line
from core.billing.stretches import Stretch, unserved
from core.billing.wake import wake_lines
from core.catalogue.model import PPPOE
from core.ledger.accounts import DEPOSITS, receivable, revenue
from core.ledger.post import lock_subscriber, post

_NEVER_BEGUN = "not served, the line was ended"

# What is held for the line, and for whom: what its invoices put there, less what came back. A deposit belongs to
# whoever gave it, though somebody else may pay for the line by now.
_DEPOSITS = text(
    """
    SELECT held.subscriber_id, -sum(p.amount_cents)::bigint AS cents
    FROM (
        SELECT entry_id, subscriber_id FROM invoices WHERE subscription_id = :line_id
        UNION SELECT c.entry_id, i.subscriber_id FROM credit_notes c JOIN invoices i ON i.id = c.invoice_id
            WHERE i.subscription_id = :line_id
    ) held
    JOIN postings p ON p.entry_id = held.entry_id
    JOIN accounts a ON a.id = p.account_id AND a.code = 'deposits'
    GROUP BY held.subscriber_id HAVING sum(p.amount_cents) < 0 ORDER BY held.subscriber_id
    """
)
# From the day after the last one that was paid or billed; as the cycle prices it (migration 0012). A bill of which a
# part was taken back has billed its days all the same, and days that were given are used first.
_UNBILLED = text(
    f"""
    SELECT after.day, CASE WHEN p.term_unit = 'months' AND p.fixed_anchor IS NOT NULL AND ends.day >= :through
        THEN price_of_period(plan_price(p.id, after.day + 1), after.day, CAST(:through AS date), p.term_unit,
            p.term_count, p.fixed_anchor)
        ELSE share_of(plan_price(p.id, after.day + 1), CAST(:through AS date) - after.day,
            greatest(CAST(:through AS date), ends.day) - after.day) END
    FROM subscriptions s JOIN plans p ON p.id = s.plan_id, LATERAL (
        SELECT last_day(s.paid_through) AS day, {ENDED_ON.format(last="last_day(s.paid_through)")} AS month
    ) AS last, LATERAL (
        SELECT CASE WHEN p.billing = 'postpaid' THEN greatest(
            period_before(last.month, p.term_unit, p.term_count, s.anchor_day, p.fixed_anchor),
            nairobi_day(s.starts_at), (
                SELECT max(i.period_to) FROM invoices i
                WHERE i.subscription_id = s.id AND i.kind = 'bill' AND i.credited_cents < i.total_cents
                  AND (i.credited_cents = 0 OR i.period_to < nairobi_day(i.issued_at))
            )) + (last.day - last.month) ELSE last.day END AS day
    ) AS after, LATERAL (
        SELECT period_end(after.day, p.term_unit, p.term_count, s.anchor_day, p.fixed_anchor) AS day
    ) AS ends
    WHERE s.id = :line_id AND after.day < :through AND p.price_cents > 0
    """  # noqa: S608
)


def end_line(work: Work, subscription_id: int, *, reason: str, by_staff_id: int | None = None) -> LineEnding:
    """End a home line now, finally; today was its last day. Its final statement. The caller holds its account's row.
    Raises Refusal where it is ended already."""
    line = lock_line(work, subscription_id)
    if line.state == ENDED or line.plan.kind != PPPOE:
        raise Refusal(say("That line has ended already."))
    before = line.state
    move(work, line, ENDED, reason)
    line.ended_at, line.next_plan_id, line.next_plan_from = work.now, None, None
    work.session.flush()
    work.record(AccessEnded(line.id))
    work.record(AccessChanged(line.id))
    return _state_finally(work, line, before, reason=reason, by_staff_id=by_staff_id)


def write_statement(work: Work, subscription_id: int) -> LineEnding | None:
    """The final statement of a home line that was ended for want of money; once. None where there is none to write."""
    line = work.session.get_one(Subscription, subscription_id)
    lock_subscriber(work, line.account_holder_id)
    line = lock_line(work, subscription_id)
    stands = work.session.scalar(select(LineEnding.id).where(LineEnding.subscription_id == line.id))
    if stands is not None or line.state != ENDED or line.plan.kind != PPPOE:
        return None
    return _state_finally(work, line, ENDED, reason="not paid for too long", by_staff_id=None)


def _state_finally(
    work: Work, line: Subscription, before: str, *, reason: str, by_staff_id: int | None
) -> LineEnding:
    today = nairobi_day(work.now)
    # Any day touched by a cut is dark.
    through = nairobi_day(line.dark_since) - timedelta(days=1) if line.dark_since is not None else today
    credited = _credit_unserved(work, line, today, by_staff_id)
    credited += _credit_bills(work, line, through, by_staff_id)
    deposit = _give_back_deposits(work, line)
    charged = _charge_unbilled(work, line, before, through)
    pay_oldest_due(work, line.account_holder_id, source=f"end:{line.id}")
    wake_lines(work, line.account_holder_id)
    owed, own = standing(work, line.account_holder_id)
    statement = LineEnding(
        at=work.now,
        subscription_id=line.id,
        reason=reason,
        credited_cents=credited.minor,
        charged_cents=charged.minor,
        deposit_cents=deposit.minor,
        owed_cents=owed.minor,
        own_cents=own.minor,
        by_staff_id=by_staff_id,
    )
    work.session.add(statement)
    work.session.flush()
    return statement


def _credit_unserved(work: Work, line: Subscription, today: date, by_staff_id: int | None) -> Money:
    """What was paid and never served: days after today, days that waited, and purchases whose time never began."""
    amounts: dict[int, Money] = {}
    for invoice_id in _never_begun(work, line):
        amounts[invoice_id] = left_of(work, invoice_id)
    for stretch, days in _unserved_days(work, line, today):
        share = part(stretch.price, stretch.b - days, stretch.b, stretch.n)
        left = left_of_periods(work, stretch.invoice_id)
        amounts[stretch.invoice_id] = min(left, amounts.get(stretch.invoice_id, Money(0)) + share)
    total = Money(0)
    for invoice_id, amount in amounts.items():
        amount = min(amount, left_of(work, invoice_id))
        if amount.is_positive:
            _take_back(work, line, invoice_id, amount, by_staff_id)
            total += amount
    return total


def _unserved_days(work: Work, line: Subscription, today: date) -> list[tuple[Stretch, int]]:
    if line.plan.billing == "postpaid" or line.paid_through is None:
        return []
    if line.paused_days_left is not None:  # paused, or on its way back
        first = last_day(line.paid_through) - timedelta(days=line.paused_days_left - 1)
    elif line.paid_through > start_of_day(today + timedelta(days=1)):
        first = today + timedelta(days=1)
    else:
        return []
    found = ((stretch, stretch.days - stretch.used_before(first)) for stretch in unserved(work, line, first))
    return [(stretch, days) for stretch, days in found if days > 0]


def _never_begun(work: Work, line: Subscription) -> list[int]:
    waiting = work.session.scalars(
        select(Purchase).where(Purchase.subscription_id == line.id, Purchase.state == PAID).with_for_update()
    ).all()
    for purchase in waiting:
        purchase.state = UNPAID
    work.session.flush()
    ids = [purchase.id for purchase in waiting]
    return list(work.session.scalars(select(Invoice.id).where(Invoice.purchase_id.in_(ids))))


def _credit_bills(work: Work, line: Subscription, through: date, by_staff_id: int | None) -> Money:
    """Open bills: what was served of their periods stays owed, days of grace that were used."""
    if line.plan.billing == "postpaid":
        return Money(0)
    total = Money(0)
    bills = work.session.scalars(
        select(Invoice)
        .where(Invoice.subscription_id == line.id, Invoice.open_cents > 0, text(IS_UNSERVED))
        .order_by(Invoice.id)
        .with_for_update()
    ).all()
    for bill in bills:
        assert bill.period_from is not None
        assert bill.period_to is not None
        n = (bill.period_to - bill.period_from).days + 1
        used = max(0, min(n, (through - bill.period_from).days + 1))
        amount = min(part(Money(bill.total_cents), used, n, n), left_of(work, bill.id))
        if amount.is_positive:
            _take_back(work, line, bill.id, amount, by_staff_id)
            total += amount
    return total


def _take_back(
    work: Work, line: Subscription, invoice_id: int, amount: Money, by_staff_id: int | None
) -> None:
    credit(
        work,
        invoice_id,
        amount=amount,
        reason=_NEVER_BEGUN,
        by_staff_id=by_staff_id,
        source=f"end:{line.id}:invoice:{invoice_id}",
    )


def _give_back_deposits(work: Work, line: Subscription) -> Money:
    """A deposit becomes its giver's own money, and pays what that account owes: Dr deposits, Cr receivable."""
    total = Money(0)
    for owner_id, cents in work.session.execute(_DEPOSITS, {"line_id": line.id}).all():
        lock_subscriber(work, owner_id)
        sides = [(DEPOSITS, Money(cents)), (receivable(owner_id), -Money(cents))]
        post(work, kind="deposit_back", source=f"deposit:{line.id}:{owner_id}", sides=sides)
        if owner_id != line.account_holder_id:
            pay_oldest_due(work, owner_id, source=f"deposit:{line.id}")
        total += Money(cents)
    return total


def _charge_unbilled(work: Work, line: Subscription, before: str, through: date) -> Money:
    """Days served that no bill covers: since the last bill of a postpaid line, or days of grace that were used, also
    where they lay in a period that was bought, never began, and is taken back just now."""
    never_back = before == AWAITING_NETWORK and line.dark_since is not None
    had_grace = before == GRACE or never_back
    if line.plan.billing == "prepaid" and (not had_grace or _has_bill(work, line, uncredited=never_back)):
        return Money(0)
    if line.paid_through is None:
        return Money(0)
    row = work.session.execute(_UNBILLED, {"line_id": line.id, "through": through}).one_or_none()
    amount = Money(int(row[1])) if row is not None else Money(0)
    if row is None or not amount.is_positive:
        return Money(0)
    plan, first = line.plan, row[0] + timedelta(days=1)
    words = f"{plan.name}, {first:%d/%m/%Y} - {through:%d/%m/%Y}"
    issue(
        work,
        kind="final",
        subscriber_id=line.account_holder_id,
        lines=[InvoiceLineDraft(words, amount, plan.id, revenue(plan.kind, line.site_id))],
        subscription_id=line.id,
        period=(first, through),
        due_at=work.now,
        paid=False,
    )
    return amount


def _has_bill(work: Work, line: Subscription, *, uncredited: bool) -> bool:
    """Whether the period after its paid time was billed; uncredited: and not wholly taken back."""
    assert line.paid_through is not None
    bills = select(Invoice.id).where(
        Invoice.subscription_id == line.id,
        Invoice.kind == "bill",
        Invoice.period_from > last_day(line.paid_through),
    )
    if uncredited:
        bills = bills.where(Invoice.credited_cents < Invoice.total_cents)
    return work.session.scalar(bills.limit(1)) is not None
