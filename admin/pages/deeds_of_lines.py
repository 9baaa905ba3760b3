"""Deeds about a home line: days given, its payday moved, a promise, an emergency day, its own grace, who pays for it,
its end."""

from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction

from sqlalchemy import select, true

from admin.deeds import Deed, Field, Thing
from admin.desk import Ask
from admin.effects import Change, Outcome
from admin.given import Given
from admin.show import NOTHING, account, day, plain, state
from core.base.clock import last_day, nairobi_day
from core.base.database import Work
from core.base.dated import dated
from core.base.errors import Refusal
from core.base.money import Money, show_money
from core.base.words import say
from core.billing.give import MOST_DAYS, give_days
from core.billing.lines_by_staff import LONGEST_GRACE, change_plan_for, end_for, set_grace
from core.billing.model import Subscription
from core.billing.payer import set_payer
from core.billing.promise import ease_by_lending, ease_by_promise
from core.catalogue.model import PPPOE, Plan
from core.payments.payday_by_staff import move_payday_for
from core.staff.audit import Actor
from core.subscribers.model import Subscriber

PROMISED_DAYS = 7
"""What the form proposes."""
DAYS_OF_A_MONTH = 30
GOODWILL, OUTAGE = "goodwill", "outage"


def _line(ask: Ask, ids: Mapping[str, int], *fields: Field, back: str = "lines") -> Thing:
    line = ask.work.session.get_one(Subscription, ids["line"])
    owner = ask.work.session.get_one(Subscriber, line.subscriber_id)
    facts = [
        (say("Account"), account(owner.account_no, owner.id, linked=True)),
        (say("Plan"), plain(line.plan.name)),
        (say("State"), state(line.state)),
        (say("Paid up to"), day(last_day(line.paid_through) if line.paid_through else None)),
    ]
    return Thing("line", line.id, line.plan.name, f"/subscribers/{owner.id}/{back}", facts, fields)


def _touched(work: Work, given: Given) -> tuple[Subscription, frozenset[int]]:
    line = work.session.get_one(Subscription, given.ids["line"])
    if line.plan.kind != PPPOE:
        raise Refusal(say("That is for home lines. Hotspot time is sold by the second."))
    return line, frozenset({line.subscriber_id, line.account_holder_id})


def _days_form(ask: Ask, ids: Mapping[str, int]) -> Thing:
    return _line(
        ask,
        ids,
        Field("days", say("Days"), "number", value="1", least="1", most=str(MOST_DAYS)),
        Field(
            "what",
            say("As what"),
            "select",
            value=GOODWILL,
            choices=[(GOODWILL, say("Goodwill")), (OUTAGE, say("For an outage of ours"))],
        ),
    )


def _give(work: Work, actor: Actor, given: Given) -> Outcome:
    line, people = _touched(work, given)
    days = given.number("days")
    plan = line.renewal_plan
    outage = given.text("what") == OUTAGE
    give_days(
        work, actor, subscription_id=line.id, days=days, reason=given.reason, key=given.key, outage=outage
    )
    of = plan.term_count * (DAYS_OF_A_MONTH if plan.term_unit == "months" else 1)
    return Outcome(Money.rounded(Fraction(plan.price_cents * days, of)), people)


def _payday_form(ask: Ask, ids: Mapping[str, int]) -> Thing:
    line = ask.work.session.get_one(Subscription, ids["line"])
    value = str(line.anchor_day or "")
    hint = say("From 1 to 31; in short months the last day")
    return _line(
        ask,
        ids,
        Field("day", say("Day of the month"), "number", value=value, least="1", most="31", hint=hint),
    )


def _move_payday(work: Work, actor: Actor, given: Given) -> Outcome:
    line, people = _touched(work, given)
    anchor = given.number("day")
    move_payday_for(work, actor, subscription_id=line.id, anchor=anchor, reason=given.reason, key=given.key)
    return Outcome(people=people)


def _promise_form(ask: Ask, ids: Mapping[str, int]) -> Thing:
    today = nairobi_day(ask.work.now)
    (longest,) = dated(ask.work, "home.promise_longest_days")
    until = Field(
        "until",
        say("Until the end of the day"),
        "date",
        value=f"{today + timedelta(days=min(PROMISED_DAYS, longest))}",
        least=f"{today}",
        most=f"{today + timedelta(days=longest)}",
    )
    return _line(ask, ids, until, back="dunning")


def _promise(work: Work, actor: Actor, given: Given) -> Outcome:
    line, people = _touched(work, given)
    until = given.day("until")
    ease_by_promise(work, actor, subscription_id=line.id, until=until)
    waits: Change = (line.plan.name, say("Dunning waits until"), NOTHING, day(until).text)
    return Outcome(people=people, changes=[waits])


def _lend_form(ask: Ask, ids: Mapping[str, int]) -> Thing:
    return _line(ask, ids, back="dunning")


def _lend(work: Work, actor: Actor, given: Given) -> Outcome:
    line, people = _touched(work, given)
    ease_by_lending(work, actor, subscription_id=line.id)
    return Outcome(people=people)


