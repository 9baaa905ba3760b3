"""The newest answer out of everything typed so far."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.settings import Brand
from ussd.keypresses import MOST_DIALLED_KEYS, NOTHING_YET, Heard, cleaned, dialled_keys, is_absurd, newest

BRAND = Brand(service_code="*384*123#", service_code_aliases=["*483*7#"])
typed = st.text(st.sampled_from("0123456789* #abé"), max_size=20)


def tag(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def heard(text: str) -> Heard:
    return Heard.of(text, tag)


@pytest.mark.parametrize(
    ("before", "now", "answer"),
    [
        ("", "1", "1"),
        ("", "1*2", "1*2"),
        ("1", "1*2", "2"),
        ("1*2", "1*2*98*0", "98*0"),
        ("1", "1*", ""),
        ("1*2", "1*2**3", "*3"),
        ("1", "1", None),
        ("1*2", "1", None),
        ("1*2", "1*3*4", None),
        ("1*2", "1*23", None),
        ("", "", None),
    ],
)
def test_what_a_text_adds(before: str, now: str, answer: str | None) -> None:
    assert newest(now, heard(before), tag) == answer


@given(typed, typed)
def test_whatever_is_appended_is_found_again(before: str, answer: str) -> None:
    now = f"{before}*{answer}" if before else answer
    assert newest(now, heard(before), tag) == (answer if before or answer else None)


@given(typed)
def test_a_repeated_text_adds_nothing(text: str) -> None:
    assert not text or newest(text, heard(text), tag) is None


def test_what_was_heard_holds_no_text() -> None:
    assert "0712345678" not in repr(heard("2*3*2*0712345678"))
    assert heard("").length == NOTHING_YET.length


@pytest.mark.parametrize(
    ("code", "text", "keys"),
    [
        ("*384*123#", "", ()),
        ("*384*123*1*2#", "", ("1", "2")),
        ("*384*123#", "1*2", ("1", "2")),
        ("*384*123*1*2#", "1*2", ("1", "2")),
        ("*384*123", "3", ("3",)),
        ("*483*7*4#", "", ("4",)),
        (" *384*123# ", "1#", ("1",)),
        ("*384*1234#", "", None),
        ("*384#", "", None),
        ("", "", None),
        ("*384*123#", "***", ("", "", "", "")),
    ],
)
def test_keys_of_a_dialled_string(code: str, text: str, keys: tuple[str, ...] | None) -> None:
    assert dialled_keys(code, text, BRAND) == keys


def test_a_very_long_string_is_heard_only_so_far() -> None:
    keys = dialled_keys("*384*123#", "1*" * 500, BRAND)
    assert keys is not None
    assert len(keys) == MOST_DIALLED_KEYS


@pytest.mark.parametrize(
    ("answer", "meant"), [(" 1 ", "1"), ("1#", "1"), ("#", ""), ("0712 345678 ", "0712 345678")]
)
def test_an_answer_as_it_was_meant(answer: str, meant: str) -> None:
    assert cleaned(answer) == meant


@pytest.mark.parametrize(
    ("answer", "absurd"), [("1", False), ("x" * 81, True), ("1\x00", True), ("a\nb", True), ("😀", False)]
)
def test_absurd_answers(answer: str, absurd: bool) -> None:
    assert is_absurd(answer) is absurd
