"""The network's alphabet and how texts are cut into parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import gsm


@pytest.mark.parametrize(
    ("text", "length", "parts"),
    [
        ("", 0, 1), ("a" * 160, 160, 1), ("a" * 161, 161, 2), ("a" * 306, 306, 2), ("a" * 307, 307, 3),
        ("{}", 4, 1), ("é", 1, 1), ("ê", 1, 1), ("’" * 70, 70, 1), ("’" * 71, 71, 2), ("’" * 135, 135, 3),
        ("🎉", 2, 1),
    ],
)  # fmt: skip
def test_known_lengths(text: str, length: int, parts: int) -> None:
    assert (gsm.length(text), gsm.segments(text)) == (length, parts)


@given(st.text(max_size=700), st.text(max_size=100))
def test_more_text_never_costs_less(text: str, more: str) -> None:
    assert gsm.segments(text + more) >= gsm.segments(text) >= 1
    assert gsm.length(text + more) >= len(text + more)


@given(st.text(st.sampled_from("abc €{’é"), max_size=400))
def test_a_text_is_gsm7_if_each_sign_is(text: str) -> None:
    assert gsm.is_gsm7(text) == ("’" not in text)
