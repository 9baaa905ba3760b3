"""The account that ends each drill: what it must find, and what it must leave in peace."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from drill.audit import Findings, examine, lapsed_codes, repeated_texts, untold_lines
from drill.facts import Collection, Entry, Line, Movement, Notice, Purchase, Receipt, Row, Voucher, World

START = datetime(2026, 11, 22, tzinfo=UTC)
HOME = Line(
    id=2,
    kind="pppoe",
    state="active",
    starts_at=START,
    paid_through=START + timedelta(days=30),
    account_id=12,
    username="pn100002",
    wanted="present",
    routers=("home",),
)
HOTSPOT = Line(
    id=1,
    kind="hotspot",
    state="awaiting_network",
    starts_at=None,
    paid_through=None,
    account_id=11,
    username="K7QM2XWD4F",
    wanted="present",
    routers=("east", "west"),
)
WHOLE = World(
    movements=[
        Movement("UKM1", 5_000, "100001AAAA", "stk"),
        Movement("UKM2", 150_000, "100002AAAB", "stk"),
        Movement("UKM3", 2_000, "100002", "paybill"),
    ],
    entries=[
        Entry("collection:1", 5_000),
        Entry("collection:2", 150_000),
        Entry("receipt:mpesa:UKM3", 2_000),
    ],
    receipts=[Receipt(1, "UKM1", 5_000, 1), Receipt(3, "UKM3", 2_000, None)],  # UKM2 was settled by query
    collections=[
        Collection(1, 1, "100001AAAA", "paid", 5_000),
        Collection(2, 2, "100002AAAB", "paid", 150_000),
        Collection(3, 3, "100003AAAC", "failed", 1_000),
    ],
    purchases=[
        Purchase(1, "hotspot", "paid", 5_000, "s1", 1, invoices=1, started=0),
        Purchase(2, "pppoe", "served", 150_000, "s2", 2, invoices=1, started=1),
        Purchase(3, "hotspot", "unpaid", 1_000, "s3", None, invoices=0, started=0),
    ],
    lines=[HOTSPOT, HOME],
    vouchers=[Voucher(1, 1, "sold")],
    notices=[
        Notice(1, "voucher", "voucher:1", "delivered", 0, 1),
        Notice(2, "line_credentials", "line_credentials:12", "sent", 0, 1),
        Notice(3, "receipt", "receipt:2", "sent", 0, None),
    ],
    rows=[
        Row("east", 11, "K7QM2XWD4F", True),
        Row("west", 11, "K7QM2XWD4F", True),
        Row("home", 12, "pn100002", True),
    ],
)


def said(world: World) -> tuple[int, int, int]:
    found = examine(world)
    return len(found.lost), len(found.doubled), len(found.invented)


def test_a_whole_world_has_no_findings() -> None:
    assert examine(WHOLE) == Findings()


def test_money_that_no_entry_holds_is_lost() -> None:
    taken = Movement("UKM9", 700, "nobody", "paybill")
    assert said(replace(WHOLE, movements=[*WHOLE.movements, taken])) == (1, 0, 0)
    assert said(replace(WHOLE, entries=[Entry("collection:1", 4_900), *WHOLE.entries[1:]])) == (1, 0, 0)


def test_second_prompt_paid_for_one_purchase_is_doubled() -> None:
    again = replace(
        WHOLE,
        movements=[*WHOLE.movements, Movement("UKM9", 5_000, "100001AAAD", "stk")],
        collections=[*WHOLE.collections, Collection(4, 1, "100001AAAD", "paid", 5_000)],
        entries=[*WHOLE.entries, Entry("collection:4", 5_000)],
    )
    assert said(again) == (0, 1, 0)


def test_one_payment_posted_by_word_and_by_receipt_is_doubled() -> None:
    told = replace(
        WHOLE,
        receipts=[*WHOLE.receipts, Receipt(4, "UKM2", 150_000, None)],
        entries=[*WHOLE.entries, Entry("receipt:mpesa:UKM2", 150_000)],
    )
    assert said(told) == (0, 1, 0)


def test_entry_and_receipt_without_a_wallet_are_invented() -> None:
    forged = replace(
        WHOLE,
        receipts=[*WHOLE.receipts, Receipt(4, "FORGED", 999, None)],
        entries=[*WHOLE.entries, Entry("receipt:mpesa:FORGED", 999)],
    )
    assert said(forged) == (0, 0, 2)
    assert said(replace(WHOLE, entries=[Entry("collection:1", 9_000), *WHOLE.entries[1:]])) == (0, 0, 1)


def test_purchase_that_is_served_and_not_paid_is_invented() -> None:
    gift = Purchase(4, "pppoe", "served", 150_000, "s4", 2, invoices=1, started=1)
    line = replace(HOME, paid_through=START + timedelta(days=60))
    assert said(replace(WHOLE, purchases=[*WHOLE.purchases, gift], lines=[HOTSPOT, line])) == (0, 0, 1)


def test_paid_purchase_without_access_is_lost() -> None:
    waiting = replace(WHOLE.purchases[0], state="open", invoices=0)
    assert said(replace(WHOLE, purchases=[waiting, *WHOLE.purchases[1:]]))[0] == 1
    assert said(replace(WHOLE, rows=WHOLE.rows[1:])) == (1, 0, 0)
    off = replace(WHOLE.rows[0], works=False)
    assert said(replace(WHOLE, rows=[off, *WHOLE.rows[1:]])) == (1, 0, 0)


def test_row_of_ours_that_nothing_wants_is_invented() -> None:
    assert said(replace(WHOLE, rows=[*WHOLE.rows, Row("home", 99, "ghost", True)])) == (0, 0, 1)
    over = replace(HOTSPOT, wanted="absent")
    assert said(replace(WHOLE, lines=[over, HOME])) == (0, 0, 2)


def test_second_voucher_and_second_month_are_doubled() -> None:
    assert said(replace(WHOLE, vouchers=[*WHOLE.vouchers, Voucher(2, 1, "sold")]))[1] == 1
    twice = replace(HOME, paid_through=START + timedelta(days=61))
    assert said(replace(WHOLE, lines=[HOTSPOT, twice])) == (0, 1, 0)
    assert (
        said(replace(WHOLE, purchases=[WHOLE.purchases[0], replace(WHOLE.purchases[1], started=2)]))[1] == 1
    )


def test_text_may_come_again_only_after_an_unknown_outcome() -> None:
    def voucher_text(**more: object) -> World:
        return replace(WHOLE, notices=[replace(WHOLE.notices[0], **more), *WHOLE.notices[1:]])  # type: ignore[arg-type]

    assert said(voucher_text(copies=2)) == (0, 1, 0)
    assert said(voucher_text(copies=2, unknowns=1)) == (0, 0, 0)
    assert repeated_texts(voucher_text(copies=2, unknowns=1)) == 1


def test_text_on_no_phone_is_lost_unless_the_carrier_lost_it_and_the_screen_shows_the_code() -> None:
    unread = replace(WHOLE, notices=[replace(WHOLE.notices[0], copies=0), *WHOLE.notices[1:]])
    assert said(unread) == (1, 0, 0)
    assert said(replace(unread, reachable=frozenset({1}))) == (0, 0, 0)
    failed = replace(unread.notices[0], state="failed")
    assert said(replace(unread, notices=[failed, *WHOLE.notices[1:]], reachable=frozenset({1}))) == (1, 0, 0)


def test_text_that_no_carrier_took_is_kept_only_where_it_was_read_on_the_next_dial() -> None:
    def told(state: str, *, read: bool = False) -> World:
        voucher = replace(WHOLE.notices[0], copies=0, state=state)
        receipt = replace(WHOLE.notices[2], state=state)
        notices = [voucher, WHOLE.notices[1], receipt]
        return replace(WHOLE, notices=notices, read=frozenset({1, 3} if read else ()))

    assert said(told("waiting")) == (2, 0, 0)
    assert said(told("unknown")) == (2, 0, 0)
    assert said(told("waiting", read=True)) == (0, 0, 0)
    assert said(told("read", read=True)) == (0, 0, 0)


def test_code_that_has_lapsed_is_told_apart_from_a_lost_text() -> None:
    code = Notice(4, "code", "code:1", "failed", 0, None, lapses=True)
    world = replace(WHOLE, notices=[*WHOLE.notices, code])
    assert said(world) == (0, 0, 0)
    assert lapsed_codes(world) == 1
    assert lapsed_codes(WHOLE) == 0


def test_a_finding_counts_in_the_drill_that_made_it() -> None:
    before, after = Findings(lost=["a"]), Findings(lost=["a", "b"], invented=["c"])
    assert after.without(before) == Findings(lost=["b"], invented=["c"])
    assert not after.without(before).clean
    assert after.without(after).clean


def test_password_that_the_carrier_lost_is_told_apart_from_one_that_never_went() -> None:
    def password(state: str) -> World:
        return replace(WHOLE, notices=[WHOLE.notices[0], replace(WHOLE.notices[1], state=state, copies=0)])

    assert said(password("sent")) == (0, 0, 0)
    assert untold_lines(password("sent")) == 1
    assert said(password("failed")) == (1, 0, 0)
    assert untold_lines(WHOLE) == 0
