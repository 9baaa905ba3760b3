"""Payday, days for others and the KRA PIN in a talk: read back before, proved, done once."""

import pytest
from sqlalchemy import text

from core.base.clock import SetClock
from core.base.database import Database
from core.billing.model import Subscription
from core.subscribers.model import Subscriber
from tests.core.billing.line_house import LineHouse
from tests.core.conversation.test_line_flows import Phone, said
from tests.core.subscribers.mailbox import Mailbox
from tests.factories import AMINA, JUMA


@pytest.fixture
def house(database: Database, clock: SetClock) -> LineHouse:
    return LineHouse(database, clock)


def test_the_bridge_is_shown_and_paid_from_own_money_after_a_code(
    house: LineHouse, database: Database
) -> None:
    line = house.line("2027-03-15")
    house.put(line, 100_000)
    phone = Phone(house)
    shown = phone.keys("account", "line", "payday", "30")
    assert shown.id == "payday.confirm"
    assert said(shown) == ("Each month then ends on day 30. / 15 day to get there, 16/04 to 30/04: Ksh 750.")
    assert phone.press("yes").id == "link.code"
    assert house.paid_through(line) == "2027-04-15"
    done = phone.press(Mailbox(database).code(AMINA))
    assert done.ends
    assert (house.paid_through(line), house.get(line).anchor_day, house.own(line)) == (
        "2027-04-30",
        30,
        25_000,
    )


def test_the_bridge_by_mpesa_waits_for_the_money(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    phone = Phone(house)
    assert phone.keys("account", "line", "payday", "30", "pay").ends
    assert house.paid_through(line) == "2027-04-15"
    with house.work() as work:
        found = work.session.execute(text("SELECT amount_cents, state FROM collections")).all()
    assert [tuple(row) for row in found] == [(75_000, "requested")]


@pytest.mark.parametrize("typed", ["15", "0", "32", "thirty", "\N{SUPERSCRIPT TWO}"])
def test_no_other_payday(house: LineHouse, typed: str) -> None:
    house.line("2027-03-15")
    shown = Phone(house).keys("account", "line", "payday", typed)
    assert (shown.id, shown.reason is not None) == ("payday.day", True)


def receiver(house: LineHouse, line: int) -> str:
    """Juma Mwangi's account number."""
    with house.work() as work:
        juma = work.session.get_one(Subscriber, house.get(line).subscriber_id)
        juma.first_name, juma.last_name = "Juma", "Mwangi"
        return juma.account_no


def test_days_are_given_after_name_and_code(house: LineHouse, database: Database) -> None:
    mine, theirs = house.line("2027-03-15"), house.line("2027-03-15", phone=JUMA)
    account = receiver(house, theirs)
    house.at("2027-03-20")
    phone = Phone(house)
    shown = phone.keys("account", "line", "give", account)
    assert said(shown) == f"Account {account}: Juma M. / How many days? Type 1 to 6."
    assert phone.press("7").reason is not None
    assert phone.press("2").id == "give.confirm"
    assert phone.press("yes").id == "link.code"
    assert house.paid_through(theirs) == "2027-04-15"
    assert phone.press(Mailbox(database).code(AMINA)).ends
    assert (house.paid_through(mine), house.paid_through(theirs)) == ("2027-04-13", "2027-04-17")


def test_five_strangers_a_day_are_looked_up(house: LineHouse) -> None:
    """Known and unknown ones count alike; a number that cannot be one does not."""
    house.line("2027-03-15")
    account = receiver(house, house.line("2027-03-20", 2_500, phone=JUMA))
    house.at("2027-03-20")
    phone = Phone(house)
    phone.keys("account", "line", "give", "12")
    said_no = [phone.press(typed).reason for typed in (account, "1234566", account, account, account)]
    assert len({reason.msgid for reason in said_no if reason}) == 2
    refused = phone.press(account)
    assert refused.reason is not None
    assert refused.reason.msgid.startswith("You looked up many accounts")
    house.at("2027-03-21")
    assert phone.keys("account", "line", "give", account).reason == said_no[0]


def test_a_kra_pin_is_read_back_and_wants_a_code(house: LineHouse, database: Database) -> None:
    line = house.line("2027-03-15")
    phone = Phone(house)
    assert phone.keys("account", "papers", "pin", "A12").reason is not None
    assert said(phone.press("a012 345678z")) == "A012345678Z on your new invoices?"
    assert phone.press("yes").id == "link.code"
    assert phone.press(Mailbox(database).code(AMINA)).ends
    house.renew(line)
    with house.work() as work:
        owner = work.session.get_one(Subscription, line).subscriber_id
        assert work.session.get_one(Subscriber, owner).tax_pin == "A012345678Z"
        named = work.session.scalars(text("SELECT buyer_pin FROM invoices ORDER BY id")).all()
        assert named == [None, "A012345678Z"]
