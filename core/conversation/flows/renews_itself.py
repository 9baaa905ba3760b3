"""Whether the home line renews by itself from the money that its owner has with us."""

from core.base.errors import Refusal
from core.base.words import say
from core.billing.pause import NOT_ON, set_renews
from core.billing.queries import home_line
from core.conversation.go_on import to_see
from core.conversation.levels import require
from core.conversation.screen import Choice, Screen, offer
from core.conversation.step import Context, Next, Plain, end, go
from core.subscribers.meet import meet


def enter(context: Context) -> Next:
    line = home_line(context.work, meet(context.work, msisdn=context.caller).id)
    if line is None:
        raise Refusal(NOT_ON)
    return go("renews_itself.choose", line_id=line.subscription_id, plan=line.plan_name, renews=line.renews)


class Choose(Plain):
    def show(self, context: Context) -> Screen:
        data = context.data
        if data["renews"]:
            return offer(
                say("{plan} renews by itself when you have enough money with us.", plan=data["plan"]),
                choices=(Choice("no", say("Stop that"), 2),),
                kept={1: None},
            )
        return offer(
            say("{plan} does not renew by itself: your money waits for you.", plan=data["plan"]),
            choices=(Choice("yes", say("Renew by itself"), 1),),
            kept={2: None},
        )

    def answer(self, context: Context, text: str) -> Next:
        proof = require(context, "line.renews", text)
        if proof is not None:
            return proof
        set_renews(context.work, context.data["line_id"], renews=text == "yes")
        done = say("It renews by itself.") if text == "yes" else say("It does not renew by itself any more.")
        return end(done, to_see(context))


STEPS = {"choose": Choose()}
