"""A refusal's meaning comes from its text, which differs by version."""

import pytest

from core.network.drivers.routeros.traps import Meaning, Trap, meaning_of, printable, readable


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("failure: secret with the same name already exists", Meaning.EXISTS),
        ("failure: already have user with this name for this server", Meaning.EXISTS),
        ("failure: pool with such name exists", Meaning.EXISTS),
        ("no such item", Meaning.GONE),
        ("no such item (4)", Meaning.GONE),
        ("input does not match any value of profile", Meaning.OUR_BUG),
        ("invalid value for argument remote-address:", Meaning.OUR_BUG),
        ("unknown parameter rate-limit", Meaning.OUR_BUG),
        ("not enough permissions (9)", Meaning.PERMISSION),
        ("no such command or directory (hotspot)", Meaning.VERSION),
        ("no such command prefix", Meaning.VERSION),
        ("invalid user name or password (6)", Meaning.LOGIN),
        ("cannot log in", Meaning.LOGIN),
        ("failure: something new", Meaning.UNKNOWN),
    ],
)
def test_meaning(text: str, meaning: Meaning) -> None:
    assert meaning_of(text) is meaning
    assert meaning_of(text.upper()) is meaning


def test_bytes_of_an_old_console_are_kept() -> None:
    assert readable(b"Cam\xe9ra") == "Caméra"
    assert readable("Caméra".encode()) == "Caméra"


def test_a_hostile_text_is_made_fit_to_be_shown() -> None:
    assert printable("a\x1b[31m\r\nb") == "a?[31m??b"
    assert len(printable("x" * 10_000)) == 200
    assert Trap("no such item\n").text == "no such item\n"
