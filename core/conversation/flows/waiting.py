"""A message that reached the person by no other way: the first thing said, once it is read never again."""

from core.base.gsm7 import plain, septets
from core.base.words import say
from core.conversation.dialogue import Frame
from core.conversation.flows import home
from core.conversation.screen import Choice, Screen
from core.conversation.step import Context, Next, Plain
from core.messaging.waiting import note_read

ROOM = 128
"""Septets of the message beside its title and the key on a USSD screen. Notices begin with what matters."""
CUT = " .."


class Message(Plain):
    """notice_id, text: of the message. frames: what a dropped session left, offered after it."""

    in_between = True

    def show(self, context: Context) -> Screen:
        text = plain(context.data["text"])
        return Screen(
            (say("You have a message:"), text if context.chat else cut(text, ROOM)),
            (Choice("ok", say("OK"), 1),),
            back=False,
        )

    def answer(self, context: Context, text: str) -> Next:
        note_read(
            context.work,
            notice_id=context.data["notice_id"],
            subscriber_id=context.data["subscriber_id"],
            on=context.channel,
        )
        return home.arrive(context, self.unfinished(context))

    def unfinished(self, context: Context) -> tuple[Frame, ...]:
        return tuple(Frame.from_json(frame) for frame in context.data["frames"])


def cut(text: str, room: int) -> str:
    """The beginning of `text`, whole words, in at most `room` septets. text: in GSM-7."""
    if septets(text) <= room:
        return text
    kept = text
    while septets(kept) + len(CUT) > room:
        shorter = kept.rpartition(" ")[0]
        kept = shorter or kept[:-1]
    return kept.rstrip(" .,;:") + CUT


STEPS = {"message": Message()}
