"""Text with HTML: whatever is escaped comes out as it was, and entities point at what they mark."""

from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.telegram.errors import TelegramRefusal
from sandbox.telegram.formatting import read_text

words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(lambda w: w == w.strip())


@given(words)
def test_escaped_text_comes_out_whole(word: str) -> None:
    assert read_text(escape(word, quote=False), "HTML") == (word, [])


@given(words, words)
def test_an_entity_marks_its_word_in_utf16_units(before: str, word: str) -> None:
    text, (entity,) = read_text(f"{escape(before)} <b>{escape(word)}</b>", "html")
    units = text.encode("utf-16-le")
    start, end = entity["offset"] * 2, (entity["offset"] + entity["length"]) * 2
    assert units[start:end].decode("utf-16-le") == word


@given(st.text(alphabet="<>/b i&amp;é"))
def test_anything_is_read_or_refused(text: str) -> None:
    try:
        shown, entities = read_text(text, "HTML")
    except TelegramRefusal as refusal:
        shown, entities = "", []
        told = refusal.description
    else:
        told = ""
    assert told.startswith("Bad Request: can't parse entities: ") or not told
    assert shown == shown.strip()
    assert all(entity["length"] > 0 for entity in entities)


def test_links_nesting_and_white_space() -> None:
    text, entities = read_text(' <b>a<i>b</i></b> <a href="https://isp.example/?a=1&amp;b=2">c</a> ', "HTML")
    assert text == "ab c"
    assert entities == [
        {"type": "bold", "offset": 0, "length": 2},
        {"type": "italic", "offset": 1, "length": 1},
        {"type": "text_link", "offset": 3, "length": 1, "url": "https://isp.example/?a=1&b=2"},
    ]
    assert read_text("&nbsp;&lt;", "HTML")[0] == "&nbsp;<"


def test_without_a_mode_nothing_is_read() -> None:
    assert read_text(" 5 < 6 & <b> ", "") == ("5 < 6 & <b>", [])
    with pytest.raises(TelegramRefusal, match="unsupported parse_mode"):
        read_text("*x*", "MarkdownV2")
