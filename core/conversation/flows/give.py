"""Give days of the home line to another line of the same plan: whose it is, is read back before."""

from typing import Any

from core.base.errors import Refusal
from core.base.words import counted, say
from core.billing.give import NOT_ON
from core.billing.give_by_owner import NO_LINE_THERE, gift_of, give_days_by_owner, line_for_gift
from core.billing.queries import home_line
from core.conversation.go_on import to_see_account
from core.conversation.levels import require
from core.conversation.screen import Choice, Screen, offer, question
from core.conversation.step import Context, Next, Plain, again, back, end, go
from core.subscribers.foreign_looks import look_up_account, shown_name
from core.subscribers.meet import meet

NO_SUCH_ACCOUNT = say("That is not an account number of ours.")


def enter(context: Context) -> Next:
    person = meet(context.work, msisdn=context.caller)
    line = home_line(context.work, person.id)
    if line is None:
        raise Refusal(NOT_ON)
    gift = gift_of(context.work, subscription_id=line.subscription_id, subscriber_id=person.id)
    return go("give.to_whom", line_id=gift.line_id, plan=gift.plan_name, most=gift.days)


class ToWhom(Plain):
    """Asks for the account whose line gets the days."""

    def show(self, context: Context) -> Screen:
        data = context.data
        return question(
            counted("You can give {count} day.", "You can give up to {count} days.", data["most"]),
            say("To which account? It must have {plan} too. Type its number.", plan=data["plan"]),
        )

    def answer(self, context: Context, text: str) -> Next:
        work, data = context.work, context.data
        person = look_up_account(work, by_id=meet(work, msisdn=context.caller).id, typed=text)
        if person is None:
            return again(NO_SUCH_ACCOUNT)
        line_id = line_for_gift(work, from_id=data["line_id"], receiver_id=person.id)
        if line_id is None:
            return again(NO_LINE_THERE)
        return go(
            "give.days", **data, to_id=line_id, to_name=shown_name(person), to_account=person.account_no
        )


class Days(Plain):
    """Whose account it is, and how many days it gets."""

    in_between = True  # the name is read back to a person, not to a dialled-through string

    def show(self, context: Context) -> Screen:
        data = context.data
        return question(
            say("Account {account}: {name}", account=data["to_account"], name=data["to_name"]),
            say("How many days? Type 1 to {count}.", count=data["most"]),
        )

    def answer(self, context: Context, text: str) -> Next:
        typed, most = text.strip(), context.data["most"]
        if not (typed.isascii() and typed.isdigit() and len(typed) <= 2 and 1 <= int(typed) <= most):
            return again(say("Type a number from 1 to {count}.", count=most))
        return go("give.confirm", **{**context.data, "days": int(typed)})


class Confirm(Plain):
    """What goes where; then a code, and it is done."""

    in_between = True

    def show(self, context: Context) -> Screen:
        data = context.data
        return offer(
            counted(
                "Give {count} day to account {account}, {name}?",
                "Give {count} days to account {account}, {name}?",
                data["days"],
                account=data["to_account"],
                name=data["to_name"],
            ),
            counted("Yours ends {count} day sooner.", "Yours ends {count} days sooner.", data["days"]),
            choices=(Choice("yes", say("Yes, give them"), 1), Choice("no", say("No, change it"), 2)),
        )

    def answer(self, context: Context, text: str) -> Next:
        if text == "no":
            return back()
        if proof := require(context, "days.give", text):
            return proof
        _give(context, context.data)
        data = context.data
        done = counted(
            "{count} day is with {name} now.", "{count} days are with {name} now.", data["days"],
            name=data["to_name"] or data["to_account"],
        )  # fmt: skip
        return end(done, to_see_account(context))


def _give(context: Context, data: Any) -> None:
    step = context.step
    give_days_by_owner(
        context.work,
        subscriber_id=meet(context.work, msisdn=context.caller).id,
        from_id=data["line_id"],
        to_id=data["to_id"],
        days=data["days"],
        key=f"{step.channel}:{step.session}:{step.step}",
        channel=context.channel,
    )


STEPS = {"to_whom": ToWhom(), "days": Days(), "confirm": Confirm()}
