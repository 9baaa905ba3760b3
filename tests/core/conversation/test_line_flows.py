"""A line is changed in a talk: what needs a code gets one, and what was shown is what is done."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from core.base.clock import SetClock
from core.base.database import Database
from core.base.settings import Brand
from core.billing.model import Subscription
from core.conversation import engine
from core.conversation.dialogue import Dialogue, Frame
from core.conversation.offer_book import OfferBook
from core.conversation.screen import Screen
from core.conversation.step import Context
from core.subscribers.meet import meet, prove_number
from tests.core.billing.line_house import LineHouse
from tests.core.subscribers.mailbox import Mailbox
from tests.factories import AMINA

ACCOUNT = Frame("home.menu", {"name": "", "line": None, "renewal": None, "again": None, "open_cents": None})


class Phone:
    """Amina's phone on USSD, in English, her number proved: each key a turn of its own, committed."""

    def __init__(self, house: LineHouse) -> None:
        self.house = house
        self.session = 0
        with house.work() as work:
            prove_number(work, subscriber_id=meet(work, msisdn=AMINA).id, msisdn=AMINA)
        self.redial()

    def redial(self) -> None:
        self.session += 1
        self.dialogue = Dialogue(language="en", turn=1, frames=(ACCOUNT,))

    def press(self, typed: str) -> Screen:
        try:
            with self.house.work() as work:
                context = Context(
                    caller=AMINA, caller_has_mpesa=True, channel="ussd", session=f"s{self.session}",
                    now=work.now, brand=Brand(), book=OfferBook(), push_after=timedelta(), work=work,
                )  # fmt: skip
                context.language = "en"
                turn = engine.answer(context, self.dialogue, typed)
        except engine.Declined as declined:
            turn = declined.turn
        self.dialogue, screen = turn
        return screen

    def keys(self, *texts: str) -> Screen:
        self.redial()
        for key in texts:
            screen = self.press(key)
        return screen


@pytest.fixture
def house(database: Database, clock: SetClock) -> LineHouse:
    return LineHouse(database, clock)


def said(screen: Screen) -> str:
    return " / ".join(
        line.msgid.format(**line.values) if not isinstance(line, str) else line for line in screen.lines
    )


def a_line(house: LineHouse, *, other: int = 2_500) -> tuple[int, Phone]:
    """On the first plan; the second is the other."""
    line = house.line("2027-03-31")
    with house.work() as work:
        house.plan(work, other)
    house.at("2027-04-11")
    return line, Phone(house)


def test_up_from_own_money_after_a_code(house: LineHouse, database: Database) -> None:
    line, phone = a_line(house)
    house.put(line, 100_000)
    shown = phone.keys("account", "change_plan", "2")
    assert shown.id == "change_plan.confirm"
    assert said(shown) == "Home 10 from now, up to 30/04. / It costs Ksh 667 for these days."
    assert phone.press("yes").id == "link.code"
    assert house.price(line) == 1_500
    done = phone.press(Mailbox(database).code(AMINA))
    assert done.ends
    assert (house.price(line), house.own(line)) == (2_500, 33_333)


def test_up_by_mpesa_waits_for_the_money(house: LineHouse) -> None:
    line, phone = a_line(house)
    assert phone.keys("account", "change_plan", "2", "pay").ends
    assert house.price(line) == 1_500
    with house.work() as work:
        found = work.session.execute(text("SELECT amount_cents, state FROM collections")).all()
    assert [tuple(row) for row in found] == [(66_700, "requested")]


def test_what_it_costs_is_shown_again_on_the_next_day(house: LineHouse) -> None:
    line, phone = a_line(house)
    phone.keys("account", "change_plan", "2")
    house.at("2027-04-12")
    again = phone.press("pay")
    assert (again.id, again.reason is not None) == ("change_plan.confirm", True)
    assert "Ksh 634" in said(again)
    assert house.price(line) == 1_500


def test_down_and_back_again(house: LineHouse, database: Database) -> None:
    line, phone = a_line(house, other=1_000)
    assert "from 01/05" in said(phone.keys("account", "change_plan", "2"))
    phone.press("yes")
    phone.press(Mailbox(database).code(AMINA))
    with house.work() as work:
        assert work.session.get_one(Subscription, line).renewal_plan.price_cents == 100_000
    shown = phone.keys("account", "change_plan", "1")
    assert said(shown) == "You keep Home 10."


def test_pause_and_return_each_after_a_code(house: LineHouse, database: Database) -> None:
    line, phone = a_line(house)
    assert phone.keys("account", "pause", "pause").id == "link.code"
    assert phone.press(Mailbox(database).code(AMINA)).ends
    assert house.get(line).state == "paused"
    assert phone.keys("account", "pause").id == "pause.back"
    house.clock.advance(timedelta(hours=2))
    assert phone.press("back").id == "link.code"
    assert phone.press(Mailbox(database).code(AMINA)).ends
    assert house.get(line).state == "awaiting_network"


def test_a_pause_against_the_rules_is_refused(house: LineHouse) -> None:
    _, phone = a_line(house)
    house.at("2027-04-30")
    shown: Any = phone.keys("account", "pause")
    assert shown.id == "account.account"
    assert shown.reason.msgid == "A pause needs {count} paid days or more."


def test_it_renews_by_itself_or_not(house: LineHouse) -> None:
    line, phone = a_line(house)
    phone.keys("account", "renews_itself", "no")
    assert house.get(line).renews is False
    phone.keys("account", "renews_itself", "yes")
    assert house.get(line).renews is True
