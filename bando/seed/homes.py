"""Lives with a home line: joining, paying in time, late, in part and ahead, other plans, a rest, leaving and coming
back. Each act returns when its person acts next; None where that is all."""

from datetime import datetime, timedelta

from bando.seed.hours import moment_of
from bando.seed.past import Past
from bando.seed.people import ERRATIC, LATE, PUNCTUAL, Person
from bando.seed.sales import pay_more, receive, sell
from core.base.clock import nairobi_day
from core.base.errors import Refusal
from core.base.money import Money
from core.billing.account import own_money, standing
from core.billing.change_plan import change_next, quote_change
from core.billing.line_model import NOW
from core.billing.model import ACTIVE, AWAITING_NETWORK, ENDED, GRACE, PAUSED, Subscription
from core.billing.pause import check_pause, pause
from core.billing.promise import promise_to_pay
from core.billing.purchase import StepId
from core.billing.serve import lock_line, start_paid_time
from core.catalogue.model import PPPOE, Plan
from core.ledger.post import lock_subscriber
from core.payments.change import change_with_own_money
from core.subscribers.model import Subscriber

FIRST_PLANS = (5, 4, 2)
"""How many of eleven begin with the smallest plan, the next one, the largest."""
# By habit, how many of a hundred pay before the last day, in the days of grace, soon after the cut, weeks later, never.
WHEN = {
    PUNCTUAL: (82, 15, 1.2, 0.5, 1.3),
    LATE: (26, 63, 7, 1.5, 2.5),
    ERRATIC: (10, 50, 27, 6, 7),
}
DAYS_AFTER = ((-3, -1), (0, 3), (5, 12), (18, 40))
"""Days after the last paid day, of each of these."""
MID_TERM = 0.07
"""The share of terms in whose middle somebody looks at other plans, or wants a rest."""
UP, TERM_AHEAD, PART, MOST = 0.65, 0.04, 0.025, 0.025
"""Of those who want another plan, a larger one. Of payments: two terms at once, a part of the price, nearly all of
it."""
PROMISES = 0.08


def join(past: Past, subscriber: Subscriber, person: Person) -> datetime | None:
    """The first term of a new line."""
    plan = past.draw.choices(past.plans[PPPOE], FIRST_PLANS)[0]
    return next_payment(past, person, begin_line(past, subscriber, person, plan))


def begin_line(past: Past, subscriber: Subscriber, person: Person, plan: Plan) -> Subscription:
    """A new line of the plan, at one of the sites where it is sold."""
    site = past.draw.choice(plan.sites)
    subscriber.site_id = site.id
    line = sell(past, subscriber, person, plan, site_id=site.id)
    past.lines[person.msisdn.digits] = line.id
    return line


def go_on(past: Past, subscriber: Subscriber, person: Person, line_id: int) -> datetime | None:
    """A line's owner pays; now and then something else is wanted."""
    line = lock_line(past.work, line_id)
    if line.state == ENDED:
        return join(past, subscriber, person)  # gone for too long: another line
    if line.state in (PAUSED, AWAITING_NETWORK):
        return past.work.now + timedelta(days=9)
    assert line.paid_through is not None, "it was on"
    if line.paid_through > past.work.now + timedelta(days=6):
        _in_mid_term(past, subscriber, person, line)
        return next_payment(past, person, line)
    if line.state == GRACE and past.chance(PROMISES):
        try:
            until = nairobi_day(past.work.now) + timedelta(days=past.draw.randint(3, 9))
            promise_to_pay(past.work, line.id, until=until)
            return moment_of(past.draw, past.work.now + (until - nairobi_day(past.work.now)))
        except Refusal:
            pass  # there was one lately
    if line.state == ACTIVE and past.chance(0.02):
        _want_another_plan(past, subscriber, line)
    _pay(past, subscriber, person, line)
    return next_payment(past, person, line)


