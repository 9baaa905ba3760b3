"""Screens and notices by Telegram, against a Bot API that keeps what it is asked."""

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import redis

from bots.pace import Pace
from bots.telegram.api import TelegramApi
from bots.telegram.carrier import TelegramCarrier
from bots.telegram.channel import TelegramChannel
from bots.telegram.settings import TelegramSettings
from bots.telegram.webhook import look_at_webhook, register_webhook
from core.base.errors import OutcomeUnknown, OutsideError, Rejected, Unreachable
from core.base.secrets import Keyring
from core.conversation.channel import Act, Button, Document, Face, Person, Said
from core.messaging import carrier
from core.messaging.carrier import AccountRefused, BlockedByPerson, Message, Unreadable
from tests.bots.provider import Asked, Provider, Reply

CHAT = 7_100_000_001
WORDS = {"choose": "Chagua", "share_number": "Tuma namba yangu", "more": "Zaidi"}
SAID = Said("880001", Person("telegram", str(CHAT)), datetime(2026, 11, 22, 7, tzinfo=UTC), Act.TYPED, "menu")
TAP = replace(SAID, act=Act.TAPPED, text="k3.WK1", on="42", ticket="4382")
PDF = Document("INV-1001.pdf", "application/pdf", b"%PDF-1.7 \xff")


def face(*labels: str, lines: tuple[str, ...] = ("Choose a plan",), **more: Any) -> Face:
    buttons = tuple(Button(f"k3.{place}", label, str(place)) for place, label in enumerate(labels, start=1))
    ways = (Button("k3.-back", "Rudi", "0"), Button("k3.-home", "Mwanzo", "00")) if labels else ()
    values: dict[str, Any] = {
        "id": "buy.plan",
        "language": "sw",
        "lines": lines,
        "buttons": buttons,
        "ways": ways,
    }
    return Face(**{**values, "words": WORDS, **more})


def refusal(status: int, description: str, **parameters: int) -> Reply:
    told = {"ok": False, "error_code": status, "description": description}
    return status, {**told, "parameters": parameters} if parameters else told


