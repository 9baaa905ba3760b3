"""What is kept between turns and between talks: a dropped talk is the number's own; the offers are read once."""

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import event

from tests.ussd.handset import PHONE, Handset, Service
from tests.ussd.provider import Provider
from ussd.valkey import SESSION_LIFE

OTHER = "+254722000111"
NOT_FINISHED = "CON Pwani Net: you were not finished."


def test_a_dropped_talk_is_offered_again_for_a_while(buyer: Handset) -> None:
    buyer.dial()
    confirmation = buyer.press("1")
    assert buyer.dial().startswith(NOT_FINISHED)
    assert buyer.press("1") == confirmation
    buyer.service.clock.advance(SESSION_LIFE)
    assert not buyer.dial().startswith(NOT_FINISHED)


def test_a_talk_that_ended_is_not_offered_again(buyer: Handset) -> None:
    buyer.dial()
    assert buyer.keys("1", "1").startswith("END M-PESA will ask")
    buyer.service.clock.advance(timedelta(seconds=1))
    assert not buyer.dial().startswith(NOT_FINISHED)


def test_nobody_is_offered_the_talk_of_another_number(service: Service) -> None:
    """Also where somebody who can write to Valkey says that it was theirs."""
    provider = Provider(service.database, service.clock)
    buyer, stranger = Handset(service, PHONE), Handset(service, OTHER)
    for phone in (buyer, stranger):
        provider.hotspot_buyer(phone.number, "en")
    stranger.dial()

    async def last_talks() -> dict[Any, Any]:
        return {place: await service.redis.get(place) for place in await service.redis.keys("ussd:last:*")}

    ((theirs, _),) = service.run(last_talks()).items()
    buyer.dial()
    buyer.press("1")
    (buyers,) = (talk for place, talk in service.run(last_talks()).items() if place != theirs)
    service.run(service.redis.set(theirs, buyers))
    assert not stranger.dial().startswith(NOT_FINISHED)
    assert buyer.dial().startswith(NOT_FINISHED)


def test_the_offers_are_read_once_for_all_who_ask_at_a_time(service: Service) -> None:
    provider = Provider(service.database, service.clock)
    phones = [Handset(service, f"+25471200020{n}") for n in range(6)]
    for phone in phones:
        provider.hotspot_buyer(phone.number, "en")
        phone.dial()
        phone.fields["text"] = "2"
    reads: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if "FROM plans" in statement:
            reads.append(statement)

    async def at_once() -> set[str]:
        return {reply.text for reply in await asyncio.gather(*(service.post(p.fields) for p in phones))}

    event.listen(service.database.engine, "before_cursor_execute", note)
    shown = service.run(at_once())
    assert len(shown) == 1
    assert "Choose a bundle" in shown.pop()
    assert len(reads) == 3, "bundles, home plans and more data"
