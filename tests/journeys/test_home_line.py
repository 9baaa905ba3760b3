"""A home line: bought, connected, renewed in two keys; and paid by hand at the paybill."""

import re
from datetime import date

from core.base.clock import last_day
from core.billing.periods import add_months
from tests.journeys.demo import eventually
from tests.journeys.phone import Phone
from tests.journeys.world import World

SECRETS = "/ppp/secret"
MONTH = 1_500
LOGIN = re.compile(r"user (\S+), password (\S+)\.")


def buy_home_line(world: World, person: Phone) -> tuple[str, str]:
    """Home 5Mbps at Baraka, paid for. The user name and password out of the text."""
    person.talk("2", "6")
    assert "Ksh 1,500: Home 5Mbps" in person.screen
    assert "Where is the house?" in person.press("1")
    assert "Home 5Mbps, 1 month, Baraka" in person.press("1")
    assert "Ksh 1,500 to PWANI NET" in person.press("1")
    person.answer_prompt()
    found = LOGIN.search(person.text("your home WiFi is ready"))
    assert found is not None
    return found[1], found[2]


def last_paid_day(world: World, person: Phone) -> date:
    return last_day(world.books.line(person.digits).paid_through)


def is_renewed_to(world: World, person: Phone, day: date) -> None:
    eventually(f"line paid up to {day}", lambda: last_paid_day(world, person) == day)


def test_home_line_from_the_first_dial_to_the_second_month(world: World) -> None:
    amina, router = world.phone(), world.router("baraka-home")
    username, password = buy_home_line(world, amina)

    secret = router.named(SECRETS, username)
    print(f"baraka-home {SECRETS}: {secret}")
    assert secret["password"] == password
    assert secret["service"] == "pppoe"
    assert world.router("mtwapa").named(SECRETS, username) == {}, "the line is at Baraka alone"
    online = router.log_in(username, password, service="pppoe")
    print(f"PPPoE dial: {online}")
    assert online["ok"]
    assert not router.log_in(username, "wrong", mac="02:00:00:00:00:07", service="pppoe")["ok"]

    first = eventually(
        "running line", lambda: (found := world.books.line(amina.digits)).state == "active" and found
    )
    started = last_day(first.starts_at)
    expected = add_months(started, 1, started.day)
    assert last_paid_day(world, amina) == expected
    amina.text("Received Ksh 1,500", f"up to the end of {expected:%d/%m/%Y}")
    assert world.books.payments(amina.digits) == [MONTH * 100]
    assert world.books.invoices(amina.digits) == [MONTH * 100]

    world.advance("P3D")
    assert "1. Pay 1 month Ksh 1,500" in amina.dial()
    renewed = add_months(expected, 1, started.day)
    assert f"New last day {renewed:%d/%m}" in amina.press("1")
    assert "M-PESA will ask for your PIN" in amina.press("1")
    amina.answer_prompt()
    amina.text("Received Ksh 1,500", f"up to the end of {renewed:%d/%m/%Y}")
    assert last_paid_day(world, amina) == renewed
    assert world.books.payments(amina.digits) == [MONTH * 100] * 2
    assert router.sessions(username), "a renewal interrupts nobody"
    assert len([text for text in amina.texts if "password" in text]) == 1


def test_a_line_nobody_pays_goes_off_after_its_grace_and_returns_with_the_money(world: World) -> None:
    amina, router = world.phone(), world.router("baraka-home")
    username, password = buy_home_line(world, amina)
    assert router.log_in(username, password, service="pppoe")["ok"]
    world.skip(30 * 86_400)
    world.advance("P9D")  # four days of grace and its end; no cut on a Sunday or a holiday
    assert world.books.line(amina.digits).state == "suspended"
    amina.text("Ksh 1,500 is not paid. Your WiFi stops at midnight tonight")
    amina.text("Your WiFi is off: Ksh 1,500 is not paid")
    eventually("end of the session", lambda: not router.sessions(username))
    assert not router.log_in(username, password, service="pppoe")["ok"]

    assert "Home 5Mbps is off" in amina.dial()
    amina.press("1", "1")
    amina.answer_prompt()
    eventually("line that is on", lambda: world.books.line(amina.digits).state == "active")
    assert router.log_in(username, password, service="pppoe")["ok"]


def test_paybill_with_the_account_number_renews_the_home_line(world: World) -> None:
    amina = world.phone()
    buy_home_line(world, amina)
    eventually("running line", lambda: world.books.line(amina.digits).state == "active")
    day = last_paid_day(world, amina)
    account = world.books.account_no(amina.digits)
    assert amina.pay_bill(MONTH, account)["validation"] == "0"
    is_renewed_to(world, amina, add_months(day, 1, day.day))
    amina.text("Received Ksh 1,500", f"account {account}")
    assert world.books.payments(amina.digits) == [MONTH * 100] * 2
    assert world.books.own_money(amina.digits) == 0


def test_paybill_doubled_and_with_the_phone_number_as_account_counts_once(world: World) -> None:
    amina = world.phone()
    buy_home_line(world, amina)
    eventually("running line", lambda: world.books.line(amina.digits).state == "active")
    day = last_paid_day(world, amina)
    world.faults(c2b="doubled")
    assert amina.pay_bill(MONTH + 200, amina.number)["ok"]
    is_renewed_to(world, amina, add_months(day, 1, day.day))
    world.comes_to_rest()
    assert world.books.payments(amina.digits) == [MONTH * 100, (MONTH + 200) * 100]
    assert world.books.own_money(amina.digits) == 20_000, "what is too much stays the payer's own"


def test_paybill_for_a_stranger_is_refused_or_waits_in_suspense(world: World) -> None:
    juma = world.phone()
    refused = juma.pay_bill(300, "NOBODY1")
    assert not refused["ok"]
    assert juma.wallet == 5_000

    world.faults(c2b_validation="off")
    before = world.books.one("SELECT count(*) FROM suspense WHERE resolved_at IS NULL")
    receipt = juma.pay_bill(300, "NOBODY1")["receipt"]
    eventually(
        "item in suspense",
        lambda: world.books.one("SELECT count(*) FROM suspense WHERE resolved_at IS NULL") == before + 1,
    )
    (kept,) = world.books.rows("SELECT * FROM receipts WHERE number = %(number)s", number=receipt)
    assert (kept.amount_cents, kept.subscriber_id) == (30_000, None)


def test_an_account_number_off_by_one_digit_is_nobodys(world: World) -> None:
    amina = world.phone()
    amina.talk("0")
    account = world.books.account_no(amina.digits)
    typo = account[:-1] + str((int(account[-1]) + 1) % 10)
    assert not amina.pay_bill(100, typo)["ok"]
    assert world.books.payments(amina.digits) == []
