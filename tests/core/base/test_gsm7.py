"""The GSM alphabet: what fits, what it costs, and how any text is brought into it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.gsm7 import BASIC, EXTENSION, NotGsm7, Segments, is_gsm7, plain, segments, septets


def test_the_alphabet_has_its_size() -> None:
    assert len(BASIC) == 127  # 128 places, one of them the escape to the extension table
    assert len(EXTENSION) == 10
    assert not BASIC & EXTENSION


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("", 0),
        ("Ng'ombe", 7),
        ("a\nb", 3),
        ("{x}", 5),
        ("€", 2),
        ("@£$¥èéùìòÇØøÅå", 14),
        ("^{}\\[~]|€\f", 20),
    ],
)
def test_septets(text: str, units: int) -> None:
    assert septets(text) == units


@pytest.mark.parametrize("text", ["Ksh\u00a01", "it’s", "–", "…", "ĩ", "ç", "`", "😀", "\t", "\x1b"])
def test_what_is_outside(text: str) -> None:
    assert not is_gsm7(text)
    with pytest.raises(NotGsm7):
        septets(text)


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("", Segments("GSM-7", 0, 1)),
        ("a" * 160, Segments("GSM-7", 160, 1)),
        ("a" * 161, Segments("GSM-7", 161, 2)),
        ("a" * 306, Segments("GSM-7", 306, 2)),
        ("a" * 307, Segments("GSM-7", 307, 3)),
        ("a" * 158 + "€", Segments("GSM-7", 160, 1)),
        # The euro does not fit whole into the first part, so the last letter is pushed into a third.
        ("a" * 152 + "€" + "a" * 152, Segments("GSM-7", 306, 3)),
        ("ĩ" * 70, Segments("UCS-2", 70, 1)),
        ("ĩ" * 71, Segments("UCS-2", 71, 2)),
        ("ĩ" * 134, Segments("UCS-2", 134, 2)),
        ("ĩ" * 135, Segments("UCS-2", 135, 3)),
        ("😀" * 35, Segments("UCS-2", 70, 1)),
        ("😀" * 67, Segments("UCS-2", 134, 3)),
    ],
)
def test_how_a_text_is_cut(text: str, cut: Segments) -> None:
    assert segments(text) == cut


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Ksh\u00a01,250", "Ksh 1,250"),
        ("ng’ombe ng´ombe ng`ombe", "ng'ombe ng'ombe ng'ombe"),
        ("“WiFi” — na «data» – …", '"WiFi" - na "data" - ...'),
        ("Gĩthĩnji wa Mũrang’a", "Githinji wa Murang'a"),
        ("e\u0301 é ç Ñ ž", "é é c Ñ z"),
        ("ﬁber ½ № ™ ２４", "fiber 1/2 No TM 24"),
        ("٢٤", "24"),
        ("日本 😀", "?? ?"),
        ("a\tb\r\nc\x00\x1b\u200bd\u2028e", "a b\ncd\ne"),
        ("❤\ufe0f", "?"),
        ("{Ω} €", "{Ω} €"),
        ("\ud800", "?"),
    ],
)
def test_plain_text(text: str, written: str) -> None:
    assert plain(text) == written


@given(st.text(alphabet=st.characters(codec=None)))
def test_any_text_becomes_plain_once(text: str) -> None:
    written = plain(text)
    assert is_gsm7(written)
    assert plain(written) == written
    assert septets(written) == segments(written).units


@given(st.text(alphabet=sorted((BASIC | EXTENSION) - set("\r\f")), max_size=400))
def test_what_is_plain_already_stays(text: str) -> None:
    assert plain(text) == text


@given(st.text(max_size=500))
def test_parts_hold_the_text_and_no_more(text: str) -> None:
    cut = segments(text)
    alone, joined = (160, 153) if cut.encoding == "GSM-7" else (70, 67)
    if cut.parts == 1:
        assert cut.units <= alone
    else:
        assert cut.units > alone
        assert cut.units <= cut.parts * joined
        # A part is left at most one unit short of full, and the last one is not empty.
        assert cut.units > (cut.parts - 1) * (joined - 1)
