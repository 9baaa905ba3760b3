"""The rules of bills as the database knows them, held against periods.py, proration.py and tax.py."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, text

from core.base.clock import last_day, nairobi_day
from core.base.money import Money
from core.billing import periods
from core.billing.proration import price_of_days
from core.billing.tax import TaxRates, taxes_inside

DAYS = st.dates(date(2024, 1, 1), date(2032, 12, 31))
ANCHORS = st.integers(1, 31)


@pytest.fixture(scope="module")
def connection(servers: Any) -> Iterator[Connection]:
    engine = create_engine(servers.app_url)
    with engine.connect() as found:
        yield found
    engine.dispose()


def ask(connection: Connection, expression: str, **values: Any) -> Any:
    return connection.execute(text(f"SELECT {expression}"), values).scalar_one()


@settings(max_examples=150)
@given(price=st.integers(1, 10**9), excise=st.integers(0, 10_000), vat=st.integers(0, 10_000))
def test_taxes_inside_a_price(connection: Connection, price: int, excise: int, vat: int) -> None:
    parts = taxes_inside(Money(price), TaxRates(excise, vat))
    assert ask(connection, "excise_inside(:p, :e, :v)", p=price, e=excise, v=vat) == parts.excise.minor
    assert ask(connection, "vat_inside(:p, :v)", p=price, v=vat) == parts.vat.minor


@settings(max_examples=150)
@given(
    last=DAYS, unit=st.sampled_from(["days", "months"]), count=st.integers(1, 13), anchor=st.none() | ANCHORS
)
def test_a_period_with_its_own_payday(
    connection: Connection, last: date, unit: str, count: int, anchor: int | None
) -> None:
    at = periods.through(last)
    told = periods.renewed(at, periods.Term(unit, count), anchor, back_at=at)  # type: ignore[arg-type]
    values = {"last": last, "unit": unit, "count": count, "anchor": anchor}
    end = ask(connection, "period_end(:last, :unit, :count, CAST(:anchor AS integer), NULL)", **values)
    assert end == last_day(told.paid_through)
    assert ask(connection, "through(:day)", day=end) == told.paid_through
    price = "price_of_period(150000, :last, :end, :unit, :count, NULL)"
    assert ask(connection, price, **values, end=end) == 150_000
    if anchor is None or last.day == anchor:
        back = "period_before(:end, :unit, :count, CAST(:anchor AS integer), NULL)"
        begun = ask(connection, back, **values | {"anchor": anchor or last.day}, end=end)
        assert begun == last


@settings(max_examples=150)
@given(last=DAYS, count=st.integers(1, 12), fixed=ANCHORS, price=st.integers(1, 10**8))
def test_a_period_with_a_common_payday(
    connection: Connection, last: date, count: int, fixed: int, price: int
) -> None:
    at = periods.through(last)
    told = periods.renewed(at, periods.Term("months", count), fixed, back_at=at, fixed=True)
    end = ask(connection, "period_end(:l, 'months', :c, NULL, :f)", l=last, c=count, f=fixed)
    assert end == last_day(told.paid_through)
    cents = ask(
        connection, "price_of_period(:p, :l, :e, 'months', :c, :f)", p=price, l=last, e=end, c=count, f=fixed
    )
    if count == 1:
        assert cents == price_of_days(Money(price), last, end, fixed).minor
    on_the_day = periods.add_months(last, 0, fixed) == last
    assert cents == price if on_the_day else 0 <= cents <= price


@settings(max_examples=60)
@given(after=DAYS, fixed=ANCHORS, price=st.integers(1, 10**8), data=st.data())
def test_a_part_of_a_common_month_costs_its_days(
    connection: Connection, after: date, fixed: int, price: int, data: st.DataObject
) -> None:
    """The first period of a postpaid line: the days after joining, and both halves of it together."""
    end = periods.next_anchor_day(after, fixed)
    cut = data.draw(st.dates(after + timedelta(days=1), end))

    def days(first: date, last: date) -> int:
        values = {"p": price, "a": first, "b": last, "f": fixed}
        return int(ask(connection, "price_of_period(:p, :a, :b, 'months', 1, :f)", **values))

    assert days(after, end) == price_of_days(Money(price), after, end, fixed).minor
    assert days(after, cut) + (days(cut, end) if cut < end else 0) == days(after, end)


@settings(max_examples=60)
@given(day=DAYS, seconds=st.integers(0, 86_399))
def test_days_of_nairobi(connection: Connection, day: date, seconds: int) -> None:
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=seconds)
    assert ask(connection, "nairobi_day(:at)", at=at) == nairobi_day(at)
    assert ask(connection, "last_day(:at)", at=at) == last_day(at)
    assert ask(connection, "through(:day)", day=at.date()) == periods.through(at.date())
