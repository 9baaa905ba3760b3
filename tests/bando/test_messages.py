"""The catalogues: collected from the code, kept small in a diff, checked for what a person would stumble over."""

from pathlib import Path

import pytest

from bando.messages import check_catalogues, names, update_catalogues

CODE = """
from core.base.words import N_, counted, say

say("Pay {price}", price=1)
say(
    "You have "
    "{count_of} lines", count_of=2
)
counted("{count} hour", "{count} hours", 3)
TITLE = N_("Voucher")
"""
OTHER = '"""No words for people."""\ndef say(line): print(line)\nsay("starting")\n'
HEADER = (
    '# Read by a native reader.\nmsgid ""\nmsgstr ""\n'
    '"Language: sw\\n"\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n'
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "a.py").write_text(CODE)
    (tmp_path / "bando").mkdir()
    (tmp_path / "bando" / "demo.py").write_text(OTHER)
    return tmp_path


def _po(root: Path) -> Path:
    return root / "locales" / "sw" / "LC_MESSAGES" / "bando.po"


def _translate(root: Path, **texts: str) -> None:
    """Fill the catalogue: every sentence with itself, but for those given by their first word."""
    lines, said = [], ""
    for line in _po(root).read_text().splitlines():
        if line.startswith("msgid"):
            said = line.split(" ", 1)[1]
        if line.endswith(' ""') and line.startswith("msgstr") and said != '""':
            line = line.replace('""', texts.get(said.strip('"').split()[0], said))
        lines.append(line)
    _po(root).write_text("\n".join(lines) + "\n")


def test_every_sentence_is_collected_and_nothing_else(root: Path) -> None:
    assert update_catalogues(root) == ["sw: 4 sentences, 4 new, 0 taken out"]
    written = _po(root).read_text()
    for sentence in ("Pay {price}", "You have {count_of} lines", "{count} hours", "Voucher"):
        assert f'"{sentence}"' in written
    assert "starting" not in written


def test_an_untouched_catalogue_is_not_rewritten(root: Path) -> None:
    update_catalogues(root)
    before = _po(root).read_text()
    (root / "core" / "a.py").write_text("# a line more\n" + CODE)
    assert update_catalogues(root) == ["sw: 4 sentences, 0 new, 0 taken out"]
    assert _po(root).read_text() == before
    assert "Date" not in before


def test_translations_notes_and_header_are_kept_and_the_rest_is_taken_out(root: Path) -> None:
    _po(root).parent.mkdir(parents=True)
    kept = '\n# Short: it stands on a screen.\nmsgid "Voucher"\nmsgstr "Vocha"\n\nmsgid "Gone"\nmsgstr "Imeenda"\n'
    _po(root).write_text(HEADER + kept)
    assert update_catalogues(root) == ["sw: 4 sentences, 3 new, 1 taken out"]
    written = _po(root).read_text()
    assert written.startswith(HEADER)
    assert '# Short: it stands on a screen.\n#: core/a.py\nmsgid "Voucher"\nmsgstr "Vocha"' in written
    assert "Gone" not in written


def test_a_complete_catalogue_has_no_problem(root: Path) -> None:
    update_catalogues(root)
    _translate(root)
    assert check_catalogues(root) == []


def test_a_missing_catalogue_is_a_problem(root: Path) -> None:
    assert check_catalogues(root) == ["sw: there is no catalogue: run `make messages`"]


def test_what_is_not_translated_is_named(root: Path) -> None:
    update_catalogues(root)
    problems = check_catalogues(root)
    assert len(problems) == 4
    assert "sw: not translated: 'Pay {price}'" in problems


@pytest.mark.parametrize(
    ("sentence", "translation", "problem"),
    [
        ("Pay", '"Lipa {bei}"', "other {names} than the English (bei, price)"),
        ("Pay", '"Lipa"', "other {names} than the English (price)"),
        ("Pay", '"Lipa {price"', "a brace stands alone"),
        ("{count}", '"saa {namba}"', "other {names} than the English (count, namba)"),
    ],
)
def test_wrong_names_are_a_problem(root: Path, sentence: str, translation: str, problem: str) -> None:
    update_catalogues(root)
    _translate(root, **{sentence: translation})
    found = check_catalogues(root)
    assert found
    assert all(problem in line for line in found)


def test_a_plural_may_leave_its_count_out(root: Path) -> None:
    update_catalogues(root)
    _translate(root, **{"{count}": '"saa moja"'})
    assert check_catalogues(root) == []


def test_what_is_doubtful_or_out_of_date_is_a_problem(root: Path) -> None:
    update_catalogues(root)
    _translate(root)
    _po(root).write_text(_po(root).read_text().replace('msgid "Voucher"', '#, fuzzy\nmsgid "Voucher"'))
    assert check_catalogues(root) == ["sw: marked as doubtful: 'Voucher'"]
    (root / "core" / "a.py").write_text(CODE.replace("Voucher", "Code"))
    assert check_catalogues(root) == [
        "sw: not in the catalogue, run `make messages`: 'Code'",
        "sw: no code says it any more, run `make messages`: 'Voucher'",
        "sw: marked as doubtful: 'Voucher'",
    ]


def test_names_are_read_as_they_will_be_filled_in() -> None:
    assert names("{a} and {b:>3} and {{not}} {a}") == {"a", "b"}
