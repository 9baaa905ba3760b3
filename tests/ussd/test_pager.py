"""Every screen fits the network, and nothing of it is lost."""

import re

from hypothesis import given
from hypothesis import strategies as st

from core.base.gsm7 import is_gsm7, plain, septets
from core.base.words import say
from core.conversation.numbered import Numbered
from core.conversation.screen import Choice, Screen
from ussd.pager import CHOICES_A_PAGE, number, pages

FOOTERS = re.compile(r"(98\. More|0\. Back|00\. Home)(  (0\. Back|00\. Home))*")
texts = st.text(st.sampled_from("abc XYZ,.:-*# 0123456789\n€{}é’ĩ"), max_size=400)
labels = st.text(st.sampled_from("abcdefg hijkl KSH 0123456789€~"), min_size=1, max_size=200).filter(
    str.strip
)
budgets = st.integers(80, 182)


def as_screen(lines: list[str], choices: list[str], ends: bool, back: bool, home: bool) -> Screen:
    picks = tuple(Choice(str(index), label) for index, label in enumerate(choices))
    return Screen(tuple(lines), picks if not ends else (), ends=ends, back=back, home=home)


screens = st.builds(
    as_screen,
    st.lists(texts, min_size=1, max_size=4),
    st.lists(labels, max_size=12),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


def without_footer(page: str, shown: Numbered) -> str:
    body = page[4:]
    head, _, last = body.rpartition("\n")
    return head if FOOTERS.fullmatch(last) else body


def squeezed(text: str) -> str:
    return "".join(text.split())


@given(screens, budgets)
def test_every_page_is_within_the_budget(screen: Screen, budget: int) -> None:
    for page in pages(number(screen, "en"), budget):
        assert is_gsm7(page)
        assert septets(page) <= budget


@given(screens, budgets)
def test_nothing_is_lost_or_doubled(screen: Screen, budget: int) -> None:
    shown = number(screen, "en")
    told = "".join(squeezed(without_footer(page, shown)) for page in pages(shown, budget))
    meant = "".join(shown.lines) + "".join(f"{key}.{label}" for key, _, label in shown.choices)
    assert told == squeezed(meant)


@given(screens, budgets)
def test_only_the_last_page_of_a_farewell_ends_the_session(screen: Screen, budget: int) -> None:
    made = pages(number(screen, "en"), budget)
    assert all(page.startswith("CON ") for page in made[:-1])
    assert made[-1].startswith("END " if screen.ends else "CON ")
    assert all("98. More" in page.splitlines()[-1] for page in made[:-1])
    assert not made[-1].splitlines()[-1].startswith("98. More")


@given(st.lists(labels, min_size=1, max_size=120), budgets)
def test_numbers_run_on_and_never_take_a_key_that_means_something_else(
    choices: list[str], budget: int
) -> None:
    shown = number(Screen(("Choose",), tuple(Choice(str(i), one) for i, one in enumerate(choices))), "en")
    numbers = [key for key, _, _ in shown.choices]
    assert numbers == [n for n in range(1, len(choices) + 3) if n not in (98, 99)][: len(choices)]
    for page in pages(shown, budget):
        begun = [line for line in page.splitlines() if re.match(r"(CON )?\d+\. ", line)]
        assert len([line for line in begun if not FOOTERS.fullmatch(line)]) <= CHOICES_A_PAGE


@given(screens, budgets)
def test_ways_out_stand_where_they_work(screen: Screen, budget: int) -> None:
    made = pages(number(screen, "en"), budget)
    for index, page in enumerate(made):
        last = page.splitlines()[-1] if "\n" in page else ""
        is_last = index == len(made) - 1
        if screen.ends and is_last:
            assert not FOOTERS.fullmatch(last) or squeezed(last) in squeezed("".join(map(str, screen.lines)))
        elif screen.back or index:
            assert "0. Back" in last


def test_a_promised_number_stays_and_the_others_take_what_is_free() -> None:
    screen = Screen(("x",), (Choice("a", "A"), Choice("b", "B", 2), Choice("c", "C"), Choice("d", "D", 9)))
    assert [(key, choice) for key, choice, _ in number(screen, "en").choices] == [
        (1, "a"),
        (2, "b"),
        (3, "c"),
        (9, "d"),
    ]


def test_sentences_are_said_in_the_language_asked_for() -> None:
    shown = number(Screen((say("Choose a bundle"),), (Choice("x", say("Home WiFi")),)), "sw")
    assert pages(shown) == ["CON Chagua kifurushi\n1. WiFi ya nyumbani\n0. Rudi"]


def test_five_choices_a_page_and_the_numbers_run_on() -> None:
    bundles = tuple(Choice(str(n), f"Ksh {n}0: {n} hours") for n in range(1, 8))
    first, second = pages(number(Screen((say("Choose a bundle"),), bundles), "en"))
    assert first.endswith("5. Ksh 50: 5 hours\n98. More  0. Back")
    assert second == "CON 6. Ksh 60: 6 hours\n7. Ksh 70: 7 hours\n0. Back"


@given(texts)
def test_what_is_outside_the_alphabet_is_written_plainly(text: str) -> None:
    shown = number(Screen((text,), ends=True, back=False), "en")
    assert "\n".join(shown.lines) == plain(text)


@given(screens)
def test_a_kept_screen_is_the_same_screen(screen: Screen) -> None:
    import json

    shown = number(screen, "sw")
    assert Numbered.from_json(json.loads(json.dumps(shown))) == shown
