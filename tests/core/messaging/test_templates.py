"""Every notice in every language fits one SMS, and no value can turn it into something else."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.gsm7 import GSM7_ALONE, is_gsm7, segments, septets
from core.base.i18n import LANGUAGES, translation
from core.base.settings import Brand
from core.base.words import Sentence
from core.messaging.template import (
    MAX_NAME,
    Purpose,
    compose,
    disarm,
    first_name,
    house_values,
    preview,
    settle,
    too_long,
)
from core.messaging.templates import TEMPLATES, phones

BRANDS = {
    "sample": Brand(),
    "longest": Brand(provider_name="Pwani Net", wifi_name="PWANI WIFI 2", service_code="*384*1234#"),
}
EACH = [(name, language) for name in TEMPLATES for language in LANGUAGES]
RECEIPT = {
    "amount": "Ksh 2,000",
    "receipt": "M-PESA SGR7K2XQ9P",
    "account": "1000015",
    "name": "Amina",
    "plan": "Home 10Mbps",
    "last_day": "14/01/2027",
    "balance": "Ksh 150",
}


def sentences(name: str) -> list[str]:
    form = TEMPLATES[name]
    return [form.msgid] if form.nameless is None else [form.msgid, form.nameless]


def fields(sentence: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(sentence) if field is not None}


@pytest.mark.parametrize("brand", BRANDS)
@pytest.mark.parametrize(("name", "language"), EACH)
def test_each_text_with_its_longest_values_fits_one_sms(name: str, language: str, brand: str) -> None:
    text = preview(TEMPLATES[name], BRANDS[brand], language)
    assert septets(text) <= GSM7_ALONE, text


def test_a_brand_that_makes_texts_too_long_is_told_which() -> None:
    assert too_long(TEMPLATES, Brand()) == []
    long_brand = Brand.model_construct(
        provider_name="P" * 30, wifi_name="W" * 12, service_code="*384*1234#", service_code_aliases=[]
    )
    assert any("'voucher' (sw)" in problem for problem in too_long(TEMPLATES, long_brand))


@pytest.mark.parametrize("name", TEMPLATES)
def test_each_sentence_takes_the_values_it_declares(name: str) -> None:
    used = set().union(*map(fields, sentences(name)))
    assert used - house_values(Brand()).keys() == TEMPLATES[name].longest.keys()
    assert ("name" in used) == (TEMPLATES[name].nameless is not None)


@pytest.mark.parametrize(("name", "language"), [each for each in EACH if each[1] != "en"])
def test_each_sentence_is_spoken_in_each_language(name: str, language: str) -> None:
    for sentence in sentences(name):
        spoken = translation(language).gettext(sentence)
        assert spoken != sentence
        assert fields(spoken) == fields(sentence)


@pytest.mark.parametrize(("name", "language"), EACH)
def test_only_numbers_of_the_menu_that_exist_are_dialled(name: str, language: str) -> None:
    text = preview(TEMPLATES[name], Brand(), language)
    dialled = set(re.findall(r"\*384\*123[*0-9]*#", text))
    assert dialled <= {"*384*123#", "*384*123*1#", "*384*123*2#", "*384*123*3#", "*384*123*4#", "*384*123*9#"}


def test_the_receipt_reads_as_it_was_worded() -> None:
    settled = settle(TEMPLATES["receipt"], RECEIPT, "en")
    assert compose(TEMPLATES["receipt"], settled, Brand(), "en") == (
        "Received Ksh 2,000, M-PESA SGR7K2XQ9P, account 1000015 (Amina). "
        "Home 10Mbps paid up to the end of 14/01/2027. Balance Ksh 150. Pwani Net *384*123#"
    )


@pytest.mark.parametrize("name", ["", "a.co 0700", "4mina", "Bartholomewthegreatest", "أمينة"])
def test_a_name_that_is_unfit_is_left_out_with_its_brackets(name: str) -> None:
    settled = settle(TEMPLATES["receipt"], {**RECEIPT, "name": name}, "en")
    text = compose(TEMPLATES["receipt"], settled, Brand(), "en")
    assert "account 1000015. Home" in text


def test_a_name_gives_way_before_a_second_part_is_billed() -> None:
    longest = {**TEMPLATES["receipt"].longest, "name": "Bartholomewthegreat", "balance": "Ksh 12,500.50"}
    settled = settle(TEMPLATES["receipt"], longest, "en")
    text = compose(TEMPLATES["receipt"], settled, Brand(), "en")
    assert "Bartholomewthegreat" not in text
    assert segments(text).parts == 1


def test_values_that_are_sentences_come_in_the_language_of_the_notice() -> None:
    values = {**TEMPLATES["voucher"].longest, "phones": phones(3)}
    assert settle(TEMPLATES["voucher"], values, "en")["phones"] == "3 phones"
    assert settle(TEMPLATES["voucher"], values, "sw")["phones"] == "simu 3"


@pytest.mark.parametrize("values", [{}, {**RECEIPT, "more": "1"}])
def test_missing_and_unknown_values_are_refused(values: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="the template takes"):
        settle(TEMPLATES["receipt"], values, "en")


@pytest.mark.parametrize(
    ("value", "safe"),
    [
        ("Home\n10Mbps", "Home 10Mbps"),
        ("Ksh\N{NO-BREAK SPACE}2,000", "Ksh 2,000"),
        ("pay at evil.co.ke now", "pay at evil co ke now"),
        ("https://evil.ke/x", "evil ke/x"),
        ("Ksh 774.19", "Ksh 774.19"),
        ("14/01/2027 18:30", "14/01/2027 18:30"),
        ("evil\N{FULLWIDTH FULL STOP}com", "evil com"),
        ("{provider.__class__}", "{provider.__class__}"),
    ],
)
def test_a_value_is_one_line_without_links(value: str, safe: str) -> None:
    assert disarm(value) == safe


@given(st.text(max_size=80), st.sampled_from(EACH))
def test_no_value_breaks_a_text(value: str, each: tuple[str, str]) -> None:
    name, language = each
    form = TEMPLATES[name]
    settled = settle(form, dict.fromkeys(form.longest, value), language)
    text = compose(form, settled, Brand(), language)
    assert is_gsm7(text)
    assert "\n" not in text
    assert "://" not in text
    assert "\N{NO-BREAK SPACE}" not in text


@given(st.text(max_size=40))
def test_no_value_can_be_a_domain(value: str) -> None:
    assert not re.search(r"[A-Za-z0-9-]\.[A-Za-z]{2}", disarm(value))


@given(st.text(max_size=40))
def test_a_first_name_is_letters(value: str) -> None:
    name = first_name(value)
    assert len(name) <= MAX_NAME
    assert all(sign.isalpha() or sign in "'-" for sign in name)


@pytest.mark.parametrize(
    ("typed", "name"), [("Amina Mwende", "Amina"), ("Ng'endo", "Ng'endo"), ("José", "José")]
)
def test_a_real_first_name_stays(typed: str, name: str) -> None:
    assert first_name(typed) == name


def test_nothing_but_an_offer_is_marketing() -> None:
    assert [name for name, form in TEMPLATES.items() if form.purpose is Purpose.MARKETING] == ["offer"]
    assert isinstance(phones(1), Sentence)
