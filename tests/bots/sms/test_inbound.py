"""The door for texts to our short code: who may knock, what is stored once, and what the talk reads of it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from starlette.testclient import TestClient

from bots.sms.channel import SmsChannel, written
from bots.sms.inbound import MAX_BODY, MAX_TEXT, InboundDoor, as_stored, read_inbound
from bots.sms.settings import AfricasTalkingSettings
from core.base.database import Database
from core.base.gsm7 import is_gsm7, segments
from core.base.settings import Settings
from core.conversation.channel import Act, Button, Face, Unreadable
from tests.conftest import START

SECRETS = ["a1" * 16, "b2" * 16]
PATH = f"/sms/africastalking/{SECRETS[0]}"
TABLES = ("inbox", "outbox", "evidence")


def form(**changes: str) -> bytes:
    fields = {
        "date": "2026-11-22 07:00:00", "from": "+254712000111", "id": "9b2d5c1e", "linkId": "", "text": "Nunua",
        "to": "22384", "cost": "KES 0.00", "networkCode": "63902",
    }  # fmt: skip
    return urlencode({**fields, **changes}).encode()


@pytest.fixture
def web(database: Database) -> Callable[..., TestClient]:
    def make(*, mode: str = "live", sources: str = "") -> TestClient:
        shared = Settings.model_validate({"mode": mode, "door_secrets": SECRETS})
        settings = AfricasTalkingSettings.model_validate({"sources": sources})
        return TestClient(InboundDoor(database, shared, settings), client=("192.0.2.7", 4000))

    return make


def counts(database: Database) -> tuple[int, ...]:
    """Rows of inbox, outbox and evidence."""
    with database.work() as work:
        return tuple(int(work.scalar(f"SELECT count(*) FROM {table}")) for table in TABLES)


def post(client: TestClient, body: bytes, path: str = PATH) -> int:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return client.post(path, content=body, headers=headers).status_code


@pytest.mark.parametrize("secret", SECRETS)
def test_a_text_is_stored_once_however_often_it_comes(
    web: Callable[..., TestClient], database: Database, secret: str
) -> None:
    client = web()
    for changes in ({}, {}, {"cost": "KES 0.0000"}, {"date": "2026-11-22T07:01:00Z"}):
        assert post(client, form(**changes), f"/sms/africastalking/{secret}") == 200
    assert counts(database) == (1, 1, 0)
    with database.work() as work:
        key, queue = work.session.execute(text("SELECT ordering_key, queue FROM deliveries")).one()
    assert (key, queue) == ("talk:sms:254712000111", "talk")


def test_the_same_id_of_another_phone_is_another_text(
    web: Callable[..., TestClient], database: Database
) -> None:
    client = web()
    assert post(client, form()) == post(client, form(**{"from": "+254712000112"})) == 200
    assert counts(database) == (2, 2, 0)


@pytest.mark.parametrize("path", ["/sms/africastalking", f"/sms/africastalking/{'0' * 32}"])
def test_without_the_secret_there_is_no_door(
    web: Callable[..., TestClient], database: Database, path: str
) -> None:
    assert post(web(), form(), path) == 404
    assert counts(database) == (0, 0, 0)


def test_in_trial_mode_the_path_without_a_secret_is_open(web: Callable[..., TestClient]) -> None:
    assert post(web(mode="trial"), form(), "/sms/africastalking") == 200


@pytest.mark.parametrize("sources", ["198.51.100.0/24"])
def test_a_foreign_source_is_evidence(
    web: Callable[..., TestClient], database: Database, sources: str
) -> None:
    assert post(web(sources=sources), form()) == 403
    assert counts(database) == (0, 0, 1)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\xff\xfe", 400),
        (form(id=""), 400),
        (form(**{"from": ""}), 400),
        (form(**{"from": "SAFARICOM"}), 200),
        (form(**{"from": "+4915112345678"}), 200),
        (b"x" * (MAX_BODY + 1), 413),
    ],
)
def test_what_is_no_text_of_a_subscriber_moves_nothing(
    web: Callable[..., TestClient], database: Database, body: bytes, status: int
) -> None:
    assert post(web(), body) == status
    assert counts(database)[:2] == (0, 0)


def test_only_the_own_paths_are_taken() -> None:
    assert InboundDoor.takes("/sms/africastalking")
    assert InboundDoor.takes(PATH)
    for path in ("delivery", "optout", f"delivery/{SECRETS[0]}", f"optout/{SECRETS[0]}"):
        assert not InboundDoor.takes(f"/sms/africastalking/{path}")


@pytest.mark.parametrize(
    ("date", "sent_at"),
    [
        ("2026-11-22T06:59:00Z", START - timedelta(minutes=1)),
        ("2026-11-22 06:59:00", START - timedelta(minutes=1)),  # as UTC
        ("2026-11-22 09:59:00", START - timedelta(minutes=1)),  # as Nairobi's
        ("2026-11-22 03:00:00", START - timedelta(hours=4)),
        ("tomorrow", START),
        ("2027-01-01T00:00:00Z", START),
        ("", START),
    ],
)
def test_a_date_without_a_zone_is_read_as_the_younger(date: str, sent_at: datetime) -> None:
    assert read_inbound(form(date=date), START).at == sent_at


@given(said=st.text(max_size=MAX_TEXT), seconds=st.integers(0, 86_400))
def test_what_was_typed_reaches_the_talk(said: str, seconds: int) -> None:
    at = (START - timedelta(seconds=seconds)).replace(tzinfo=UTC)
    inbound = read_inbound(form(text=said.encode("utf-8", "replace").decode(), date=at.isoformat()), START)
    heard = _channel().read(as_stored(inbound))
    assert (heard.message_id, heard.act, heard.at) == ("9b2d5c1e", Act.TYPED, at)
    assert heard.text == inbound.text
    assert "\0" not in heard.text
    assert heard.person.number is not None
    assert heard.person.number.digits == heard.person.id == "254712000111"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id": "a", "from": "x", "text": "", "at": 0}'])
def test_what_the_door_did_not_leave_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        _channel().read(body)


WORDS = {"reply_number": "Reply with a number."}


def test_a_face_is_one_text_with_its_numbers() -> None:
    face = Face(
        "home.menu", "en", ("Pwani Net WiFi",),
        (Button("t.again", "Buy again: 24 hours Ksh 50", "1"), Button("t.buy", "Buy a bundle", "2")),
        (Button("t.-back", "Back", "0"), Button("t.-home", "Main menu", "00")), words=WORDS,
    )  # fmt: skip
    assert written(face) == (
        "Pwani Net WiFi\n1. Buy again: 24 hours Ksh 50\n2. Buy a bundle\n0 Back  00 Main menu\nReply with a number."
    )


@given(lines=st.lists(st.text(max_size=90), min_size=1, max_size=3), choices=st.integers(0, 9))
def test_the_request_for_a_number_costs_no_part(lines: list[str], choices: int) -> None:
    buttons = tuple(Button(f"t.{n}", "Ksh 250: 7 days", str(n)) for n in range(choices))
    face = Face("buy.bundles", "en", tuple(lines), buttons, words=WORDS)
    without = Face("buy.bundles", "en", tuple(lines), buttons, words={"reply_number": ""})
    text = written(face)
    assert is_gsm7(text)
    assert segments(text).parts == segments(written(without).rstrip("\n")).parts


def _channel() -> SmsChannel:
    """For reading alone."""
    return SmsChannel(None, None, None)  # type: ignore[arg-type]


def test_stored_bytes_hold_no_more_than_the_talk_needs() -> None:
    assert set(json.loads(as_stored(read_inbound(form(), START)))) == {"id", "from", "text", "at"}
