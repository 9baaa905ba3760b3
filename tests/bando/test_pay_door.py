"""The doors that Daraja calls: who may knock, what is stored, what is answered, and that nothing moves here."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from bando.compose import AllSettings, Program
from bando.pay_door import PayDoor
from core.base import inbox
from core.base.clock import SetClock
from core.base.database import Database
from core.base.secrets import Keyring
from core.base.settings import Settings
from core.payments.ask import claim, note_answer
from core.payments.gateway import Accepted
from core.payments.mpesa.settings import DarajaSettings
from tests.core.payments import said
from tests.factories import AMINA, a_collection, a_hotspot_plan, a_subscriber

SECRETS = ["a1" * 16, "b2" * 16]
LISTED, FOREIGN = "196.201.212.69", "203.0.113.9"
TABLES = ("inbox", "inbox_bodies", "outbox", "evidence")
ACCEPTED = {"ResultCode": 0, "ResultDesc": "Accepted"}
CHECKOUT = "ws_CO_1"


class House:
    """The pay doors in front of a real database, with one prompt on a phone."""

    def __init__(self, database: Database, clock: SetClock, keyring: Keyring) -> None:
        self.database = database
        settings = AllSettings(
            shared=Settings.model_validate({"door_secrets": SECRETS, "trusted_proxies": "10.0.0.0/8"}),
            daraja=DarajaSettings.model_validate(
                {"shortcode": said.SHORTCODE, "sources": "196.201.212.0/24"}
            ),
        )
        self.app = PayDoor(Program(settings, database, clock, keyring))
        with database.work() as work:
            self.account_no = a_subscriber(work).account_no
            collection = a_collection(work, a_hotspot_plan(work))
        with database.work("call-1") as work:
            order = claim(work, collection.id)
            assert order is not None
            note_answer(work, collection.id, Accepted("request-1", CHECKOUT))
        self.token, self.reference = order.callback_token, order.reference
        self._before = self._counts()

    def web(self, peer: str = LISTED) -> TestClient:
        return TestClient(self.app, client=(peer, 4_000))

    def post(
        self, path: str, body: bytes, *, secret: str = SECRETS[0], peer: str = LISTED, **more: Any
    ) -> Any:
        return self.web(peer).post(f"/pay/{secret}/{path}", content=body, **more)

    def stk(self, body: bytes, **more: Any) -> Any:
        return self.post(f"stk/{self.token}", body, **more)

    def _counts(self) -> tuple[int, ...]:
        with self.database.work() as work:
            return tuple(int(work.scalar(f"SELECT count(*) FROM {table}")) for table in TABLES)

    def new_rows(self) -> tuple[int, ...]:
        """Rows of inbox, bodies, outbox and evidence since the beginning."""
        return tuple(now - before for now, before in zip(self._counts(), self._before, strict=True))

    def rows(self, statement: str) -> list[Any]:
        with self.database.work() as work:
            return [tuple(row) for row in work.session.execute(text(statement))]

    def nothing_moved(self) -> None:
        assert self.rows("SELECT state FROM collections") == [("prompted",)]
        assert self.rows("SELECT 1 FROM journal_entries UNION ALL SELECT 1 FROM receipts") == []


@pytest.fixture
def house(database: Database, clock: SetClock, keyring: Keyring) -> House:
    return House(database, clock, keyring)


def test_a_callback_is_stored_answered_and_left_to_a_job(house: House) -> None:
    body = said.stk(CHECKOUT)
    answer = house.stk(body)
    assert (answer.status_code, answer.json()) == (200, ACCEPTED)
    assert house.new_rows() == (1, 1, 1, 0)
    house.nothing_moved()
    assert house.rows(
        "SELECT door, source, trusted, about, body FROM inbox JOIN inbox_bodies ON id = inbox_id"
    ) == [("mpesa.stk", LISTED, True, 1, body)]


def test_what_follows_carries_the_purchases_request_id(house: House) -> None:
    house.stk(said.stk(CHECKOUT))
    (bought,) = house.rows("SELECT request_id FROM purchases")
    assert house.rows("SELECT request_id FROM outbox WHERE event = 'CallbackReceived'") == [bought]


def test_the_same_body_twice_is_stored_once_and_answered_alike(house: House) -> None:
    answers = [house.stk(said.stk(CHECKOUT), secret=secret) for secret in (*SECRETS, SECRETS[0])]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, ACCEPTED)] * 3
    assert house.new_rows() == (1, 1, 1, 0)


def test_another_word_about_the_same_payment_is_another_row(house: House) -> None:
    house.stk(said.stk(CHECKOUT, 1032))
    house.stk(said.stk(CHECKOUT))
    assert house.new_rows() == (2, 2, 2, 0)


@pytest.mark.parametrize("path", ["stk/{token}", "c2b/confirmation", "c2b/validation", "result", "timeout"])
@pytest.mark.parametrize("secret", ["c3" * 16, "A1" * 16, "a1" * 15, "%20", "é"])
def test_a_wrong_secret_is_no_door_and_leaves_no_row(house: House, path: str, secret: str) -> None:
    answer = house.post(path.format(token=house.token), said.stk(CHECKOUT), secret=secret)
    assert (answer.status_code, house.new_rows()) == (404, (0, 0, 0, 0))


def test_callbacks_at_the_same_time_are_each_answered_for_themselves(house: House) -> None:
    """One payment's two words, one of them twice, a stranger's token, and what is no callback."""
    paid, cancelled = said.stk(CHECKOUT), said.stk(CHECKOUT, 1032)
    asked = [
        (house.token, paid),
        ("0" * 32, paid),
        (house.token, cancelled),
        (house.token, b"{}"),
        (house.token, paid),
    ]

    async def at_once() -> list[int]:
        transport = httpx.ASGITransport(house.app, client=(LISTED, 4_000))
        async with httpx.AsyncClient(transport=transport, base_url="http://house") as web:
            path = f"/pay/{SECRETS[0]}/stk"
            answers = await asyncio.gather(
                *(web.post(f"{path}/{token}", content=body) for token, body in asked)
            )
        return [answer.status_code for answer in answers]

    assert asyncio.run(at_once()) == [200, 404, 200, 400, 200]
    assert house.new_rows() == (2, 2, 2, 2)
    assert house.rows("SELECT DISTINCT about FROM inbox") == [(1,)]
    house.nothing_moved()


def test_a_wrong_token_is_evidence(house: House) -> None:
    answer = house.post(f"stk/{'0' * 32}", said.stk(CHECKOUT))
    assert (answer.status_code, house.new_rows()) == (404, (0, 0, 0, 1))
    assert house.rows("SELECT door, reason, source FROM evidence") == [("mpesa.stk", "wrong token", LISTED)]
    house.nothing_moved()


@pytest.mark.parametrize("body", [b"", b"hello", b"\xff\xfe", b"[]", b"{}", b'{"Body": 1}', b"[" * 8_000])
@pytest.mark.parametrize("path", ["stk/{token}", "c2b/confirmation", "result"])
def test_what_is_not_understood_is_evidence(house: House, path: str, body: bytes) -> None:
    answer = house.post(path.format(token=house.token), body)
    assert (answer.status_code, house.new_rows()) == (400, (0, 0, 0, 1))


@pytest.mark.parametrize("path", ["stk/{token}", "c2b/confirmation", "c2b/validation", "result", "timeout"])
def test_a_body_too_large_is_not_read(house: House, path: str) -> None:
    answer = house.post(path.format(token=house.token), b" " * 8_193)
    assert (answer.status_code, house.new_rows()) == (413, (0, 0, 0, 0))


def test_nor_one_that_does_not_say_how_large_it_is(house: House) -> None:
    answer = house.web().post(
        f"/pay/{SECRETS[0]}/stk/{house.token}", content=(b" " * 1_000 for _ in range(9))
    )
    assert (answer.status_code, house.new_rows()) == (413, (0, 0, 0, 0))


def test_evidence_is_bounded(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "EVIDENCE_ROWS_A_DAY", 3)
    for number in range(5):
        house.post(f"stk/{number:032d}", b"x" * 100)
    assert house.new_rows() == (0, 0, 0, 3)


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted"),
    [
        (LISTED, "", True),
        (FOREIGN, "", False),
        (FOREIGN, LISTED, False),
        ("10.0.0.1", LISTED, True),
        ("10.0.0.1", f"{LISTED}, {FOREIGN}", False),
        ("10.0.0.1", "", False),
    ],
    ids=["listed", "foreign", "a header of his own", "by our proxy", "the nearest hop counts", "proxy alone"],
)
def test_who_is_trusted(house: House, peer: str, forwarded: str, trusted: bool) -> None:
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    assert house.stk(said.stk(CHECKOUT), peer=peer, headers=headers).status_code == 200
    assert house.rows("SELECT trusted FROM inbox") == [(trusted,)]


def test_a_confirmation_is_stored_whatever_its_account(house: House) -> None:
    for account in (house.reference, house.account_no, "Mama Njeri", "\x00"):
        answer = house.post("c2b/confirmation", said.c2b(account))
        assert (answer.status_code, answer.json()) == (200, ACCEPTED)
    assert house.new_rows() == (4, 4, 4, 0)
    house.nothing_moved()


@pytest.mark.parametrize("changes", [{"BusinessShortCode": "111222"}, {"TransID": ""}])
def test_a_confirmation_that_is_not_ours_is_evidence(house: House, changes: dict[str, str]) -> None:
    answer = house.post("c2b/confirmation", said.c2b(house.account_no, **changes))
    assert (answer.status_code, house.new_rows()) == (404, (0, 0, 0, 1))


def test_a_result_is_stored(house: House) -> None:
    assert house.post("result", said.status("conversation-1")).json() == ACCEPTED
    assert house.new_rows() == (1, 1, 1, 0)


def test_a_timeout_moves_nothing_and_is_kept(house: House) -> None:
    answer = house.post("timeout", said.status("conversation-1", code=1))
    assert (answer.status_code, answer.json()) == (200, ACCEPTED)
    assert house.new_rows() == (0, 0, 0, 1)
    house.nothing_moved()


@pytest.mark.parametrize(
    ("account", "changes", "code"),
    [
        ("{reference}", {}, "0"),
        (" {account} ", {}, "0"),
        (AMINA.local, {}, "0"),
        ("1000016", {}, "C2B00012"),
        ("", {}, "C2B00012"),
        ("\x00", {}, "C2B00012"),
        ("{account}", {"BusinessShortCode": "111222"}, "C2B00015"),
        ("{account}", {"TransAmount": "x"}, "C2B00016"),
    ],
)
def test_a_validation_is_answered_at_once(
    house: House, account: str, changes: dict[str, str], code: str
) -> None:
    account = account.format(reference=house.reference.lower(), account=house.account_no)
    answer = house.post("c2b/validation", said.c2b(account, **changes))
    expected = {"ResultCode": code, "ResultDesc": "Accepted" if code == "0" else "Rejected"}
    assert (answer.status_code, answer.json()) == (200, expected)
    assert house.new_rows() == (0, 0, 0, 0)


def test_only_posts_are_answered(house: House) -> None:
    assert house.web().get(f"/pay/{SECRETS[0]}/stk/{house.token}").status_code == 405


def test_an_answer_says_nothing_of_the_body(house: House) -> None:
    body = json.dumps({"Body": {"stkCallback": {"secret": "canary"}}}).encode()
    assert b"canary" not in house.stk(body).content
