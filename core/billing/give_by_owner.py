"""A subscriber gives days of the own line to another line of the same plan: a few, of money that has settled (M16)."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from core.base.clock import last_day, nairobi_day, start_of_day
from core.base.database import Work
from core.base.dated import dated
from core.base.errors import Refusal
from core.base.words import say
from core.billing.give import days_to_hand_over, hand_over_days, lock_owners, was_handed_over
from core.billing.line_model import HANDED, DaysGiven
from core.billing.model import ACTIVE, GRACE, Purchase, Subscription
from core.billing.stretches import unserved
from core.messaging.notify import notify
from core.messaging.template import Value
from core.messaging.templates_of_dunning import days as days_in_words
from core.subscribers.model import Subscriber
from core.subscribers.queries import language_of, phone_of

DAYS_OF_A_MONTH = 30
WHOLE_BP = 10_000
OTHER_PAYS = say("Another account pays for this line. Its days stay here.")
NONE_NOW = say("You have no days to give now. What you paid today can be given tomorrow.")
TOO_OFTEN = say("You gave days often enough today. Please try again tomorrow.")
NO_LINE_THERE = say("That account has no line of your plan that is on.")


@dataclass(frozen=True, slots=True)
class Gift:
    """days: how many may be given at most today. line_id, plan_name: of the line that gives them."""

    line_id: int
    plan_name: str
    days: int


def gift_of(work: Work, *, subscription_id: int, subscriber_id: int) -> Gift:
    """What this person may give of the line today. Raises Refusal where that is nothing."""
    line = work.session.get_one(Subscription, subscription_id)
    if line.subscriber_id != subscriber_id or line.account_holder_id != subscriber_id:
        raise Refusal(OTHER_PAYS)
    often, share_bp, after_hours = dated(work, "gifts.a_day", "gifts.share_a_day_bp", "gifts.after_hours")
    gifts, given = _given_today(work, subscriber_id)
    if gifts >= often:
        raise Refusal(TOO_OFTEN)
    plan = line.plan
    term = plan.term_count * (DAYS_OF_A_MONTH if plan.term_unit == "months" else 1)
    settled = _settled_days(work, line, timedelta(hours=after_hours))
    days = min(days_to_hand_over(work, line), settled, term * share_bp // WHOLE_BP - given)
    if days < 1:
        raise Refusal(NONE_NOW)
    return Gift(line.id, plan.name, days)


def line_for_gift(work: Work, *, from_id: int, receiver_id: int) -> int | None:
    """The receiver's line on the same plan: the one that ends first. None where there is none."""
    plan_id = work.session.get_one(Subscription, from_id).plan_id
    return work.session.scalar(
        select(Subscription.id)
        .where(
            Subscription.subscriber_id == receiver_id,
            Subscription.plan_id == plan_id,
            Subscription.id != from_id,
            Subscription.state.in_((ACTIVE, GRACE)),
        )
        .order_by(Subscription.paid_through, Subscription.id)
        .limit(1)
    )


def give_days_by_owner(
    work: Work, *, subscriber_id: int, from_id: int, to_id: int, days: int, key: str, channel: str
) -> Subscription:
    """Days of one's own line go to another one of the same plan, and both people are told. The same key again is the
    same. The line that gave. Raises Refusal."""
    lock_owners(work, from_id, to_id)
    donor = work.session.get_one(Subscription, from_id, populate_existing=True)
    if was_handed_over(work, key, from_id):
        return donor
    if days > gift_of(work, subscription_id=from_id, subscriber_id=subscriber_id).days:
        raise Refusal(say("So many days cannot be given today."))
    hand_over_days(work, from_id=from_id, to_id=to_id, days=days, key=key)
    receiver = work.session.get_one(Subscription, to_id)
    giver = work.session.get_one(Subscriber, donor.subscriber_id)
    _tell(work, donor, "days_handed", {"days": days_in_words(days)}, key, channel)
    got: dict[str, Value] = {"days": days_in_words(days), "name": giver.first_name}
    _tell(work, receiver, "days_received", got, key, None)
    return donor


def _tell(
    work: Work, line: Subscription, template: str, values: dict[str, Value], key: str, channel: str | None
) -> None:
    phone = phone_of(work, line.subscriber_id)
    if phone is None or line.paid_through is None:
        return
    notify(
        work,
        template=template,
        address=phone,
        subscriber_id=line.subscriber_id,
        language=language_of(work.session.get_one(Subscriber, line.subscriber_id)),
        values={**values, "last_day": f"{last_day(line.paid_through):%d/%m/%Y}"},
        dedupe_key=f"{template}:{key}",
        prefer=channel,
    )


def _given_today(work: Work, subscriber_id: int) -> tuple[int, int]:
    """How often, and how many days in all, this person's lines gave away today."""
    found = work.session.execute(
        select(func.count(), func.coalesce(-func.sum(DaysGiven.days), 0))
        .join(Subscription, Subscription.id == DaysGiven.subscription_id)
        .where(
            Subscription.subscriber_id == subscriber_id,
            DaysGiven.kind == HANDED,
            DaysGiven.days < 0,
            DaysGiven.at >= start_of_day(nairobi_day(work.now)),
        )
    ).one()
    return int(found[0]), int(found[1])


def _settled_days(work: Work, line: Subscription, after: timedelta) -> int:
    """Days to come that were paid for so long ago: money that may still be taken back gives nothing away."""
    tomorrow = nairobi_day(work.now) + timedelta(days=1)
    stretches = unserved(work, line, tomorrow)
    settled = set(
        work.session.scalars(
            select(Purchase.id).where(
                Purchase.id.in_([stretch.purchase_id for stretch in stretches]),
                Purchase.paid_at <= work.now - after,
            )
        )
    )
    return sum(
        stretch.days - stretch.used_before(tomorrow)
        for stretch in stretches
        if stretch.purchase_id in settled
    )
