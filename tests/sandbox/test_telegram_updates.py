"""Updates: numbered, with the secret, tried again until taken; and what goes wrong with them on request."""

from typing import Any

import pytest

from sandbox import people
from tests.sandbox.chat_clients import call, refused, with_bot
from tests.sandbox.conftest import until
from tests.sandbox.worlds import TELEGRAM


def path(trial: Any) -> str:
    return f"/telegram/{trial.world.door_secret}"


def texts(calls: list[Any]) -> list[str]:
    return [call.body["message"]["text"] for call in calls]


def test_the_first_message_of_somebody(trial: Any, product: Any) -> None:
    number = trial.number()
    trial.post(f"/phones/{number}", {"name": "A <b> & _c_", "language": "sw"})
    assert trial.say("telegram", number, text="/start acc_9f3k")[-1]["from_us"] is False
    (told,) = product.at(path(trial))
    assert told.headers["x-telegram-bot-api-secret-token"] == "tg-secret"
    assert told.headers["content-type"] == "application/json"
    chat = people.telegram_id(number)
    message = told.body["message"]
    assert message["from"] == {
        "id": chat,
        "is_bot": False,
        "first_name": "A <b> & _c_",
        "language_code": "sw",
    }
    assert message["chat"] == {"id": chat, "type": "private", "first_name": "A <b> & _c_"}
    assert (message["text"], message["entities"]) == (
        "/start acc_9f3k",
        [{"type": "bot_command", "offset": 0, "length": 6}],
    )
    trial.say("telegram", number, text="Menu", language="en")
    second = product.at(path(trial))[1].body
    trial.say("telegram", number, language="")
    trial.say("telegram", number, text="Menu")
    assert "language_code" not in product.at(path(trial))[2].body["message"]["from"]
    assert second["update_id"] == told.body["update_id"] + 1
    assert (second["message"]["from"]["language_code"], "entities" in second["message"]) == ("en", False)


def test_stickers_voices_places_and_cards(trial: Any, product: Any) -> None:
    number, other = trial.number(), trial.number()
    for act in ({"sticker": True}, {"voice": True}, {"location": True}, {"contact": True},
                {"contact": True, "number": other}, {"contact": True, "number": "+15551234567"},
                {"contact": True, "forwarded": True}):  # fmt: skip
        trial.say("telegram", number, **act)
    told = [c.body["message"] for c in product.at(path(trial))]
    kinds = [set(m) - {"message_id", "from", "chat", "date"} for m in told]
    assert kinds == [{"sticker"}, {"voice"}, {"location"}, {"contact"}, {"contact"}, {"contact"},
                     {"contact", "forward_origin"}]  # fmt: skip
    assert told[3]["contact"]["user_id"] == people.telegram_id(number)
    assert told[4]["contact"]["user_id"] == people.telegram_id(other) != told[4]["from"]["id"]
    assert "user_id" not in told[5]["contact"]
    for wrong in ({}, {"text": "a", "sticker": True}, {"message": "1"}, {"number": other}, {"nonsense": 1}):
        trial.post(f"/phones/{number}/telegram", wrong, status=422)


def test_an_old_keyboard_can_be_tapped_for_ever(trial: Any, product: Any) -> None:
    number = trial.number()
    trial.say("telegram", number, text="/start")
    for label in ("one", "two"):
        keys = {"inline_keyboard": [[{"text": label, "callback_data": "p:1"}]]}
        call(trial, "sendMessage", chat_id=people.telegram_id(number), text=label, reply_markup=keys)
    _, old, new = trial.chat("telegram", number)
    trial.say("telegram", number, choice="p:1", message=old["id"])
    trial.say("telegram", number, choice="p:1")
    tapped = [c.body["callback_query"]["message"]["message_id"] for c in product.at(path(trial))[1:]]
    assert [str(id_) for id_ in tapped] == [old["id"], new["id"]]


def test_blocking_is_told(trial: Any, product: Any) -> None:
    number = trial.number()
    trial.say("telegram", number, text="/start")
    trial.say("telegram", number, block=True)
    trial.say("telegram", number, unblock=True)
    told = [c.body["my_chat_member"] for c in product.at(path(trial))[1:]]
    assert [(t["old_chat_member"]["status"], t["new_chat_member"]["status"]) for t in told] == [
        ("member", "kicked"),
        ("kicked", "member"),
    ]
    assert told[0]["new_chat_member"]["user"]["username"] == "PwaniNetBot"


@pytest.mark.parametrize(("fault", "times"), [("doubled", 2), ("tenfold", 10)])
def test_repeated_updates_have_the_same_number(trial: Any, product: Any, fault: str, times: int) -> None:
    trial.faults(telegram_webhook=fault)
    trial.say("telegram", trial.number(), text="Menu")
    calls = product.wait(path(trial), times)
    assert len(calls) == times
    assert len({c.body["update_id"] for c in calls}) == 1


