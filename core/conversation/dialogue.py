"""Where a talk stands, as plain values: state in, state out, JSON between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

FLOW_VERSION = 2
"""Raised when the data of a step changes its shape; a dialogue of another version leads to the menu."""
MAX_DEPTH = 12
"""Screens that Back remembers. No flow is deeper; a longer way forgets the middle, never the first screen."""


class Frame(NamedTuple):
    """A step on the way from the first screen, with the facts that it was entered with (JSON values only)."""

    step: str
    data: Mapping[str, Any]

    def as_json(self) -> list[Any]:
        return [self.step, dict(self.data)]

    @classmethod
    def from_json(cls, value: list[Any]) -> Frame:
        return cls(value[0], value[1])


class Dialogue(NamedTuple):
    """language is empty until it is known. turn counts the answers heard. The last frame is what is shown.

    frames is empty before the first screen and after the last one.
    """

    language: str = ""
    turn: int = 0
    frames: tuple[Frame, ...] = ()

    @property
    def top(self) -> Frame | None:
        return self.frames[-1] if self.frames else None

    def as_json(self) -> dict[str, Any]:
        return {
            "version": FLOW_VERSION,
            "language": self.language,
            "turn": self.turn,
            "frames": [frame.as_json() for frame in self.frames],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Dialogue:
        """The dialogue that was stored; one of another version keeps its language and begins anew."""
        frames = value["frames"] if value.get("version") == FLOW_VERSION else []
        return cls(value["language"], value["turn"], tuple(Frame.from_json(frame) for frame in frames))
