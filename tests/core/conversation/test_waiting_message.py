"""A message that could not be delivered is the first thing that a dial shows, until it was read."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.clock import SetClock
from core.base.database import Database
from core.base.gsm7 import plain, septets
from core.base.msisdn import Msisdn
from core.base.secrets import Keyring
from core.conversation.flows.waiting import CUT, ROOM, cut
from core.messaging.model import WAITING, Notice
from core.messaging.notify import notify
from core.messaging.templates import phones
from tests.ussd.handset import Handset, Service
from tests.ussd.provider import Provider

PHONE = "0712345678"


@pytest.fixture
def provider(database: Database, clock: SetClock) -> Provider:
    return Provider(database, clock)


@pytest.fixture
def phone(provider: Provider, redis_url: str, clock: SetClock, keyring: Keyring) -> Iterator[Handset]:
    provider.person(PHONE, "en")
    with Service(provider.database, redis_url, clock, keyring) as service:
        yield Handset(service, PHONE)


def undelivered(provider: Provider, code: str) -> int:
    """A voucher's text that found no way."""
    person = provider.person(PHONE, "en")
    with provider.database.work() as work:
        notice_id = notify(
            work,
            template="voucher",
            address=Msisdn.parse(PHONE),
            subscriber_id=person,
            language="en",
            values={"code": code, "term": "24 hours", "phones": phones(1), "use_by": "20/02/2027"},
            dedupe_key=code,
        )
        assert notice_id is not None
        work.session.get_one(Notice, notice_id).state = WAITING
    return notice_id


def state(provider: Provider, notice_id: int) -> str:
    with provider.database.work() as work:
        return work.session.get_one(Notice, notice_id).state


def test_it_is_read_once_and_then_the_menu_comes(provider: Provider, phone: Handset) -> None:
    first, second = undelivered(provider, "K7WM2-XWD4F"), undelivered(provider, "ABCDE-FGHJK")
    shown = phone.dial("*384*123#")
    assert shown.startswith(
        "CON You have a message:\nPwani Net voucher: K7WM2-XWD4F. WiFi 24 hours, 1 phone."
    )
    assert shown.endswith("\n1. OK")
    assert septets(shown) <= 160
    assert state(provider, first) == "waiting"
    assert "ABCDE-FGHJK" in phone.press("1")
    assert (state(provider, first), state(provider, second)) == ("read", "waiting")
    assert "Buy WiFi bundle" in phone.press("1")
    assert "Buy WiFi bundle" in phone.dial("*384*123#")


def test_who_hangs_up_before_the_key_sees_it_again(provider: Provider, phone: Handset) -> None:
    undelivered(provider, "K7WM2-XWD4F")
    for _ in range(2):
        assert "K7WM2-XWD4F" in phone.dial("*384*123#")


def test_a_wrong_key_leaves_it_whole_with_its_key(provider: Provider, phone: Handset) -> None:
    undelivered(provider, "K7WM2-XWD4F")
    first = phone.dial("*384*123#")
    assert phone.press("7") == first, "a reason would push the message and the key off the screen"


def test_a_dialled_through_string_stops_at_it(provider: Provider, phone: Handset) -> None:
    undelivered(provider, "K7WM2-XWD4F")
    assert "K7WM2-XWD4F" in phone.dial("*384*123*3#")


@given(st.text(max_size=400), st.integers(10, 140))
def test_a_cut_keeps_the_beginning_within_the_room(text: str, room: int) -> None:
    text = plain(text)
    found = cut(text, room)
    assert septets(found) <= room
    if septets(text) <= room:
        assert found == text
    else:
        assert found.endswith(CUT)
        assert text.startswith(found.removesuffix(CUT))


def test_a_whole_voucher_keeps_its_code_and_its_day() -> None:
    text = (
        "Pwani Net voucher: K7WM2-XWD4F. WiFi 24 hours, 1 phone. Time starts when you log in. "
        "Use by 20/02/2027. Join PWANI WIFI, type the code. Lost? *384*123*3#"
    )
    assert cut(text, ROOM).endswith("Use by 20/02/2027. Join PWANI WIFI, type ..")
