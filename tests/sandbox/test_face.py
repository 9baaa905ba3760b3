"""The page's files: nothing inline, nothing from elsewhere, and every sentence in both languages."""

import re
from pathlib import Path
from typing import Any

import pytest

import sandbox.page

FACE = Path(sandbox.page.__file__).parent / "face"
STATIC = FACE / "static"
MODULES = sorted(path for path in STATIC.glob("*.js") if not path.name.startswith("words."))
TEMPLATE = (FACE / "templates" / "phone.html").read_text()
SAME_IN_BOTH = {"phone", "byProduct", "byRouter", "f_sms", "line_free", "payer", "chatFile"}


def book(language: str) -> dict[str, str]:
    text = (STATIC / f"words.{language}.js").read_text()
    return dict(re.findall(r'^  (\w+): "(.*)",$', text, re.MULTILINE))


def test_both_languages_have_the_same_sentences_with_the_same_facts() -> None:
    english, swahili = book("en"), book("sw")
    assert len(english) > 200
    assert english.keys() == swahili.keys()
    for name, sentence in english.items():
        assert set(re.findall(r"\{\w+\}", sentence)) == set(re.findall(r"\{\w+\}", swahili[name])), name
    alike = {name for name in english if english[name] == swahili[name]}
    assert alike <= SAME_IN_BOTH


def test_every_sentence_that_is_asked_for_exists() -> None:
    named = set(re.findall(r'data-say(?:-label)?="(\w+)"', TEMPLATE))
    for module in MODULES:
        named |= set(re.findall(r'say\("(\w+)"', module.read_text()))
    assert len(named) > 80
    assert named <= book("en").keys()


def test_every_fault_that_is_offered_has_its_words_and_is_known_to_the_sandbox(trial: Any) -> None:
    kinds = dict(re.findall(r"^  (\w+): \[(.*)\],$", (STATIC / "faults.js").read_text(), re.MULTILINE))
    known = trial.get("/openapi.json")["components"]["schemas"]["Faults"]["properties"]
    assert len(kinds) == 16
    for kind, values in kinds.items():
        offered = re.findall(r'"(\w+)"', values)
        assert set(offered) <= set(known[kind]["enum"])
        assert offered[0] == known[kind]["default"]
        assert {f"f_{kind}", *(f"f_{kind}_{value}" for value in offered)} <= book("en").keys()


@pytest.mark.parametrize("path", ["/", "/docs", "/face/main.js", "/face/base.css", "/face/icon.svg"])
def test_the_policy_allows_our_own_files_and_nothing_else(trial: Any, path: str) -> None:
    answer = trial.http.get(path)
    assert answer.status_code == 200
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy.pop("default-src") == "'none'"
    assert set(policy.values()) == {"'self'", "'none'"}
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_no_page_holds_script_or_style_of_its_own(trial: Any) -> None:
    for path in ("/", "/docs"):
        page = trial.http.get(path).text
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
        assert not re.search(r"<script(?![^>]*\ssrc=\"/face/)", page)
        outside = set(re.findall(r"(?:src|href)=[\"'](https?://[^\"']*)", page))
        assert outside <= {trial.world.web}


def test_no_file_names_another_host() -> None:
    for path in [*STATIC.iterdir(), *(FACE / "templates").iterdir()]:
        found = set(re.findall(r"https?://[^\s\"')]+", path.read_text()))
        assert found <= {"http://www.w3.org/2000/svg"}, path.name


def test_the_page_says_what_to_dial_and_where_to_pay(trial: Any) -> None:
    page = trial.http.get("/").text
    assert 'data-service-code="*384*123#"' in page
    assert 'data-paybill="174379"' in page
    assert all(f'data-key="{key}"' in page for key in "1234567890*#")


def test_every_word_of_the_chats_that_is_chosen_by_name_exists() -> None:
    modules = {module.name: module.read_text() for module in MODULES}
    named = set(re.findall(r'"(chat[A-Z]\w+)"', modules["bubble.js"] + modules["chat.js"]))
    named |= set(re.findall(r'Arrived: "(\w+)"', modules["strip.js"]))
    assert len(named) > 15
    assert named | {"begin_whatsapp", "begin_telegram"} <= book("en").keys()


def test_the_page_has_a_window_for_each_way_to_talk(trial: Any) -> None:
    page = trial.http.get("/").text
    assert all(f'data-window="{name}"' in page for name in ("ussd", "whatsapp", "telegram", "sms"))
    assert all(f'id="{name}-bubbles"' in page for name in ("whatsapp", "telegram", "sms"))
    assert f'data-short-code="{trial.world.africastalking.short_code}"' in page
