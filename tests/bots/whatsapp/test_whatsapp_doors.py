"""The doors for Meta's webhooks: who may knock, how a POST is cut up, what is stored, what is answered."""

import hashlib
import hmac
import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from bots.whatsapp.channel import WhatsAppChannel
from bots.whatsapp.doors import MAX_BODY, WhatsAppDoor, is_signed
from bots.whatsapp.settings import WhatsAppSettings
from core.base.settings import Settings
from core.conversation.channel import Act, Said

APP_SECRETS = ["isp-test-secret-new", "isp-test-secret-old"]
VERIFY_TOKEN = "verify-me-0123456789"
SHARED = Settings.model_validate({"trusted_proxies": ""})
SETTINGS = WhatsAppSettings.model_validate(
    {
        "token": "EAAtoken",
        "phone_number_id": "5550001",
        "app_secrets": ",".join(APP_SECRETS),
        "verify_token": VERIFY_TOKEN,
    }
)
WANJIRU = {"profile": {"name": "Wanjiru"}, "wa_id": "254712345678", "user_id": "KE.88112233445566"}
OTIENO = {"profile": {"name": "Otieno"}, "wa_id": "254722000111", "user_id": "KE.7"}


def text(wamid: str, body: str = "Menu", sender: dict[str, Any] = WANJIRU) -> dict[str, Any]:
    about = {
        "from": sender["wa_id"],
        "from_user_id": sender["user_id"],
        "id": wamid,
        "timestamp": "1795330000",
    }
    return {**about, "type": "text", "text": {"body": body}}


def status(wamid: str, word: str, opaque: str | None = "7781", **more: Any) -> dict[str, Any]:
    mark = {"biz_opaque_callback_data": opaque} if opaque is not None else {}
    about = {"id": wamid, "status": word, "timestamp": "1795330010", "recipient_id": "254712345678"}
    return {**about, "recipient_user_id": "KE.88112233445566", **mark, **more}


def change(number: str = "5550001", field: str = "messages", **value: Any) -> dict[str, Any]:
    metadata = {"display_phone_number": "254709000001", "phone_number_id": number}
    return {"field": field, "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}


def post(*changes: dict[str, Any]) -> dict[str, Any]:
    entry = [{"id": "1029384756", "changes": [one]} for one in changes]
    return {"object": "whatsapp_business_account", "entry": entry}


def heard(store: Any) -> list[Said]:
    channel = WhatsAppChannel(post=None)  # type: ignore[arg-type]
    return [channel.read(body) for body in store.bodies("whatsapp")]


class Meta:
    """Meta as our doors meet it."""

    def __init__(self, store: Any) -> None:
        door = WhatsAppDoor(store.database, SHARED, SETTINGS)
        self.web = TestClient(door, client=("192.0.2.7", 4000), raise_server_exceptions=False)

    def post(self, body: Any, *, secret: str = APP_SECRETS[0], path: str = "/whatsapp") -> int:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"X-Hub-Signature-256": sign(raw, secret)}
        return int(self.web.post(path, content=raw, headers=headers).status_code)


def sign(raw: bytes, secret: str) -> str:
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


@pytest.fixture
def meta(store: Any) -> Meta:
    return Meta(store)


def test_the_known_signature() -> None:
    raw = b'{"object":"whatsapp_business_account","entry":[]}'
    header = "sha256=cd1b12e9a31e33017ad3a594e94c22a8872442b313a241c5732b247d248b3164"
    assert len(raw) == 49
    assert is_signed(raw, header, [b"isp-test-secret"])
    assert not is_signed(raw + b" ", header, [b"isp-test-secret"])
    assert not is_signed(raw, header, [])


def test_metas_test_of_the_address(meta: Meta) -> None:
    def ask(**changed: str) -> tuple[int, str]:
        asked = {"mode": "subscribe", "verify_token": VERIFY_TOKEN, "challenge": "1158201444", **changed}
        answer = meta.web.get("/whatsapp", params={f"hub.{name}": value for name, value in asked.items()})
        return answer.status_code, answer.text

    assert ask() == (200, "1158201444")
    assert ask(challenge="<script>") == (200, "<script>")
    for changed in ({"verify_token": "wrong"}, {"verify_token": ""}, {"mode": "unsubscribe"}):
        assert ask(**changed) == (403, "")
    assert meta.web.get("/whatsapp").status_code == 403
    assert meta.web.get("/whatsapp?" + "a=1&" * 50).status_code == 403
    page = meta.web.get(f"/whatsapp?hub.mode=subscribe&hub.verify_token={VERIFY_TOKEN}&hub.challenge=x")
    assert page.headers["content-type"].startswith("text/plain")


