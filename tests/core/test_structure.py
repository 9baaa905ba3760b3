"""The house's own rules, looked for in its source: time, money, commits, sizes, and words of providers."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("core", "ussd", "bots", "admin", "bando", "sandbox")
HOUSE = ("core", "ussd", "bots", "admin", "bando")
"""The product itself; the sandbox plays the world outside, which has its own words and its own clock."""
MAX_LINES = 300

MAY_ASK_THE_TIME = {
    "core/base/clock.py": "the clock itself",
    "bando/demo.py": "how long the start took is told by the machine's clock",
}
MAY_COMMIT = {"core/base/database.py": "where a Work is committed"}
MAY_BE_LONG = {
    "bando/migrations/versions/0001_the_first_tables.py": "generated: the first tables, in one piece",
}
FLOATS_NEAR_MONEY = {
    ("core/payments/mpesa/client.py", 3.0): "seconds until a connection stands",
    ("core/payments/mpesa/settings.py", 12.0): "seconds that a call may take",
    ("core/payments/mpesa/token.py", 15.0): "seconds to wait for another process's token",
    ("core/payments/mpesa/token.py", 0.05): "seconds between two looks for it",
}
PROVIDER_WORDS = {
    "CheckoutRequestID": "core/payments/mpesa/",
    "stkCallback": "core/payments/mpesa/",
    "AccountReference": "core/payments/mpesa/",
    "hotspot/user": "core/network/drivers/routeros/",
    "/ppp/secret": "core/network/drivers/routeros/",
}
"""Written only where that provider is spoken to, so that another one is another folder."""


def _files(*parts: str) -> list[Path]:
    return [path for part in parts for path in sorted((ROOT / part).rglob("*.py"))]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _calls(path: Path, *names: str) -> Iterator[int]:
    """The lines on which something named so is called: now(), datetime.now(), session.commit()."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in names:
                yield node.lineno


def _asks_the_machine(path: Path) -> list[int]:
    """Lines that ask the machine for the day or the hour: datetime.now, utcnow, date.today, time.time."""
    found = []
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            pair = f"{node.value.id}.{node.attr}"
            if pair in {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}:
                found.append(node.lineno)
    return found


def _texts(path: Path) -> Iterator[tuple[int, str]]:
    """Every string of a file but its docstrings."""
    tree = ast.parse(path.read_bytes())
    said = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.lineno, node.value


def test_there_is_something_to_look_at() -> None:
    assert len(_files(*PARTS)) > 100


def test_only_the_clock_asks_the_machine_for_the_time() -> None:
    found = {_name(path): lines for path in _files(*HOUSE) if (lines := _asks_the_machine(path))}
    assert found.keys() == MAY_ASK_THE_TIME.keys(), found


def test_no_statement_asks_the_database_for_the_time() -> None:
    """It would not follow the trial's clock, nor be the `work.now` of its transaction."""
    time = re.compile(r"\b(now\(\)|current_timestamp|current_date|localtimestamp)", re.IGNORECASE)
    found = [
        f"{_name(path)}:{line}"
        for path in _files(*HOUSE)
        for line, words in _texts(path)
        if time.search(words)
    ]
    assert found == []


def test_no_float_is_near_money() -> None:
    found: dict[tuple[str, float], int] = {}
    for path in _files("core/ledger", "core/billing", "core/payments"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Constant) and isinstance(node.value, float):
                found[_name(path), node.value] = node.lineno
        assert list(_calls(path, "float", "round")) == [], _name(path)
    assert found.keys() == FLOATS_NEAR_MONEY.keys(), found


def test_only_edges_commit() -> None:
    found = {
        _name(path): lines for path in _files(*HOUSE) if (lines := list(_calls(path, "commit", "rollback")))
    }
    assert found.keys() <= MAY_COMMIT.keys(), found


@pytest.mark.parametrize("path", _files(*PARTS), ids=_name)
def test_a_file_is_not_too_long(path: Path) -> None:
    lines = len(path.read_text().splitlines())
    if _name(path) in MAY_BE_LONG:
        assert lines > MAX_LINES, "it is short enough now: take it off the list"
    else:
        assert lines <= MAX_LINES


@pytest.mark.parametrize("word", PROVIDER_WORDS)
def test_a_provider_s_word_stays_in_its_folder(word: str) -> None:
    inside = [_name(path) for path in _files(*HOUSE) if word in path.read_text()]
    assert inside, "is it written otherwise now?"
    assert [name for name in inside if not name.startswith(PROVIDER_WORDS[word])] == []


@pytest.mark.parametrize("path", [path for path in _files(*PARTS) if path.name == "__init__.py"], ids=_name)
def test_a_package_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_bytes()))


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = {"utils.py", "util.py", "helpers.py", "manager.py", "common.py", "misc.py"}
    assert [_name(path) for path in _files(*PARTS) if path.name in drawers] == []
