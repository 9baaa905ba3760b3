"""Every word of the templates exists, every word is used, and nothing is written past the catalogues."""

import re
from pathlib import Path

from admin.places import MENU
from admin.render import TEMPLATES
from admin.statics import OWN
from admin.words import WORDS

PAGES = {path.name: path.read_text() for path in TEMPLATES.glob("*.html")}


def test_templates_and_words_name_each_other() -> None:
    used = set(re.findall(r"words\.(\w+)", " ".join(PAGES.values())))
    assert used - WORDS.keys() == set()
    assert WORDS.keys() - used == set()


def test_templates_hold_no_sentence_of_their_own() -> None:
    for name, source in PAGES.items():
        bare = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<[^>]*>", " ", source, flags=re.S)
        assert re.findall(r"[A-Za-z]{3,}", bare) in ([], ["Bando"]), name


def test_nothing_is_marked_as_safe() -> None:
    for name, source in PAGES.items():
        assert not re.search(r"\|\s*safe|autoescape|Markup", source), name


def test_every_icon_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="(\w+)"', (OWN / "icons.svg").read_text()))
    wanted = {place.icon for _, places in MENU for place in places}
    wanted |= set(re.findall(r'icon\("(\w+)"', " ".join(PAGES.values())))
    assert wanted == drawn


def test_no_file_of_ours_is_left_unlinked() -> None:
    linked = " ".join(PAGES.values())
    assert [path.name for path in Path(OWN).iterdir() if path.name not in linked] == []
