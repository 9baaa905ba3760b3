"""What the Cloud API refuses to send, and with which code."""

from typing import Any

import pytest

from sandbox import people
from tests.sandbox.chat_clients import HOOK, error, send, values, wamid
from tests.sandbox.conftest import until
from tests.sandbox.worlds import WHATSAPP

BUTTON = {"type": "reply", "reply": {"id": "s.1", "title": "Lipa"}}
ROW = {"id": "s.1", "title": "5 Mbps"}


def buttons(*found: Any, **changes: Any) -> dict[str, Any]:
    return {"type": "button", "body": {"text": "x"}, "action": {"buttons": list(found)}} | changes


def rows(count: int = 1, **changes: Any) -> dict[str, Any]:
    found = [ROW | {"id": f"s.{n}"} | changes for n in range(count)]
    return {"type": "list", "body": {"text": "x"}, "action": {"button": "Ona", "sections": [{"rows": found}]}}


def titled(title: str, id_: str = "s.1") -> dict[str, Any]:
    return {"type": "reply", "reply": {"id": id_, "title": title}}


LISTED = rows()
TWO_SECTIONS = LISTED["action"] | {"sections": [{"rows": [ROW]}, {"rows": [ROW | {"id": "s.2"}]}]}


@pytest.mark.parametrize(
    ("kind", "content", "code"),
    [
        ("text", {"body": "a" * 4097}, 100),
        ("text", {"body": ""}, 100),
        ("text", {}, 131008),
        ("sticker", {"id": "1"}, 100),
        ("interactive", buttons(), 131009),
        ("interactive", buttons(*[titled(f"b{n}", f"s.{n}") for n in range(4)]), 131009),
        ("interactive", buttons(titled("a" * 21)), 131009),
        ("interactive", buttons(titled("")), 131009),
        ("interactive", buttons(titled("a"), titled("a", "s.2")), 131009),
        ("interactive", buttons(titled("a"), titled("b")), 131009),
        ("interactive", buttons(titled("a", "i" * 257)), 131009),
        ("interactive", buttons(BUTTON, body={"text": "a" * 1025}), 131009),
        ("interactive", buttons(BUTTON, footer={"text": "a" * 61}), 131009),
        ("interactive", buttons(BUTTON, header={"type": "text", "text": "a" * 61}), 131009),
        ("interactive", {"type": "button", "action": {"buttons": [BUTTON]}}, 131008),
        ("interactive", rows(11), 131009),
        ("interactive", rows(title="a" * 25), 131009),
        ("interactive", rows(description="a" * 73), 131009),
        ("interactive", rows(id="i" * 201), 131009),
        ("interactive", LISTED | {"action": LISTED["action"] | {"button": "a" * 21}}, 131009),
        ("interactive", LISTED | {"action": TWO_SECTIONS}, 131008),
        ("interactive", LISTED | {"body": {"text": "a" * 4097}}, 131009),
        ("interactive", {"type": "carousel", "body": {"text": "x"}, "action": {}}, 131009),
        ("document", {"id": "1", "link": "http://127.0.0.1/x"}, 131009),
        ("document", {"id": "12345"}, 131009),
        ("document", {"id": "12345", "caption": "a" * 1025}, 131009),
        ("template", {"name": "Big", "language": {"code": "sw"}}, 131009),
        ("template", {"name": "bill_due_v1"}, 131008),
    ],
)
def test_limits(trial: Any, writer: str, kind: str, content: Any, code: int) -> None:
    assert error(send(trial, writer, content, type=kind)) == code
    assert len(trial.chat("whatsapp", writer)) == 1


def test_what_just_fits(trial: Any, writer: str) -> None:
    wamid(send(trial, writer, {"body": "a" * 4096}))
    three = [titled("b" * 19 + str(n), "i" * 255 + str(n)) for n in range(3)]
    most = {"footer": {"text": "a" * 60}, "header": {"type": "text", "text": "a" * 60}}
    wamid(send(trial, writer, buttons(*three, body={"text": "a" * 1024}, **most), type="interactive"))
    wamid(send(trial, writer, rows(10, title="a" * 24, description="a" * 72), type="interactive"))
    assert error(send(trial, writer, biz_opaque_callback_data="a" * 513)) == 100


TEMPLATES = [
    {"name": "bill_due_v1", "language": "sw", "parameters": 2, "body": "Lipa {{amount}} kabla ya {{due}}.",
     "buttons": ["Lipa sasa"]},
    {"name": "old_v1", "language": "en", "state": "paused"},
    {"name": "code_v1", "language": "en", "parameters": 1, "category": "authentication"},
]  # fmt: skip


def template(*found: Any, name: str = "bill_due_v1", code: str = "sw", button: int = 0) -> dict[str, Any]:
    named = [{"type": "text", "parameter_name": n, "text": t} for n, t in found]
    reply = {"type": "button", "sub_type": "quick_reply", "index": str(button)}
    reply["parameters"] = [{"type": "payload", "payload": "renew:1"}]
    return {
        "name": name,
        "language": {"code": code},
        "components": [{"type": "body", "parameters": named}, reply],
    }


def test_templates_that_the_world_knows(fresh_trial: Any, product: Any) -> None:
    trial = fresh_trial(whatsapp=WHATSAPP | {"templates": TEMPLATES})
    number = trial.number()
    right = template(("amount", "Ksh 2,000"), ("due", "30/11/2026"))
    id_ = wamid(send(trial, number, right, type="template"))
    (shown,) = trial.chat("whatsapp", number)
    assert shown["text"] == "Lipa Ksh 2,000 kabla ya 30/11/2026."
    assert [(c["id"], c["label"]) for c in shown["choices"]] == [("renew:1", "Lipa sasa")]
    trial.say("whatsapp", number, choice="renew:1")
    (message,) = values(until(lambda: [c for c in product.at(HOOK) if "messages" in str(c.body)]))[0][
        "messages"
    ]
    assert (message["type"], message["button"]) == ("button", {"text": "Lipa sasa", "payload": "renew:1"})
    assert message["context"]["id"] == id_
    one = {"name": "code_v1", "language": {"code": "en"}, "components": [
        {"type": "body", "parameters": [{"type": "text", "text": "123456"}]}]}  # fmt: skip
    user_id = people.whatsapp_user_id(number)
    for content, code, to in (
        (template(("amount", "2,000")), 132000, {}),
        (template(("amount", "2,000"), ("when", "kesho")), 132012, {}),
        (template(("amount", "2,000"), ("due", "a\nb")), 132012, {}),
        (template(("amount", "2,000"), ("due", "a     b")), 132012, {}),
        (template(("amount", "a" * 1100), ("due", "b")), 132005, {}),
        (template(("amount", "1"), ("due", "2"), button=1), 132012, {}),
        (template(code="en"), 132001, {}),
        (template(name="unknown_v1"), 132001, {}),
        ({"name": "old_v1", "language": {"code": "en"}}, 132015, {}),
        (one, 131062, {"to": "", "recipient": user_id}),
    ):
        assert error(send(trial, **{"to": number, "content": content, "type": "template"} | to)) == code
    wamid(send(trial, number, one, type="template"))
