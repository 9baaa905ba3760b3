"""Charts as plain numbers: where each bar stands, for an SVG that the templates write into the page.

No chart library: theirs bring scripts or inline styles, which the pages' Content-Security-Policy refuses.
"""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720, 300
"""Of the drawing, in its own units; the browser scales it to the page."""
LEFT, BOTTOM, TOP = 96, 32, 16
"""Room for the scale, for the days, and above the highest bar."""
GAP = 4
LABELLED = 5
"""Every so many bars one is named: thirty names would not fit on a phone."""
LINES = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar and what it stands for."""

    x: int
    y: int
    width: int
    height: int
    name: str
    value: str
    label: str
    middle: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the scale."""

    y: int
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A bar chart, ready to be drawn."""

    bars: Sequence[Bar]
    lines: Sequence[Line]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    foot: int = HEIGHT - BOTTOM


def bars(points: Sequence[tuple[str, int, str]]) -> Chart:
    """A chart of (name, whole units of what the scale counts, value in words), oldest first."""
    top = scale(max((amount for _, amount, _ in points), default=0))
    room = HEIGHT - BOTTOM - TOP
    slot = (WIDTH - LEFT) // max(1, len(points))
    drawn = []
    for at, (name, amount, words) in enumerate(points):
        tall = max(room * max(0, amount) // top, 1 if amount > 0 else 0)
        x = LEFT + at * slot
        named = (len(points) - 1 - at) % LABELLED == 0
        drawn.append(
            Bar(
                x=x + GAP // 2,
                y=TOP + room - tall,
                width=slot - GAP,
                height=tall,
                name=name,
                value=words,
                label=name if named else "",
                middle=x + slot // 2,
            )
        )
    lines = [
        Line(y=TOP + room - room * step // LINES, label=f"{top * step // LINES:,}")
        for step in range(LINES + 1)
    ]
    return Chart(bars=drawn, lines=lines)


def scale(highest: int) -> int:
    """The end of the scale: the first of 4, 8, 12, 20, 40, 80, 120 … that is not below `highest`, so that each
    of the four lines stands at a whole and round number."""
    ten = 1
    while True:
        for step in (4, 8, 12, 20):
            if step * ten >= highest:
                return step * ten
        ten *= 10
