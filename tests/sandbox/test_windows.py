"""What the page sees of one person's chats and texts, and the notices in them on the way of a purchase."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pywa.types import Button, Section, SectionList, SectionRow

from tests.sandbox.chat_clients import call, pywa, send, wamid
from tests.sandbox.conftest import until
from tests.sandbox.test_scene import held, tells, walked

WINDOWS = ("whatsapp", "telegram")


def windows(trial: Any, number: str) -> Any:
    return trial.get(f"/phones/{number}/scene")["windows"]


def newest(trial: Any, number: str, channel: str) -> Any:
    return windows(trial, number)[channel]["messages"][-1]


@pytest.fixture
def asha(trial: Any) -> str:
    """Has written in both chats."""
    number = str(trial.number())
    for channel in WINDOWS:
        trial.post(f"/phones/{number}/{channel}", {"text": "hi"})
    return number


def telegram_id(trial: Any, number: str) -> int:
    return int(trial.product.wait(f"/telegram/{trial.world.door_secret}")[-1].body["message"]["from"]["id"])


def test_somebody_who_said_nothing_has_three_empty_windows(trial: Any) -> None:
    seen = windows(trial, trial.number())
    assert [seen[channel]["state"] for channel in WINDOWS] == ["never", "never"]
    assert [seen[channel]["messages"] for channel in WINDOWS] == [[], []]
    assert seen["sent"] == []
    assert seen["name"]


def test_each_message_of_whatsapp_tells_how_its_choices_stand(trial: Any, asha: str) -> None:
    client = pywa(trial)
    sent = {
        "none": lambda: client.send_text(asha, "Karibu!"),
        "buttons": lambda: client.send_message(asha, "Lipa?", buttons=[Button("Lipa", "s.pay")]),
        "list": lambda: client.send_message(
            asha, "Chagua", buttons=SectionList("Ona", [Section("Home", [SectionRow("5 Mbps", "s.5")])])
        ),
        "contact": lambda: client.request_contact_info(asha, "Nambari yako?"),
    }
    for count, (stands, deed) in enumerate(sent.items(), start=2):
        deed()
        until(lambda: len(windows(trial, asha)["whatsapp"]["messages"]) == count)  # noqa: B023
        message = newest(trial, asha, "whatsapp")
        assert message["stands"] == stands
        assert message["opener"] == ("Ona" if stands == "list" else "")


def test_the_keys_of_telegram_keep_their_lines(trial: Any, asha: str) -> None:
    chat = telegram_id(trial, asha)
    keys = [
        [{"text": "A", "callback_data": "a"}],
        [{"text": label, "callback_data": label} for label in "BC"],
    ]
    call(trial, "sendMessage", chat_id=chat, text="Chagua", reply_markup={"inline_keyboard": keys})
    message = newest(trial, asha, "telegram")
    assert (message["stands"], message["rows"]) == ("inline", [1, 2])
    ask = [[{"text": "Share", "request_contact": True}]]
    call(trial, "sendMessage", chat_id=chat, text="Nambari?", reply_markup={"keyboard": ask})
    assert newest(trial, asha, "telegram")["stands"] == "keys"


def test_looking_at_the_scene_reads_nothing(trial: Any, asha: str) -> None:
    id_ = wamid(send(trial, asha))
    until(lambda: newest(trial, asha, "whatsapp")["id"] == id_)
    assert newest(trial, asha, "whatsapp")["seen"] is False
    trial.get(f"/phones/{asha}/whatsapp")
    assert newest(trial, asha, "whatsapp")["seen"] is True


def test_telegram_tells_the_number_once_it_was_shared_and_whatsapp_unless_it_is_hidden(
    trial: Any, asha: str
) -> None:
    def told() -> list[bool]:
        return [windows(trial, asha)[channel]["tells_number"] for channel in WINDOWS]

    assert told() == [True, False]
    trial.post(f"/phones/{asha}/telegram", {"contact": True, "number": trial.number()})
    assert told() == [True, False], "somebody else's card says nothing"
    trial.post(f"/phones/{asha}/telegram", {"contact": True})
    assert told() == [True, True]
    trial.faults(whatsapp_number="hidden")
    assert told() == [False, True]
    pywa(trial).request_contact_info(asha, "Nambari yako?")
    until(lambda: newest(trial, asha, "whatsapp")["asks_contact"])
    trial.post(f"/phones/{asha}/whatsapp", {"contact": True})
    assert told() == [True, True]


def test_a_blocked_provider_and_texts_that_were_sent_are_seen(trial: Any, asha: str) -> None:
    trial.post(f"/phones/{asha}/telegram", {"block": True})
    trial.post(f"/phones/{asha}/sms", {"to": "22384", "text": "BUY"})
    trial.post(f"/phones/{trial.number()}/sms", {"to": "22384", "text": "not mine"})
    seen = windows(trial, asha)
    assert seen["telegram"]["state"] == "blocked"
    assert [(row["to"], row["text"]) for row in seen["sent"]] == [("22384", "BUY")]


def test_a_notice_in_a_chat_is_a_step_and_names_the_row_of_the_router(trial: Any, asha: str) -> None:
    begun = datetime.now(UTC)
    tells(trial, asha, ("CollectionRequested", begun), ("NoticeQueued", begun + timedelta(milliseconds=1)))
    assert held(trial, asha) == []
    pywa(trial).send_message(asha, "Menu", buttons=[Button("Lipa", "s.pay")])
    wamid(send(trial, asha, {"body": "Your voucher: RECEP-TION"}))
    until(lambda: ("WhatsAppArrived", "phone") in walked(trial, asha))
    wamid(send(trial, asha, {"body": "News of something else"}))
    until(lambda: "News" in newest(trial, asha, "whatsapp")["text"])
    assert [what for what, _ in walked(trial, asha)].count("WhatsAppArrived") == 1
    assert held(trial, asha) == ["reception"]


def test_what_a_chat_says_before_any_notice_is_ready_is_no_step(trial: Any, asha: str) -> None:
    tells(trial, asha, ("CollectionRequested", datetime.now(UTC)))
    call(trial, "sendMessage", chat_id=telegram_id(trial, asha), text="M-PESA will ask for your PIN")
    assert newest(trial, asha, "telegram")["from_us"]
    assert walked(trial, asha) == [("CollectionRequested", "product")]
