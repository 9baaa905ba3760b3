"""Every way a Kenyan writes a phone number is one number; anything else is refused, quietly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.msisdn import Msisdn, NotAPhoneNumber

AMINA = Msisdn("254712345678")

WRITTEN = [
    "0712345678",
    "0712 345 678",
    "0712-345-678",
    "0712.345.678",
    "(0712) 345 678",
    "712345678",
    "712 345678",
    "+254712345678",
    "+254 712 345 678",
    "+254 (0) 712 345678",
    "+2540712345678",
    "254712345678",
    "254-712-345-678",
    "00254712345678",
    "00 254 712 345 678",
    "000254712345678",
    "tel:+254712345678",
    "TEL: 0712345678",
    "  0712345678\n",
    "0712\u00a0345\u00a0678",
    "0712\u2009345\u2011678",
    "\u202a+254 712 345678\u202c",
    "０７１２３４５６７８",
    "＋２５４７１２３４５６７８",
    "٠٧١٢٣٤٥٦٧٨",
    "۰۷۱۲۳۴۵۶۷۸",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_every_way_of_writing_is_one_number(text: str) -> None:
    assert Msisdn.parse(text) == AMINA


@pytest.mark.parametrize("text", ["0110123456", "110123456", "+254110123456", "0100 123 456"])
def test_numbers_of_the_newer_series(text: str) -> None:
    assert Msisdn.parse(text).digits.startswith("2541")


REFUSED = [
    "",
    "+",
    "tel:",
    "254",
    "071234567",
    "07123456789",
    "0712345678 0722000000",
    "0202345678",  # a fixed line in Nairobi
    "0800223344",
    "+256712345678",
    "+1 650 253 0000",
    "+0712345678",
    "0712+345678",
    "++254712345678",
    "Call 0712345678",
    "0712345678 Amina",
    "0712345678x5",
    "0712-FLOWER",
    "O712345678",
    "2547 ***** 126",
    "bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919",
    "1000015",
    "0712345678" * 50,
    "\x000712345678",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(NotAPhoneNumber) as refusal:
        Msisdn.parse(text)
    assert str(refusal.value) == "not a Kenyan mobile number"


@pytest.mark.parametrize(
    "digits", ["0712345678", "+254712345678", "25471234567", "2547123456789", "254０12345678"]
)
def test_only_the_stored_form_is_built(digits: str) -> None:
    with pytest.raises(NotAPhoneNumber):
        Msisdn(digits)


def test_its_spellings() -> None:
    assert AMINA.e164 == "+254712345678"
    assert AMINA.local == "0712345678"
    assert AMINA.spaced == "0712 345 678"
    assert AMINA.masked == "0712***678"


def test_it_never_shows_whole_by_accident() -> None:
    shown = f"{AMINA} {AMINA!r} {[AMINA]}"
    assert "345" not in shown
    assert shown.count("0712***678") == 3


def test_mpesa_lives_on_mobile_prefixes() -> None:
    assert AMINA.looks_mpesa_capable
    assert Msisdn("254110123456").looks_mpesa_capable
    assert not Msisdn("254202345678").looks_mpesa_capable


@given(st.text())
def test_any_text_is_a_number_or_refused(text: str) -> None:
    try:
        number = Msisdn.parse(text)
    except NotAPhoneNumber:
        return
    assert number.looks_mpesa_capable


@given(st.text(alphabet="+0123456789 ()-.tel:٠１\u00a0", min_size=8, max_size=20))
def test_what_looks_like_a_number_is_one_or_refused(text: str) -> None:
    try:
        number = Msisdn.parse(text)
    except NotAPhoneNumber:
        return
    assert len(number.digits) == 12


@given(st.integers(0, 99_999_999), st.sampled_from(" -."), st.integers(1, 8))
def test_all_spellings_of_a_number_meet(rest: int, separator: str, cut: int) -> None:
    number = Msisdn(f"2547{rest:08}")
    local = number.local[:cut] + separator + number.local[cut:]
    spellings = [number.digits, number.e164, number.local, number.spaced, number.local[1:], local]
    assert {Msisdn.parse(spelling) for spelling in spellings} == {number}
