"""The Bot API, by python-telegram-bot and by hand."""

from typing import Any

import httpx
import pytest
from telegram import (
    Bot,
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)  # fmt: skip
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter

from sandbox import people
from tests.sandbox.chat_clients import TOKEN, call, refused, with_bot

pytestmark = pytest.mark.filterwarnings("ignore:.*retry_after")


@pytest.fixture
def someone(trial: Any) -> str:
    """A phone whose holder has started the bot."""
    number: str = trial.number()
    trial.say("telegram", number, text="/start")
    return number


def test_the_library_sends_edits_and_deletes(trial: Any, someone: str) -> None:
    chat = people.telegram_id(someone)
    keys = InlineKeyboardMarkup([[InlineKeyboardButton("Nunua", callback_data="p:WK1")]])

    async def work(bot: Bot) -> Any:
        sent = await bot.send_message(
            chat, "Karibu <b>Wanjiru</b> &lt;3", parse_mode="HTML", reply_markup=keys
        )
        first = trial.chat("telegram", someone)[-1]
        with pytest.raises(BadRequest, match="essage is not modified"):
            await bot.edit_message_text("Karibu Wanjiru <3", chat, sent.message_id, reply_markup=keys,
                                        entities=sent.entities)  # fmt: skip
        await bot.edit_message_text("Umelipa", chat, sent.message_id)
        second = trial.chat("telegram", someone)[-1]
        await bot.edit_message_reply_markup(chat, sent.message_id, reply_markup=keys)
        await bot.delete_message(chat, sent.message_id)
        return sent, first, second

    sent, first, second = with_bot(trial, work)
    assert (sent.text, sent.chat.id, sent.from_user.username) == ("Karibu Wanjiru <3", chat, "PwaniNetBot")
    assert [(e.type, e.offset, e.length) for e in sent.entities] == [("bold", 7, 7)]
    assert first["choices"] == [{"id": "p:WK1", "label": "Nunua", "description": ""}]
    assert (first["text"], first["from_us"]) == ("Karibu Wanjiru <3", True)
    assert (second["id"], second["text"], second["choices"], second["edited"]) == (
        first["id"],
        "Umelipa",
        [],
        True,
    )
    assert [m["text"] for m in trial.chat("telegram", someone)] == ["/start"]


def test_a_document_goes_up_once_and_again_by_its_id(trial: Any, someone: str) -> None:
    chat, pdf = people.telegram_id(someone), b"%PDF-1.7 receipt"

    async def work(bot: Bot) -> Any:
        sent = await bot.send_document(
            chat, pdf, filename="RCT-1.pdf", caption="<i>Risiti</i>", parse_mode="HTML"
        )
        again = await bot.send_document(chat, sent.document.file_id)
        file = await bot.get_file(sent.document.file_id)
        return sent, again, bytes(await file.download_as_bytearray())

    sent, again, fetched = with_bot(trial, work)
    assert (sent.document.file_name, sent.document.mime_type) == ("RCT-1.pdf", "application/pdf")
    assert (sent.caption, sent.caption_entities[0].type) == ("Risiti", "italic")
    assert again.document.file_id == sent.document.file_id
    assert fetched == pdf
    shown = [m["document"] for m in trial.chat("telegram", someone)[-2:]]
    assert [d["name"] for d in shown] == ["RCT-1.pdf"] * 2
    assert trial.http.get(shown[0]["url"]).content == pdf


def test_the_number_is_asked_for_by_a_key_that_goes_away(trial: Any, product: Any, someone: str) -> None:
    chat = people.telegram_id(someone)
    keys = ReplyKeyboardMarkup([[KeyboardButton("Share my number", request_contact=True)], ["Skip"]])
    with_bot(trial, lambda bot: bot.send_message(chat, "Nambari yako?", reply_markup=keys))
    asking = trial.chat("telegram", someone)[-1]
    assert asking["asks_contact"]
    assert [choice["id"] for choice in asking["choices"]] == ["contact", "Skip"]
    trial.say("telegram", someone, choice="contact")
    trial.say("telegram", someone, choice="Skip")
    told = [call.body["message"] for call in product.at(f"/telegram/{trial.world.door_secret}")][-2:]
    assert told[0]["contact"]["user_id"] == told[0]["from"]["id"] == chat
    assert told[0]["contact"]["phone_number"].removeprefix("+") == someone
    assert told[1]["text"] == "Skip"
    with_bot(trial, lambda bot: bot.send_message(chat, "Asante", reply_markup=ReplyKeyboardRemove()))
    assert [m["choices"] for m in trial.chat("telegram", someone)] == [[]] * 5


