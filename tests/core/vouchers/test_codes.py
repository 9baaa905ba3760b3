"""Voucher codes: drawn from the look-alike-free alphabet, typed in any shape, never guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.vouchers.codes import ALPHABET, CODE_LENGTH, draw_code, parse_code, show_code

CODES = st.text(alphabet=ALPHABET, min_size=CODE_LENGTH, max_size=CODE_LENGTH)


def test_the_alphabet_is_the_agreed_one() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 31
    assert not set("01IOQ") & set(ALPHABET)


def test_drawn_codes_are_codes_and_differ() -> None:
    drawn = [draw_code() for _ in range(500)]
    assert len(set(drawn)) == 500
    assert all(parse_code(code) == code for code in drawn)
    assert {symbol for code in drawn for symbol in code} == set(ALPHABET)


@pytest.mark.parametrize(
    "text",
    [
        "K7WM2XWD4F",
        "K7WM2-XWD4F",
        "k7wm2-xwd4f",
        " k7wm2 xwd4f ",
        "K7WM2–XWD4F",
        "K7 WM 2X-WD-4F",
        "Ｋ７ＷＭ２ＸＷＤ４Ｆ",
    ],
)
def test_ways_of_typing_a_code(text: str) -> None:
    assert parse_code(text) == "K7WM2XWD4F"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "K7WM2-XWD4",
        "K7WM2-XWD4FF",
        "K7OM2-XWD4F",
        "K70M2-XWD4F",
        "K7IM2-XWD4F",
        "K71M2-XWD4F",
        "K7QM2-XWD4F",
        "K7WM2.XWD4F",
        "K7WM2-XWßF",
        "Κ7WM2-XWD4F",
        "K7WM2-XWD4F please",
        "0712345678",
        "1000015",
    ],
)
def test_look_alikes_are_refused(text: str) -> None:
    assert parse_code(text) is None


@given(CODES)
def test_what_is_shown_is_read_back(code: str) -> None:
    assert parse_code(show_code(code)) == code
    assert show_code(code)[5] == "-"
    assert parse_code(show_code(code).lower()) == code


@pytest.mark.parametrize("code", ["", "K7WM2-XWD4F", "k7wm2xwd4f"])
def test_only_codes_are_shown(code: str) -> None:
    with pytest.raises(ValueError, match="not a voucher code"):
        show_code(code)


@given(st.text())
def test_any_text_is_a_code_or_none(text: str) -> None:
    code = parse_code(text)
    assert code is None or set(code) <= set(ALPHABET)
