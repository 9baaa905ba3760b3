"""The router is off while somebody pays: the money is safe, and not one paid minute runs."""

from typing import Any

from tests.journeys.demo import eventually
from tests.journeys.test_home_line import LOGIN
from tests.journeys.world import World


def grants(world: World, line: Any) -> int:
    """How often the network has said that it holds this access."""
    return int(
        world.books.one(
            "SELECT count(*) FROM outbox WHERE event = 'AccessGranted' "
            "AND (payload->>'subscription_id')::bigint = %(line)s",
            line=line.id,
        )
    )


def test_voucher_bought_while_both_hotspots_are_off_loses_no_minute(world: World) -> None:
    for name in ("baraka-hotspot", "mtwapa"):
        world.router(name).power(False)
    asha = world.phone()
    asha.buy(50)
    asha.answer_prompt()
    eventually("settled payment", lambda: world.books.payments(asha.digits) == [5_000])
    world.advance("PT30S")
    asha.text("We have your Ksh 50", "starts only when you log in")
    world.advance("PT3H")
    world.books.is_bought_once(asha.digits, 50)
    assert not any("voucher:" in text for text in asha.texts), "no code goes out that no router knows"

    for name in ("baraka-hotspot", "mtwapa"):
        world.router(name).power(True)
    world.advance("PT10M")
    code = asha.code()
    line = world.books.line(asha.digits)
    assert (line.state, line.starts_at) == ("awaiting_network", None)
    assert world.router("mtwapa").log_in(code, code, service="hotspot")["ok"]
    logged_in = world.now
    world.advance("PT1M")
    line = eventually("running time", lambda: (found := world.books.line(asha.digits)).starts_at and found)
    assert abs((line.starts_at - logged_in).total_seconds()) < 5
    assert (line.paid_through - line.starts_at).days == 1
    assert grants(world, line) == 1
    assert len([text for text in asha.texts if "We have your" in text]) == 1


def test_one_hotspot_that_is_off_does_not_hold_up_a_voucher_and_gets_it_on_its_return(world: World) -> None:
    away, there = world.router("mtwapa"), world.router("baraka-hotspot")
    away.power(False)
    asha = world.phone()
    asha.buy(20)
    asha.answer_prompt()
    code = asha.code()
    assert there.log_in(code, code, service="hotspot")["ok"]
    away.power(True)
    world.advance("PT10M")
    eventually("account on the router that came back", lambda: away.named("/ip/hotspot/user", code))
    assert grants(world, world.books.line(asha.digits)) == 1


def test_home_line_bought_while_its_router_is_off_starts_when_it_is_connected(world: World) -> None:
    router, amina = world.router("baraka-home"), world.phone()
    router.power(False)
    amina.talk("2", "6", "1", "1", "1")
    amina.answer_prompt()
    eventually("settled payment", lambda: world.books.payments(amina.digits) == [150_000])
    world.advance("PT30S")
    amina.text("We have your Ksh 1,500", "Baraka WiFi is down", "starts only when it is back")
    world.advance("P2D")
    assert world.books.line(amina.digits).starts_at is None
    router.power(True)
    returned = world.now
    world.advance("PT15M")
    login = LOGIN.search(amina.text("your home WiFi is ready"))
    assert login is not None
    assert router.log_in(login[1], login[2], service="pppoe")["ok"]
    line = world.books.line(amina.digits)
    assert line.starts_at >= returned, "two dark days were not paid for"
    assert grants(world, line) == 1


def test_a_slow_a_cutting_and_a_refusing_router_get_their_accounts_in_the_end(world: World) -> None:
    asha = world.phone()
    world.faults(router_cut=["baraka-hotspot"], router_refusing=["mtwapa"])
    asha.buy(10)
    asha.answer_prompt()
    world.advance("PT30S")
    asha.text("We have your Ksh 10")
    world.faults(router_cut=[], router_refusing=[], router_slow_seconds=0.3)
    world.advance("PT15M")
    code = asha.code()
    routers = [world.router(name) for name in ("baraka-hotspot", "mtwapa")]
    eventually("account on both", lambda: all(router.named("/ip/hotspot/user", code) for router in routers))
