"""Routers that were away: what was sold meanwhile, what they lost, what they should not hold any more."""

from datetime import timedelta

from core.network import jobs
from core.network.converge import ACCOUNTS_A_BATCH
from tests.core.network.conftest import JUMA, Meddling, Network


def test_bought_while_the_router_is_away_granted_when_it_returns(
    network: Network, home: int, day: int, kilifi: int, mast: int
) -> None:
    network.box(mast).on = False
    line, voucher = network.sell(home, kilifi), network.sell(day, msisdn=JUMA)
    network.converge(line)
    network.converge(voucher)
    away_since = network.clock.now()
    for _ in range(3):
        network.minute()
    assert (network.granted(), network.router(mast).away_since) == ([], away_since)
    network.clock.advance(timedelta(days=7))
    network.box(mast).on = True
    network.minute()
    assert network.granted() == [line, voucher]
    assert {said["at"] for said in network.said("AccessGranted")} == {int(network.clock.now().timestamp())}
    assert set(network.held(mast)) == {network.username(line), network.code(voucher)}
    router = network.router(mast)
    assert (router.away_since, router.last_error, router.recheck) == (None, None, False)
    network.minute()
    assert network.granted() == [line, voucher]


def test_news_of_a_return_that_was_overtaken_does_nothing(network: Network, day: int, mast: int) -> None:
    network.box(mast).on = False
    network.converge(network.sell(day))
    said = len(network.said("RouterReturned"))
    network.box(mast).on = True
    jobs.catch_up(network, router_id=mast)
    assert (network.granted(), len(network.said("RouterReturned"))) == ([], said)
    network.minute()
    assert len(network.granted()) == 1


def test_one_router_away_does_not_keep_the_others_from_a_voucher(
    network: Network, kilifi: int, mast: int
) -> None:
    mtwapa = network.site("Mtwapa")
    second = network.router_at(mtwapa, "mtwapa-1")
    plan = network.plan("day1", "hotspot", kilifi, mtwapa)
    network.box(mast).on = False
    voucher = network.sell(plan)
    network.converge(voucher)
    assert (network.held(mast), len(network.held(second))) == ({}, 1)
    assert network.granted() == [voucher]
    network.box(mast).on = True
    network.minute()
    assert len(network.held(mast)) == 1
    assert network.granted() == [voucher]


def test_paid_again_before_the_router_heard_that_it_was_off(
    network: Network, home: int, kilifi: int, mast: int
) -> None:
    line = network.sell(home, kilifi)
    network.converge(line)
    network.move(line, "active")
    network.box(mast).on = False
    network.move(line, "suspended")
    network.converge(line)
    network.move(line, "awaiting_network")
    network.converge(line)
    network.box(mast).on = True
    network.minute()
    assert network.granted() == [line, line]


def test_an_empty_router_in_place_of_the_old_one_is_filled_again_without_new_grants(
    network: Network, home: int, day: int, kilifi: int, mast: int
) -> None:
    lines = [network.sell(home, kilifi), network.sell(day), network.sell(home, kilifi)]
    for line in lines:
        network.converge(line)
    network.move(lines[2], "active", "suspended")
    network.converge(lines[2])
    network.box(mast).on = False
    network.converge(network.sell(home, kilifi))
    network.box(mast).reset()
    network.box(mast).on = True
    listings = network.box(mast).listings
    network.minute()
    held = network.held(mast)
    assert {held[network.username(line)] for line in lines[:2]} == {"present"}
    assert network.username(lines[2]) not in held
    assert network.box(mast).listings == listings + 2  # one a service
    assert sorted(network.granted()) == sorted([*lines, lines[2] + 1])


def test_a_router_restored_from_an_old_backup_loses_what_it_should_not_hold(
    network: Network, home: int, kilifi: int, mast: int
) -> None:
    line = network.sell(home, kilifi)
    network.converge(line)
    old = dict(network.box(mast).accounts)
    network.move(line, "active", "ended")
    network.converge(line)
    network.box(mast).on = False
    network.converge(network.sell(home, kilifi))
    network.box(mast).accounts.update(old)
    network.box(mast).on = True
    network.minute()
    assert network.username(line) not in network.held(mast)


def test_a_new_router_is_given_the_vouchers_that_are_out(
    network: Network, day: int, kilifi: int, mast: int
) -> None:
    voucher = network.sell(day)
    network.converge(voucher)
    second = network.router_at(kilifi, "kilifi-2")
    network.minute()
    assert network.held(second) == {network.code(voucher): "present"}
    assert network.granted() == [voucher]


def test_much_that_is_behind_is_taken_in_batches(network: Network, day: int, mast: int) -> None:
    network.box(mast).on = False
    vouchers = [network.sell(day) for _ in range(ACCOUNTS_A_BATCH + 5)]
    for voucher in vouchers:
        network.converge(voucher)
    network.box(mast).on = True
    network.clock.advance(timedelta(minutes=1))
    jobs.probe_routers(network)
    before = len(network.said("RouterReturned"))
    jobs.catch_up(network, router_id=mast)
    assert len(network.held(mast)) == ACCOUNTS_A_BATCH
    assert len(network.said("RouterReturned")) == before + 1
    jobs.catch_up(network, router_id=mast)
    assert sorted(network.granted()) == vouchers
    assert len(network.said("RouterReturned")) == before + 1


def test_gone_again_while_it_is_caught_up_with(network: Network, day: int, mast: int) -> None:
    network.box(mast).on = False
    vouchers = [network.sell(day) for _ in range(3)]
    for voucher in vouchers:
        network.converge(voucher)
    network.box(mast).on = True
    meddling = Meddling(network)
    meddling.after = lambda: setattr(network.box(mast), "on", False)
    network.minute()
    assert len(network.granted()) == 1
    assert network.router(mast).away_since == network.clock.now()
    network.box(mast).on = True
    network.minute()
    assert sorted(network.granted()) == vouchers