def next_payment(past: Past, person: Person, line: Subscription) -> datetime | None:
    """Most pay in the last days, many in the days of grace, some when they are cut, and a few never again."""
    assert line.paid_through is not None, "it was on"
    if past.chance(MID_TERM) and line.paid_through > past.work.now + timedelta(days=16):
        return moment_of(past.draw, past.work.now + timedelta(days=past.draw.randint(5, 10)))
    kind = past.draw.choices(range(len(DAYS_AFTER) + 1), WHEN[person.habit])[0]
    if kind == len(DAYS_AFTER):
        return None
    days = past.draw.randint(*DAYS_AFTER[kind])
    # Paid through 24:00: the last day is the one before that instant.
    return moment_of(past.draw, line.paid_through + timedelta(days=days, hours=-1))


def _pay(past: Past, subscriber: Subscriber, person: Person, line: Subscription) -> None:
    phone, kind = person.msisdn.digits, past.draw.random()
    price = line.renewal_plan.price
    if phone in past.owing:
        past.owing.discard(phone)
        owed = standing(past.work, subscriber.id)[0]
        pay_more(past, subscriber, person, _whole(max(owed, price)))
    elif kind < TERM_AHEAD:
        pay_more(past, subscriber, person, price + price)
    elif kind < TERM_AHEAD + PART:
        pay_more(past, subscriber, person, Money.shillings(price.minor // 150_00 * 100))
    elif kind < TERM_AHEAD + PART + MOST:
        pay_more(past, subscriber, person, price - Money.shillings(past.draw.choice((50, 100))))
        past.owing.add(phone)
    else:
        sell(past, subscriber, person, line.renewal_plan, renews=line.id)
    if line.state != ACTIVE:
        start_paid_time(past.work, subscription_id=line.id, at=past.work.now)


def _whole(amount: Money) -> Money:
    return Money.shillings(amount.whole_shillings_up())


def _in_mid_term(past: Past, subscriber: Subscriber, person: Person, line: Subscription) -> None:
    """A paid month runs: more speed at once, another plan for the next month, or a rest."""
    if line.state != ACTIVE:
        return
    if past.chance(0.2):
        _rest(past, subscriber, line)
    elif past.chance(UP):
        _want_more_now(past, subscriber, person, line)
    else:
        _want_another_plan(past, subscriber, line)


def _rest(past: Past, subscriber: Subscriber, line: Subscription) -> None:
    lock_subscriber(past.work, subscriber.id)
    until = nairobi_day(past.work.now) + timedelta(days=past.draw.randint(10, 25))
    try:
        check_pause(past.work, line)
        pause(past.work, line.id, until=until, cause="its owner asked")
    except Refusal:
        pass  # it was paused often enough


def _want_more_now(past: Past, subscriber: Subscriber, person: Person, line: Subscription) -> None:
    """The next plan up, from today on: what it costs more until the last paid day is paid at once."""
    plan = _neighbour(past, line, 1)
    if plan is None:
        return
    try:
        quoted = quote_change(past.work, line.id, plan.id)
        if quoted.when != NOW:
            return
        missing = quoted.due - own_money(past.work, subscriber.id)
        if missing.is_positive:
            receive(past, subscriber, person, _whole(missing))
        change_with_own_money(
            past.work,
            step=StepId("ussd", f"past-change-{past.sales}-{line.id}", "change"),
            buyer_id=subscriber.id,
            subscription_id=line.id,
            plan_id=plan.id,
        )
    except Refusal:
        return  # its next period is paid already
    past.work.session.flush()


def _want_another_plan(past: Past, subscriber: Subscriber, line: Subscription) -> None:
    """The next one down, or up, from the next period on."""
    plan = _neighbour(past, line, 1 if past.chance(0.35) else -1)
    if plan is None:
        return
    lock_subscriber(past.work, subscriber.id)
    try:
        change_next(past.work, line.id, plan.id)
    except Refusal:
        return  # the next period is paid already
    past.work.session.flush()


def _neighbour(past: Past, line: Subscription, step: int) -> Plan | None:
    plans = past.plans[PPPOE]
    here = next((place for place, plan in enumerate(plans) if plan.id == line.plan_id), None)
    if here is None or not 0 <= here + step < len(plans):
        return None
    return plans[here + step]
