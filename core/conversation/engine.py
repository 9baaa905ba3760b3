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
from core.conversation.step import Context, Next, NumberUnknown, restart, step_named

Turn = tuple[Dialogue, Screen]


class Declined(Exception):
    """A step was refused: undo its Work, then show `turn`, which says why and asks no database."""

    def __init__(self, turn: Turn) -> None:
        super().__init__(turn[1].reason and turn[1].reason.msgid)
        self.turn = turn


def begin(context: Context, dialogue: Dialogue, unfinished: tuple[Frame, ...] = ()) -> Turn:
    """The first screen of a talk. unfinished: what a dropped session left, offered before anything else."""
    start = Dialogue(dialogue.language, dialogue.turn + 1)
    return _do(context, start, lambda: home.arrive(context, unfinished))


def answer(context: Context, dialogue: Dialogue, text: str) -> Turn:
    """What follows `text`: the id of a choice of the screen that is shown, or what was typed where it asks.

    A dialogue that stands nowhere (ended, or of another version of the flows) begins anew.
    Raises NeedsWork, and Declined.
    """
    dialogue = _next(dialogue)
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
    return _do(context, _next(dialogue), lambda: Next("back"))


def to_first_screen(context: Context, dialogue: Dialogue, *, afresh: bool = False) -> Turn:
    """Home: the menu, as it was first shown, or afresh where that may be hours ago."""
    dialogue = _next(dialogue)
    if not afresh and dialogue.frames and dialogue.frames[0].step == menu.FIRST:
        return _do(
            context, Dialogue(dialogue.language, dialogue.turn, dialogue.frames[:1]), lambda: Next("again")
        )
    if not dialogue.language:
        return begin(context, dialogue)
    return _do(context, dialogue, lambda: home.open_menu(context))


def leap(context: Context, dialogue: Dialogue, decide: Callable[[], Next]) -> Turn:
    """To wherever the words of a person lead, past the screen that is shown."""
    return _do(context, _next(dialogue), decide)


def is_in_between(dialogue: Dialogue) -> bool:
    """Whether the screen that is shown swallows the rest of a dialled-through string."""
    return dialogue.top is None or step_named(dialogue.top.step).in_between


def unfinished(context: Context, dialogue: Dialogue) -> tuple[Frame, ...]:
    """What is worth offering again where a session dropped at `dialogue`."""
    if dialogue.top is None:
        return ()
    _place(context, dialogue)
    try:
        step = step_named(dialogue.top.step)
    except LookupError:  # of another release
        return ()
    kept = step.unfinished(context)
    return kept or (dialogue.frames[1:] if step.worth_resuming else ())


def _next(dialogue: Dialogue) -> Dialogue:
    """One answer later."""
    return Dialogue(dialogue.language, dialogue.turn + 1, dialogue.frames)


def _do(context: Context, dialogue: Dialogue, decide: Callable[[], Next]) -> Turn:
    """Decide and show; who has no number yet, where one is needed, is asked for it first."""
    try:
        return _decide(context, dialogue, decide)
    except NumberUnknown:
        return _follow(context, dialogue, restart("link.ask"))


def _decide(context: Context, dialogue: Dialogue, decide: Callable[[], Next]) -> Turn:
    """A refusal repeats the screen with its reason."""
    _place(context, dialogue)
    try:
        move = decide()
    except Refusal as refusal:
        if dialogue.top is None:
            raise
        context.language = dialogue.language
        raise Declined(_show(context, dialogue, refusal.sentence)) from refusal
    return _follow(context, dialogue, move)


def _follow(context: Context, dialogue: Dialogue, move: Next) -> Turn:
    """The language is the context's: a step may have changed it."""
    frames = dialogue.frames
    if move.kind == "end":
        assert move.screen is not None, "only an end carries its screen"
        last = dialogue.top.step if dialogue.top else ""
        return Dialogue(context.language, dialogue.turn), replace(move.screen, id=f"{last}.end")
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
    return _show(context, Dialogue(context.language, dialogue.turn, frames), move.reason)


def _show(context: Context, dialogue: Dialogue, reason: Sentence | None) -> Turn:
    _place(context, dialogue)
    frame = context.frame
    screen = step_named(frame.step).show(context)
    is_first = len(dialogue.frames) == 1
    return dialogue, Screen(
        lines=screen.lines,
        choices=screen.choices,
        id=frame.step,
        kept=screen.kept,
        ends=screen.ends,
        back=screen.back and not is_first,
        home=screen.home,
        reason=reason or screen.reason,
    )


def _place(context: Context, dialogue: Dialogue) -> None:
    """Tell the context where the talk stands."""
    context.language = dialogue.language
    context.turn = dialogue.turn
    context.frame = dialogue.top or Frame("", {})
