"""Message templates: found by name and language, filled with as many parameters as they were approved with."""

import re
from dataclasses import dataclass, field
from typing import Any

from sandbox.chats import Choice
from sandbox.meta.errors import GraphRefusal
from sandbox.world import WorldTemplate

MOST_BODY = 1024
_NAME = re.compile(r"[a-z0-9_]{1,512}", re.ASCII)
_UNALLOWED = re.compile(r"[\n\t]| {5,}")
_PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_STATES = {"paused": 132015, "disabled": 132016}


@dataclass
class Filled:
    text: str
    category: str
    choices: list[Choice] = field(default_factory=list)
    document: dict[str, Any] | None = None


def read_template(asked: dict[str, Any], known: list[WorldTemplate], *, to_user_id: bool) -> Filled:
    """Raises GraphRefusal. Where the world knows no templates, every name is taken with any parameters."""
    name, language = asked.get("name"), asked.get("language")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise GraphRefusal(
            131008 if name is None else 131009, "template name: lower-case, digits, underscores"
        )
    code = language.get("code") if isinstance(language, dict) else None
    if not isinstance(code, str) or not code:
        raise GraphRefusal(131008, "template language.code is required")
    template = _find(known, name, code)
    if template is not None and template.category == "authentication" and to_user_id:
        raise GraphRefusal(131062, "one-time codes go to phone numbers alone")
    filled = Filled("", template.category if template else "utility")
    parameters: list[tuple[str, str]] = []
    for component in asked.get("components") or []:
        kind = str(component.get("type", "")).lower() if isinstance(component, dict) else ""
        given = component.get("parameters") or [] if kind else []
        if kind == "body":
            parameters = [_parameter(index, row) for index, row in enumerate(given, start=1)]
        elif kind == "header":
            filled.document = next(
                (row.get("document") for row in given if row.get("type") == "document"), None
            )
        elif kind == "button":
            filled.choices += _button(component, given, template)
        else:
            raise GraphRefusal(132012, f"unknown component: {component!r}")
    filled.text = _text(name, template, parameters)
    return filled


def _find(known: list[WorldTemplate], name: str, code: str) -> WorldTemplate | None:
    if not known:
        return None
    for template in known:
        if (template.name, template.language) == (name, code):
            if template.state != "approved":
                raise GraphRefusal(_STATES[template.state], f"template {name} is {template.state}")
            return template
    raise GraphRefusal(132001, f"template name ({name}) does not exist in {code}")


def _parameter(index: int, row: Any) -> tuple[str, str]:
    if not isinstance(row, dict) or row.get("type") != "text" or not isinstance(row.get("text"), str):
        raise GraphRefusal(132012, f"body parameter {index}: only texts are played")
    text = row["text"]
    if not text or _UNALLOWED.search(text):
        raise GraphRefusal(
            132012, f"body parameter {index}: no new lines, tabs or more than 4 consecutive spaces"
        )
    return str(row.get("parameter_name", index)), text


def _button(component: dict[str, Any], given: list[Any], template: WorldTemplate | None) -> list[Choice]:
    if str(component.get("sub_type", "")).lower() != "quick_reply":
        return []
    index = int(component.get("index", 0))
    labels = template.buttons if template else []
    if template is not None and index >= len(labels):
        raise GraphRefusal(132012, f"template {template.name} has no button {index}")
    payloads = [str(row.get("payload", "")) for row in given if row.get("type") == "payload"]
    return [Choice(id=p, label=labels[index] if index < len(labels) else p) for p in payloads]


def _text(name: str, template: WorldTemplate | None, parameters: list[tuple[str, str]]) -> str:
    if template is not None and len(parameters) != template.parameters:
        wanted = (
            f"number of parameters ({len(parameters)}) does not match the expected ({template.parameters})"
        )
        raise GraphRefusal(132000, f"body: {wanted}")
    if template is None or not template.body:
        text = " · ".join([name, *(value for _, value in parameters)])
    else:
        values = dict(parameters)
        missing = set(_PLACE.findall(template.body)) - values.keys()
        if missing:
            raise GraphRefusal(132012, f"body: no parameter named {', '.join(sorted(missing))}")
        text = _PLACE.sub(lambda place: values[place[1]], template.body)
    if len(text) > MOST_BODY:
        raise GraphRefusal(132005, f"the filled body has {len(text)} characters, {MOST_BODY} fit")
    return text
