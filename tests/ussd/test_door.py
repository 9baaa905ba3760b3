"""The door from outside: who may knock, what is answered to nonsense, what happens twice."""

import asyncio
import random
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network

import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from core.base.clock import SetClock
from core.base.database import Database
from core.base.gsm7 import septets
from core.base.secrets import Keyring
from tests.ussd.handset import SECRET, Handset, Service
from tests.ussd.provider import Provider
from ussd.valkey import Limits

PHONE = "+254712345678"
FORM = {
    "phoneNumber": PHONE,
    "serviceCode": "*384*123#",
    "sessionId": "ATUid_0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "networkCode": "63902",
    "text": "",
}
GONE_WRONG = "END Sorry, that did not work. Please dial again.\nSamahani, haikuwezekana. Tafadhali piga tena."


@pytest.fixture
def service(database: Database, redis_url: str, clock: SetClock, keyring: Keyring) -> Iterator[Service]:
    with Service(database, redis_url, clock, keyring) as opened:
        yield opened


@pytest.fixture
def buyer(service: Service) -> Handset:
    """A hotspot buyer's phone."""
    Provider(service.database, service.clock).hotspot_buyer(PHONE, "en")
    return Handset(service, PHONE)


def rows(database: Database, table: str) -> int:
    with database.work() as work:
        return int(work.scalar(f"SELECT count(*) FROM {table}"))  # noqa: S608 - our own table names


# -- who may knock


@pytest.mark.parametrize(
    "path", ["wrong", SECRET[:-1], SECRET.upper(), f"ended/{SECRET[:-1]}", f"{SECRET}/x"]
)
def test_a_wrong_secret_is_no_door_and_leaves_no_row(service: Service, path: str) -> None:
    reply = service.run(service.post(FORM, f"/ussd/africastalking/{path}"))
    assert (reply.status, reply.text) == (404, "")
    assert rows(service.database, "subscribers") == 0


@pytest.mark.parametrize(("mode_is_trial", "status"), [(True, 200), (False, 404)])
@pytest.mark.parametrize("path", ["/ussd/africastalking", "/ussd/africastalking/ended"])
def test_the_path_without_secret_answers_in_trial_mode_alone(
    database: Database, redis_url: str, clock: SetClock, keyring: Keyring,
    mode_is_trial: bool, status: int, path: str,
) -> None:  # fmt: skip
    with Service(database, redis_url, clock, keyring, open_without_secret=mode_is_trial) as service:
        assert service.run(service.post(FORM, path)).status == status
        assert service.run(service.post(FORM)).status == 200


def test_every_secret_of_the_list_opens_during_a_rotation(
    database: Database, redis_url: str, clock: SetClock, keyring: Keyring
) -> None:
    with Service(database, redis_url, clock, keyring, secrets=["a" * 32, SECRET]) as service:
        assert service.run(service.post(FORM)).status == 200


@pytest.mark.parametrize(
    ("client", "forwarded", "status"),
    [
        ("203.0.113.7", None, 200),
        ("198.51.100.1", None, 404),
        ("198.51.100.1", b"203.0.113.7", 404),
        ("10.0.0.1", b"198.51.100.1, 203.0.113.7", 200),
        ("10.0.0.1", b"203.0.113.7, 198.51.100.1", 404),
        ("10.0.0.1", b"nonsense", 404),
    ],
)
def test_only_listed_sources_are_let_in(
    database: Database, redis_url: str, clock: SetClock, keyring: Keyring,
    client: str, forwarded: bytes | None, status: int,
) -> None:  # fmt: skip
    networks = {"sources": [ip_network("203.0.113.0/24")], "proxies": [ip_network("10.0.0.0/8")]}
    headers = {b"x-forwarded-for": forwarded} if forwarded else {}
    with Service(database, redis_url, clock, keyring, **networks) as service:
        assert service.run(service.post(FORM, client=client, headers=headers)).status == status


def test_other_methods_and_large_bodies(service: Service) -> None:
    assert service.run(service.post(FORM, method="GET")).status == 405
    assert service.run(service.post({**FORM, "text": "1" * 10_000})).status == 413
    announced = {b"content-length": b"9000"}
    assert service.run(service.post(b"", headers=announced)).status == 413


def test_an_end_notice_is_taken_note_of(service: Service) -> None:
    fields = {"sessionId": FORM["sessionId"], "status": "Incomplete", "input": "2*1", "hopsCount": "2"}
    reply = service.run(service.post(fields, f"/ussd/africastalking/ended/{SECRET}"))
    assert (reply.status, reply.text) == (200, "")


# -- nonsense


def test_what_is_no_request_of_ours_gets_a_polite_end(service: Service) -> None:
    for change in (
        {"phoneNumber": "anonymous"},
        {"phoneNumber": "+255712000111"},
        {"serviceCode": "*999#"},
        {"serviceCode": ""},
        {"sessionId": ""},
    ):
        reply = service.run(service.post({**FORM, **change}))
        assert reply.status == 200
        assert reply.text.startswith("END ")
        assert reply.headers[b"content-type"] == b"text/plain; charset=utf-8"
    assert rows(service.database, "subscribers") == 0


def test_bodies_that_are_no_form_get_a_polite_end(service: Service) -> None:
    for body in (b"", b"\xff\x00", b"{}", b"a=1&" * 50):
        assert service.run(service.post(body)).text == GONE_WRONG


