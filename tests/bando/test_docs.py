"""The documents are true of the program: settings, commands, files and capabilities that they name are there."""

import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from bando.cli import commands
from bando.compose import AllSettings

HOUSE = Path(__file__).resolve().parents[2]
DOCUMENTS = [HOUSE / "README.md", HOUSE / "CHANGELOG.md", *sorted((HOUSE / "docs").rglob("*.md"))]
WRITTEN = [*DOCUMENTS, HOUSE / ".env.example"]
HOSTS_NAMED = {
    "api.safaricom.co.ke",
    "api.africastalking.com",
    "graph.facebook.com",
    "api.telegram.org",
}
"""The providers that we call. Nothing else in the world is named by its address."""
CAPABILITIES = 130


def settings_classes() -> list[type[BaseSettings]]:
    classes: list[type[BaseSettings]] = []
    for field in dataclasses.fields(AllSettings):
        kind: object = field.default_factory
        assert isinstance(kind, type)
        assert issubclass(kind, BaseSettings)
        classes.append(kind)
    return classes


def defaults() -> Iterator[tuple[str, object]]:
    """Every setting's name in the environment, with its default."""
    for kind in settings_classes():
        for name, field in kind.model_fields.items():
            alias = field.validation_alias
            prefix = kind.model_config.get("env_prefix", "")
            spelt = alias if isinstance(alias, str) else f"{prefix}{name}".upper()
            yield spelt, field.get_default(call_default_factory=True)


def example() -> dict[str, str]:
    """What `.env.example` offers: names and the values behind them."""
    lines = re.findall(r"^# (BANDO_[A-Z_]+)=(.*)$", (HOUSE / ".env.example").read_text(), re.MULTILINE)
    found = dict(lines)
    assert len(found) == len(lines), "a setting stands there twice"
    return found


def as_written(value: object) -> str:
    """A default as it stands in the environment: lists with commas, nothing for none."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value)


@pytest.mark.parametrize(("name", "default"), list(defaults()), ids=str)
def test_every_setting_stands_in_the_example_with_its_default(name: str, default: object) -> None:
    assert example()[name] == as_written(default)


def test_the_example_holds_nothing_that_nobody_reads() -> None:
    of_containers = set(re.findall(r"\$\{(BANDO_\w+)", (HOUSE / "docker-compose.yml").read_text()))
    assert set(example()) - {name for name, _ in defaults()} <= of_containers


def test_no_line_of_the_example_takes_effect() -> None:
    lines = (HOUSE / ".env.example").read_text().splitlines()
    assert all(line.startswith("#") for line in lines if line)


def test_every_capability_stands_once_with_a_state() -> None:
    text = (HOUSE / "docs" / "capabilities.md").read_text()
    rows = re.findall(r"^\| S(\d+) \| [^|]+ \| ([^|]+) \| [^|]+ \|$", text, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, CAPABILITIES + 1))
    counted = [sum(state == one for _, state in rows) for one in ("works", "in part", "not yet")]
    assert sum(counted) == CAPABILITIES
    told = re.search(r"Of 130, (\d+) work, (\d+) work in part, (\d+) do not yet", text)
    assert told is not None
    assert [int(number) for number in told.groups()] == counted


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_make_targets_that_are_named_exist(document: Path) -> None:
    targets = re.findall(r"^([a-z]+):", (HOUSE / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"`(?:\w+=\S+ )*make ([a-z]+)", document.read_text())) <= set(targets)


def test_the_readme_begins_with_the_two_commands() -> None:
    text = (HOUSE / "README.md").read_text()
    assert {"`make demo`", "`make test`"} <= set(re.findall(r"`make [a-z]+`", text))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_of_the_program_that_are_named_exist(document: Path) -> None:
    assert set(re.findall(r"`bando ([a-z-]+)", document.read_text())) <= set(commands.commands)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_files_that_are_named_exist(document: Path) -> None:
    text = document.read_text()
    named = set(re.findall(r"`((?:\.?[\w-]+/)+(?:[\w.-]+\.\w+)?|[\w-]*\.\w+\.?\w*)`", text))
    missing = [
        name
        for name in named
        if ("/" in name or name.endswith((".md", ".yml"))) and not (HOUSE / name).exists()
    ]
    # A decision may name what was not chosen.
    assert set(missing) <= ({"core/worker.py"} if document.name.startswith("0011-") else set())


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)]+)\)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", WRITTEN, ids=lambda path: path.name)
def test_no_strange_host_and_no_path_of_a_machine_is_named(document: Path) -> None:
    text = document.read_text()
    hosts = set(re.findall(r"\b(?:[\w-]+\.)+(?:org|com|net|io|dev|ke)\b", text))
    hosts |= set(re.findall(r"https?://([\w.-]+\.\w+)", text)) - {"127.0.0.1"}
    assert hosts <= HOSTS_NAMED
    assert re.findall(r"(?<![\w.<>-])/(?:home|root|tmp|Users)/", text) == []


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(path.name[:4]) for path in sorted((HOUSE / "docs" / "decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))
    for path in sorted((HOUSE / "docs" / "decisions").glob("*.md")):
        text = path.read_text()
        assert text.startswith(f"# {path.name[:4]} "), path.name
        assert all(part in text for part in ("**Context.**", "**Choice.**", "**Consequence.**")), path.name


def test_the_examples_of_the_readme_send_json() -> None:
    bodies = re.findall(r"^post \S+ '(.*?)'", (HOUSE / "README.md").read_text(), re.MULTILINE)
    assert len(bodies) > 5
    assert all(isinstance(json.loads(body), dict) for body in bodies)
