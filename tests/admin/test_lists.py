"""Lists by keyset: every row once, on any page, whatever is written meanwhile."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, text

from admin.charts import bars, scale
from admin.lists import MAX_ID, ROWS, cursor
from core.base.database import Work
from core.catalogue.model import Plan
from core.subscribers.model import Subscriber
from tests.admin.conftest import Browser, House
from tests.admin.pages import Read
from tests.admin.provider import Met, buy, open_shop

MORE = 2 * ROWS + 5


@pytest.fixture
def met(house: House) -> Met:
    with house.work() as work:
        found = open_shop(work)
        _buy_more(work, found.subscriber, MORE)
    return found


def _buy_more(work: Work, subscriber_id: int, count: int, prefix: str = "n") -> None:
    buyer = work.session.get_one(Subscriber, subscriber_id)
    plan = work.session.query(Plan).filter_by(code="day").one()
    for number in range(count):
        buy(work, buyer, plan, step=f"{prefix}{number}")


def _ids(html: str) -> list[int]:
    return [int(link.rsplit("/", 1)[1]) for link in Read(html).links if link.startswith("/admin/purchases/")]


def _link(html: str, name: str) -> str | None:
    found = [link for link in Read(html).links if f"{name}=" in link]
    return found[0].removeprefix("/admin") if found else None


@pytest.mark.parametrize("start", ["/purchases", "/purchases?show=served", "/subscribers/1/purchases"])
def test_every_row_is_met_once_there_and_back(owner: Browser, met: Met, start: str) -> None:
    at: str | None = start
    pages = []
    while at is not None:
        html = owner.get(at).text
        pages.append(_ids(html))
        at = _link(html, "before")
    assert [len(page) for page in pages] == [ROWS, ROWS, MORE + 1 - 2 * ROWS]
    assert [row for page in pages for row in page] == list(range(MORE + 1, 0, -1))
    back = []
    at = _link(html, "after")
    while at is not None:
        html = owner.get(at).text
        back.append(_ids(html))
        at = _link(html, "after")
    assert back == pages[-2::-1]


def test_a_new_row_moves_no_other(owner: Browser, house: House, met: Met) -> None:
    first = owner.get("/purchases").text
    with house.work() as work:
        _buy_more(work, met.subscriber, 3, prefix="later")
    second = _ids(owner.get(str(_link(first, "before"))).text)
    assert second[0] == _ids(first)[-1] - 1


def test_a_filter_is_kept_by_the_links(owner: Browser, met: Met) -> None:
    assert "show=served" in str(_link(owner.get("/purchases?show=served").text, "before"))
    assert _ids(owner.get("/purchases?show=unpaid").text) == []


@pytest.mark.parametrize("odd", ["x", "-1", "1;drop", "١", "", "1e9"])
def test_an_odd_cursor_is_the_first_page(owner: Browser, met: Met, odd: str) -> None:
    assert _ids(owner.get(f"/purchases?before={odd}").text)[0] == MORE + 1


def test_a_huge_cursor_is_no_error(owner: Browser, met: Met) -> None:
    assert len(_ids(owner.get(f"/purchases?before={'9' * 40}").text)) == ROWS
    assert _ids(owner.get(f"/purchases?after={'9' * 40}").text) == []


@given(st.text(max_size=30))
def test_a_cursor_fits_a_bigint(typed: str) -> None:
    found = cursor(typed)
    assert found is None or 0 <= found <= MAX_ID


LISTS = (
    "/purchases", "/collections", "/receipts", "/suspense", "/vouchers", "/deliveries", "/incidents", "/audit",
    "/subscribers/1/purchases", "/subscribers/1/journal", "/subscribers/1/texts", "/subscribers/1/vouchers",
)  # fmt: skip


@pytest.mark.parametrize("at", LISTS)
def test_no_list_counts_or_skips(owner: Browser, house: House, met: Met, at: str) -> None:
    said: list[str] = []
    event.listen(house.database.engine, "before_cursor_execute", lambda *args: said.append(args[2].lower()))
    owner.get(at)
    owner.get(f"{at}?before=20")
    assert any("limit" in words for words in said)
    assert [words for words in said if "offset" in words or "count(" in words] == []


def test_a_page_has_a_fixed_number_of_statements(owner: Browser, house: House, met: Met) -> None:
    said: list[str] = []
    event.listen(house.database.engine, "before_cursor_execute", lambda *args: said.append(args[2]))
    owner.get("/purchases")
    assert len(said) <= 4, said


def test_the_running_balance_ends_at_the_balance(owner: Browser, house: House, met: Met) -> None:
    with house.work() as work:
        for number in range(40):
            entry = work.scalar(
                "INSERT INTO journal_entries (at, kind, source) VALUES (:at, 'payment', :source) RETURNING id",
                at=work.now + timedelta(seconds=number),
                source=f"t{number}",
            )
            work.session.execute(
                text(
                    "INSERT INTO postings (entry_id, account_id, amount_cents) VALUES "
                    "(:entry, (SELECT id FROM accounts WHERE subscriber_id = :who), -100), "
                    "(:entry, (SELECT id FROM accounts WHERE code = 'cash'), 100)"
                ),
                {"entry": entry, "who": met.subscriber},
            )
    first = owner.get(f"/subscribers/{met.subscriber}/journal").text
    assert "-Ksh 65" in Read(first).text  # 25 billed and 50 paid before, 40 now
    second = Read(owner.get(str(_link(first, "before"))).text).text
    assert "-Ksh 35" in second  # after the thirtieth from the top
    assert second.count("-Ksh 25") == 2  # of the oldest: what was credited, and the balance after the payment


@given(st.lists(st.integers(0, 10**9), max_size=31))
def test_a_chart_stays_within_its_drawing(amounts: list[int]) -> None:
    chart = bars([(str(number), amount, str(amount)) for number, amount in enumerate(amounts)])
    for bar, amount in zip(chart.bars, amounts, strict=True):
        assert chart.left <= bar.x <= bar.x + bar.width <= chart.width
        assert bar.y >= 0
        assert bar.y + bar.height == chart.foot - (chart.foot - chart.lines[0].y)
        assert (bar.height > 0) == (amount > 0)


@given(st.integers(0, 10**15))
def test_a_scale_has_round_lines_and_is_not_too_long(highest: int) -> None:
    top = scale(highest)
    assert top >= highest
    assert top % 4 == 0
    assert top <= max(4, 2 * highest + 4)
