"""The door for Telegram's updates: who may knock, what is stored, what is answered."""

import json
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from bots.objects import parse
from bots.telegram.channel import TelegramChannel
from bots.telegram.doors import MAX_BODY, TelegramDoor
from bots.telegram.messages import read_update
from bots.telegram.settings import TelegramSettings
from core.base.clock import SetClock
from core.base.settings import Settings
from core.conversation.channel import Act, Said

SECRETS = ["a1" * 16, "b2" * 16]
WEBHOOK_SECRET = "Header-secret_0123456789abcdefghij"
SETTINGS = TelegramSettings.model_validate({"token": "700100:AAtoken", "webhook_secret": WEBHOOK_SECRET})
SHARED = Settings.model_validate({"door_secrets": SECRETS, "trusted_proxies": "10.0.0.0/8"})
HEADER = "X-Telegram-Bot-Api-Secret-Token"
OTIENO = {"id": 7_100_000_001, "is_bot": False, "first_name": "Otieno", "language_code": "sw"}
CHAT = {"id": OTIENO["id"], "type": "private"}


def message(update_id: int = 880001, **content: Any) -> dict[str, Any]:
    content = content or {"text": "Menu"}
    about = {"message_id": 41, "date": 1795330000, "chat": CHAT, "from": OTIENO}
    return {"update_id": update_id, "message": {**about, **content}}


def tap(update_id: int = 880002, query: str = "4382", data: str = "k3.WK1") -> dict[str, Any]:
    holder = {"message_id": 42, "date": 1795330002, "chat": CHAT, "text": "Choose a plan"}
    asked = {"id": query, "from": OTIENO, "chat_instance": "-1", "data": data, "message": holder}
    return {"update_id": update_id, "callback_query": asked}


class Telegram:
    """Telegram as our door meets it."""

    def __init__(self, store: Any) -> None:
        door = TelegramDoor(store.database, SHARED, SETTINGS)
        self._web = TestClient(door, client=("192.0.2.7", 4000), raise_server_exceptions=False)

    def post(
        self,
        body: Any,
        *,
        path: str = f"/telegram/{SECRETS[0]}",
        secret: str | None = WEBHOOK_SECRET,
        **more: Any,
    ) -> int:
        headers = ({HEADER: secret} if secret is not None else {}) | more
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return int(self._web.post(path, content=content, headers=headers).status_code)

    def get(self, path: str) -> int:
        return int(self._web.get(path, headers={HEADER: WEBHOOK_SECRET}).status_code)


@pytest.fixture
def telegram(store: Any) -> Telegram:
    return Telegram(store)


def heard(store: Any) -> list[Said]:
    """What the talk reads of what the door has stored."""
    channel = TelegramChannel(api=None, pace=None)  # type: ignore[arg-type]
    return [channel.read(body) for body in store.bodies("telegram")]


def test_a_message_is_stored_answered_and_left_to_the_talk(telegram: Telegram, store: Any) -> None:
    assert telegram.post(message()) == 200
    assert store.counts() == (1, 1, 1, 1, 0)
    assert store.rows("SELECT door, source, trusted FROM inbox") == [("telegram", "192.0.2.7", True)]
    assert store.rows("SELECT event, ordering_key FROM outbox JOIN deliveries ON outbox_id = outbox.id") == [
        ("MessageReceived", "talk:telegram:7100000001")
    ]
    (said,) = heard(store)
    assert (said.act, said.text, said.person.id, said.person.language) == (
        Act.TYPED,
        "Menu",
        "7100000001",
        "sw",
    )
    assert int(said.at.timestamp()) == 1795330000


def test_a_wrong_path_is_no_page_and_a_wrong_header_is_refused_and_neither_leaves_a_row(
    telegram: Telegram, store: Any
) -> None:
    for secret in ("c3" * 16, SECRETS[0][:-1], SECRETS[0].upper(), "", f"{SECRETS[0]}/x", "%C3%A9"):
        assert telegram.post(message(), path=f"/telegram/{secret}") == 404
    for header in (None, "", WEBHOOK_SECRET[:-1], WEBHOOK_SECRET.lower()):
        assert telegram.post(message(), secret=header) == 403
    assert store.counts() == (0, 0, 0, 0, 0)
    assert telegram.post(message(), path=f"/telegram/{SECRETS[1]}") == 200


def test_without_a_secret_of_our_own_no_header_opens(store: Any) -> None:
    settings = TelegramSettings.model_validate({"token": "700100:AAtoken"})
    web = TestClient(TelegramDoor(store.database, SHARED, settings))
    for headers in ({}, {HEADER: ""}):
        assert web.post(f"/telegram/{SECRETS[0]}", json=message(), headers=headers).status_code == 403


def test_doors_open_to_posts_alone(telegram: Telegram) -> None:
    assert telegram.get(f"/telegram/{SECRETS[0]}") == 405


def test_the_same_update_twice_is_one(telegram: Telegram, store: Any) -> None:
    assert [telegram.post(message()), telegram.post(message())] == [200, 200]
    assert [telegram.post(tap()), telegram.post(tap())] == [200, 200]
    assert store.counts()[:3] == (2, 2, 2)


def test_update_ids_that_jump_down_or_come_again_with_something_else_are_heard(
    telegram: Telegram, store: Any
) -> None:
    """After a quiet week Telegram begins anew at a random number, which may have been before."""
    assert telegram.post(message(880001)) == 200
    assert telegram.post(message(12, message_id=99, text="Later")) == 200
    assert telegram.post(message(880001, message_id=100, text="Again")) == 200
    assert [said.text for said in heard(store)] == ["Menu", "Later", "Again"]


