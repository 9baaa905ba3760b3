"""Limits, failures of servers, and what is kept and said about people."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.base.clock import SetClock
from core.base.database import Database
from core.base.gsm7 import septets
from core.base.secrets import Keyring
from tests.ussd.handset import GONE_WRONG, PHONE, Handset, Service, rows
from ussd.valkey import Limits


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