def test_a_tap_turns_until_it_is_answered(trial: Any, product: Any, someone: str) -> None:
    chat = people.telegram_id(someone)
    keys = InlineKeyboardMarkup([[InlineKeyboardButton("Lipa", callback_data="a.pay")]])
    with_bot(trial, lambda bot: bot.send_message(chat, "Lipa?", reply_markup=keys))
    assert trial.say("telegram", someone, choice="a.pay")[-1]["waiting"]
    query = product.at(f"/telegram/{trial.world.door_secret}")[-1].body["callback_query"]
    assert (query["data"], query["message"]["text"], query["from"]["id"]) == ("a.pay", "Lipa?", chat)
    with_bot(trial, lambda bot: bot.answer_callback_query(query["id"], "Sawa"))
    answered = trial.chat("telegram", someone)[-1]
    assert (answered["waiting"], answered["popup"]) == (False, "Sawa")
    assert "query is too old" in refused(trial, "answerCallbackQuery", callback_query_id="1")
    assert "MESSAGE_TOO_LONG" in refused(
        trial, "answerCallbackQuery", callback_query_id=query["id"], text="a" * 201
    )
    trial.post(f"/phones/{someone}/telegram", {"choice": "b.other"}, status=409)


def test_commands_actions_and_who_it_is(trial: Any, someone: str) -> None:
    chat = people.telegram_id(someone)

    async def work(bot: Bot) -> Any:
        await bot.set_my_commands([BotCommand("menu", "The menu")])
        await bot.set_my_commands([BotCommand("menu", "Menyu")], language_code="sw")
        await bot.send_chat_action(chat, "typing")
        return await bot.get_me(), await bot.get_my_commands(language_code="sw")

    me, commands = with_bot(trial, work)
    assert (me.username, me.is_bot, me.id) == ("PwaniNetBot", True, 8100)
    assert [(c.command, c.description) for c in commands] == [("menu", "Menyu")]
    for wrong in ([{"command": "Menu", "description": "x"}], [{"command": "menu", "description": ""}],
                  [{"command": f"c{i}", "description": "x"} for i in range(101)]):  # fmt: skip
        assert "BOT_COMMAND" in refused(trial, "setMyCommands", commands=wrong)
    assert "wrong parameter action" in refused(trial, "sendChatAction", chat_id=chat, action="dancing")


def test_who_may_be_written_to(trial: Any, someone: str) -> None:
    stranger = people.telegram_id(trial.number())
    for chat in (stranger, 12, "abc"):
        assert refused(trial, "sendMessage", chat_id=chat, text="Habari") == "Bad Request: chat not found"
    assert refused(trial, "sendMessage", text="Habari") == "Bad Request: chat_id is empty"
    trial.say("telegram", someone, block=True)
    chat = people.telegram_id(someone)
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        with_bot(trial, lambda bot: bot.send_message(chat, "Habari"))
    trial.post(f"/phones/{someone}/telegram", {"text": "Habari"}, status=409)
    trial.say("telegram", someone, unblock=True)
    assert call(trial, "sendMessage", chat_id=chat, text="Habari").status_code == 200


def test_a_wrong_token(trial: Any) -> None:
    with pytest.raises(InvalidToken):
        with_bot(trial, lambda bot: bot.get_me(), token="8100:wrong")
    assert trial.http.post("/bot8100:wrong/getMe").json() == {
        "ok": False, "error_code": 401, "description": "Unauthorized",
    }  # fmt: skip
    assert trial.http.post("/botwrong/getMe").status_code == 404
    assert trial.http.post(f"/bot{TOKEN}/getNothing").status_code == 404
    assert trial.http.get("/file/bot8100:wrong/documents/x").status_code == 404


