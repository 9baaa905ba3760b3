"""Writing and reading menus: what is accepted, how it prints, what is refused with which words."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.routeros.traps import Trap

MakeConsole = Callable[..., Any]


def trap(console: Any, *words: str) -> Trap:
    with pytest.raises(Trap) as caught:
        console.answer(*words)
    return caught.value


def test_add_returns_the_id_and_the_row_prints_normalised(console: Any) -> None:
    profile = console.ret(
        "/ppp/profile/add", "=name=home10", "=rate-limit=5M/10M", "=remote-address=pppoe-pool"
    )
    assert re.fullmatch(r"\*[0-9A-F]+", profile)
    secret = console.ret(
        "/ppp/secret/add", "=name=jane", "=password=p", "=profile=home10", "=comment=ACC-1042"
    )
    [row] = console.rows("/ppp/secret/print", "?name=jane")
    assert row == {
        ".id": secret, "name": "jane", "service": "any", "caller-id": "", "password": "p",
        "profile": "home10",
        "routes": "", "ipv6-routes": "", "limit-bytes-in": "0", "limit-bytes-out": "0", "disabled": "false",
        "comment": "ACC-1042",
    }  # fmt: skip
    [row] = console.rows("/ppp/profile/print", "?name=home10")
    assert (row["remote-address"], row["rate-limit"], row["default"]) == ("pppoe-pool", "5M/10M", "false")


def test_ids_are_upper_hex_and_never_reused(console: Any) -> None:
    ids = [console.ret("/ip/hotspot/user/add", f"=name=v{n}") for n in range(20)]
    console.answer("/ip/hotspot/user/remove", f"=numbers={','.join(ids)}")
    later = console.ret("/ip/hotspot/user/add", "=name=again")
    assert later not in ids
    assert all(re.fullmatch(r"\*[1-9A-F][0-9A-F]*", id) for id in [*ids, later])
    assert [row["name"] for row in console.rows("/ip/hotspot/user/print")] == [
        "default-trial",
        "reception",
        "again",
    ]


def test_set_disable_enable_comment_unset_by_id_and_by_name(console: Any) -> None:
    jane = console.ret("/ppp/secret/add", "=name=jane", "=remote-address=10.9.9.9")
    joe = console.ret("/ppp/secret/add", "=name=joe")
    console.answer("/ppp/secret/disable", f"=numbers={jane},joe")
    console.answer("/ppp/secret/comment", "=.id=jane", "=comment=late")
    console.answer("/ppp/secret/unset", f"=.id={jane}", "=value-name=remote-address")
    console.answer("/ppp/secret/enable", f"=.id={joe}")
    console.answer("/ppp/secret/set", f"=.id={joe}", "=name=jo", "=caller-id")
    rows = {row[".id"]: row for row in console.rows("/ppp/secret/print")}
    assert (rows[jane]["disabled"], rows[jane]["comment"]) == ("true", "late")
    assert "remote-address" not in rows[jane]
    assert (rows[joe]["name"], rows[joe]["disabled"], rows[joe]["caller-id"]) == ("jo", "false", "")
    console.answer("/ppp/secret/set", f"=.id={jane}", "=comment=")
    assert "comment" not in console.rows("/ppp/secret/print", "?name=jane")[0]


def test_find_get_and_getall(console: Any) -> None:
    jane = console.ret("/ppp/secret/add", "=name=jane", "=password=geheim")
    assert console.ret("/ppp/secret/find") == f"*1;{jane}"
    assert console.ret("/ppp/secret/get", f"=number={jane}", "=value-name=password") == "geheim"
    assert console.rows("/ppp/secret/getall") == console.rows("/ppp/secret/print")


def test_count_and_proplist(console: Any) -> None:
    console.answer("/ppp/secret/add", "=name=jane")
    assert console.ret("/ppp/secret/print", "=count-only=") == "2"
    assert console.ret("/ppp/secret/print", "=count-only=", "?name=nobody") == "0"
    assert console.rows("/ppp/secret/print", "=.proplist=comment") == [
        {"comment": "mast camera, do not touch"},
        {},
    ]
    assert console.rows("/ppp/secret/print", "=.proplist=name,none", "?name=jane") == [{"name": "jane"}]


def test_references_follow_a_rename_and_show_the_id_after_removal(console: Any) -> None:
    pool = console.ret("/ip/pool/add", "=name=p2", "=ranges=10.30.0.2-10.30.0.9")
    console.answer("/ppp/profile/add", "=name=plan", "=remote-address=p2")
    console.answer("/ip/pool/set", f"=.id={pool}", "=name=p3")
    assert console.rows("/ppp/profile/print", "?name=plan")[0]["remote-address"] == "p3"
    console.answer("/ip/pool/remove", f"=.id={pool}")
    assert console.rows("/ppp/profile/print", "?name=plan")[0]["remote-address"] == pool


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["/ppp/secret/add", "=name=mast-camera"], "failure: secret with the same name already exists"),
        (["/ppp/secret/add", "=name=x", "=profile=gold"], "input does not match any value of profile"),
        (["/ppp/secret/add", "=name=x", "=service=wifi"], "input does not match any value of service"),
        (
            ["/ppp/secret/add", "=name=x", "=remote-address=pppoe-pool"],
            "invalid value for argument remote-address",
        ),
        (["/ppp/secret/add", "=name=x", "=remote-address="], "invalid value for argument remote-address"),
        (["/ppp/secret/add", "=name=x", "=rate-limit=1M/1M"], "unknown parameter rate-limit"),
        (["/ppp/secret/add", "=name="], "invalid value for argument name"),
        (["/ppp/secret/add", "=password=x"], "missing value(s) of argument(s) name"),
        (["/ppp/secret/set", "=.id=*FF", "=password=x"], "no such item"),
        (["/ppp/secret/set", "=.id=*1", "=uptime=1d"], "unknown parameter uptime"),
        (["/ppp/secret/remove"], "missing value(s) of argument(s) numbers"),
        (["/ppp/secret/print", "=where="], "unknown parameter where"),
        (["/ppp/active/print", "=stats="], "unknown parameter stats"),
        (["/ppp/active/add", "=name=x"], "no such command"),
        (["/ppp/secret/explode"], "no such command"),
        (["/ppp/nothing"], "no such command"),
        (["/ppp/profile/add", "=name=staff"], "failure: profile with the same name already exists"),
        (["/ppp/profile/add", "=name=x", "=remote-address=no-pool"],
        "invalid value for argument remote-address"),
        (["/ppp/profile/remove", "=.id=*0"], "failure: default item can not be removed"),
        (
            ["/ip/hotspot/user/add", "=name=reception"],
            "failure: already have user with this name for this server",
        ),
        (["/ip/hotspot/user/add", "=name=x", "=rate-limit=1M/1M"], "unknown parameter rate-limit"),
        (["/ip/hotspot/user/add", "=name=x", "=server=hs9"], "input does not match any value of server"),
        (["/ip/hotspot/user/add", "=name=x", "=limit-uptime=soon"],
        "invalid value for argument limit-uptime"),
        (
            ["/ip/firewall/address-list/add", "=list=admins", "=address=10.99.0.0/24"],
            "failure: already have such entry",
        ),
        (["/ip/pool/add", "=name=pppoe-pool", "=ranges=10.1.1.1"], "failure: pool with such name exists"),
        (["/queue/simple/add", "=name=mast-link", "=target=10.1.1.1"], "failure: already have such name"),
        (["/queue/simple/add", "=name=q", "=target=10.1.1.1", "=parent=no"],
        "input does not match any value of parent"),
        (
            ["/ip/hotspot/ip-binding/add", "=mac-address=3c:2a:f4:00:11:22"],
            "failure: such client already exists",
        ),
    ],
)  # fmt: skip
def test_refusals(console: Any, words: list[str], text: str) -> None:
    assert trap(console, *words).messages == (text,)


def test_unknown_menu_traps_twice(console: Any) -> None:
    for words in ("/nothing/print", "/ip/nothing/print", "#"):
        refusal = trap(console, words)
        assert refusal.messages[1] == "no such command prefix"
        assert "no such command or directory" in refusal.messages[0]


def test_a_refused_command_changes_nothing(console: Any) -> None:
    before = console.rows("/ppp/secret/print")
    trap(console, "/ppp/secret/remove", "=numbers=*1,*99")
    trap(console, "/ppp/secret/set", "=.id=*1", "=password=new", "=profile=gold")
    assert console.rows("/ppp/secret/print") == before


def test_same_user_for_two_servers_is_two_users(console: Any) -> None:
    console.answer("/ip/hotspot/user/add", "=name=reception", "=server=hs1")
    assert len(console.rows("/ip/hotspot/user/print", "?name=reception")) == 2


def test_voucher_row(console: Any) -> None:
    console.answer("/ip/hotspot/user/profile/add", "=name=day1", "=rate-limit=2M/5M", "=shared-users=1")
    console.answer(
        "/ip/hotspot/user/add", "=server=hs1", "=name=K7QM2XWD", "=password=K7QM2XWD", "=profile=day1",
        "=limit-uptime=86400", "=limit-bytes-total=5368709120", "=comment=batch-0042",
        "=mac-address=aa:bb:cc:00:11:22",
    )  # fmt: skip
    [row] = console.rows("/ip/hotspot/user/print", "?name=K7QM2XWD")
    assert row == {
        ".id": row[".id"], "server": "hs1", "name": "K7QM2XWD", "password": "K7QM2XWD", "profile": "day1",
        "mac-address": "AA:BB:CC:00:11:22", "limit-uptime": "1d", "limit-bytes-total": "5368709120",
        "disabled": "false", "comment": "batch-0042", "uptime": "0s", "bytes-in": "0", "bytes-out": "0",
        "packets-in": "0", "packets-out": "0", "dynamic": "false", "default": "false",
    }  # fmt: skip


def test_queue_prints_plain_rates_and_keeps_its_order(console: Any) -> None:
    console.answer("/queue/simple/add", "=name=b", "=target=10.0.0.5", "=max-limit=5M/10M")
    first = console.ret("/queue/simple/add", "=name=a", "=target=10.0.0.6", "=place-before=b")
    rows = console.rows("/queue/simple/print")
    assert [row["name"] for row in rows] == ["mast-link", "a", "b"]
    assert (rows[2]["max-limit"], rows[2]["target"]) == ("5000000/10000000", "10.0.0.5/32")
    console.answer("/queue/simple/move", f"=numbers={first}")
    assert [row["name"] for row in console.rows("/queue/simple/print")] == ["mast-link", "b", "a"]


def test_queue_without_a_name_gets_one(console: Any) -> None:
    console.answer("/queue/simple/add", "=target=10.0.0.5")
    console.answer("/queue/simple/add", "=target=10.0.0.6")
    assert [row["name"] for row in console.rows("/queue/simple/print")] == ["mast-link", "queue1", "queue2"]


def test_address_list_timeout_runs_down_and_ends(console: Any) -> None:
    words = ["/ip/firewall/address-list/add", "=list=slow", "=address=10.0.0.5", "=timeout=1h"]
    entry = console.ret(*words)
    console.clock.move(minutes=10)
    [row] = console.rows("/ip/firewall/address-list/print", "?list=slow")
    assert (row["timeout"], row["dynamic"], row["creation-time"]) == ("50m", "true", "2026-01-05 08:00:00")
    console.answer("/ip/firewall/address-list/set", f"=.id={entry}", "=timeout=2h")
    console.clock.move(minutes=60)
    assert len(console.rows("/ip/firewall/address-list/print", "?list=slow")) == 1
    console.clock.move(days=1)
    assert console.rows("/ip/firewall/address-list/print", "?list=slow") == []


def test_single_row_menus(console: Any) -> None:
    console.answer("/ppp/aaa/set", "=use-radius=yes", "=interim-update=300")
    assert console.rows("/ppp/aaa/print") == [
        {
            "use-radius": "true", "accounting": "true", "interim-update": "5m",
            "use-circuit-id-in-nas-port-id": "false", "enable-ipv6-accounting": "false",
        }
    ]  # fmt: skip
    assert console.rows("/system/identity/print") == [{"name": "kilifi-1"}]
    console.clock.move(days=9, seconds=5)
    [resource] = console.rows("/system/resource/print")
    assert (resource["uptime"], resource["version"]) == ("1w2d5s", "7.18.2 (stable)")


def test_radius_client(console: Any) -> None:
    console.answer("/radius/add", "=service=ppp,hotspot", "=address=10.0.0.9", "=secret=s", "=timeout=3s")
    [row] = console.rows("/radius/print")
    assert (row["service"], row["timeout"], row["accounting-port"]) == ("ppp,hotspot", "3s", "1813")


def test_empty_answers_say_so_from_7_18(make_console: MakeConsole) -> None:
    for version, says in (("6.49.10", False), ("7.17.2", False), ("7.18", True), ("7.20.8", True)):
        console = make_console(version=version)
        assert console.answer("/ppp/secret/print", "?name=nobody").empty is says
        assert console.answer("/ppp/secret/print").empty is False
        assert console.answer("/ppp/secret/set", "=.id=*1", "=password=x").empty is False


def test_version_6_manners(make_console: MakeConsole) -> None:
    console = make_console(version="6.49.10")
    assert trap(console, "/ppp/secret/add", "=name=x", "=rate-limit=1M").messages == ("unknown parameter",)
    assert trap(console, "/ppp/secret/set", "=.id=*FF", "=name=x").messages == ("no such item (4)",)
    console.answer("/ip/firewall/address-list/add", "=list=l", "=address=10.0.0.1")
    [row] = console.rows("/ip/firewall/address-list/print", "?list=l")
    assert row["creation-time"] == "jan/05/2026 08:00:00"
    assert "max-sessions" not in console.rows("/ip/service/print")[0]
    assert trap(console, "/ip/service/set", "=numbers=api", "=max-sessions=5").messages == (
        "unknown parameter",
    )


def test_categories_are_optional() -> None:
    refusal = Trap("input does not match any value of profile", category=1)
    assert refusal.sentences(True) == [["!trap", "=category=1", f"=message={refusal.messages[0]}"]]
    assert refusal.sentences(False) == [["!trap", f"=message={refusal.messages[0]}"]]


def test_kinds_of_router_have_their_kind_of_rows(make_console: MakeConsole) -> None:
    assert make_console(pppoe=False).rows("/ppp/secret/print") == []
    assert make_console(hotspot=False).rows("/ip/hotspot/print") == []


def test_twenty_thousand_secrets(console: Any) -> None:
    for number in range(20_000):
        console.device.table("/ppp/secret").add({"name": f"u{number}"})
    assert len(console.rows("/ppp/secret/print", "=.proplist=name", "?name=u19999")) == 1
    assert console.ret("/ppp/secret/print", "=count-only=") == "20001"