def _grace_form(ask: Ask, ids: Mapping[str, int]) -> Thing:
    line = ask.work.session.get_one(Subscription, ids["line"])
    value = "" if line.grace_days is None else str(line.grace_days)
    hint = say("Empty: as the policy says")
    field = Field(
        *("days", say("Days of grace"), "number"),
        value=value,
        least="0",
        most=str(LONGEST_GRACE),
        hint=hint,
        required=False,
    )
    return _line(ask, ids, field, back="dunning")


def _grace(work: Work, actor: Actor, given: Given) -> Outcome:
    line, people = _touched(work, given)
    days = given.number("days") if given.text("days") else None
    set_grace(work, actor, subscription_id=line.id, days=days, reason=given.reason)
    return Outcome(people=people)


def _payer_form(ask: Ask, ids: Mapping[str, int]) -> Thing:
    hint = say("Account or phone number. Empty: its owner")
    return _line(ask, ids, Field("account", say("Who pays for it"), hint=hint, required=False))


def _set_payer(work: Work, actor: Actor, given: Given) -> Outcome:
    line, people = _touched(work, given)
    payer = given.person(work) if given.text("account") else None
    set_payer(work, actor, subscription_id=line.id, payer_id=payer.id if payer else None)
    return Outcome(people=people | frozenset({payer.id} if payer else ()))


def _plan_form(ask: Ask, ids: Mapping[str, int]) -> Thing:
    line = ask.work.session.get_one(Subscription, ids["line"])
    sold = ask.work.session.scalars(
        select(Plan)
        .where(Plan.kind == PPPOE, Plan.role == "access", Plan.state == "on_sale")
        .where(Plan.sites.any(id=line.site_id) if line.site_id is not None else true())
        .order_by(Plan.price_cents, Plan.id)
    )
    choices = [(str(plan.id), f"{plan.name} · {show_money(plan.price)} · {plan.billing}") for plan in sold]
    value = str(line.renewal_plan.id)
    return _line(ask, ids, Field("plan", say("Plan"), "select", value=value, choices=choices))


def _change_plan(work: Work, actor: Actor, given: Given) -> Outcome:
    line, people = _touched(work, given)
    chosen = given.text("plan")
    plan_id = int(chosen) if chosen.isascii() and chosen.isdecimal() else 0
    change_plan_for(work, actor, subscription_id=line.id, plan_id=plan_id, reason=given.reason)
    return Outcome(people=people)


def _end(work: Work, actor: Actor, given: Given) -> Outcome:
    line, people = _touched(work, given)
    end_for(work, actor, subscription_id=line.id, reason=given.reason)
    return Outcome(people=people)


def _plain_form(ask: Ask, ids: Mapping[str, int]) -> Thing:
    return _line(ask, ids)


GIVE = Deed(
    "give_days",
    "/lines/{line:int}/give",
    "change_lines",
    say("Give days"),
    say("Give them"),
    _days_form,
    _give,
)
PAYDAY = Deed(
    "payday",
    "/lines/{line:int}/payday",
    "change_lines",
    say("Move the payday"),
    say("Move it"),
    _payday_form,
    _move_payday,
    lead=say("The days between are charged once, by day, and paid from the account's own money."),
)
PROMISE = Deed(
    "promise",
    "/lines/{line:int}/promise",
    "ease_dunning",
    say("A promise to pay"),
    say("Note the promise"),
    _promise_form,
    _promise,
    lead=say("Until then every step of dunning waits."),
)
LEND = Deed(
    "lend_day",
    "/lines/{line:int}/lend",
    "ease_dunning",
    say("Lend an emergency day"),
    say("Lend the day"),
    _lend_form,
    _lend,
    lead=say("The line stays on until tomorrow is over. The day comes out of the next month."),
)
GRACE = Deed(
    "grace",
    "/lines/{line:int}/grace",
    "ease_dunning",
    say("Days of grace of its own"),
    say("Set them"),
    _grace_form,
    _grace,
    lead=say(
        "Slowing, the notice of the evening and the cut move with it. Steps that were taken stay taken."
    ),
)
PAYER = Deed(
    "payer",
    "/lines/{line:int}/payer",
    "correct_money",
    say("Who pays for the line"),
    say("Set who pays"),
    _payer_form,
    _set_payer,
    lead=say("An open bill whose days have not begun is taken back and raised on the new account."),
)
PLAN = Deed(
    "change_plan",
    "/lines/{line:int}/plan",
    "change_lines",
    say("Change the plan with the next period"),
    say("Change it"),
    _plan_form,
    _change_plan,
    lead=say("Also between paying before the month and after it. Paid days are served as they were bought."),
)
END = Deed(
    "end_line",
    "/lines/{line:int}/end",
    "change_lines",
    say("End the line for good"),
    say("End it for good"),
    _plain_form,
    _end,
    lead=say("Today is its last day. What was paid for days to come is given back. There is no way back."),
)
DEEDS = (GIVE, PAYDAY, PROMISE, LEND, GRACE, PAYER, PLAN, END)
