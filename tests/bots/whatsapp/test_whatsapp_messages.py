"""Meta's messages and statuses in our words."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.whatsapp.messages import cut_up, read_message
from bots.whatsapp.reports import read_status
from core.base.msisdn import Msisdn
from core.conversation.channel import Act, Said, Unreadable
from core.messaging import carrier
from core.messaging.carrier import Fate

WANJIRU = {"profile": {"name": "Wanjiru"}, "wa_id": "254712345678", "user_id": "KE.88112233445566"}
ABOUT = {
    "from": "254712345678",
    "from_user_id": "KE.88112233445566",
    "id": "wamid.A1",
    "timestamp": "1795330000",
}
NOBODY: dict[str, Any] = {}


def hear(contact: dict[str, Any] = WANJIRU, about: dict[str, Any] = ABOUT, **content: Any) -> Said:
    """Through the whole envelope, as the door cuts it."""
    message = {**about, **(content or {"type": "text", "text": {"body": "Menu"}})}
    metadata = {"phone_number_id": "5550001"}
    value = {"metadata": metadata, "messages": [message], "contacts": [contact] if contact else []}
    (cut,) = cut_up({"entry": [{"changes": [{"field": "messages", "value": value}]}]}, "5550001").messages
    said = read_message(json.loads(json.dumps(cut)))
    assert said is not None
    return said


def test_a_person_is_known_by_the_user_id_first_and_the_number_is_vouched_for() -> None:
    said = hear()
    assert (said.person.id, said.person.also) == ("KE.88112233445566", "254712345678")
    assert said.person.number == Msisdn("254712345678")
    assert said.at == datetime.fromtimestamp(1795330000, UTC)


def test_from_before_there_were_user_ids() -> None:
    about = {name: value for name, value in ABOUT.items() if name != "from_user_id"}
    for contact in ({"wa_id": "254712345678"}, NOBODY):
        person = hear(contact, about).person
        assert (person.id, person.also, person.number) == ("254712345678", "", Msisdn("254712345678"))


@pytest.mark.parametrize("hidden", [{}, {"from": ""}, {"from": None}])
def test_who_has_a_username_has_no_number(hidden: dict[str, Any]) -> None:
    about = {**{name: value for name, value in ABOUT.items() if name != "from"}, **hidden}
    for contact in ({"user_id": WANJIRU["user_id"]}, {**WANJIRU, "wa_id": ""}, NOBODY):
        person = hear(contact, about).person
        assert (person.id, person.also, person.number) == ("KE.88112233445566", "", None)


def test_a_number_of_another_country_is_not_vouched_for() -> None:
    person = hear(
        {"wa_id": "447700900123"}, {**ABOUT, "from": "447700900123", "from_user_id": "GB.1x"}
    ).person
    assert (person.id, person.also, person.number) == ("GB.1x", "447700900123", None)


def test_nobody_is_nobody() -> None:
    with pytest.raises(Unreadable):
        hear(NOBODY, {"id": "wamid.A1", "timestamp": "1795330000"})
    with pytest.raises(Unreadable):
        hear({"wa_id": "254712345678"}, {**ABOUT, "from_user_id": "KE 1\n"})


@pytest.mark.parametrize(
    "content",
    [
        {
            "type": "interactive",
            "interactive": {"type": "button_reply", "button_reply": {"id": "k3.5", "title": "x"}},
        },
        {
            "type": "interactive",
            "interactive": {"type": "list_reply", "list_reply": {"id": "k3.5", "title": "x"}},
        },
        {"type": "button", "button": {"text": "x", "payload": "k3.5"}},
    ],
    ids=["button", "row", "template"],
)
def test_a_tap_is_a_tap_in_all_its_shapes(content: dict[str, Any]) -> None:
    said = hear(**content, context={"from": "254709000001", "id": "wamid.OUT7"})
    assert (said.act, said.text, said.on) == (Act.TAPPED, "k3.5", "wamid.OUT7")


@pytest.mark.parametrize(
    "kind", "image document audio video sticker location reaction order unsupported something_new".split()
)
def test_what_cannot_be_read_is_named(kind: str) -> None:
    said = hear(type=kind, **{kind: {"id": "1"}})
    assert (said.act, said.text) == (Act.OTHER, kind)


def test_a_form_of_a_flow_is_not_read() -> None:
    reply = {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": "{}"}}
    assert hear(type="interactive", interactive=reply).act is Act.OTHER


def test_the_own_number_comes_by_our_button_alone() -> None:
    phones = [{"phone": "+254 712 345678", "wa_id": "254712345678", "type": "CELL"}]
    card = {"origin": "contact_request", "phones": phones}
    assert (hear(type="contacts", contacts=[card]).act, hear(type="contacts", contacts=[card]).text) == (
        Act.SHARED,
        "254712345678",
    )
    without_id = {**card, "phones": [{"phone": "+254 712 345678"}]}
    assert hear(type="contacts", contacts=[without_id]).text == "+254 712 345678"
    for cards in (
        [{**card, "origin": "other"}],
        [{"phones": phones}],
        [card, card],
        [{**card, "phones": []}],
    ):
        assert (hear(type="contacts", contacts=cards).act, hear(type="contacts", contacts=cards).text) == (
            Act.OTHER,
            "contacts",
        )


def test_who_moves_to_another_number_has_left() -> None:
    system = {"body": "Wanjiru changed", "wa_id": "254799000111", "type": "user_changed_number"}
    said = hear(type="system", system=system)
    assert (said.act, said.person.also) == (Act.LEFT, "254712345678")
    other = {"message": {**ABOUT, "type": "system", "system": {"type": "customer_identity_changed"}}}
    assert read_message({"contact": WANJIRU, **other}) is None


def test_a_sender_is_never_described_by_another_ones_contact() -> None:
    said = hear({"wa_id": "254722000111", "user_id": "KE.7"})
    assert (said.person.id, said.person.also) == ("KE.88112233445566", "254712345678")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    "id type from from_user_id timestamp text body interactive button payload contacts system context".split()
)


@given(st.dictionaries(NAMES, JSON | st.dictionaries(NAMES, JSON, max_size=4), max_size=8), JSON)
def test_whatever_comes_is_read_or_refused(message: Any, contact: Any) -> None:
    metadata = {"phone_number_id": "5550001"}
    value = {"metadata": metadata, "messages": [message], "contacts": [contact]}
    try:
        for cut in cut_up(
            {"entry": [{"changes": [{"field": "messages", "value": value}]}]}, "5550001"
        ).messages:
            read_message(cut)
    except Unreadable:
        return


STATUS = {
    "id": "wamid.OUT7",
    "status": "delivered",
    "timestamp": "1795330010",
    "recipient_id": "254712345678",
}


@pytest.mark.parametrize(
    ("word", "fate"),
    [
        ("sent", Fate.UNDER_WAY),
        ("delivered", Fate.DELIVERED),
        ("read", Fate.READ),
        ("played", Fate.READ),
        ("failed", Fate.FAILED),
        ("teleported", Fate.UNDER_WAY),
    ],
)
def test_words_of_a_status(word: str, fate: Fate) -> None:
    report = read_status({**STATUS, "status": word, "biz_opaque_callback_data": "7781"})
    assert (report.message_id, report.address, report.also, report.fate, report.notice_id) == (
        "wamid.OUT7",
        "254712345678",
        "",
        fate,
        7781,
    )


def test_a_status_names_both_ids_of_a_person() -> None:
    report = read_status({**STATUS, "recipient_user_id": "KE.88112233445566"})
    assert (report.address, report.also, report.notice_id) == ("KE.88112233445566", "254712345678", None)
    hidden = {name: value for name, value in STATUS.items() if name != "recipient_id"}
    assert read_status({**hidden, "recipient_user_id": "KE.1"}).address == "KE.1"


@pytest.mark.parametrize(
    ("code", "fate"),
    [(131047, Fate.FAILED), (131026, Fate.BLOCKED), (131050, Fate.BLOCKED), (999999, Fate.FAILED)],
)
def test_why_it_failed(code: int, fate: Fate) -> None:
    report = read_status({**STATUS, "status": "failed", "errors": [{"code": code, "title": "x"}]})
    assert report.fate is fate
    assert str(code) in report.said


@pytest.mark.parametrize("opaque", ["", "x", "-1", "9" * 40, None, 5.5, "²"])
def test_a_foreign_mark_is_no_notice(opaque: Any) -> None:
    assert read_status({**STATUS, "biz_opaque_callback_data": opaque}).notice_id is None


@pytest.mark.parametrize("name", ["id", "status", "recipient_id"])
def test_half_a_status_is_none(name: str) -> None:
    with pytest.raises(carrier.Unreadable):
        read_status({key: value for key, value in STATUS.items() if key != name})
