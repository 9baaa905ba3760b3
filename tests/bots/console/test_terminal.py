"""Talking in a terminal, and through a pipe."""

import io
from collections.abc import Iterator

import pytest

from bots.console.channel import ConsoleChannel, body_of
from bots.console.terminal import BUSY, Terminal, whose
from core.base.clock import SetClock
from core.base.msisdn import NotAPhoneNumber
from core.base.secrets import Keyring
from core.conversation.channel import Act, Said, Unreadable
from core.conversation.chat_store import Talks
from tests.conftest import START
from tests.core.conversation.chatting import ChatHouse


class Screen(io.StringIO):
    """A terminal at which a person sits."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def house(
    database_urls: tuple[str, str], redis_url: str, clock: SetClock, keyring: Keyring
) -> Iterator[ChatHouse]:
    made = ChatHouse(database_urls[1], redis_url, clock, keyring)
    yield made
    made.close()


def talk(house: ChatHouse, *lines: str, number: str = "", name: str = "", typed: bool = False) -> str:
    """What stands on the screen after these lines."""
    out, given = io.StringIO(), "".join(f"{line}\n" for line in lines)
    entered = Screen(given) if typed else io.StringIO(given)
    assert Terminal(house, person=whose(number=number, name=name), lines=entered, out=out).talk() == 0
    return out.getvalue()


def test_a_purchase_through_a_pipe_reads_as_a_talk(house: ChatHouse) -> None:
    house.provider.hotspot_buyer("0712345678", "en")
    assert talk(house, "hi", "1", "1", number="0712 345 678") == (
        "> hi\n"
        "< Pwani Net WiFi\n"
        "< 1. Buy again: 24 hours Ksh 50\n"
        "< 2. Buy a bundle\n"
        "< 3. My vouchers\n"
        "< 4. Account\n"
        "> 1\n"
        "< WiFi 24 hours, Ksh 50, 1 phone\n"
        "< Time starts when you log in, then does not stop\n"
        "< 1. For me: pay now\n"
        "< 2. For another number\n"
        "< 4. Another phone pays\n"
        "< 0. Back\n"
        "< 00. Main menu\n"
        "> 1\n"
        "< M-PESA will ask for your PIN: Ksh 50 to PWANI NET.\n"
        "< The voucher comes by SMS. Late? Dial *384*123*3#\n"
        "< 00. Main menu\n"
    )
    assert house.rows("collections") == 1
    assert house.rows("outbox", "event = 'MessageReceived'") == 0


def test_the_same_line_twice_is_two_messages(house: ChatHouse) -> None:
    house.provider.person("0712345678", "en")
    assert talk(house, "hi", "2", "2", number="0712345678").count("\n> ") == 2
    assert house.rows("inbox") == 3


def test_a_talk_goes_on_where_it_was_left(house: ChatHouse) -> None:
    house.provider.person("0712345678", "en")
    talk(house, "buy", number="0712345678")
    assert "WiFi 1 hour, Ksh 10" in talk(house, "1", number="0712345678")


def test_somebody_without_a_number_is_asked_for_it(house: ChatHouse) -> None:
    shown = talk(house, "hi", "1", "/share 0722000111", name="wanjiku")
    assert "< Which phone number is yours?" in shown
    assert shown.endswith(
        "< Welcome to Pwani Net\n< 2. Buy WiFi bundle\n< 3. My vouchers\n< 4. Account, language\n"
    )


def test_at_a_terminal_there_is_a_prompt_and_no_echo(house: ChatHouse) -> None:
    shown = talk(house, "hi", name="wanjiku", typed=True)
    assert shown.startswith("> < Pwani Net: language / lugha\n")
    assert shown.endswith("\n> ")


def test_a_busy_person_is_told_so(house: ChatHouse) -> None:
    Talks(house.redis, house.keyring).open(whose(number="", name="wanjiku"), house.clock.now())
    assert talk(house, "hi", name="wanjiku") == f"> hi\n{BUSY}\n"


def test_what_no_line_is_moves_nothing(house: ChatHouse) -> None:
    house.provider.person("0712345678", "en")
    shown = talk(house, "", " ", "\udc80", "1" * 5_000, "\x00", number="0712345678")
    assert "Welcome to Pwani Net" in shown
    assert house.rows("collections") == 0


def test_who_talks() -> None:
    assert whose(number="+254 712 345 678", name="").id == "254712345678"
    assert whose(number="", name="").number is None
    with pytest.raises(NotAPhoneNumber):
        whose(number="12", name="x")


def test_what_is_left_in_the_inbox_is_read_back() -> None:
    said = Said("m1", whose(number="0712345678", name="amina"), START, Act.TYPED, "habari \u200f")
    assert ConsoleChannel(io.StringIO()).read(body_of(said)) == said


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b'{"message": 1, "at": "x"}'])
def test_what_is_no_message(body: bytes) -> None:
    with pytest.raises(Unreadable):
        ConsoleChannel(io.StringIO()).read(body)
