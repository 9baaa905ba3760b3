"""Whoever plays a subscriber need not look again and again: the sandbox answers when something new is there."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.sandbox.chat_clients import call
from tests.sandbox.test_windows import telegram_id

LONG = 20
"""Seconds nobody waits here unless the sandbox is deaf."""


def seen_meanwhile(trial: Any, door: str, happens: Callable[[], Any]) -> Any:
    """What the door answers to whoever has begun to wait before something happens."""
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(trial.get, f"{door}&wait={LONG}")
        happens()
        return waiting.result()


def test_a_chat_answers_when_the_provider_has_written_or_changed_something(trial: Any) -> None:
    number = trial.number()
    door = f"/phones/{number}/telegram"
    before = trial.post(door, {"text": "hi"})
    assert before["changes"] == 0
    person = telegram_id(trial, number)
    seen = seen_meanwhile(
        trial, f"{door}?changes=0&last=1", lambda: call(trial, "sendMessage", chat_id=person, text="Karibu")
    )
    assert (seen["changes"], [one["text"] for one in seen["messages"]]) == (1, ["Karibu"])
    edit = {"chat_id": person, "message_id": seen["messages"][0]["id"], "text": "Karibu sana"}
    seen = seen_meanwhile(trial, f"{door}?changes=1", lambda: call(trial, "editMessageText", **edit))
    assert [one["text"] for one in seen["messages"]] == ["hi", "Karibu sana"]


def test_what_the_person_does_is_no_news(trial: Any) -> None:
    door = f"/phones/{trial.number()}/whatsapp"
    for text in ("hi", "menu"):
        assert trial.post(door, {"text": text})["changes"] == 0
    assert len(trial.get(f"{door}?changes=0&wait=0.01")["messages"]) == 2


def test_a_phone_answers_when_a_text_has_come(trial: Any) -> None:
    number = trial.number()
    body = {"shortcode": trial.world.daraja.shortcode, "account": "123456", "amount": 5}
    seen = seen_meanwhile(
        trial, f"/phones/{number}?texts=0", lambda: trial.post(f"/phones/{number}/paybill", body)
    )
    assert [text["from"] for text in seen["texts"]] == ["MPESA"]
