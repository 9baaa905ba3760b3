"""pywa as a second reader and writer of WhatsApp's format: what it makes of the same act must be the same."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pywa import WhatsApp, types

from bots.whatsapp.faces import messages
from bots.whatsapp.messages import cut_up, read_message
from core.conversation.channel import Act, Button, Face, Person, Said
from tests.bots.provider import Asked, Provider, Reply

SAID = Said("wamid.A1", Person("whatsapp", "KE.1"), datetime(2026, 11, 22, 7, tzinfo=UTC), Act.TYPED, "menu")
WORDS = {"choose": "See plans", "share_number": "Share", "more": "More"}
YES, NO = Button("k3.yes", "Pay now", "1"), Button("k3.-home", "Main menu", "00")


@pytest.fixture
def graph() -> Iterator[Provider]:
    def accept(asked: Asked) -> Reply:
        sent = {
            "contacts": [{"input": "254712345678", "wa_id": "254712345678"}],
            "messages": [{"id": "wamid.X"}],
        }
        return 200, {"messaging_product": "whatsapp", **sent}

    found = Provider(accept)
    yield found
    found.stop()


@pytest.fixture
def theirs(graph: Provider) -> WhatsApp:
    client = WhatsApp(phone_id="5550001", token="EAAtoken")
    client.api._session.base_url = f"{graph.url}/v26.0"  # its own setting does not exist
    return client


def face(*buttons: Button, **more: Any) -> Face:
    return replace(Face("x", "en", ("Pay Ksh 20?",), buttons, words=WORDS), **more)


def wanted(graph: Provider) -> dict[str, Any]:
    """What pywa has sent, without what says nothing."""
    (asked,) = graph.asked
    assert asked.path == "/v26.0/5550001/messages"
    ours = {name: value for name, value in asked.fields.items() if name in ("type", asked.fields["type"])}
    return _without_nothing(ours)


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nothing(part) for name, part in value.items() if part is not None}
    return [_without_nothing(part) for part in value] if isinstance(value, list) else value


def test_a_text_is_written_the_same(theirs: WhatsApp, graph: Provider) -> None:
    theirs.send_message("254712345678", "Pay Ksh 20?")
    assert messages(SAID, face()) == [wanted(graph)]


def test_buttons_are_written_the_same(theirs: WhatsApp, graph: Provider) -> None:
    buttons = [types.Button(title=one.label, callback_data=one.data) for one in (YES, NO)]
    theirs.send_message("254712345678", "Pay Ksh 20?", buttons=buttons)
    assert messages(SAID, face(YES, NO)) == [wanted(graph)]


def test_a_list_is_written_the_same(theirs: WhatsApp, graph: Provider) -> None:
    plans = tuple(Button(f"k3.{place}", f"{place} Mbps", str(place)) for place in range(1, 6))
    listed = [types.SectionRow(title=one.label, callback_data=one.data) for one in plans]
    sections = types.SectionList("See plans", sections=[types.Section(title="", rows=listed)])
    theirs.send_message("254712345678", "Pay Ksh 20?", buttons=sections)
    expected = wanted(graph)
    (section,) = expected["interactive"]["action"]["sections"]
    section.pop("title")  # needed by more than one section alone
    assert messages(SAID, face(*plans)) == [expected]


def test_the_question_for_the_number_is_written_the_same(theirs: WhatsApp, graph: Provider) -> None:
    theirs.request_contact_info("KE.88112233445566", "Pay Ksh 20?")
    assert messages(SAID, face(asks_number=True)) == [wanted(graph)]
    assert graph.asked[0].fields["recipient"] == "KE.88112233445566"


CONTACT = {"profile": {"name": "Wanjiru"}, "wa_id": "254712345678", "user_id": "KE.88112233445566"}
ABOUT = {
    "from": "254712345678",
    "from_user_id": "KE.88112233445566",
    "id": "wamid.A1",
    "timestamp": "1795330000",
}


def post(message: dict[str, Any]) -> dict[str, Any]:
    metadata = {"display_phone_number": "254709000001", "phone_number_id": "5550001"}
    value = {"messaging_product": "whatsapp", "metadata": metadata, "contacts": [CONTACT]}
    change = {"field": "messages", "value": {**value, "messages": [{**ABOUT, **message}]}}
    return {"object": "whatsapp_business_account", "entry": [{"id": "1029384756", "changes": [change]}]}


CONTEXT = {"from": "254709000001", "id": "wamid.OUT7"}
TEXT = {"type": "text", "text": {"body": "Menu"}}
BUTTON = {
    "type": "interactive",
    "interactive": {"type": "button_reply", "button_reply": {"id": "k3.1", "title": "Pay"}},
    "context": CONTEXT,
}
TEMPLATE = {"type": "button", "button": {"text": "Renew", "payload": "k3.1"}, "context": CONTEXT}
ROW = {
    "type": "interactive",
    "interactive": {
        "type": "list_reply",
        "list_reply": {"id": "k3.1", "title": "10 Mbps", "description": "x"},
    },
    "context": CONTEXT,
}
READERS = [
    (TEXT, types.Message),
    (BUTTON, types.CallbackButton),
    (TEMPLATE, types.CallbackButton),
    (ROW, types.CallbackSelection),
]


@pytest.mark.parametrize(("message", "kind"), READERS, ids=["text", "button", "template", "row"])
def test_what_comes_in_is_read_the_same(theirs: WhatsApp, message: dict[str, Any], kind: Any) -> None:
    update = post(message)
    read = kind.from_update(theirs, json.loads(json.dumps(update)))
    (cut,) = cut_up(update, "5550001").messages
    ours = read_message(cut)
    assert ours is not None
    assert (ours.message_id, ours.at) == (read.id, read.timestamp)
    assert (ours.person.id, ours.person.also) == (read.from_user.bsuid, read.from_user.wa_id)
    assert ours.text == (read.text if kind is types.Message else read.data)
    assert ours.on == (read.reply_to_message.id if read.reply_to_message else None)


def test_the_own_number_is_read_the_same(theirs: WhatsApp) -> None:
    phones = [{"phone": "+254712345678", "wa_id": "254712345678", "type": "CELL"}]
    card = {"name": {"formatted_name": "Wanjiru"}, "origin": "contact_request", "phones": phones}
    update = post({"type": "contacts", "contacts": [card]})
    read = types.Message.from_update(theirs, json.loads(json.dumps(update)))
    (cut,) = cut_up(update, "5550001").messages
    ours = read_message(cut)
    assert read.contacts is not None
    assert ours is not None
    assert (ours.act, ours.text) == (Act.SHARED, read.contacts.first_wa_id)
