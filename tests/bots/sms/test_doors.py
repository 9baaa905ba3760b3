"""The doors for reports and opt-outs: who may knock, what is stored, what is answered."""

from datetime import timedelta
from itertools import product
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from bots.sms.doors import MAX_BODY, router
from bots.sms.settings import AfricasTalkingSettings
from core.base.clock import SetClock
from core.base.database import Database
from core.base.settings import Settings

SECRETS = ["a1" * 16, "b2" * 16]
REPORT = urlencode({"id": "ATXid_1", "status": "Success", "phoneNumber": "+254712000111"}).encode()
OPT_OUT = urlencode({"senderId": "PWANINET", "phoneNumber": "+254712000111"}).encode()
TABLES = ("inbox", "inbox_bodies", "outbox", "evidence")


class House:
    """A web with these doors alone, in front of a real database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def web(
        self, *, mode: str = "live", sources: str = "", proxies: str = "", peer: str = "192.0.2.7"
    ) -> TestClient:
        shared = Settings.model_validate({"mode": mode, "door_secrets": SECRETS, "trusted_proxies": proxies})
        settings = AfricasTalkingSettings.model_validate({"sources": sources})
        app = FastAPI()
        app.include_router(router(self.database, shared, settings))
        return TestClient(app, client=(peer, 4000))

    def counts(self) -> tuple[int, ...]:
        """Rows of inbox, bodies, outbox and evidence."""
        with self.database.work() as work:
            return tuple(int(work.scalar(f"SELECT count(*) FROM {table}")) for table in TABLES)

    def rows(self, statement: str) -> list[Any]:
        with self.database.work() as work:
            return [tuple(row) for row in work.session.execute(text(statement))]


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def test_a_report_is_stored_answered_and_left_to_a_job(house: House) -> None:
    answer = house.web().post(f"/sms/africastalking/delivery/{SECRETS[0]}", content=REPORT)
    assert answer.status_code == 200
    assert house.counts() == (1, 1, 1, 0)
    assert house.rows("SELECT event, (payload->>'inbox_id')::bigint FROM outbox") == [
        ("ReportReceived", house.rows("SELECT id FROM inbox")[0][0])
    ]
    assert house.rows("SELECT door, source, trusted, body FROM inbox JOIN inbox_bodies ON id = inbox_id") == [
        ("sms.delivery", "192.0.2.7", False, REPORT)
    ]


def test_the_same_report_twice_is_one_whichever_secret_it_came_by(house: House) -> None:
    web = house.web()
    answers = [web.post(f"/sms/africastalking/delivery/{secret}", content=REPORT) for secret in SECRETS]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert house.counts() == (1, 1, 1, 0)


def test_a_wrong_secret_finds_no_page_and_leaves_no_row(house: House) -> None:
    web = house.web()
    missing = web.post("/sms/africastalking/nothing/here/at/all", content=REPORT)
    wrong = ("c3" * 16, SECRETS[0][:-1], SECRETS[0].upper(), "%C3%A9")
    for door, secret in product(("delivery", "optout"), wrong):
        answer = web.post(f"/sms/africastalking/{door}/{secret}", content=REPORT)
        assert (answer.status_code, answer.content) == (404, missing.content)
    assert house.counts() == (0, 0, 0, 0)


def test_the_path_without_a_secret_is_for_trials(house: House) -> None:
    assert house.web().post("/sms/africastalking/delivery", content=REPORT).status_code == 404
    assert house.counts() == (0, 0, 0, 0)
    assert house.web(mode="trial").post("/sms/africastalking/delivery", content=REPORT).status_code == 200
    assert house.counts() == (1, 1, 1, 0)


def test_a_foreign_source_is_evidence(house: House) -> None:
    answer = house.web(sources="198.51.100.0/24").post(
        f"/sms/africastalking/delivery/{SECRETS[0]}", content=REPORT
    )
    assert answer.status_code == 403
    assert house.counts() == (0, 0, 0, 1)


def test_only_the_hop_that_a_trusted_proxy_saw_counts(house: House) -> None:
    def knock(peer: str, forwarded: str) -> int:
        web = house.web(sources="198.51.100.0/24", proxies="10.0.0.0/8", peer=peer)
        headers = {"X-Forwarded-For": forwarded}
        answer = web.post(f"/sms/africastalking/delivery/{SECRETS[0]}", content=REPORT, headers=headers)
        return int(answer.status_code)

    assert knock("10.0.0.1", "198.51.100.9, 203.0.113.5") == 403
    assert knock("203.0.113.5", "198.51.100.9") == 403
    assert knock("10.0.0.1", "") == 403
    assert knock("10.0.0.1", "nonsense") == 403
    assert house.counts() == (0, 0, 0, 4)
    assert knock("10.0.0.1", "203.0.113.5, 198.51.100.9") == 200
    assert house.rows("SELECT source, trusted FROM inbox") == [("198.51.100.9", True)]


def test_a_body_that_is_too_large_is_not_kept(house: House) -> None:
    web, path = house.web(), f"/sms/africastalking/delivery/{SECRETS[0]}"
    limit = REPORT + b"&x=" + b"x" * (MAX_BODY - len(REPORT) - 3)
    assert web.post(path, content=limit + b"x").status_code == 413
    unannounced = iter([limit, b"x"])
    assert web.post(path, content=unannounced).status_code == 413
    assert house.counts() == (0, 0, 0, 0)
    assert web.post(path, content=limit).status_code == 200


def test_what_is_no_report_is_evidence(house: House) -> None:
    web = house.web()
    for kept, body in enumerate((b"", b"{}", b"\xff\xfe", OPT_OUT), start=1):
        answer = web.post(f"/sms/africastalking/delivery/{SECRETS[0]}", content=body)
        assert answer.status_code == 400
        assert house.counts() == (0, 0, 0, kept)


def test_an_opt_out_counts_once_a_day_and_again_on_another(house: House, clock: SetClock) -> None:
    web = house.web()
    for _ in range(2):
        assert web.post(f"/sms/africastalking/optout/{SECRETS[0]}", content=OPT_OUT).status_code == 200
    assert house.rows("SELECT event FROM outbox") == [("OptOutReceived",)]
    clock.advance(timedelta(days=1))
    assert web.post(f"/sms/africastalking/optout/{SECRETS[0]}", content=OPT_OUT).status_code == 200
    assert house.rows("SELECT event FROM outbox") == [("OptOutReceived",), ("OptOutReceived",)]


def test_doors_open_to_posts_alone(house: House) -> None:
    assert house.web().get(f"/sms/africastalking/delivery/{SECRETS[0]}").status_code == 405