MULTIBYTE = "é" * 33  # 33 signs, 66 bytes


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": " \n "}, "message text is empty"),
        ({"text": "a" * 4097}, "message is too long"),
        ({"text": "Bei 5 < 6", "parse_mode": "HTML"}, 'Unsupported start tag "" at byte offset 6'),
        ({"text": "<b>Bei", "parse_mode": "HTML"}, 'Can\'t find end tag corresponding to start tag "b"'),
        ({"text": "é<x>y</x>", "parse_mode": "HTML"}, 'Unsupported start tag "x" at byte offset 2'),
        ({"text": "<b>x</i>", "parse_mode": "HTML"}, 'expected "</b>", found "</i>"'),
        ({"text": "x</b>", "parse_mode": "HTML"}, "Unexpected end tag at byte offset 1"),
        ({"text": "x", "parse_mode": "Wiki"}, "unsupported parse_mode"),
        ({"text": "x", "reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
        ({"text": "x", "reply_markup": [1]}, "object expected as reply markup"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "x", "callback_data": MULTIBYTE}]]}},
         "BUTTON_DATA_INVALID"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "x", "callback_data": ""}]]}},
         "BUTTON_DATA_INVALID"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "x"}]]}}, "Text buttons are unallowed"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "Buy", "url": "p:1"}]]}},
         "inline keyboard button URL 'p:1' is invalid"),
        ({"text": "x", "reply_markup": {"inline_keyboard": [{"text": "x"}]}}, "must be of type Array of Arrays"),
    ],
)  # fmt: skip
def test_what_is_refused(trial: Any, someone: str, asked: dict[str, Any], why: str) -> None:
    assert why in refused(trial, "sendMessage", chat_id=people.telegram_id(someone), **asked)
    assert [m["text"] for m in trial.chat("telegram", someone)] == ["/start"]


def test_what_just_fits(trial: Any, someone: str) -> None:
    chat = people.telegram_id(someone)
    longest = {"inline_keyboard": [[{"text": "x", "callback_data": "é" * 32}]]}
    assert call(trial, "sendMessage", chat_id=chat, text="<b>" + "a" * 4096 + "</b>", parse_mode="HTML",
                reply_markup=longest).status_code == 200  # fmt: skip
    caption = {"chat_id": chat, "caption": "a" * 1024}
    files = {"document": ("a.pdf", b"%PDF", "application/pdf")}
    assert trial.http.post(f"/bot{TOKEN}/sendDocument", data=caption, files=files).status_code == 200
    caption["caption"] += "a"
    told = trial.http.post(f"/bot{TOKEN}/sendDocument", data=caption, files=files)
    assert told.json()["description"] == "Bad Request: message caption is too long"


def test_what_cannot_be_edited(trial: Any, someone: str) -> None:
    chat = people.telegram_id(someone)
    theirs = trial.chat("telegram", someone)[0]["id"]
    edit = {"chat_id": chat, "text": "x"}
    assert refused(trial, "editMessageText", message_id=1, **edit) == "Bad Request: message to edit not found"
    assert "can't be edited" in refused(trial, "editMessageText", message_id=theirs, **edit)
    assert "to delete not found" in refused(trial, "deleteMessage", chat_id=chat, message_id=1)
    assert "wrong file identifier" in refused(trial, "sendDocument", chat_id=chat, document="nothing")
    files = {"document": ("a.pdf", b"", "application/pdf")}
    empty = trial.http.post(f"/bot{TOKEN}/sendDocument", data={"chat_id": chat}, files=files)
    assert empty.json()["description"] == "Bad Request: file must be non-empty"


def test_faults_of_the_api(trial: Any, someone: str) -> None:
    chat = people.telegram_id(someone)
    send: Any = lambda bot: bot.send_message(chat, "Habari")  # noqa: E731
    trial.faults(telegram="429")
    with pytest.raises(RetryAfter) as waiting:
        with_bot(trial, send)
    assert int(getattr(waiting.value._retry_after, "total_seconds", lambda: 0)()) == 3
    for fault in ("500", "down"):
        trial.faults(telegram=fault)
        with pytest.raises(NetworkError):
            with_bot(trial, send)
    trial.faults(telegram="blocked")
    with pytest.raises(Forbidden):
        with_bot(trial, send)
    assert len(trial.chat("telegram", someone)) == 1
    trial.faults(telegram="slow", slow_seconds=0.5)
    with pytest.raises(httpx.ReadTimeout):
        trial.http.post(f"/bot{TOKEN}/sendMessage", json={"chat_id": chat, "text": "pole"}, timeout=0.1)
    assert trial.chat("telegram", someone)[-1]["text"] == "pole"


def test_a_flood_is_slowed_down(fresh_trial: Any) -> None:
    trial = fresh_trial()
    number = trial.number()
    trial.say("telegram", number, text="/start")
    chat = people.telegram_id(number)
    answers = [call(trial, "sendMessage", chat_id=chat, text=str(n)) for n in range(60)]
    told = next(answer for answer in answers if answer.status_code == 429)
    assert told.json()["parameters"] == {"retry_after": 1}
    assert told.json()["description"] == "Too Many Requests: retry after 1"
    assert all(answer.status_code == 200 for answer in answers[:20])
