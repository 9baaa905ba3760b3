"""An open payment: the first screen while M-PESA has not said how it ended. Nothing here pays again."""

from core.base.money import Money, show_money
from core.base.words import say
from core.conversation.flows import home
from core.conversation.screen import Choice, Screen, reserved
from core.conversation.step import Context, Next, Plain, end
from core.payments.check import check_now
from core.payments.queries import open_payment

CODE_OF_PAYMENT = 3  # "I paid: enter M-PESA code" stands here once that flow is built


class Checking(Plain):
    in_between = True

    def show(self, context: Context) -> Screen:
        amount = show_money(Money(context.data["amount_cents"]))
        return Screen(
            (say("We are checking your {amount}. Please do not pay again yet.", amount=amount),),
            (
                Choice("check", say("Check now"), 1),
                Choice("not_asked", say("M-PESA did not ask me"), 2),
            ),
            kept=reserved(CODE_OF_PAYMENT),
            back=False,
            home=True,
        )

    def answer(self, context: Context, text: str) -> Next:
        payment = open_payment(context.work, context.caller)
        if payment is None:  # it has ended meanwhile: the menu tells how things stand
            return home.open_menu(context)
        if text == "not_asked":
            return keep_free(context)
        check_now(context.work, msisdn=context.caller)
        return asking(context, payment.amount_cents)


def keep_free(context: Context) -> Next:
    """M-PESA did not ask: what the person can do. The payment stays open until M-PESA has said no."""
    return end(
        say("Keep the phone free: no call, no menu. M-PESA can still ask you."),
        say(
            "Nothing after 3 minutes? We have received nothing then. Dial {dial} again.",
            dial=context.brand.service_code,
        ),
    )


def asking(context: Context, amount_cents: int) -> Next:
    amount = show_money(Money(amount_cents))
    return end(
        say("We are asking M-PESA about your {amount}. The answer comes by SMS.", amount=amount),
        say("To see it here dial {dial}", dial=context.brand.service_code),
    )


STEPS = {"checking": Checking()}
