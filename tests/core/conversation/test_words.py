"""Every sentence has its Swahili, and every screen fits the network in both languages."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from core.base.gsm7 import septets
from core.base.i18n import LANGUAGES, LOCALES, render
from core.base.money import CENTS
from core.base.msisdn import Msisdn
from core.conversation.dialogue import Frame
from core.conversation.flows import home_wifi, pay, payment_open, promise, vouchers
from core.conversation.screen import Screen
from core.conversation.step import Next, step_named
from tests.core.conversation import longest
from ussd import pager, phrases

HOUSE = Path(longest.__file__).parents[3]
SPOKEN_HERE = [
    "core/conversation",
    "ussd",
    "core/catalogue",
    "core/vouchers",
    "core/billing",
    "core/payments/collect.py",
]
"""The talk itself, the door, and the refusals of lower floors that become screens."""
NAMES = re.compile(r"{(\w+)}")


def sentences(place: Path) -> Iterator[tuple[str, ...]]:
    for file in [place] if place.is_file() else place.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            called = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            if isinstance(node, ast.Call) and called in ("say", "counted", "N_", "Sentence"):
                told = [one.value for one in node.args if isinstance(one, ast.Constant)]
                yield tuple(text for text in told if isinstance(text, str))


SAID = sorted(
    said
    for said in {said for place in SPOKEN_HERE for said in sentences(HOUSE / place) if said}
    if NAMES.sub("", said[0])  # a bare value has no words to translate
)


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_sentence_is_translated_with_the_same_values(language: str) -> None:
    with (LOCALES / language / "LC_MESSAGES" / "bando.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    assert len(SAID) > 80
    for said in SAID:
        message = catalogue.get(said[0])
        assert message is not None, said[0]
        translated = message.string if isinstance(message.string, tuple) else (message.string,)
        assert len(translated) == len(said)
        for english, other in zip(said, translated, strict=True):
            assert other
            assert set(NAMES.findall(other)) == set(NAMES.findall(english)), english
            assert "{" not in NAMES.sub("", other)


STEPS = [(name, data) for name, all_data in longest.SCREENS.items() for data in all_data]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("has_mpesa", [True, False])
@pytest.mark.parametrize(("name", "data"), STEPS, ids=[name for name, _ in STEPS])
def test_every_screen_is_one_page(name: str, data: dict[str, object], language: str, has_mpesa: bool) -> None:
    here = longest.context(language=language, frame=Frame(name, data), has_mpesa=has_mpesa)
    fits_one_page(step_named(name).show(here), language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", longest.LISTS)
def test_every_list_fits_page_by_page(name: str, language: str) -> None:
    for data in longest.LISTS[name]:
        screen = step_named(name).show(longest.context(language=language, frame=Frame(name, data)))
        made = pager.pages(pager.number(screen, language))
        assert all(septets(page) <= pager.BUDGET for page in made)
        needed = -(-len(screen.choices) // pager.CHOICES_A_PAGE)
        assert needed <= len(made) <= needed + (name in longest.LONG_HEADED), made


def farewells() -> list[Next]:
    here, other = longest.context(), Msisdn("254722333444")
    orders = [longest.BUNDLE, longest.FOR_OTHER, longest.RENEWAL, longest.NEW_LINE]
    return [
        *(pay.goodbye(here, order, payer) for order in orders for payer in (None, other)),
        *(
            Next("end", screen=vouchers.shown(here, longest.voucher(state), "K7QM2-XWD4F"))
            for state in ("sold", "active", "used")
        ),
        vouchers.sent(here),
        vouchers.none_yet(here),
        payment_open.keep_free(here),
        payment_open.asking(here, 12_500 * CENTS),
        home_wifi.connecting(here, longest.PLAN),
        promise.nothing_now(here, longest.NO_TIME_LEFT),
        promise.nothing_now(here, replace(longest.NO_TIME_LEFT, lend_from=None, lent_until=None)),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("farewell", farewells())
def test_every_farewell_is_one_page(farewell: Next, language: str) -> None:
    assert farewell.screen is not None
    fits_one_page(farewell.screen, language)


@pytest.mark.parametrize(
    "sentence", [phrases.DIAL_AGAIN, phrases.WAIT, phrases.ONLY_KENYA, phrases.not_our_code("*384*1234#")]
)
def test_what_is_said_in_both_languages_fits(sentence: object) -> None:
    assert septets(phrases.polite_end(sentence)) <= pager.BUDGET  # type: ignore[arg-type]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_screen_of_a_subscriber_fits_with_a_typing_error(language: str) -> None:
    screens = longest.SCREENS["home.menu"][1:3]
    for data in screens:
        shown = pager.number(
            step_named("home.menu").show(longest.context(frame=Frame("home.menu", data))), language
        )
        told = pager.because(shown, render(phrases.not_available(10), language))
        assert len(pager.pages(told)) == 1


def test_every_step_is_measured_here() -> None:
    flows = HOUSE / "core" / "conversation" / "flows"
    names = {
        f"{flow.stem}.{step}"
        for flow in flows.glob("[a-z]*.py")
        for step in __import__(f"core.conversation.flows.{flow.stem}", fromlist=["STEPS"]).STEPS
    }
    assert names == {*longest.SCREENS, *longest.LISTS}


def fits_one_page(screen: Screen, language: str) -> None:
    made = pager.pages(pager.number(screen, language))
    assert [septets(page) <= pager.BUDGET for page in made] == [True], made
