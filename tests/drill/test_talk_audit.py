"""The account of talks: which purchases nobody asked for, and which messages went astray."""

from dataclasses import replace

from drill.facts import Heard, Talks
from drill.talk_audit import examine_talks
from drill.unread import shows

WHOLE = Talks(
    heard=[
        Heard(1, "ussd", "ATUid_1", 0),
        Heard(2, "whatsapp", "s2", 20, "9f3a.mine"),
        Heard(3, "telegram", "s3", 30, "77aa.pay"),
        Heard(4, "sms", "s4", 40),
    ],
    sent={"whatsapp": (10, 10), "telegram": (9, 11), "sms": (5, 5)},
    stored={"whatsapp": 10, "telegram": 10, "sms": 5},
    fresh={"9f3a.mine", "77aa.pay", "0b0b.buy"},
)
MESSAGE = "We have your KES 20. Nothing was bought, so it stays your money: account 100001. Dial *384*123# to use it."


def said(talks: Talks) -> tuple[int, int, int]:
    found = examine_talks(talks)
    return len(found.lost), len(found.doubled), len(found.invented)


def test_talks_in_order_have_no_findings() -> None:
    assert said(WHOLE) == (0, 0, 0)


def test_purchase_of_an_old_button_is_invented() -> None:
    assert said(replace(WHOLE, fresh=WHOLE.fresh - {"77aa.pay"})) == (0, 0, 1)


def test_second_purchase_of_one_button_message_or_session_is_doubled() -> None:
    button = Heard(5, "whatsapp", "s2", 21, "9f3a.mine")
    assert said(replace(WHOLE, heard=[*WHOLE.heard, button])) == (0, 1, 0)
    assert said(replace(WHOLE, heard=[*WHOLE.heard, Heard(5, "sms", "s5", 40)])) == (0, 1, 0)
    assert said(replace(WHOLE, heard=[*WHOLE.heard, Heard(5, "ussd", "ATUid_1", 0)])) == (0, 1, 0)


def test_purchase_that_no_message_or_a_late_one_began_is_invented() -> None:
    assert said(replace(WHOLE, heard=[Heard(5, "sms", "s5", 0)])) == (0, 0, 1)
    assert said(replace(WHOLE, heard=[Heard(5, "sms", "s5", 50, late=True)])) == (0, 0, 1)


def test_messages_are_stored_once() -> None:
    assert said(replace(WHOLE, stored={**WHOLE.stored, "telegram": 8})) == (1, 0, 0)
    assert said(replace(WHOLE, stored={**WHOLE.stored, "telegram": 12})) == (0, 1, 0)
    assert said(replace(WHOLE, stored={})) == (3, 0, 0)


def test_whoever_gets_no_menu_or_no_answer_is_lost() -> None:
    assert said(replace(WHOLE, stuck=["0711000000 (sms)"], unheard=2)) == (2, 0, 0)


def test_message_is_known_on_the_screen_by_its_beginning() -> None:
    assert shows(f"You have a message:\n{MESSAGE}\n1. OK", MESSAGE)
    assert shows(f"You have a message:\n{MESSAGE[:80]} ..\n1. OK", MESSAGE)
    assert not shows(f"You have a message:\n{MESSAGE[:30]} ..\n1. OK", MESSAGE)
    assert not shows(f"You have a message:\n{MESSAGE.replace('20', '50')}\n1. OK", MESSAGE)
    assert not shows("Pwani Net: language / lugha\n1. English\n2. Kiswahili", MESSAGE)