def test_without_tokens_of_our_own_nobody_passes(store: Any) -> None:
    settings = WhatsAppSettings.model_validate({"token": "EAAtoken", "phone_number_id": "5550001"})
    web = TestClient(WhatsAppDoor(store.database, SHARED, settings))
    assert web.get("/whatsapp?hub.mode=subscribe&hub.verify_token=&hub.challenge=1").status_code == 403
    assert web.get("/whatsapp?hub.mode=subscribe&hub.challenge=1").status_code == 403
    raw = json.dumps(post(change(messages=[text("wamid.A1")], contacts=[WANJIRU]))).encode()
    for secret in ("", "x"):
        headers = {"X-Hub-Signature-256": sign(raw, secret)}
        assert web.post("/whatsapp", content=raw, headers=headers).status_code == 403


def test_a_message_is_stored_answered_and_left_to_the_talk(meta: Meta, store: Any) -> None:
    assert meta.post(post(change(messages=[text("wamid.A1")], contacts=[WANJIRU]))) == 200
    assert store.counts() == (1, 1, 1, 1, 0)
    assert store.rows("SELECT door, source, trusted FROM inbox") == [("whatsapp", "192.0.2.7", True)]
    assert store.rows("SELECT event, ordering_key FROM outbox JOIN deliveries ON outbox_id = outbox.id") == [
        ("MessageReceived", "talk:whatsapp:KE.88112233445566")
    ]
    (said,) = heard(store)
    assert (said.act, said.text, said.message_id) == (Act.TYPED, "Menu", "wamid.A1")
    assert (said.person.id, said.person.also) == ("KE.88112233445566", "254712345678")


def test_who_cannot_sign_is_refused_and_leaves_no_row(meta: Meta, store: Any) -> None:
    raw = json.dumps(post(change(messages=[text("wamid.A1")], contacts=[WANJIRU]))).encode()
    good = sign(raw, APP_SECRETS[0])
    wrong = [
        sign(raw, "another"),
        good[:-1],
        good.upper(),
        good.removeprefix("sha256="),
        "sha256=",
        "\xff",
        "",
    ]
    for header in wrong:
        answer = meta.web.post(
            "/whatsapp", content=raw, headers={b"X-Hub-Signature-256": header.encode("latin-1")}
        )
        assert answer.status_code == 403
    assert meta.web.post("/whatsapp", content=raw).status_code == 403
    # The same JSON in other bytes is not what was signed.
    headers = {"X-Hub-Signature-256": good}
    assert meta.web.post("/whatsapp", content=raw.replace(b": ", b":"), headers=headers).status_code == 403
    assert store.counts() == (0, 0, 0, 0, 0)


def test_both_secrets_of_a_rotation_sign(meta: Meta, store: Any) -> None:
    body = post(change(messages=[text("wamid.A1")], contacts=[WANJIRU]))
    assert [meta.post(body, secret=secret) for secret in APP_SECRETS] == [200, 200]
    assert store.counts()[0] == 1


def test_two_entries_by_two_changes_by_two_messages(meta: Meta, store: Any) -> None:
    def changes(names: str) -> list[dict[str, Any]]:
        return [
            change(
                messages=[text(f"wamid.{name}1"), text(f"wamid.{name}2", sender=OTIENO)],
                contacts=[WANJIRU, OTIENO],
            )
            for name in names
        ]

    body = {
        "object": "x",
        "entry": [{"id": "1", "changes": changes("AB")}, {"id": "2", "changes": changes("CD")}],
    }
    assert meta.post(body) == 200
    ids = [said.message_id for said in heard(store)]
    assert ids == [f"wamid.{name}{number}" for name in "ABCD" for number in (1, 2)]
    assert [said.person.also for said in heard(store)] == ["254712345678", "254722000111"] * 4


def test_a_message_that_comes_again_is_one_whatever_stands_around_it(meta: Meta, store: Any) -> None:
    one, two = text("wamid.A1"), text("wamid.A2")
    assert meta.post(post(change(messages=[one], contacts=[WANJIRU]))) == 200
    assert meta.post(post(change(messages=[one, two], contacts=[WANJIRU, OTIENO]))) == 200
    assert [said.message_id for said in heard(store)] == ["wamid.A1", "wamid.A2"]


