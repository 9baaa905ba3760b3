"""How things stand for somebody who is about to pay: all that the key "Pay" decides by, read at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.base.database import Work
from core.base.money import Money
from core.base.msisdn import Msisdn
from core.billing.account import IS_UNSERVED
from core.billing.purchase import LineNow, StepId
from core.catalogue.queries import PLAN_NOW_COLUMNS, PLAN_NOW_TO_PAY, PlanNow, plan_in_row
from core.payments.model import OPEN_STATES
from core.subscribers.meet import KnownSubscriber

SAME_AMOUNT_APART = timedelta(seconds=125)
"""M-Pesa refuses the same amount from the same customer within two minutes (result 17)."""


@dataclass(frozen=True, slots=True)
class BegunCollection:
    """A collection as a channel may know it: what is asked of whom stands in its row."""

    id: int
    purchase_id: int
    amount_cents: int
    currency: str
    reference: str
    state: str

    @property
    def amount(self) -> Money:
        return Money(self.amount_cents, self.currency)


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides about a purchase, at one moment.

    collection_id: drawn for the collection that may be begun. open_cents: the amount of the payment that stands open
    for the phone that pays; nothing else is started while it does. was_refused: M-PESA would not even ask that phone
    the last time. lately: when it was last asked for which cents. caller, beneficiary: None for a number never met.
    line: the one to be renewed.
    """

    collection_id: int
    open_cents: int | None
    was_refused: bool
    lately: Mapping[int, datetime]
    caller: KnownSubscriber | None
    beneficiary: KnownSubscriber | None
    line: LineNow | None
    plan: PlanNow | None

    def free_at(self, amount: Money, now: datetime) -> datetime:
        """From when M-PESA takes `amount` from that phone."""
        return free_at(now, self.lately.get(amount.minor))


IS_OPEN = f"state IN {OPEN_STATES}"
"""The condition of the index that keeps a phone to one open prompt."""
# The amount may be asked for again SAME_AMOUNT_APART after it was asked for last; a FAILED one was never on the phone.
LATELY = "FROM collections WHERE payer = %(payer)s AND asked_at > %(not_before)s AND state <> 'failed'"
_STANDING = f"""
    SELECT nextval('collections_id_seq'),
        (SELECT amount_cents FROM collections WHERE payer = %(payer)s AND {IS_OPEN}),
        (SELECT state = 'failed' AND gateway_checkout_id IS NULL FROM collections
            WHERE payer = %(payer)s ORDER BY created_at DESC, id DESC LIMIT 1),
        ARRAY(SELECT CAST(amount_cents AS bigint) {LATELY} ORDER BY asked_at),
        ARRAY(SELECT asked_at {LATELY} ORDER BY asked_at),
        caller.*, beneficiary.*, line.*, {PLAN_NOW_TO_PAY}
    FROM (SELECT) AS one
    LEFT JOIN LATERAL (
        SELECT s.id, s.account_no FROM addresses a JOIN subscribers s ON s.id = a.subscriber_id
        WHERE a.channel = 'msisdn' AND a.external_id = %(caller)s AND a.is_primary
    ) AS caller ON true
    LEFT JOIN LATERAL (
        SELECT s.id, s.account_no FROM addresses a JOIN subscribers s ON s.id = a.subscriber_id
        WHERE a.channel = 'msisdn' AND a.external_id = %(beneficiary)s AND a.is_primary
    ) AS beneficiary ON true
    LEFT JOIN LATERAL (
        SELECT s.subscriber_id, coalesce(s.next_plan_id, s.plan_id), s.site_id, s.state, bill.id, bill.open_cents
        FROM subscriptions s
        LEFT JOIN LATERAL (
            SELECT id, open_cents FROM invoices
            WHERE invoices.subscription_id = s.id AND open_cents > 0 AND {IS_UNSERVED}
            ORDER BY due_at NULLS FIRST, id LIMIT 1
        ) AS bill ON true
        WHERE s.id = %(renews)s
    ) AS line (subscriber_id, plan_id, site_id, state, bill_id, bill_cents) ON true
    LEFT JOIN plans AS plan ON plan.id = %(plan_id)s
"""  # noqa: S608
_BEGUN = """
    SELECT c.id, c.purchase_id, c.amount_cents, c.currency, c.reference, c.state
    FROM purchases p JOIN collections c ON c.purchase_id = p.id
    WHERE p.channel = %(channel)s AND p.session = %(session)s AND p.step = %(step)s ORDER BY c.id LIMIT 1
"""


def begun_at(work: Work, step: StepId) -> BegunCollection | None:
    """The collection of this very step, if it was heard before."""
    row = work.at_once(_BEGUN, {"channel": step.channel, "session": step.session, "step": step.step})
    return BegunCollection(*row) if row is not None else None


def standing_of(
    work: Work,
    *,
    payer: Msisdn,
    plan_id: int,
    caller: Msisdn | None = None,
    beneficiary: Msisdn | None = None,
    renews: int | None = None,
) -> Standing:
    """Read how things stand; each argument as `pay_for_plan` takes it. caller: the buyer's phone, if one is known."""
    row = work.at_once(
        _STANDING,
        {
            "payer": payer.digits,
            "caller": caller.digits if caller else None,
            "beneficiary": beneficiary.digits if beneficiary else None,
            "renews": renews,
            "plan_id": plan_id,
            "now": work.now,
            "not_before": work.now - SAME_AMOUNT_APART,
        },
    )
    assert row is not None, "it is read from no table"
    collection_id, open_cents, was_refused, amounts, instants, *rest = row
    caller_row, beneficiary_row, line = rest[:2], rest[2:4], rest[4:10]
    return Standing(
        collection_id=collection_id,
        open_cents=open_cents,
        was_refused=bool(was_refused),
        lately=dict(zip(amounts, instants, strict=True)),  # of one amount the last
        caller=KnownSubscriber(*caller_row) if caller_row[0] is not None else None,
        beneficiary=KnownSubscriber(*beneficiary_row) if beneficiary_row[0] is not None else None,
        line=LineNow(*line) if line[0] is not None else None,
        plan=plan_in_row(rest[-PLAN_NOW_COLUMNS:]),
    )


def free_at(now: datetime, last_asked: datetime | None) -> datetime:
    """From when M-Pesa takes an amount again that it took to the phone at `last_asked`."""
    return last_asked + SAME_AMOUNT_APART if last_asked else now
