"""A Screen: what a person is told and may choose. Never how: numbers, pages, buttons are the door's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from core.base.words import Sentence

Line = Sentence | str
"""A line of a screen. A plain str is only for what is no sentence, such as the code of a voucher."""


Kept = Mapping[int, Sentence | None]


class Choice(NamedTuple):
    """Something to choose. `id` is stable: it is what the step hears. `number` is set where promised."""

    id: str
    label: Line
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Screen:
    """One face of the talk: it offers choices, or asks for something to be typed, or ends the talk.

    kept: numbers promised to what is not offered here, and what they answer; None: it is not available.
    back, home: which ways out are shown (they always work). reason: said first when a screen is repeated.
    """

    lines: tuple[Line, ...]
    choices: tuple[Choice, ...] = ()
    id: str = ""
    kept: Kept = field(default_factory=dict)
    ends: bool = False
    back: bool = True
    home: bool = False
    reason: Sentence | None = None

    @property
    def asks(self) -> bool:
        """Whether something is to be typed."""
        return not self.choices and not self.ends


def offer(*lines: Line, choices: tuple[Choice, ...], kept: Kept | None = None) -> Screen:
    """A screen to choose from."""
    return Screen(lines, choices, kept=kept or {})


def reserved(*numbers: int) -> Kept:
    """Numbers that stay promised to what is not built."""
    return dict.fromkeys(numbers)


def question(*lines: Line) -> Screen:
    """A screen that asks for something to be typed."""
    return Screen(lines)


def farewell(*lines: Line) -> Screen:
    """The last screen. Its last line says how to go on."""
    return Screen(lines, ends=True, back=False)
