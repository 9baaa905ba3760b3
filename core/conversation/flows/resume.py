"""Resume: a session dropped on the way to a purchase; asked, never assumed, because people share phones."""

from core.base.words import Sentence, say
from core.conversation.dialogue import Frame
from core.conversation.flows import home
from core.conversation.order import Order
from core.conversation.screen import Choice, Screen, offer
from core.conversation.step import Context, Next, Plain

TITLES = {
    "link.code": say("the code from the SMS"),
    "numbers.add": say("add a number"),
    "numbers.move": say("move to a new number"),
    "numbers.old_account": say("My old account"),
    "numbers.last_receipt": say("My old account"),
    "change_plan.confirm": say("Change plan"),
    "pause.confirm": say("Pause"),
    "payday.confirm": say("Move my payday"),
}
"""What is continued, where it is no order."""


class Ask(Plain):
    """frames: the way behind the first screen, as it stood. It ends before any confirmation."""

    in_between = True

    def show(self, context: Context) -> Screen:
        return offer(
            say("{provider}: you were not finished.", provider=context.brand.provider_name),
            choices=(
                Choice("continue", say("Continue: {what}", what=_what(_frames(context))), 1),
                Choice("over", say("Start over"), 2),
            ),
        )

    def answer(self, context: Context, text: str) -> Next:
        first = home.open_menu(context)
        if text == "over" or first.frames[0].data["open_cents"] is not None:
            return first
        return Next("restart", (*first.frames, *_frames(context)))

    def unfinished(self, context: Context) -> tuple[Frame, ...]:
        return _frames(context)


def _frames(context: Context) -> tuple[Frame, ...]:
    return tuple(Frame.from_json(frame) for frame in context.data["frames"])


def _what(frames: tuple[Frame, ...]) -> Sentence:
    order = frames[-1].data.get("order")
    if order:
        return Order(**order).title
    return TITLES.get(frames[-1].step, say("Buy a bundle"))


STEPS = {"ask": Ask()}
