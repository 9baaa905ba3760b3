"""Texts made to fit: nothing is lost, nothing is too long, no sign is torn."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from bots.texts import ELLIPSIS, cut, pieces, sane, units

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


@given(st.text(max_size=200), st.integers(min_value=8, max_value=60))
def test_a_cut_line_is_never_longer_and_says_that_it_was_cut(text: str, most: int) -> None:
    line = " ".join(text.split())
    made = cut(text, most)
    assert units(made) <= most or units(line[:1]) > most - 1
    assert made == line or made.endswith(ELLIPSIS)


@given(st.text(max_size=400), st.integers(min_value=16, max_value=80))
def test_pieces_lose_no_word(text: str, most: int) -> None:
    made = pieces(text, most)
    assert "".join("".join(made).split()) == "".join(text.split())
    assert all(units(piece) <= most for piece in made)


def test_lines_and_words_are_the_borders_of_pieces() -> None:
    assert pieces("one two\nthree four", 10) == ["one two", "three four"]
    assert pieces("one two three", 9) == ["one two", "three"]
    assert pieces("", 9) == [""]


def test_an_emoji_and_a_marked_letter_are_not_torn() -> None:
    assert cut(f"ab{FAMILY}", 6) == f"ab{ELLIPSIS}"
    marked = unicodedata.normalize("NFD", "éé")
    assert cut(marked, 3) == f"e\u0301{ELLIPSIS}"
    assert units(FAMILY) == 8


def test_what_no_database_takes_is_taken_out() -> None:
    assert sane("a\0b\ud800") == "ab?"
