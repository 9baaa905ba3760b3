"""Whose chat it is, where the person wrote a moment ago: the same answer as `recognise`, or none."""

from datetime import timedelta

import pytest

from core.base.clock import SetClock
from core.base.database import Database
from core.base.msisdn import Msisdn
from core.subscribers.chats import link, mark_off, recognise, unlink
from core.subscribers.hear import sim_changed
from core.subscribers.lately import LATELY, Met, met_lately
from core.subscribers.model import CONTACT
from tests.factories import AMINA, JUMA

CHAT = {"channel": "telegram", "external_id": "7001"}


@pytest.fixture
def amina(database: Database) -> Met:
    """Her chat is linked and was written in just now."""
    with database.work() as work:
        known = link(work, **CHAT, number=AMINA, how=CONTACT)
    return Met(known.subscriber_id, AMINA)


def met(database: Database, vouched: Msisdn | None = None, **chat: str) -> Met | None:
    with database.work() as work:
        return met_lately(work, **(CHAT | chat), vouched=vouched)


def test_who_wrote_a_moment_ago_is_known(database: Database, amina: Met) -> None:
    assert met(database) == met(database, vouched=AMINA) == amina
    with database.work() as work:
        known = recognise(work, channel="telegram", external_id="7001")
    assert known is not None
    assert (known.subscriber_id, known.number) == amina


def test_anything_else_is_looked_at_closely(database: Database, amina: Met) -> None:
    assert amina.number == AMINA
    assert met(database, vouched=JUMA) is None
    assert met(database, external_id="7002") is None
    assert met(database, channel="whatsapp") is None
    assert met(database, also="254712345678") is None


def test_who_wrote_earlier_is_looked_at_closely(database: Database, clock: SetClock, amina: Met) -> None:
    assert met(database) == amina
    clock.advance(LATELY + timedelta(seconds=1))
    assert met(database) is None


def test_who_was_unlinked_blocked_us_or_has_another_sim_is_looked_at_closely(
    database: Database, amina: Met
) -> None:
    def after(change: object) -> Met | None:
        with database.work() as work:
            link(work, **CHAT, number=AMINA, how=CONTACT)
            recognise(work, channel="telegram", external_id="7001")
        assert met(database) is not None
        with database.work() as work:
            change(work)  # type: ignore[operator]
        return met(database)

    assert after(lambda work: unlink(work, **CHAT)) is None
    assert after(lambda work: mark_off(work, **CHAT)) is None
    assert after(lambda work: sim_changed(work, msisdn=AMINA)) is None
