"""What routers should hold, computed from a subscription and its plan."""

from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import NotReady
from core.billing.model import Subscription
from core.catalogue.model import Plan
from core.network.accounts import draw_secret, secret_of
from core.network.desire import desire
from core.network.terms import terms_of
from core.vouchers.model import Voucher
from tests.core.network.conftest import AMINA, JUMA, Network

LOOK_ALIKES = set("01ilo")


def desired(network: Network, subscription_id: int) -> list[int]:
    with network.work() as work:
        behind = desire(work, subscription_id=subscription_id)
        return list(behind.router_ids) if behind else []


def test_a_home_line_gets_a_name_a_secret_and_one_router(
    network: Network, home: int, kilifi: int, mast: int
) -> None:
    line = network.sell(home, kilifi)
    assert desired(network, line) == [mast]
    account = network.account(line)
    assert (account.service, account.desired, account.profile) == ("pppoe", "present", "bando-home10")
    assert (account.uptime_limit_seconds, account.revision) == (None, 1)
    with network.work() as work:
        number = work.scalar("SELECT account_no FROM subscribers")
        secret = secret_of(work, account)
    assert network.username(line) == number
    assert len(secret) >= 12
    assert not LOOK_ALIKES & set(secret)


def test_secrets_are_drawn() -> None:
    assert len({draw_secret() for _ in range(200)}) == 200


def test_further_lines_of_one_subscriber_are_told_apart(network: Network, home: int, kilifi: int) -> None:
    lines = [network.sell(home, kilifi) for _ in range(3)]
    for line in lines:
        desired(network, line)
    first = network.username(lines[0])
    assert [network.username(line) for line in lines] == [first, f"{first}-2", f"{first}-3"]


def test_a_voucher_is_named_by_its_code_at_every_site_of_its_plan(
    network: Network, kilifi: int, mast: int
) -> None:
    mtwapa, malindi = network.site("Mtwapa"), network.site("Malindi")
    second = network.router_at(mtwapa, "mtwapa-1", pppoe=False)
    network.router_at(malindi, "malindi-1")
    network.router_at(kilifi, "kilifi-lines", hotspot=False)
    line = network.sell(
        network.plan("day1", "hotspot", kilifi, mtwapa, shared_devices=3, data_cap_bytes=10**9)
    )
    assert desired(network, line) == [mast, second]
    account, code = network.account(line), network.code(line)
    with network.work() as work:
        assert network.username(line) == secret_of(work, account) == code
    # The router counts all devices together.
    assert (account.uptime_limit_seconds, account.data_limit_bytes) == (3 * 86_400, 10**9)


def test_a_cap_that_slows_down_is_no_limit_on_the_router(network: Network, kilifi: int, mast: int) -> None:
    line = network.sell(network.plan("day1", "hotspot", kilifi, data_cap_bytes=10**9, after_cap="slow"))
    desired(network, line)
    assert network.account(line).data_limit_bytes is None


def test_a_voucher_that_is_not_minted_yet_comes_later(network: Network, day: int) -> None:
    line = network.sell(day)
    with network.work() as work:
        work.session.delete(work.session.query(Voucher).one())
    with pytest.raises(NotReady):
        desired(network, line)


def test_the_revision_grows_only_with_a_change(network: Network, home: int, kilifi: int) -> None:
    line = network.sell(home, kilifi)
    seen = []
    for states in (
        [],
        [],
        ["active"],
        ["grace"],
        ["suspended"],
        [],
        ["awaiting_network"],
        ["active"],
        ["ended"],
        [],
    ):
        network.move(line, *states)
        desired(network, line)
        account = network.account(line)
        seen.append((account.desired, account.revision))
    assert seen == [
        ("present", 1), ("present", 1), ("present", 1), ("present", 1), ("disabled", 2), ("disabled", 2),
        ("present", 3), ("present", 3), ("absent", 4), ("absent", 4),
    ]  # fmt: skip


