"""A voucher for another number, from the first dial to the last minute."""

from datetime import timedelta

from tests.journeys.demo import eventually
from tests.journeys.world import World

HOTSPOT_USERS = "/ip/hotspot/user"


def test_swahili_voucher_for_a_friend_from_dial_to_the_last_minute(world: World) -> None:
    asha, friend = world.phone(language="2"), world.phone()
    hotspot = world.router("baraka-hotspot")

    assert asha.dial() == "Pwani Net: language / lugha\n1. English\n2. Kiswahili"
    assert "Karibu Pwani Net" in asha.press("2")
    assert "Ksh 50: saa 24" in asha.press("2")
    asha.press("3", "2", friend.number)
    assert f"WiFi saa 24 ya {friend.spaced}" in asha.screen
    assert asha.press("1").startswith("M-PESA itakuomba PIN: Ksh 50 kwa PWANI NET.")
    assert asha.answer_prompt()["state"] == "paid"

    voucher = friend.text("Vocha ya Pwani Net", "WiFi saa 24")
    code = friend.code()
    receipt = asha.text("Tumepokea Ksh 50", friend.spaced)
    assert code not in receipt.replace("-", ""), "the payer's receipt holds no code"
    assert asha.wallet == 4_950
    world.books.is_bought_once(asha.digits, 50)

    user = hotspot.named(HOTSPOT_USERS, code)
    print(f"baraka-hotspot {HOTSPOT_USERS}: {user}")
    assert user["password"] == code
    assert user["limit-uptime"] in ("1d", "1d00:00:00", "24h")
    assert user["disabled"] == "false"
    assert world.router("mtwapa").named(HOTSPOT_USERS, code), "a voucher holds at every site"
    assert world.books.line(friend.digits).starts_at is None, "no minute runs before the login"

    world.advance("PT2H")
    before = world.now
    assert hotspot.log_in(code, code, service="hotspot")["ok"]
    world.advance("PT1M")
    line = eventually(
        "running time", lambda: (found := world.books.line(friend.digits)).state == "active" and found
    )
    assert line.starts_at - before < timedelta(seconds=5), "time starts at the login, not when we heard of it"
    assert line.paid_through - line.starts_at == timedelta(hours=24)
    print(
        f"subscription: {line.state} from {line.starts_at:%d %b %H:%M:%S} to {line.paid_through:%d %b %H:%M:%S}"
    )

    world.advance("PT24H1M")
    assert world.books.line(friend.digits).state == "ended"
    eventually("end of the session", lambda: not hotspot.sessions(code))
    assert hotspot.named(HOTSPOT_USERS, code) == {}
    refused = hotspot.log_in(code, code, service="hotspot")
    print(f"login after the end: {refused}")
    assert not refused["ok"]
    assert len(friend.texts) == 1, voucher


def test_own_voucher_runs_from_a_dialled_through_string_to_its_code_on_the_screen(world: World) -> None:
    asha = world.phone()
    asha.talk("0")
    asha.hang_up()
    assert "M-PESA will ask for your PIN: Ksh 50" in asha.dial("*384*123*2*3*1#")
    asha.answer_prompt()
    code = asha.code()
    assert "New voucher: 24 hours, not used" in asha.dial("*384*123*3#")
    assert code in asha.press("1").replace("-", "")
    world.books.is_bought_once(asha.digits, 50)


def test_dial_through_digits_in_the_service_code_are_the_same_keys(world: World) -> None:
    world.faults(ussd_dial_through="service_code")
    asha = world.phone()
    asha.talk("0")
    asha.hang_up()
    assert "M-PESA will ask for your PIN: Ksh 10" in asha.dial("*384*123*2*1*1#")
    asha.answer_prompt()
    asha.code()
    world.books.is_bought_once(asha.digits, 10)
