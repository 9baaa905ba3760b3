"""Time to pay, asked for by the owner of a line: what may be had and what it costs is told before, a text after."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select, text

from core.base.clock import last_day, nairobi_day, start_of_day
from core.base.database import Work
from core.base.dated import dated
from core.base.errors import Refusal
from core.base.money import Money, show_money
from core.base.words import Sentence, say
from core.billing.account import IS_UNSERVED
from core.billing.dunning_model import Promise
from core.billing.model import ACTIVE, GRACE, SERVED, TERM, Invoice, Purchase, Subscription
from core.billing.promise import last_promise, lend_day, promise_to_pay
from core.billing.queries import home_line
from core.billing.serve import lock_line
from core.catalogue.model import PPPOE
from core.messaging.notify import notify
from core.messaging.template import Value
from core.subscribers.model import Subscriber
from core.subscribers.queries import language_of, phone_of

ASKED_BEFORE = timedelta(days=3)
"""From the day of the first reminder on: before it nobody needs time."""
OTHER_PAYS = say("Another account pays for this line. Its owner can ask for time.")
IS_OFF = say("This line is not on. When it is paid it is back at once.")
NOTHING_DUE = say("Nothing is due on this line now.")
CHANGED = say("The days have changed. Please look again.")


@dataclass(frozen=True, slots=True)
class TimeToPay:
    """What the owner of a line may ask for today.

    due_day: the last day that is paid. lent_until, promised_until: the last day of what was given before and still
    holds. lend_from, promise_from: the day from which another one is possible, today where it is so now; lend_from is
    None where a line is too young for it. lend_until: the day that an emergency day asked for now would be.
    promise_days: the first and the last day that a promise may name. is_slow: the line was slowed, and stays so.
    """

    due_day: date
    lent_until: date | None
    promised_until: date | None
    lend_from: date | None
    promise_from: date
    lend_until: date
    promise_days: tuple[date, date]
    next_lend: date
    next_promise: date
    is_slow: bool


def time_to_pay(work: Work, *, subscription_id: int, subscriber_id: int) -> TimeToPay:
    """What this person may ask for. Raises Refusal, with the day from which one may ask where that is why."""
    line = work.session.get_one(Subscription, subscription_id)
    if line.plan.kind != PPPOE or line.subscriber_id != subscriber_id:
        raise Refusal(NOTHING_DUE)
    if line.account_holder_id != subscriber_id:
        raise Refusal(OTHER_PAYS)
    if line.state not in (ACTIVE, GRACE):
        raise Refusal(IS_OFF)
    today, due_day = nairobi_day(work.now), _due_day(work, line)
    if due_day is None:
        raise Refusal(NOTHING_DUE)
    if today < due_day - ASKED_BEFORE:
        from_day = due_day - ASKED_BEFORE
        raise Refusal(say("Nothing is due yet. You can ask for time from {day} on.", day=f"{from_day:%d/%m}"))
    return _what_is_possible(work, line, today, due_day)


def _what_is_possible(work: Work, line: Subscription, today: date, due_day: date) -> TimeToPay:
    lend_every, promise_every, longest, terms = dated(
        work,
        "home.lend_every_days",
        "home.promise_every_days",
        "home.promise_longest_days",
        "home.lend_after_terms",
    )
    promise = last_promise(work, line.id, since=today - timedelta(days=promise_every))
    tomorrow = today + timedelta(days=1)
    lend_from = max(today, due_day)
    if line.lent_through is not None:
        lend_from = max(lend_from, nairobi_day(line.lent_through) + timedelta(days=lend_every))
    promise_from = today
    if promise is not None:
        promise_from = nairobi_day(promise.made_at) + timedelta(days=promise_every + 1)
    lent = line.lent_through if line.lent_through is not None and line.lent_through > work.now else None
    stands = promise is not None and promise.until_at > work.now
    return TimeToPay(
        due_day=due_day,
        lent_until=last_day(lent) if lent else None,
        promised_until=last_day(promise.until_at) if promise is not None and stands else None,
        lend_from=lend_from if _terms_paid(work, line) >= terms else None,
        promise_from=promise_from,
        lend_until=tomorrow,
        promise_days=(max(today, due_day) + timedelta(days=1), today + timedelta(days=longest)),
        next_lend=tomorrow + timedelta(days=lend_every + 1),
        next_promise=today + timedelta(days=promise_every + 1),
        is_slow=line.slowed_at is not None,
    )


def lend_day_by_owner(
    work: Work, *, subscription_id: int, subscriber_id: int, until: date, channel: str
) -> Subscription:
    """An emergency day until `until` is over, as it was shown; asked again it is the same. Raises Refusal."""
    line = lock_line(work, subscription_id)
    if line.subscriber_id == subscriber_id and line.lent_through == start_of_day(until + timedelta(days=1)):
        return line
    possible = time_to_pay(work, subscription_id=subscription_id, subscriber_id=subscriber_id)
    if until != possible.lend_until:
        raise Refusal(CHANGED)
    if possible.lend_from is None:
        raise Refusal(say("An emergency day is for lines that were paid for two months or more."))
    if possible.lend_from > nairobi_day(work.now):
        raise Refusal(_possible_from(possible.lend_from))
    line = lend_day(work, subscription_id)
    _tell(work, line, "day_lent", until, f"lent:{line.id}:{until}", channel)
    return line


def promise_by_owner(
    work: Work, *, subscription_id: int, subscriber_id: int, until: date, channel: str
) -> Promise:
    """Wait with every step until `until` is over; asked again it is the same. Raises Refusal."""
    line = lock_line(work, subscription_id)
    today = nairobi_day(work.now)
    again = last_promise(work, subscription_id, since=today)
    if (
        again is not None
        and line.subscriber_id == subscriber_id
        and again.until_at == start_of_day(until + timedelta(days=1))
    ):
        return again
    possible = time_to_pay(work, subscription_id=subscription_id, subscriber_id=subscriber_id)
    if possible.promise_from > today:
        raise Refusal(_possible_from(possible.promise_from))
    if not possible.promise_days[0] <= until <= possible.promise_days[1]:
        raise Refusal(CHANGED)
    made = promise_to_pay(work, subscription_id, until=until)
    _tell(work, line, "promise_noted", until, f"promise:{made.id}", channel)
    return made


def _possible_from(day: date) -> Sentence:
    return say("That was given lately. The next one is possible from {day} on.", day=f"{day:%d/%m/%Y}")


def _due_day(work: Work, line: Subscription) -> date | None:
    """The last paid day; of a line that is paid afterwards, the last day for its oldest bill."""
    if line.plan.billing == "prepaid":
        return last_day(line.paid_through) if line.paid_through else None
    due_at = work.session.scalar(
        select(func.min(Invoice.due_at)).where(
            Invoice.subscription_id == line.id, Invoice.open_cents > 0, text(IS_UNSERVED)
        )
    )
    return last_day(due_at) if due_at else None


def _terms_paid(work: Work, line: Subscription) -> int:
    return (
        work.session.scalar(
            select(func.count()).where(
                Purchase.subscription_id == line.id,
                Purchase.state == SERVED,
                Purchase.purpose == TERM,
                Purchase.price_cents > 0,
            )
        )
        or 0
    )


def _tell(work: Work, line: Subscription, template: str, until: date, key: str, channel: str) -> None:
    phone, owed = phone_of(work, line.subscriber_id), home_line(work, line.subscriber_id)
    if phone is None or owed is None:
        return
    values: dict[str, Value] = {
        "last_day": f"{until:%d/%m/%Y}",
        "amount": show_money(Money(owed.price_cents)),
    }
    notify(
        work,
        template=template,
        address=phone,
        subscriber_id=line.subscriber_id,
        language=language_of(work.session.get_one(Subscriber, line.subscriber_id)),
        values=values,
        dedupe_key=key,
        prefer=channel,
    )
