"""Account numbers: the published check digit, what is accepted, and that no slip of the finger passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.subscribers.account_no import (
    FIRST_SERIAL,
    LAST_SERIAL,
    damm_digit,
    parse_account_no,
    with_check_digit,
)

SERIALS = st.integers(FIRST_SERIAL, LAST_SERIAL)


def test_the_published_example() -> None:
    assert damm_digit("572") == 4
    assert damm_digit("5724") == 0


@pytest.mark.parametrize(
    ("serial", "number"),
    [(100_001, "1000015"), (100_002, "1000028"), (123_456, "1234566")],
)
def test_account_numbers(serial: int, number: str) -> None:
    assert with_check_digit(serial) == number


@pytest.mark.parametrize("serial", [0, 99_999, -100_001, LAST_SERIAL + 1])
def test_serials_outside_the_series(serial: int) -> None:
    with pytest.raises(ValueError, match="account serials"):
        with_check_digit(serial)


@pytest.mark.parametrize("digits", ["", "12a", "-1", "１２"])
def test_a_check_digit_needs_digits(digits: str) -> None:
    with pytest.raises(ValueError, match="needs digits"):
        damm_digit(digits)


@pytest.mark.parametrize(
    "text",
    [
        "1000015",
        " 1000015 ",
        "100 0015",
        "100-0015",
        "100.001.5",
        "1000–015",
        "１０００015",
        "Acc 1000015",
        "ACC1000015",
        "akaunti 1000015",
        "Account no. 1000015",
        "A/C: 1000015",
        "acc no 1000015",
    ],
)
def test_ways_of_writing_it(text: str) -> None:
    assert parse_account_no(text) == "1000015"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1000016",
        "100001",
        "l000015",
        "1OOOO15",
        "1000015 Amina",
        "house 1000015",
        "0712345678",
        "1000015/6",
        "01000015",
        "-1000015",
        "5724",
        "712345678",
        "1" * 60,
        "1" * 1000,
    ],
)
def test_nothing_is_guessed(text: str) -> None:
    assert parse_account_no(text) is None


@given(SERIALS)
def test_every_account_number_is_read_back(serial: int) -> None:
    number = with_check_digit(serial)
    assert parse_account_no(number) == number
    assert 7 <= len(number) <= 8


@given(SERIALS, st.integers(0, 7), st.integers(1, 9))
def test_a_wrong_digit_is_refused(serial: int, place: int, by: int) -> None:
    number = with_check_digit(serial)
    place %= len(number)
    slip = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]
    assert parse_account_no(slip) is None


@given(SERIALS, st.integers(0, 6))
def test_swapped_neighbours_are_refused(serial: int, place: int) -> None:
    number = with_check_digit(serial)
    place %= len(number) - 1
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert parse_account_no(swapped) == (number if swapped == number else None)


@given(st.text())
def test_any_text_is_a_number_or_none(text: str) -> None:
    number = parse_account_no(text)
    assert number is None or damm_digit(number) == 0
