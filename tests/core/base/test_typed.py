"""What keyboards add is folded away; nothing is guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.typed import MAX_TYPED, tidy


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("  1000015 \n", "1000015"),
        ("１０００-０１５", "1000-015"),
        ("٠٧١٢", "0712"),
        ("\u202a0712\u202c", "0712"),
        ("07\u00a012", "07 12"),
        ("K7WM2–XWD4F", "K7WM2-XWD4F"),
        ("5−3", "5-3"),
        ("É", "É"),
    ],
)
def test_keyboards_add_nothing(typed: str, read: str) -> None:
    assert tidy(typed) == read


def test_endless_text_is_no_number_or_code() -> None:
    assert tidy("1" * MAX_TYPED) == "1" * MAX_TYPED
    assert tidy("1" * (MAX_TYPED + 1)) == ""


@given(st.text(max_size=MAX_TYPED))
def test_any_text_is_tidied(text: str) -> None:
    tidied = tidy(text)
    assert tidied == tidied.strip()
    assert not any(ch.isdecimal() and not ch.isascii() for ch in tidied)
