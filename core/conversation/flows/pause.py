"""Pause the home line, or bring it back: its paid days wait meanwhile."""

from core.base.errors import Refusal
from core.base.words import counted, say
from core.billing.model import PAUSED, Subscription
from core.billing.pause import NOT_ON, check_pause, longest_pause, pause_by_owner, resume_by_owner
from core.billing.queries import home_line
from core.conversation.go_on import to_bring_back, to_see
from core.conversation.levels import require
from core.conversation.order import short_day
from core.conversation.screen import Choice, Screen, offer
from core.conversation.step import Context, Next, Plain, end, go
from core.subscribers.meet import meet


def enter(context: Context) -> Next:
    work = context.work
    line = home_line(work, meet(work, msisdn=context.caller).id)
    if line is None:
        raise Refusal(NOT_ON)
    facts = {"line_id": line.subscription_id, "plan": line.plan_name}
    if line.state == PAUSED and line.paused_until is not None:
        return go("pause.back", days=line.days_left, until=short_day(line.paused_until), **facts)
    left = check_pause(work, work.session.get_one(Subscription, line.subscription_id))
    return go("pause.confirm", days=left, until=short_day(longest_pause(work)), **facts)


class Confirm(Plain):
    """How many days wait, and until when at most."""

    worth_resuming = True

    def show(self, context: Context) -> Screen:
        data = context.data
        return offer(
            say("Pause {plan}? WiFi goes off.", plan=data["plan"]),
            counted("{count} paid day waits for you.", "{count} paid days wait for you.", data["days"]),
            say("On again by itself after {day}.", day=data["until"]),
            choices=(Choice("pause", say("Pause now"), 1),),
        )

    def answer(self, context: Context, text: str) -> Next:
        proof = require(context, "line.pause", text)
        if proof is not None:
            return proof
        pause_by_owner(context.work, context.data["line_id"])
        return end(
            say("{plan} is paused", plan=context.data["plan"]),
            to_bring_back(context),
        )


class Back(Plain):
    """What waits, and the way back."""

    def show(self, context: Context) -> Screen:
        data = context.data
        return offer(
            say("{plan} is paused", plan=data["plan"]),
            counted("{count} paid day waits for you.", "{count} paid days wait for you.", data["days"]),
            say("On again by itself after {day}.", day=data["until"]),
            choices=(Choice("back", say("Bring it back now"), 1),),
        )

    def answer(self, context: Context, text: str) -> Next:
        proof = require(context, "line.pause", text)
        if proof is not None:
            return proof
        resume_by_owner(context.work, context.data["line_id"])
        return end(
            say("{plan}: being connected", plan=context.data["plan"]),
            to_see(context),
        )


STEPS = {"confirm": Confirm(), "back": Back()}
