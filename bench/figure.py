"""Figures: what was measured, beside the ceiling that was measured in alternation with it."""

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROUNDS = 3
"""Ours and the ceiling take turns, so that a noisy moment of the machine meets both."""
RESULTS = Path(__file__).with_name("results.json")


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. ceiling and ratio are None where a figure stands by itself. aim: in words."""

    area: str
    name: str
    value: float
    unit: str
    ceiling: float | None
    ratio: float | None
    aim: str


def alternate(ours: Callable[[], float], ceiling: Callable[[], float]) -> tuple[float, float, float]:
    """(ours, ceiling, ratio) as medians over the rounds: A B A B A B, the ratio of each pair taken on its own."""
    pairs = [(ours(), ceiling()) for _ in range(ROUNDS)]
    return (
        statistics.median(own for own, _ in pairs),
        statistics.median(bare for _, bare in pairs),
        statistics.median(own / bare for own, bare in pairs),
    )


def show(figures: Sequence[Figure]) -> str:
    """The table, ready to print."""
    rows = [("figure", "value", "unit", "ceiling", "ratio", "aim")]
    rows += [
        (
            figure.name,
            _short(figure.value),
            figure.unit,
            _short(figure.ceiling),
            _short(figure.ratio),
            figure.aim,
        )
        for figure in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def write(figures: Sequence[Figure]) -> None:
    """Leave the figures in results.json, for other programs."""
    RESULTS.write_text(
        json.dumps([asdict(figure) for figure in figures], indent=1, ensure_ascii=False) + "\n"
    )


def _short(number: float | None) -> str:
    if number is None:
        return ""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"
