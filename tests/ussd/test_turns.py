"""Turns on real servers: what happens twice or at once, and that what was shown is what is paid."""

import asyncio
import logging
from collections.abc import Iterator

import pytest
import structlog
from redis.asyncio import Redis
from sqlalchemy import text

from core.base.log import set_up_logging
from tests.ussd.handset import FORM, GONE_WRONG, Handset, Service, rows, rows_before


def test_a_repeated_request_gets_the_same_answer_and_moves_nothing(buyer: Handset) -> None:
    buyer.dial()
    buyer.press("1")
    answers = {buyer.press("1"), buyer.again(), buyer.again()}
    assert len(answers) == 1
    assert rows(buyer.service.database, "collections") == 1


def test_parallel_requests_of_one_session_are_one(buyer: Handset) -> None:
    service = buyer.service
    buyer.dial()
    buyer.press("1")
    form = {**buyer.fields, "text": "1*1"}

    async def at_once() -> set[str]:
        return {reply.text for reply in await asyncio.gather(*(service.post(form) for _ in range(5)))}

    answers = service.run(at_once())
    assert len(answers) == 1
    assert answers.pop().startswith("END M-PESA")
    assert rows(service.database, "collections") == 1


def test_two_parallel_first_requests_open_one_account(service: Service) -> None:
    async def at_once() -> set[str]:
        forms = [{**FORM, "sessionId": f"s{n}", "text": ""} for n in range(4)]
        return {reply.text for reply in await asyncio.gather(*(service.post(form) for form in forms))}

    assert len(service.run(at_once())) == 1


def test_a_crash_between_commit_and_answer_charges_once(buyer: Handset) -> None:
    """What Valkey lost is asked for again by the gateway, and found in the database."""
    service = buyer.service
    buyer.dial()
    before = service.run(kept_values(service.redis))
    buyer.press("1")
    paying = service.run(kept_values(service.redis))
    ended = buyer.press("1")
    service.run(service.redis.flushall())
    service.run(put_back(service.redis, paying))
    assert buyer.again() == ended
    assert rows(service.database, "collections") == 1
    assert before != paying


async def kept_values(redis: Redis) -> dict[bytes, bytes]:
    return {key: await redis.get(key) for key in await redis.keys("ussd:[so][ew]*")}


async def put_back(redis: Redis, values: dict[bytes, bytes]) -> None:
    for key, value in values.items():
        await redis.set(key, value)


def test_a_session_that_comes_back_with_another_number_is_ended(buyer: Handset) -> None:
    buyer.dial()
    at_confirmation = buyer.press("1")
    stranger = Handset(buyer.service, "+254722000111")
    stranger.fields = {**buyer.fields, "phoneNumber": stranger.number, "text": "1*1"}
    assert stranger.again() == GONE_WRONG
    assert buyer.again() == at_confirmation
    assert buyer.press("1").startswith("END M-PESA")
    assert rows(buyer.service.database, "collections") == 1


def test_a_second_friend_is_a_second_purchase(buyer: Handset) -> None:
    service = buyer.service
    for friend in ("0722333444", "0722333445"):
        buyer.dial()
        assert buyer.keys("2", "1", "2", friend, "1").startswith("END M-PESA")
        with service.database.work() as work:
            work.session.execute(
                text("UPDATE collections SET state = 'failed', gateway_checkout_id = id::text")
            )
    assert rows(service.database, "purchases") == rows_before(service) + 2


def test_a_price_that_changed_is_shown_again_before_money_moves(buyer: Handset) -> None:
    buyer.dial()
    buyer.press("1")
    with buyer.service.database.work() as work:
        work.session.execute(text("UPDATE plans SET price_cents = 6000 WHERE term_count = 86400"))
    shown = buyer.press("1")
    assert shown.startswith(
        "CON The price or the days have changed. Please look again.\nWiFi 24 hours, Ksh 60"
    )
    assert rows(buyer.service.database, "collections") == 0
    assert "Ksh 60 to PWANI NET" in buyer.press("1")


def test_a_bundle_that_is_no_longer_sold_is_refused(buyer: Handset) -> None:
    buyer.dial()
    buyer.press("1")
    with buyer.service.database.work() as work:
        work.session.execute(text("UPDATE plans SET state = 'retired' WHERE term_count = 86400"))
    assert buyer.press("1").startswith(
        "CON That bundle is no longer sold. Please choose another one.\nWiFi 24 hours"
    )
    assert rows(buyer.service.database, "purchases") == rows_before(buyer.service)


def test_another_payer_with_an_open_payment_is_refused(buyer: Handset) -> None:
    buyer.dial()
    assert buyer.keys("1", "4", "0722333444", "1").startswith("END M-PESA will ask 0722***444")
    other = Handset(buyer.service, "+254733000111")
    other.dial()
    other.press("1")
    shown = other.keys("2", "1", "4", "0722333444", "1")
    assert shown.startswith("CON A payment is still open for that phone.")
    assert rows(buyer.service.database, "collections") == 1


def test_a_phone_that_mpesa_would_not_ask_is_asked_for_another(buyer: Handset) -> None:
    buyer.dial()
    buyer.keys("1", "1")
    with buyer.service.database.work() as work:
        work.session.execute(text("UPDATE collections SET state = 'failed'"))
    buyer.dial()
    assert buyer.keys("1", "1").startswith("CON Which M-PESA number pays?")


@pytest.fixture
def _logging_as_before() -> Iterator[None]:
    """Logging is one for the whole process: put it back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.usefixtures("_logging_as_before")
def test_the_request_id_of_the_key_press_follows_the_purchase(
    buyer: Handset, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging("test")
    structlog.configure(cache_logger_on_first_use=False)
    buyer.dial()
    buyer.keys("1")
    capsys.readouterr()
    buyer.press("1")
    logged = capsys.readouterr().out
    with buyer.service.database.work() as work:
        found = work.scalar("SELECT request_id FROM purchases WHERE channel = 'ussd'")
        outbox = work.scalar("SELECT request_id FROM outbox WHERE event = 'CollectionRequested'")
    assert found == outbox
    assert found in logged
