"""Lists by keyset: newest first by id, going on from an id. No OFFSET, no count: as fast on the last page as on
the first, at any number of rows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import InstrumentedAttribute

from admin.show import Cell, Table
from core.base.database import Work
from core.base.words import Sentence

Rows = Select[*tuple[Any, ...]]
"""A list's statement: any columns."""
ROWS = 30
"""A page; more is scrolled past, not read."""
MAX_ID = 2**63 - 1


def cursor(text: str | None) -> int | None:
    """An id out of a query string; None for what is none."""
    if text is None or not (text.isascii() and text.isdigit()):
        return None
    return min(int(text[:20]), MAX_ID)


def keyset(
    work: Work,
    rows: Rows,
    key: InstrumentedAttribute[int],
    *,
    query: Mapping[str, str],
    path: str,
    columns: Sequence[Sentence],
    cells: Callable[[Any], Sequence[Cell]],
    key_of: Callable[[Any], int],
    empty: Sentence,
) -> Table:
    """One page of `rows`, as a Table. query: `before` or `after` an id, and filters, which the links keep.

    key: the id column that the list is ordered by; key_of: the id of one row; cells: a row's cells.
    """
    before, after = cursor(query.get("before")), cursor(query.get("after"))
    found, more = fetch(work, rows, key, before=before, after=after)
    kept = {name: value for name, value in query.items() if name == "show"}
    older = more if after is None else bool(found)
    newer = before is not None if after is None else more

    def link(name: str, row: Any) -> str:
        return f"{path}?{urlencode({**kept, name: key_of(row)})}"

    return Table(
        columns=columns,
        rows=[cells(row) for row in found],
        empty=empty,
        newer=link("after", found[0]) if newer and found else None,
        older=link("before", found[-1]) if older and found else None,
    )


def fetch(
    work: Work,
    rows: Rows,
    key: InstrumentedAttribute[int],
    *,
    before: int | None = None,
    after: int | None = None,
) -> tuple[list[Any], bool]:
    """At most ROWS rows, newest first, and whether there are more in the direction that was asked."""
    limit: ColumnElement[bool] | None = None
    if after is not None:
        limit, order = key > after, key.asc()
    else:
        limit, order = (key < before if before is not None else None), key.desc()
    asked = rows.where(limit) if limit is not None else rows
    found = list(work.session.execute(asked.order_by(order).limit(ROWS + 1)))
    more = len(found) > ROWS
    found = found[:ROWS]
    return (found[::-1] if after is not None else found), more