@pytest.mark.parametrize(
    "typed", ["***", "", "1\x00", "\n", "😀", "x" * 7_000, "-1", "00000", "１", "'; --", "%s{0}"]
)
def test_absurd_answers_repeat_the_screen_or_mean_nothing(buyer: Handset, typed: str) -> None:
    first = buyer.dial()
    shown = buyer.press(typed)
    assert shown.startswith("CON ")
    assert shown.endswith(first.removeprefix("CON "))
    assert rows(buyer.service.database, "collections") == 0


# -- twice, at once, by strangers


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


def rows_before(service: Service) -> int:
    with service.database.work() as work:
        return int(work.scalar("SELECT count(*) FROM purchases WHERE channel = 'test'"))


# -- money: what was shown is what is paid


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


def test_the_request_id_of_the_key_press_follows_the_purchase(
    buyer: Handset, capsys: pytest.CaptureFixture[str]
) -> None:
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


# -- limits and failures


def test_too_many_turns_of_one_number(
    database: Database, redis_url: str, clock: SetClock, keyring: Keyring
) -> None:
    with Service(database, redis_url, clock, keyring, limits=Limits(turns_a_minute=3)) as service:
        phone, other = Handset(service, PHONE), Handset(service, "+254722000111")
        shown = [phone.dial(), phone.press("7"), phone.press("7"), phone.press("1")]
        assert [text.startswith("END That was too often.") for text in shown] == [False, False, False, True]
        assert other.dial().startswith("CON ")
        clock.advance(timedelta(minutes=1))
        assert phone.again().startswith("CON Welcome")


def test_too_many_sessions_of_one_number(
    database: Database, redis_url: str, clock: SetClock, keyring: Keyring
) -> None:
    with Service(database, redis_url, clock, keyring, limits=Limits(sessions_an_hour=2)) as service:
        phone = Handset(service, PHONE)
        shown = [phone.dial(), phone.dial(), phone.dial()]
        assert [text[:4] for text in shown] == ["CON ", "CON ", "END "]
        clock.advance(timedelta(hours=1))
        assert phone.dial().startswith("CON ")


def test_the_door_has_a_ceiling(
    database: Database, redis_url: str, clock: SetClock, keyring: Keyring
) -> None:
    with Service(database, redis_url, clock, keyring, limits=Limits(door_turns_a_minute=2)) as service:
        phones = [Handset(service, f"+25471200011{n}") for n in range(3)]
        assert [phone.dial()[:4] for phone in phones] == ["CON ", "CON ", "END "]


def test_without_valkey_nothing_moves(
    database: Database, redis_url: str, clock: SetClock, keyring: Keyring
) -> None:
    nowhere = "redis://127.0.0.1:1/0"
    with Service(database, nowhere, clock, keyring) as service:
        assert Handset(service, PHONE).dial() == GONE_WRONG
    assert rows(database, "subscribers") == 0


def test_without_a_database_the_caller_is_asked_to_dial_again(buyer: Handset) -> None:
    database = buyer.service.database
    with database.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    buyer.dial()
    buyer.service.talk._open_work = broken  # type: ignore[assignment]
    assert buyer.press("3") == GONE_WRONG
    assert buyer.again() == GONE_WRONG


def broken(request_id: str) -> object:
    raise OSError("the database is away")


def test_a_session_does_not_outlive_the_product_clock(buyer: Handset) -> None:
    buyer.dial()
    buyer.press("2")
    buyer.service.clock.advance(timedelta(days=35))
    buyer.fields["text"] = ""
    assert buyer.again().startswith("CON Pwani Net WiFi")


def test_any_way_through_the_menu_ends_well_and_opens_one_payment_at_most(buyer: Handset) -> None:
    provider_phones = [buyer, Handset(buyer.service, "+254733000222", "63903")]
    walk = random.Random(7)
    keys = ["1", "1", "1", "2", "2", "3", "4", "5", "6", "9", "0", "00", "98", "0722333444", "x"]
    for turn in range(30):
        phone = provider_phones[turn % 2]
        shown = phone.dial(text="*".join(walk.choices(keys, k=turn % 3)))
        while shown.startswith("CON ") and len(phone.fields["text"]) < 40:
            shown = phone.press(walk.choice(keys))
            assert septets(shown) <= 160
            assert shown != GONE_WRONG
        buyer.service.clock.advance(timedelta(minutes=4))
    with buyer.service.database.work() as work:
        assert (
            work.scalar(
                "SELECT coalesce(max(n), 0) FROM (SELECT count(*) n FROM collections GROUP BY payer) t"
            )
            == 1
        )


# -- what is kept and said about people


def test_no_number_code_or_text_in_keys_values_and_logs(
    buyer: Handset, capsys: pytest.CaptureFixture[str]
) -> None:
    service = buyer.service
    buyer.dial()
    buyer.keys("2", "1", "2", "0722333444")
    buyer.dial()
    buyer.keys("2", "3", "1")
    code = next(line for line in buyer.again().splitlines() if line[5:6] == "-")

    async def everything() -> bytes:
        keys = await service.redis.keys("*")
        values = [await service.redis.get(key) or b"" for key in keys]
        return b"\n".join([*keys, *values])

    kept = service.run(everything()) + capsys.readouterr().out.encode()
    for secret in ("712345678", "722333444", code, code.replace("-", ""), "2*1*2"):
        assert secret.encode() not in kept


def test_one_log_line_a_turn(buyer: Handset, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    buyer.dial()
    buyer.press("1")
    buyer.again()
    lines = [line for line in capsys.readouterr().out.splitlines() if "ussd_turn" in line]
    kinds = [kind for kind in ("first", "option", "repeat") for line in lines if kind in line]
    assert kinds == ["first", "option", "repeat"]
    assert len(lines) == 3