class BotApi:
    """Answers every method as Telegram would; `answers` has other answers, once each."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Reply]] = {}
        self.provider = Provider(self._reply)
        self._last_id = 100

    def _reply(self, asked: Asked) -> Reply:
        method = asked.path.rpartition("/")[2]
        if self.answers.get(method):
            return self.answers[method].pop(0)
        if method in ("sendMessage", "sendDocument"):
            self._last_id += 1
            return 200, {"ok": True, "result": self._message(self._last_id)}
        if method == "editMessageText":
            return 200, {"ok": True, "result": self._message(int(asked.fields["message_id"]))}
        if method == "getWebhookInfo":
            told = {"url": "https://bando.example/telegram/abc", "has_custom_certificate": False}
            error = {"last_error_date": 1795330000, "last_error_message": "Wrong response: 502 Bad Gateway"}
            return 200, {"ok": True, "result": {**told, "pending_update_count": 3, **error}}
        return 200, {"ok": True, "result": True}

    def _message(self, message_id: int) -> dict[str, Any]:
        return {
            "message_id": message_id,
            "date": 1795330000,
            "chat": {"id": CHAT, "type": "private"},
            "text": "x",
        }

    def calls(self) -> list[tuple[str, dict[str, Any]]]:
        """(method, arguments) in order."""
        return [(asked.path.rpartition("/")[2], asked.fields) for asked in self.provider.asked]

    def methods(self) -> list[str]:
        return [method for method, _ in self.calls()]


@pytest.fixture
def api() -> Iterator[BotApi]:
    found = BotApi()
    yield found
    found.provider.stop()


Make = Callable[..., TelegramSettings]


@pytest.fixture
def settings(api: BotApi) -> TelegramSettings:
    return make(api.provider.url)


def make(url: str) -> TelegramSettings:
    return TelegramSettings.model_validate(
        {"base_url": url, "token": "700100:AAtoken", "webhook_secret": "s" * 32, "timeout_seconds": 1}
    )


@pytest.fixture
def pace(redis_url: str, keyring: Keyring) -> Pace:
    client = redis.Redis.from_url(redis_url)
    return Pace(client, keyring, channel="telegram", a_second=1000, person_seconds=1, person_burst=50)


@pytest.fixture
def channel(settings: TelegramSettings, pace: Pace) -> TelegramChannel:
    return TelegramChannel(TelegramApi(settings), pace)


@pytest.fixture
def notices(settings: TelegramSettings, pace: Pace) -> TelegramCarrier:
    return TelegramCarrier(TelegramApi(settings), pace)


def keyboard(fields: dict[str, Any]) -> list[list[dict[str, Any]]]:
    markup = json.loads(fields["reply_markup"])
    found: list[list[dict[str, Any]]] = markup.get("inline_keyboard") or markup["keyboard"]
    return found


def test_a_typed_word_is_answered_with_a_new_message(channel: TelegramChannel, api: BotApi) -> None:
    assert channel.show(SAID, face("WiFi 1h", "WiFi 24h"), shown=None) == "101"
    ((method, fields),) = api.calls()
    assert (method, fields["chat_id"], fields["text"]) == ("sendMessage", str(CHAT), "Choose a plan")
    assert "parse_mode" not in fields
    assert [[(key["text"], key["callback_data"]) for key in row] for row in keyboard(fields)] == [
        [("WiFi 1h", "k3.1")],
        [("WiFi 24h", "k3.2")],
        [("Rudi", "k3.-back"), ("Mwanzo", "k3.-home")],
    ]
    assert not any("url" in key for row in keyboard(fields) for key in row)


def test_a_tap_is_answered_first_and_its_message_edited(channel: TelegramChannel, api: BotApi) -> None:
    assert channel.show(TAP, face("Yes"), shown="42") == "42"
    assert api.methods() == ["answerCallbackQuery", "editMessageText"]
    assert api.calls()[0][1] == {"callback_query_id": "4382"}
    assert api.calls()[1][1]["message_id"] == "42"


def test_after_an_end_no_old_button_can_be_tapped(channel: TelegramChannel, api: BotApi) -> None:
    assert channel.show(TAP, face(lines=("Check your phone.",), ends=True), shown="42") == "42"
    assert "reply_markup" not in api.calls()[1][1]


def test_the_same_again_is_no_failure(channel: TelegramChannel, api: BotApi) -> None:
    api.answers["answerCallbackQuery"] = [
        refusal(400, "Bad Request: query is too old and response timeout expired")
    ]
    api.answers["editMessageText"] = [refusal(400, "Bad Request: message is not modified: the same content")]
    assert channel.show(TAP, face("Yes"), shown="42") == "42"
    assert api.methods() == ["answerCallbackQuery", "editMessageText"]


def test_a_message_that_is_gone_is_replaced(channel: TelegramChannel, api: BotApi) -> None:
    api.answers["editMessageText"] = [refusal(400, "Bad Request: message to edit not found")]
    api.answers["editMessageReplyMarkup"] = [refusal(400, "Bad Request: message to edit not found")]
    assert channel.show(TAP, face("Yes"), shown="42") == "101"
    assert "sendMessage" in api.methods()


def test_old_buttons_are_taken_away_when_the_screen_moves_down(channel: TelegramChannel, api: BotApi) -> None:
    """A typed answer, and a tap on an old menu, are answered below; what stood above is no menu any more."""
    assert channel.show(SAID, face("Yes"), shown="42") == "101"
    assert api.methods() == ["sendMessage", "editMessageReplyMarkup"]
    assert api.calls()[1][1] == {"chat_id": str(CHAT), "message_id": "42"}
    assert channel.show(replace(TAP, on="7"), face("Yes"), shown="101") == "102"
    assert {fields["message_id"] for method, fields in api.calls()[4:]} == {"7", "101"}


def test_a_name_with_signs_arrives_as_it_is(channel: TelegramChannel, api: BotApi) -> None:
    line = "Karibu <b>Wa_njiru</b> & *Otieno* [x](http://evil.example)"
    channel.show(SAID, face("Ndiyo", lines=(line, "")), shown=None)
    assert api.calls()[0][1]["text"] == line
    assert "parse_mode" not in api.calls()[0][1]


def test_the_number_is_shared_by_a_keyboard_that_goes_away_again(
    channel: TelegramChannel, api: BotApi
) -> None:
    asking = face("Type it", lines=("Which number?",), id="link.ask", asks_number=True)
    shown = channel.show(TAP, asking, shown="42")
    method, fields = api.calls()[1]
    assert (method, fields["text"]) == ("sendMessage", "Which number?")
    first, *others = keyboard(fields)
    assert first == [{"text": "Tuma namba yangu", "request_contact": True}]
    assert [[key["text"] for key in row] for row in others] == [["Type it"], ["Rudi", "Mwanzo"]]
    assert shown is not None

    api.provider.asked.clear()
    after = channel.show(replace(SAID, act=Act.SHARED, text="254712345678"), face("Buy"), shown=shown)
    (one, first_fields), (two, second_fields) = api.calls()
    assert (one, two) == ("sendMessage", "sendMessage")
    assert json.loads(first_fields["reply_markup"]) == {"remove_keyboard": True}
    assert first_fields["text"] == "Choose a plan"
    assert second_fields["text"] == "Chagua"
    assert keyboard(second_fields)[0][0]["callback_data"] == "k3.1"

    api.provider.asked.clear()
    assert channel.show(replace(TAP, on=after), face("Next"), shown=after) == after
    assert api.methods() == ["answerCallbackQuery", "editMessageText"]


def test_the_keyboard_goes_away_with_an_end_too(channel: TelegramChannel, api: BotApi) -> None:
    shown = channel.show(SAID, face(id="link.ask", asks_number=True), shown=None)
    assert channel.show(SAID, face(lines=("Done",), ends=True), shown=shown) == "102"
    assert api.methods() == ["sendMessage", "sendMessage"]
    assert json.loads(api.calls()[1][1]["reply_markup"]) == {"remove_keyboard": True}


def test_a_long_screen_comes_in_parts_and_the_last_has_the_buttons(
    channel: TelegramChannel, api: BotApi
) -> None:
    lines = tuple(f"{number} {'x' * 90}" for number in range(60))
    assert channel.show(TAP, face("Yes", lines=lines), shown="42") == "102"
    sent = [fields for method, fields in api.calls() if method == "sendMessage"]
    assert "\n".join(fields["text"] for fields in sent) == "\n".join(lines)
    assert ["reply_markup" in fields for fields in sent] == [False, True]


def test_a_screen_without_words_still_has_something_to_hold_its_buttons(
    channel: TelegramChannel, api: BotApi
) -> None:
    channel.show(SAID, face("Yes", lines=("",)), shown=None)
    assert api.calls()[0][1]["text"].strip()


def test_a_button_carries_sixty_four_bytes_and_no_more(channel: TelegramChannel, api: BotApi) -> None:
    def with_data(data: str) -> Face:
        return replace(face("x"), buttons=(Button(data, "Ndiyo", "1"),))

    channel.show(SAID, with_data("ñ" * 32), shown=None)
    assert len(api.calls()) == 1
    for data in ("ñ" * 33, "a" * 65, ""):
        with pytest.raises(ValueError, match="64 bytes"):
            channel.show(SAID, with_data(data), shown=None)
    assert len(api.calls()) == 1


def test_documents_are_sent_as_files(channel: TelegramChannel, api: BotApi) -> None:
    channel.show(SAID, face(lines=("Your invoice",), documents=(PDF,)), shown=None)
    (asked,) = [asked for asked in api.provider.asked if asked.path.endswith("/sendDocument")]
    assert list(asked.files.values()) == [("INV-1001.pdf", "application/pdf", PDF.content)]


ERRORS: list[tuple[Reply, type[OutsideError]]] = [
    (refusal(403, "Forbidden: bot was blocked by the user"), BlockedByPerson),
    (refusal(403, "Forbidden: user is deactivated"), BlockedByPerson),
    (refusal(400, "Bad Request: chat not found"), BlockedByPerson),
    (refusal(400, "Bad Request: message text is empty"), Rejected),
    (refusal(401, "Unauthorized"), AccountRefused),
    (refusal(404, "Not Found"), AccountRefused),
    (refusal(500, "Internal Server Error"), Unreachable),
    ((502, b"<html>Bad Gateway</html>"), Unreachable),
    ((200, b"nonsense"), OutcomeUnknown),
    (Provider.HANG, OutcomeUnknown),
]


@pytest.mark.parametrize(
    ("reply", "kind"), ERRORS, ids=[f"{reply[0]} {kind.__name__}" for reply, kind in ERRORS]
)
def test_errors_in_our_words(
    channel: TelegramChannel, notices: TelegramCarrier, api: BotApi, reply: Reply, kind: type[OutsideError]
) -> None:
    api.answers["sendMessage"] = [reply]
    with pytest.raises(kind) as shown:
        channel.show(SAID, face("Yes"), shown=None)
    assert type(shown.value) is kind
    if reply != Provider.HANG:
        api.answers["sendMessage"] = [reply]
        with pytest.raises(kind):
            notices.send(NOTICE)


def test_nobody_at_the_other_end_is_unreachable(pace: Pace) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        api = TelegramApi(make(url))
    with pytest.raises(Unreachable):
        TelegramChannel(api, pace).show(SAID, face("Yes"), shown=None)
    with pytest.raises(Unreachable):
        register_webhook(make(url), public_url="https://bando.example", door_secret="abc")


def test_a_429_is_obeyed_by_all_that_write_to_that_person(
    channel: TelegramChannel, notices: TelegramCarrier, api: BotApi
) -> None:
    api.answers["sendMessage"] = [refusal(429, "Too Many Requests: retry after 3", retry_after=3)]
    with pytest.raises(Unreachable) as later:
        channel.show(SAID, face("Yes"), shown=None)
    assert later.value.retry_after_seconds in (3, 4)
    asked = len(api.calls())
    for send in (lambda: channel.show(SAID, face("Yes"), shown=None), lambda: notices.send(NOTICE)):
        with pytest.raises(Unreachable) as held:
            send()
        assert held.value.retry_after_seconds in (2, 3, 4)
    assert len(api.calls()) == asked
    other = replace(SAID, person=Person("telegram", "7002"))
    assert channel.show(other, face("Yes"), shown=None) == "101"


def test_one_connection_serves_many_screens(channel: TelegramChannel, api: BotApi) -> None:
    """And nothing is asked before the first one: no getMe."""
    for _ in range(3):
        channel.show(SAID, face("Yes"), shown=None)
    assert set(api.methods()) == {"sendMessage"}
    assert {asked.path for asked in api.provider.asked} == {"/bot700100:AAtoken/sendMessage"}


NOTICE = Message(7781, str(CHAT), "Voucher: ABCDE-12345 <&> _x_", "voucher", "en", {"code": "ABCDE-12345"})


def test_a_notice_is_plain_text(notices: TelegramCarrier, api: BotApi) -> None:
    sent = notices.send(NOTICE)
    assert (sent.message_id, sent.parts, sent.cost_cents) == ("101", 1, None)
    assert api.calls() == [("sendMessage", {"chat_id": str(CHAT), "text": NOTICE.text})]
    assert (notices.channel, notices.confirms) == ("telegram", False)


def test_a_notice_stands_below_its_file_in_one_message(notices: TelegramCarrier, api: BotApi) -> None:
    document = carrier.Document("INV-1001.pdf", "application/pdf", PDF.content)
    notices.send(replace(NOTICE, documents=(document,)))
    ((method, fields),) = api.calls()
    assert (method, fields["caption"]) == ("sendDocument", NOTICE.text)
    assert "parse_mode" not in fields
    notices.send(replace(NOTICE, text="x" * 1_025, documents=(document,)))
    assert api.methods()[1:] == ["sendMessage", "sendDocument"]


def test_an_address_that_is_no_chat_is_refused(notices: TelegramCarrier, api: BotApi) -> None:
    with pytest.raises(Rejected):
        notices.send(replace(NOTICE, address="@channel"))
    assert api.calls() == []
    with pytest.raises(Unreadable):
        notices.read_report(b"{}")


def test_the_webhook_is_registered_whole(settings: TelegramSettings, api: BotApi) -> None:
    register_webhook(settings, public_url="https://bando.example/", door_secret="abc")
    ((method, fields),) = api.calls()
    assert (method, fields["url"]) == ("setWebhook", "https://bando.example/telegram/abc")
    assert json.loads(fields["allowed_updates"]) == ["message", "callback_query", "my_chat_member"]
    assert fields["secret_token"] == "s" * 32
    assert "drop_pending_updates" not in fields


def test_the_webhook_can_be_looked_at(settings: TelegramSettings) -> None:
    state = look_at_webhook(TelegramApi(settings), public_url="https://bando.example", door_secret="abc")
    assert (state.registered, state.waiting) == (True, 3)
    assert "502" in state.last_error
    moved = look_at_webhook(TelegramApi(settings), public_url="https://bando.example", door_secret="def")
    assert not moved.registered