def test_shuffled_and_late_updates(trial: Any, product: Any) -> None:
    number = trial.number()
    trial.faults(telegram_webhook="shuffled")
    for text in ("first", "second"):
        trial.say("telegram", number, text=text)
    assert texts(product.wait(path(trial), 2)) == ["second", "first"]
    trial.faults(telegram_webhook="late")
    trial.say("telegram", number, text="third")
    assert len(product.at(path(trial))) == 2
    (held,) = [c for c in trial.get("/callbacks?kind=telegram%20update") if c["state"] == "held"]
    trial.post("/callbacks/release")
    assert texts(product.at(path(trial)))[-1] == "third"
    trial.post(f"/callbacks/{held['id']}/replay", {"times": 2})
    again = product.at(path(trial))[-2:]
    assert [c.body for c in again] == [held["body"]] * 2
    assert {c.headers["x-telegram-bot-api-secret-token"] for c in again} == {"tg-secret"}


def test_what_is_not_taken_comes_again(fresh_trial: Any, product: Any) -> None:
    trial = fresh_trial()
    product.answers |= {path(trial): lambda _: (500, ""), "/trial/idle": lambda _: (404, "")}
    trial.say("telegram", trial.number(), text="Menu")
    info = call(trial, "getWebhookInfo").json()["result"]
    assert (info["url"], info["pending_update_count"]) == (trial.world.telegram_webhook, 1)
    assert info["last_error_message"] == "Wrong response from the webhook: 500"
    product.answers[path(trial)] = lambda _: (204, "")
    trial.post("/clock", {"advance": "PT2M"})
    until(lambda: call(trial, "getWebhookInfo").json()["result"]["pending_update_count"] == 0)
    assert len({c.body["update_id"] for c in product.at(path(trial))}) == 1
    assert len(product.at(path(trial))) >= 2


def test_the_library_registers_a_webhook(fresh_trial: Any, product: Any) -> None:
    trial = fresh_trial()
    number = trial.number()

    async def work(bot: Any) -> Any:
        await bot.set_webhook(
            f"{product.url}/other", secret_token="new_secret", allowed_updates=["message"], max_connections=3
        )
        return await bot.get_webhook_info()

    info = with_bot(trial, work)
    assert (info.url, info.max_connections, info.allowed_updates) == (f"{product.url}/other", 3, ("message",))
    trial.say("telegram", number, text="/start")
    trial.say("telegram", number, block=True)
    trial.say("telegram", number, unblock=True)
    (told,) = product.at("/other")
    assert told.headers["x-telegram-bot-api-secret-token"] == "new_secret"
    call(trial, "setWebhook", url=f"{product.url}/third", max_connections=1000)
    info = call(trial, "getWebhookInfo").json()["result"]
    assert (info["allowed_updates"], info["max_connections"]) == (["message"], 100)
    call(trial, "setWebhook", url=f"{product.url}/third", allowed_updates=[])
    trial.say("telegram", number, block=True)
    assert "my_chat_member" in product.at("/third")[0].body
    assert "secret token" in refused(trial, "setWebhook", url=f"{product.url}/x", secret_token="ä")
    assert "bad webhook" in refused(trial, "setWebhook", url="https://bot.example/x")


def test_without_a_webhook_updates_wait_for_one(fresh_trial: Any, product: Any) -> None:
    trial = fresh_trial()
    number = trial.number()
    with_bot(trial, lambda bot: bot.delete_webhook())
    trial.say("telegram", number, text="/start")
    assert call(trial, "getWebhookInfo").json()["result"]["pending_update_count"] == 1
    trial = fresh_trial(telegram=TELEGRAM | {"secret_token": ""})
    assert call(trial, "getWebhookInfo").json()["result"]["url"] == ""
    assert call(trial, "getUpdates").json()["result"] == []
    trial.say("telegram", number, text="Menu")
    (waiting,) = call(trial, "getUpdates").json()["result"]
    assert waiting["message"]["text"] == "Menu"
    call(trial, "setWebhook", url=trial.world.telegram_webhook)
    assert "can't use getUpdates" in refused(trial, "getUpdates")
    (told,) = product.wait(path(trial))
    assert told.body["message"]["text"] == "Menu"
    assert "x-telegram-bot-api-secret-token" not in told.headers
    trial.say("telegram", number, text="x")
    assert call(trial, "setWebhook", url="", drop_pending_updates=True).json()["result"] is True


def test_numbers_start_anew_after_a_silent_week(fresh_trial: Any, product: Any) -> None:
    trial = fresh_trial()
    product.answers["/trial/idle"] = lambda _: (404, "")
    number = trial.number()
    trial.say("telegram", number, text="one")
    trial.post("/clock", {"advance": "P8D"})
    trial.say("telegram", number, text="two")
    first, second = (c.body["update_id"] for c in product.at(path(trial)))
    assert second != first + 1


def test_a_chat_survives_a_restart(fresh_trial: Any, product: Any) -> None:
    trial = fresh_trial()
    number = trial.number()
    trial.say("telegram", number, text="/start")
    keys = {"inline_keyboard": [[{"text": "x", "callback_data": "p:1"}]]}
    call(trial, "sendMessage", chat_id=people.telegram_id(number), text="Karibu", reply_markup=keys)
    before = trial.chat("telegram", number)
    trial = fresh_trial()
    assert trial.chat("telegram", number) == before
    trial.say("telegram", number, choice="p:1")
    trial.say("telegram", number, text="2")
    updates = [c.body["update_id"] for c in product.at(path(trial))]
    assert updates == list(range(updates[0], updates[0] + 3))
    assert int(trial.chat("telegram", number)[-1]["id"]) == int(before[-1]["id"]) + 1
