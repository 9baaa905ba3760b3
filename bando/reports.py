"""The command line's words with the reports: as a table to read, or as CSV to calculate with."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any

from bando.processes import start
from core.base.database import Work
from core.base.errors import Misconfigured
from core.base.money import CENTS, Money, show_money
from core.billing.reports.cash import expected_cash
from core.billing.reports.debts import ageing, collection_rate
from core.billing.reports.growth import arpu, churn, growth
from core.billing.reports.leakage import leakage
from core.billing.reports.messages import cost_of_messages
from core.billing.reports.mrr import recurring
from core.billing.reports.period import Period
from core.billing.reports.revenue import revenue_by_site, taxes
from core.ledger.queries import trial_balance_at
from core.network.leakage import unpaid_access

REPORTS: dict[str, Callable[[Work, Period], Any]] = {
    "mrr": recurring,
    "churn": churn,
    "growth": growth,
    "arpu": arpu,
    "collection": collection_rate,
    "ageing": ageing,
    "revenue": revenue_by_site,
    "tax": taxes,
    "leakage": leakage,
    "access": lambda work, _: unpaid_access(work),
    "cash": expected_cash,
    "messages": cost_of_messages,
    "trial": lambda work, period: trial_balance_at(work, period.ends),
}
NOTHING = "Nothing in that period."
RUNS_AS_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell of text that begins so is calculated by a spreadsheet, whoever wrote it."""


def report(name: str, first: date, last: date, *, as_csv: bool) -> list[str]:
    """The lines of one report. Raises Misconfigured for what is no period."""
    try:
        period = Period(first, last)
    except ValueError as error:
        raise Misconfigured([f"--from {first} --to {last}: {error}"]) from None
    with start("cli").work() as work:
        rows = list(table(REPORTS[name](work, period), _exact if as_csv else _readable))
    return _as_csv(rows) if as_csv else _aligned(rows) or [NOTHING]


def table(found: Any, show: Callable[[str, Any], str]) -> Iterator[list[str]]:
    """What a report found, as rows of cells, its heading first; lists within it follow as rows of their own."""
    if isinstance(found, list):
        for place, row in enumerate(found):
            cells = list(_cells(row, show))
            if place == 0:
                yield [name for name, _ in cells]
            yield [value for _, value in cells]
        return
    for one in fields(found):
        value = getattr(found, one.name)
        if isinstance(value, list):
            yield from table(value, show)
        elif is_dataclass(value) and not isinstance(value, Money):
            yield [one.name, *(show(part.name, getattr(value, part.name)) for part in fields(value))]
        else:
            yield [one.name, show(one.name, value)]


def _cells(row: Any, show: Callable[[str, Any], str]) -> Iterator[tuple[str, str]]:
    for one in fields(row):
        yield one.name, show(one.name, getattr(row, one.name))


def _readable(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, Money):
        return show_money(value)
    if name.endswith("_bp"):
        return f"{_decimal(value)} %"
    return _plain(value)


def _exact(name: str, value: Any) -> str:
    """For a program: shillings with two decimals, shares in percent with two, nothing else around them."""
    if value is None:
        return ""
    if isinstance(value, Money):
        return _decimal(value.minor)
    if name.endswith("_bp"):
        return _decimal(value)
    return harmless(value) if isinstance(value, str) else _plain(value)


def harmless(written: str) -> str:
    """A text that a spreadsheet shows as it stands."""
    return f"'{written}" if written.startswith(RUNS_AS_FORMULA) else written


def _plain(value: Any) -> str:
    return value.isoformat(timespec="minutes") if isinstance(value, datetime) else str(value)


def _decimal(hundredths: int) -> str:
    whole, rest = divmod(abs(hundredths), CENTS)
    return f"{'-' if hundredths < 0 else ''}{whole}.{rest:02}"


def _as_csv(rows: Sequence[Sequence[str]]) -> list[str]:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue().splitlines()


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows if place < len(row)) for place in range(_columns(rows))]
    return ["  ".join(cell.ljust(widths[place]) for place, cell in enumerate(row)).rstrip() for row in rows]


def _columns(rows: Sequence[Sequence[str]]) -> int:
    return max((len(row) for row in rows), default=0)