def test_the_others_of_a_post_are_heard_beside_one_that_cannot_be_read(meta: Meta, store: Any) -> None:
    broken: list[Any] = [{"id": "wamid.B1"}, {**text("wamid.B2"), "timestamp": "soon"}, text("wa mid")]
    assert meta.post(post(change(messages=[*broken, text("wamid.A1")], contacts=[WANJIRU]))) == 200
    assert [said.message_id for said in heard(store)] == ["wamid.A1"]
    assert store.counts()[4] == 3


def test_statuses_are_one_each_by_message_and_word(meta: Meta, store: Any) -> None:
    """Read may come before sent, and each more than once."""
    for word in ("read", "sent", "read", "delivered", "sent"):
        assert meta.post(post(change(statuses=[status("wamid.OUT7", word)]))) == 200
    assert store.rows("SELECT event, count(*) FROM outbox GROUP BY event") == [("StatusReceived", 3)]
    stored = [json.loads(body) for body in store.bodies("whatsapp.status")]
    assert [one["status"] for one in stored] == ["read", "sent", "delivered"]


def test_what_became_of_a_talks_answer_is_not_stored(meta: Meta, store: Any) -> None:
    errors = [{"code": 131047, "title": "Re-engagement message"}]
    for word in ("sent", "delivered", "failed"):
        assert (
            meta.post(post(change(statuses=[status("wamid.OUT7", word, opaque=None, errors=errors)]))) == 200
        )
    assert store.counts() == (0, 0, 0, 0, 0)


def test_messages_and_statuses_of_one_post(meta: Meta, store: Any) -> None:
    both = change(messages=[text("wamid.A1")], contacts=[WANJIRU], statuses=[status("wamid.OUT7", "sent")])
    assert meta.post(post(both)) == 200
    assert store.rows("SELECT door FROM inbox ORDER BY id") == [("whatsapp",), ("whatsapp.status",)]


def test_another_number_than_ours_is_refused_and_kept_as_evidence(meta: Meta, store: Any) -> None:
    foreign = change("5550002", messages=[text("wamid.F1")], contacts=[WANJIRU])
    assert meta.post(post(foreign)) == 403
    assert store.counts() == (0, 0, 0, 0, 1)
    assert meta.post(post(foreign, change(messages=[text("wamid.A1")], contacts=[WANJIRU]))) == 403
    assert [said.message_id for said in heard(store)] == ["wamid.A1"]


def test_news_of_the_account_is_taken_and_nothing_else(meta: Meta, store: Any) -> None:
    news = {"field": "message_template_status_update", "value": {"event": "APPROVED"}}
    assert meta.post(post(news)) == 200
    assert meta.post({"object": "whatsapp_business_account", "entry": []}) == 200
    assert store.counts() == (0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"[" * 50_000,
        b'{"entry": 5}',
        b'{"entry": [{"changes": [5]}]}',
    ],
)
def test_what_is_signed_and_no_webhook_is_evidence(meta: Meta, store: Any, body: bytes) -> None:
    assert meta.post(body) == 400
    assert store.counts() == (0, 0, 0, 0, 1)


def test_the_largest_body_is_taken_and_a_larger_one_is_not(meta: Meta, store: Any) -> None:
    largest = (
        json.dumps(post(change(messages=[text("wamid.A1")], contacts=[WANJIRU]))).encode().ljust(MAX_BODY)
    )
    assert meta.post(largest + b" ") == 413
    assert store.counts() == (0, 0, 0, 0, 0)
    assert meta.post(largest) == 200
    assert store.counts()[0] == 1


def test_other_paths_and_methods(meta: Meta) -> None:
    assert meta.post(post(), path="/whatsapp/x") == 404
    assert meta.web.put("/whatsapp").status_code == 405


def test_storing_that_fails_lets_meta_come_again() -> None:
    class Away:
        def work(self, request_id: str | None = None) -> Any:
            raise ConnectionError

    raw = json.dumps(post(change(messages=[text("wamid.A1")], contacts=[WANJIRU]))).encode()
    web = TestClient(WhatsAppDoor(Away(), SHARED, SETTINGS), raise_server_exceptions=False)
    headers = {"X-Hub-Signature-256": sign(raw, APP_SECRETS[0])}
    assert web.post("/whatsapp", content=raw, headers=headers).status_code == 500
