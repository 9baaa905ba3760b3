"""What keeps dunning waiting for one line: its owner promises to pay by a day, or is lent one."""

from datetime import date, timedelta

from sqlalchemy import select

from core.base.clock import nairobi_day, start_of_day
from core.base.database import Work
from core.base.dated import dated
from core.base.errors import Refusal
from core.base.words import say
from core.billing.dunning_model import Promise
from core.billing.model import ACTIVE, GRACE, Subscription
from core.billing.serve import lock_line
from core.catalogue.model import PPPOE
from core.messaging.consent import give, withdraw
from core.messaging.template import Purpose
from core.staff.acts import demand
from core.staff.audit import Actor, note
from core.subscribers.model import Subscriber


def promise_to_pay(
    work: Work, subscription_id: int, *, until: date, by_staff_id: int | None = None
) -> Promise:
    """Wait with every step until `until` is over. Raises Refusal where it is too far off, where there was a promise
    lately, or where the line is off: then only money brings it back."""
    longest, every = dated(work, "home.promise_longest_days", "home.promise_every_days")
    _running_line(work, subscription_id)
    today = nairobi_day(work.now)
    if not today <= until <= today + timedelta(days=longest):
        raise Refusal(say("A promise can be for today, or for {count} days at most.", count=longest))
    if last_promise(work, subscription_id, since=today - timedelta(days=every)) is not None:
        raise Refusal(say("There was a promise to pay lately. The next one is possible later."))
    made = Promise(
        subscription_id=subscription_id,
        made_at=work.now,
        until_at=start_of_day(until + timedelta(days=1)),
        by_staff_id=by_staff_id,
    )
    work.session.add(made)
    work.session.flush()
    return made


def last_promise(work: Work, subscription_id: int, *, since: date) -> Promise | None:
    """The line's newest promise, if it was made since that day."""
    return work.session.scalar(
        select(Promise)
        .where(Promise.subscription_id == subscription_id, Promise.made_at >= start_of_day(since))
        .order_by(Promise.made_at.desc())
        .limit(1)
    )


def lend_day(work: Work, subscription_id: int) -> Subscription:
    """An emergency day: the line stays on until tomorrow is over, and the day comes out of the next month by itself,
    for paid_through is not moved. Raises Refusal where one was lent lately, or the line is off."""
    (every,) = dated(work, "home.lend_every_days")
    line = _running_line(work, subscription_id)
    today = nairobi_day(work.now)
    if line.lent_through is not None and line.lent_through > start_of_day(today - timedelta(days=every)):
        raise Refusal(say("An emergency day was given lately. The next one is possible later."))
    line.lent_through = start_of_day(today + timedelta(days=2))
    return line


def _running_line(work: Work, subscription_id: int) -> Subscription:
    line = lock_line(work, subscription_id)
    if line.plan.kind != PPPOE or line.state not in (ACTIVE, GRACE):
        raise Refusal(say("This line is not on. When it is paid it is back at once."))
    return line


def ease_by_promise(work: Work, actor: Actor, *, subscription_id: int, until: date) -> Subscription:
    """Staff notes a promise that a person made to them."""
    demand(actor, "ease_dunning")
    promise_to_pay(work, subscription_id, until=until, by_staff_id=actor.staff_id)
    note(
        work,
        actor,
        "promise_noted",
        whom="subscription",
        whom_id=subscription_id,
        detail={"until": f"{until}"},
    )
    return work.session.get_one(Subscription, subscription_id)


def ease_by_lending(work: Work, actor: Actor, *, subscription_id: int) -> Subscription:
    """Staff gives an emergency day."""
    demand(actor, "ease_dunning")
    line = lend_day(work, subscription_id)
    note(work, actor, "day_lent", whom="subscription", whom_id=subscription_id)
    return line


def let_prompt(work: Work, actor: Actor, *, subscriber_id: int, agreed: bool) -> None:
    """Staff notes whether a person wants to be prompted for payments that are due."""
    demand(actor, "ease_dunning")
    work.session.get_one(Subscriber, subscriber_id)
    say_so = give if agreed else withdraw
    said = "told staff: prompt me" if agreed else "told staff: prompt me no more"
    say_so(work, subscriber_id=subscriber_id, purpose=Purpose.PROMPT, how="staff", wording=said)
    note(
        work,
        actor,
        "prompts_agreed" if agreed else "prompts_refused",
        whom="subscriber",
        whom_id=subscriber_id,
    )
