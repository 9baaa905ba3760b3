"""The step that begins a collection, through the door: how much it asks of the database, and two at a time."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from core.base.msisdn import Msisdn
from core.catalogue.coupons import CouponDraft, make_coupon
from core.staff.audit import COMMAND_LINE
from core.subscribers.meet import meet
from tests.ussd.handset import PHONE, Handset, Service, rows
from tests.ussd.provider import Provider


@pytest.fixture
def statements(service: Service) -> Iterator[list[str]]:
    """Every statement that is sent to the database, whoever sends it."""
    sent: list[str] = []

    class Noted(psycopg.Cursor[Any]):
        def execute(self, query: Any, *args: Any, **more: Any) -> Any:
            sent.append(str(query))
            return super().execute(query, *args, **more)

    def note(connection: Any, _: Any) -> None:
        connection.cursor_factory = Noted

    engine = service.database.engine
    engine.dispose()  # the connections that are open already would not be noted
    event.listen(engine, "connect", note)
    yield sent
    event.remove(engine, "connect", note)
    engine.dispose()


def test_it_takes_two_statements(buyer: Handset, statements: list[str]) -> None:
    buyer.dial()
    buyer.press("1")
    assert statements, "the menu is read from the database"
    statements.clear()
    assert buyer.press("1").startswith("END M-PESA will ask for your PIN")
    assert len(statements) == 2


def test_for_a_friend_who_is_known_it_takes_no_more(buyer: Handset, statements: list[str]) -> None:
    with buyer.service.database.work() as work:
        friend = meet(work, msisdn=Msisdn("254722000111")).id
    buyer.dial()
    buyer.keys("1", "2", "0722000111")
    statements.clear()
    assert buyer.press("1").startswith("END M-PESA will ask for your PIN")
    assert len(statements) == 2
    with buyer.service.database.work() as work:
        assert work.scalar("SELECT beneficiary_id FROM purchases ORDER BY id DESC LIMIT 1") == friend


def test_from_another_phone_it_takes_no_more(buyer: Handset, statements: list[str]) -> None:
    buyer.dial()
    buyer.keys("1", "4", "0722000111")
    statements.clear()
    assert buyer.press("1").startswith("END M-PESA will ask 0722***111")
    assert len(statements) == 2


def test_the_same_key_heard_twice_at_once_is_one_collection(buyer: Handset) -> None:
    buyer.dial()
    buyer.press("1")
    buyer.fields["text"] += "*1"

    async def twice() -> list[Any]:
        return await asyncio.gather(*(buyer.service.post(buyer.fields) for _ in range(2)))

    replies = buyer.service.run(twice())
    assert all(reply.status == 200 for reply in replies)
    assert any(reply.text.startswith("END M-PESA will ask") for reply in replies)
    assert rows(buyer.service.database, "collections") == 1


def test_two_phones_that_name_one_payer_at_once_begin_one_collection(service: Service) -> None:
    provider = Provider(service.database, service.clock)
    handsets = [Handset(service, phone) for phone in (PHONE, "+254722000111")]
    for handset in handsets:
        provider.hotspot_buyer(handset.number, "en")
        handset.dial()
        handset.keys("1", "4", "0711222333")
        handset.fields["text"] += "*1"

    async def both() -> list[Any]:
        return await asyncio.gather(*(service.post(handset.fields) for handset in handsets))

    told = sorted(reply.text[:40] for reply in service.run(both()))
    assert told == ["CON A payment is still open for that pho", "END M-PESA will ask 0711***333 for the P"]
    assert rows(service.database, "collections") == 1


def test_with_an_offer_code_it_is_one_transaction(buyer: Handset) -> None:
    with buyer.service.database.work() as work:
        until = work.now + timedelta(days=1)
        draft = CouponDraft("SAVE20", work.now, until, uses_in_all=1, percent=20)
        make_coupon(work, COMMAND_LINE, draft=draft, reason="Jamhuri Day")
    buyer.dial()
    buyer.keys("1", "5")
    assert "SAVE20: -Ksh 10" in buyer.press("save20")
    assert buyer.press("1").startswith("END M-PESA will ask for your PIN: Ksh 40")
    buyer.again()
    assert rows(buyer.service.database, "coupon_uses") == rows(buyer.service.database, "collections") == 1


def test_who_is_too_late_for_the_last_use_is_shown_the_price_without_it(service: Service) -> None:
    provider = Provider(service.database, service.clock)
    handsets = [Handset(service, phone) for phone in (PHONE, "+254722000111")]
    with service.database.work() as work:
        until = work.now + timedelta(days=1)
        draft = CouponDraft("SAVE20", work.now, until, uses_in_all=1, percent=20)
        make_coupon(work, COMMAND_LINE, draft=draft, reason="Jamhuri Day")
    for handset in handsets:
        provider.hotspot_buyer(handset.number, "en")
        handset.dial()
        handset.keys("1", "5", "SAVE20")
    assert handsets[0].press("1").startswith("END")
    told = handsets[1].press("1")
    assert told.startswith("CON That code does not hold")
    assert "Ksh 50" in told
    assert rows(service.database, "collections") == 1
