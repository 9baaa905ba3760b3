"""The engine: a dialogue and an answer in, a dialogue and a screen out. It knows no channel.

Whoever calls it opens the Work and commits it before the dialogue is stored and the screen is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from core.base.errors import Refusal
from core.base.words import Sentence
from core.conversation import menu
from core.conversation.dialogue import MAX_DEPTH, Dialogue, Frame
from core.conversation.flows import home
from core.conversation.screen import Screen
from core.conversation.step import Context, Next, step_named

Turn = tuple[Dialogue, Screen]


class Declined(Exception):
    """A step was refused: undo its Work, then show `turn`, which says why and asks no database."""

    def __init__(self, turn: Turn) -> None:
        super().__init__(turn[1].reason and turn[1].reason.msgid)
        self.turn = turn


def begin(context: Context, dialogue: Dialogue, unfinished: tuple[Frame, ...] = ()) -> Turn:
    """The first screen of a talk. unfinished: what a dropped session left, offered before anything else."""
    return _do(context, Dialogue(turn=dialogue.turn + 1), lambda: home.arrive(context, unfinished))


def answer(context: Context, dialogue: Dialogue, text: str) -> Turn:
    """What follows `text`: the id of a choice of the screen that is shown, or what was typed where it asks.

    A dialogue that stands nowhere (ended, or of another version of the flows) begins anew.
    Raises NeedsWork, and Declined.
    """
    dialogue = replace(dialogue, turn=dialogue.turn + 1)
    frame = dialogue.top
    if frame is None:
        return begin(context, dialogue)
    try:
        step = step_named(frame.step)
    except LookupError:
        return begin(context, dialogue)
    return _do(context, dialogue, lambda: step.answer(context, text))


def back(context: Context, dialogue: Dialogue) -> Turn:
    """One screen back; the first screen shows itself again."""
    if dialogue.top is None:
        return begin(context, dialogue)
    return _do(context, replace(dialogue, turn=dialogue.turn + 1), lambda: Next("back"))


def to_first_screen(context: Context, dialogue: Dialogue) -> Turn:
    """Home: the menu."""
    dialogue = replace(dialogue, turn=dialogue.turn + 1)
    if dialogue.frames and dialogue.frames[0].step == menu.FIRST:
        return _do(context, replace(dialogue, frames=dialogue.frames[:1]), lambda: Next("again"))
    if not dialogue.language:
        return begin(context, dialogue)
    return _do(context, dialogue, lambda: home.open_menu(context))


def is_in_between(dialogue: Dialogue) -> bool:
    """Whether the screen that is shown swallows the rest of a dialled-through string."""
    return dialogue.top is None or step_named(dialogue.top.step).in_between


def unfinished(context: Context, dialogue: Dialogue) -> tuple[Frame, ...]:
    """What is worth offering again should the session drop now."""
    if dialogue.top is None:
        return ()
    _place(context, dialogue)
    step = step_named(dialogue.top.step)
    kept = step.unfinished(context)
    return kept or (dialogue.frames[1:] if step.worth_resuming else ())


def _do(context: Context, dialogue: Dialogue, decide: Callable[[], Next]) -> Turn:
    """Decide and show; a refusal repeats the screen with its reason."""
    _place(context, dialogue)
    try:
        move = decide()
    except Refusal as refusal:
        if dialogue.top is None:
            raise
        context.language = dialogue.language
        raise Declined(_show(context, dialogue, refusal.sentence)) from refusal
    return _follow(context, replace(dialogue, language=context.language), move)


def _follow(context: Context, dialogue: Dialogue, move: Next) -> Turn:
    frames = dialogue.frames
    if move.kind == "end":
        assert move.screen is not None, "only an end carries its screen"
        last = dialogue.top.step if dialogue.top else ""
        return replace(dialogue, frames=()), replace(move.screen, id=f"{last}.end")
    if move.kind == "restart":
        frames = move.frames
    elif move.kind == "go":
        frames = (*frames, *move.frames)
    elif move.kind == "swap":
        frames = (*frames[:-1], *move.frames)
    elif move.kind == "back" and len(frames) > 1:
        frames = frames[:-1]
    if len(frames) > MAX_DEPTH:
        frames = (frames[0], *frames[-(MAX_DEPTH - 1) :])
    return _show(context, replace(dialogue, frames=frames), move.reason)


def _show(context: Context, dialogue: Dialogue, reason: Sentence | None) -> Turn:
    _place(context, dialogue)
    frame = context.frame
    screen = step_named(frame.step).show(context)
    is_first = len(dialogue.frames) == 1
    return dialogue, replace(
        screen, id=frame.step, reason=reason or screen.reason, back=screen.back and not is_first
    )


def _place(context: Context, dialogue: Dialogue) -> None:
    """Tell the context where the talk stands."""
    context.language = dialogue.language
    context.turn = dialogue.turn
    context.frame = dialogue.top or Frame("", {})