def test_a_line_that_waits_anew_asks_anew_though_the_routers_never_heard_it_was_off(
    network: Network, home: int, kilifi: int
) -> None:
    line = network.sell(home, kilifi)
    desired(network, line)
    network.move(line, "active", "suspended", "awaiting_network")
    desired(network, line)
    desired(network, line)
    assert (network.account(line).desired, network.account(line).revision) == ("present", 2)


def test_what_ended_before_a_router_heard_of_it_needs_no_account(
    network: Network, home: int, kilifi: int
) -> None:
    line = network.sell(home, kilifi)
    network.move(line, "ended")
    assert desired(network, line) == []
    with network.work() as work:
        assert work.scalar("SELECT count(*) FROM access_accounts") == 0


def test_lines_spread_over_the_routers_of_a_site_and_stay_where_they_are(
    network: Network, home: int, kilifi: int, mast: int
) -> None:
    second = network.router_at(kilifi, "kilifi-2", hotspot=False)
    lines = [network.sell(home, kilifi) for _ in range(4)]
    chosen = [desired(network, line) for line in lines]
    assert chosen == [[mast], [second], [mast], [second]]
    assert [desired(network, line) for line in lines] == chosen


def test_a_line_that_moves_is_withdrawn_from_its_old_router(
    network: Network, home: int, kilifi: int, mast: int
) -> None:
    mtwapa = network.site("Mtwapa")
    second = network.router_at(mtwapa, "mtwapa-1")
    line = network.sell(home, kilifi)
    network.converge(line)
    with network.work() as work:
        work.session.get_one(Subscription, line).site_id = mtwapa
    network.converge(line)
    assert (network.held(mast), list(network.held(second).values())) == ({}, ["present"])
    assert (network.row(line, mast).withdrawn, network.row(line, second).withdrawn) == (True, False)


def test_a_line_that_no_router_serves_is_an_incident_and_is_served_when_one_comes(network: Network) -> None:
    malindi = network.site("Malindi")
    line = network.sell(network.plan("home10", "pppoe", malindi), malindi)
    network.converge(line)
    assert network.incidents() == [f"no_router:{line}"]
    router_id = network.router_at(malindi, "malindi-1")
    network.minute()
    assert list(network.held(router_id).values()) == ["present"]
    assert [said["subscription_id"] for said in network.said("AccessGranted")] == [line]


def test_two_jobs_at_once_open_one_account_a_line(
    network: Network, home: int, day: int, kilifi: int, mast: int
) -> None:
    lines = [network.sell(home, kilifi, who) for who in (AMINA, AMINA, JUMA)]
    lines += [network.sell(day) for _ in range(3)]
    problems: list[BaseException] = []

    def run(line: int) -> None:
        try:
            desired(network, line)
        except BaseException as error:
            problems.append(error)

    threads = [Thread(target=run, args=(line,)) for line in lines for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert len({network.username(line) for line in lines}) == len(lines)
    assert [network.account(line).revision for line in lines] == [1] * len(lines)
    with network.work() as work:
        assert work.scalar("SELECT count(*) FROM router_accounts") == len(lines)


@given(
    st.sampled_from(["awaiting_network", "active", "grace", "suspended", "paused", "ended"]),
    st.sampled_from([("seconds", 1), ("days", 86_400), ("months", 31 * 86_400)]),
    st.integers(1, 400),
    st.integers(1, 5),
)
def test_the_routers_stop_never_comes_before_the_term(
    state: str, unit: tuple[str, int], count: int, devices: int
) -> None:
    plan = Plan(
        code="x",
        kind="hotspot",
        term_unit=unit[0],
        term_count=count,
        shared_devices=devices,
        after_cap="stop",
    )
    terms = terms_of(state, plan)
    limit = terms["uptime_limit_seconds"]
    assert isinstance(limit, int)
    # Even with all devices online all the time.
    assert limit // devices == count * unit[1]
    assert (terms["desired"] == "present") is (state in ("awaiting_network", "active", "grace"))