def test_a_taps_time_is_when_it_came_for_it_bears_none(
    telegram: Telegram, store: Any, clock: SetClock
) -> None:
    clock.advance(timedelta(hours=5))
    telegram.post(tap())
    (said,) = heard(store)
    assert (said.act, said.text, said.on, said.ticket) == (Act.TAPPED, "k3.WK1", "42", "4382")
    assert said.at == clock.now()


def test_a_body_that_is_too_large_is_not_kept(telegram: Telegram, store: Any) -> None:
    assert telegram.post(message(text="x" * MAX_BODY)) == 413
    assert store.counts() == (0, 0, 0, 0, 0)


def test_the_longest_message_that_telegram_writes_is_taken(telegram: Telegram, store: Any) -> None:
    """4,096 emoji, escaped, answering to as many."""
    longest = "\U0001f600" * 4_096
    before = {"message_id": 40, "date": 1795329999, "chat": CHAT, "text": longest}
    assert telegram.post(message(text=longest, reply_to_message=before)) == 200
    assert heard(store)[0].text == longest


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"[]",
        b"{}",
        b"\xff\xfe{\x00}\x00",
        b"[" * 100_000,
        b'{"update_id": true, "message": {}}',
        b'{"update_id": 5, "message": {"message_id": 1}}',
        b'{"update_id": 5, "message": []}',
        b'{"update_id": 5, "callback_query": {"id": "1"}, "x": 1' + b"0" * 5_000 + b"}",
        json.dumps(message(date=10**15)).encode(),
        json.dumps(message(date="soon")).encode(),
    ],
)
def test_what_is_no_update_is_evidence(telegram: Telegram, store: Any, body: bytes) -> None:
    assert telegram.post(body) == 400
    assert store.counts() == (0, 0, 0, 0, 1)


@pytest.mark.parametrize(
    "update",
    [
        {"update_id": 1, "poll": {"id": "1"}},
        {"update_id": 1, "edited_message": message()["message"]},
        {"update_id": 1, "channel_post": message()["message"]},
        message(chat={"id": -100, "type": "supergroup"}),
        message(chat={"id": 5, "type": "private"}),
        {"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": CHAT}},
        message(**{"from": {**OTIENO, "is_bot": True}}),
        {
            "update_id": 1,
            "callback_query": {"id": "1", "from": OTIENO, "inline_message_id": "9", "data": "a"},
        },
        {"update_id": 1, "callback_query": {"id": "1", "from": OTIENO, "game_short_name": "g"}},
    ],
    ids=["poll", "edited", "channel", "group", "other chat", "nobody", "bot", "inline", "game"],
)
def test_what_is_not_for_us_is_taken_and_nothing_else(
    telegram: Telegram, store: Any, update: dict[str, Any]
) -> None:
    assert telegram.post(update) == 200
    assert store.counts() == (0, 0, 0, 0, 0)


def test_storing_that_fails_lets_telegram_come_again(store: Any) -> None:
    class Away:
        def work(self, request_id: str | None = None) -> Any:
            raise ConnectionError

    web = TestClient(TelegramDoor(Away(), SHARED, SETTINGS), raise_server_exceptions=False)
    answer = web.post(f"/telegram/{SECRETS[0]}", json=message(), headers={HEADER: WEBHOOK_SECRET})
    assert answer.status_code == 500
    assert "Error" not in answer.text


def test_only_the_hop_that_a_trusted_proxy_saw_is_the_source(store: Any) -> None:
    web = TestClient(TelegramDoor(store.database, SHARED, SETTINGS), client=("10.0.0.1", 4000))
    headers = {HEADER: WEBHOOK_SECRET, "X-Forwarded-For": "203.0.113.5, 149.154.160.9"}
    assert web.post(f"/telegram/{SECRETS[0]}", json=message(), headers=headers).status_code == 200
    assert store.rows("SELECT source FROM inbox") == [("149.154.160.9",)]


def test_who_blocks_us_and_who_comes_back(telegram: Telegram, store: Any) -> None:
    for update_id, status in enumerate(("kicked", "member"), start=1):
        change = {"chat": CHAT, "from": OTIENO, "date": 1795330000 + update_id}
        change |= {"old_chat_member": {}, "new_chat_member": {"status": status}}
        assert telegram.post({"update_id": update_id, "my_chat_member": change}) == 200
    assert [said.act for said in heard(store)] == [Act.LEFT, Act.CAME_BACK]


def test_an_update_of_the_library_reads_as_the_same(clock: SetClock) -> None:
    """python-telegram-bot's own reading of the same bytes."""
    from telegram import Update

    for update in (message(), tap()):
        theirs = Update.de_json(json.loads(json.dumps(update)), None)
        ours = read_update(parse(json.dumps(update).encode()), clock.now())
        assert ours is not None
        assert theirs.effective_user is not None
        assert ours.said.person.id == str(theirs.effective_user.id)
        assert ours.said.message_id == str(theirs.update_id)
        if theirs.callback_query is not None:
            assert ours.said.text == theirs.callback_query.data
        else:
            assert theirs.message is not None
            assert (ours.said.text, ours.said.at) == (theirs.message.text, theirs.message.date)
