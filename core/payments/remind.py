"""Tell people of the steps of dunning, and prompt who agreed to that: in their own words and numbers, once a step."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Row, text

from core.base.clock import nairobi_day
from core.base.database import Work
from core.base.errors import Refusal
from core.base.log import logger
from core.base.money import Money, show_money
from core.billing.account import own_money
from core.billing.purchase import StepId
from core.messaging.consent import may_tell
from core.messaging.notify import notify
from core.messaging.template import Purpose, Value
from core.messaging.templates import TEMPLATES
from core.messaging.templates_of_dunning import days
from core.payments.collect import pay_for_plan
from core.subscribers.model import Subscriber
from core.subscribers.queries import language_of, phone_of

DUNNING = "dunning"
"""The channel of purchases that a step of dunning asked for."""

# A step still concerns its line while the last paid day is what it was, and what it did stands.
_STEPS = """
    SELECT t.id, t.day_zero, d.action, d.template, d.prefer, s.id AS line_id, s.subscriber_id, s.plan_id,
        coalesce(s.payer_id, s.subscriber_id) AS holder_id, s.renews, p.name AS plan,
        coalesce(bill.open_cents, p.price_cents) AS cents
    FROM dunning_steps_taken t JOIN dunning_steps d ON d.id = t.step_id
    JOIN subscriptions s ON s.id = t.subscription_id JOIN plans p ON p.id = coalesce(s.next_plan_id, s.plan_id)
    LEFT JOIN LATERAL (
        SELECT i.open_cents, i.due_at FROM invoices i
        WHERE i.subscription_id = s.id AND i.open_cents > 0 AND i.kind = 'bill' AND i.purchase_id IS NULL
        ORDER BY i.due_at NULLS FIRST, i.id LIMIT 1
    ) bill ON true
    WHERE t.id BETWEEN :first AND :last AND NOT t.missed AND t.step_key NOT LIKE 'renew %'
      AND t.day_zero = CAST((CASE p.billing WHEN 'prepaid' THEN s.paid_through ELSE bill.due_at END
            - interval '1 microsecond') AT TIME ZONE 'Africa/Nairobi' AS date)
      AND CASE d.action WHEN 'slow' THEN s.slowed_at IS NOT NULL AND s.state IN ('active', 'grace')
            WHEN 'suspend' THEN s.state = 'suspended' ELSE s.state IN ('active', 'grace') END
    ORDER BY t.id
"""


def tell_steps(work: Work, first_id: int, last_id: int, *, paybill: str) -> None:
    """Queue the texts of these steps. Whoever has paid since, or whose own money will pay, is not bothered."""
    for step in work.session.execute(text(_STEPS), {"first": first_id, "last": last_id}).all():
        if step.template is not None and not _pays_itself(work, step):
            _tell(work, step, paybill)


def prompt_for_step(work: Work, taken_id: int) -> None:
    """Prompt the owner of a line for its next term. Nothing where it is paid, or another payment is open."""
    step = work.session.execute(text(_STEPS), {"first": taken_id, "last": taken_id}).one_or_none()
    if step is None or _pays_itself(work, step):
        return
    phone, owner = phone_of(work, step.holder_id), phone_of(work, step.subscriber_id)
    if phone is None or owner is None or not may_tell(work, Purpose.PROMPT, step.holder_id):
        return
    try:
        pay_for_plan(
            work,
            step=StepId(DUNNING, f"step:{step.id}", "prompt"),
            buyer=work.session.get_one(Subscriber, step.holder_id),
            payer=phone,
            plan_id=step.plan_id,
            push_after=timedelta(),
            beneficiary=None if step.holder_id == step.subscriber_id else owner,
            renews=step.line_id,
        )
    except Refusal as refusal:
        logger("payments").info("not_prompted", step=step.id, why=refusal.sentence.msgid)


def _pays_itself(work: Work, step: Row[tuple[object, ...]]) -> bool:
    return bool(step.renews) and own_money(work, step.holder_id) >= Money(step.cents)


def _tell(work: Work, step: Row[tuple[object, ...]], paybill: str) -> None:
    holder = work.session.get_one(Subscriber, step.holder_id)
    phone = phone_of(work, holder.id)
    if phone is None:
        return
    owner = work.session.get_one(Subscriber, step.subscriber_id)
    facts: dict[str, Callable[[], Value]] = {
        "name": lambda: holder.first_name,
        "amount": lambda: show_money(Money(step.cents)),
        "last_day": lambda: f"{step.day_zero:%d/%m}",
        "days": lambda: days(max(0, (step.day_zero - nairobi_day(work.now)).days)),
        "paybill": lambda: paybill,
        "account": lambda: owner.account_no,
    }
    notify(
        work,
        template=step.template,
        address=phone,
        subscriber_id=holder.id,
        language=language_of(holder),
        values={name: facts[name]() for name in TEMPLATES[step.template].longest},
        dedupe_key=f"dunning:{step.id}",
        prefer=step.prefer,
    )
