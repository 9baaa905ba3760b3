"""The wire itself: logins, tags, cancelling, fragments, limits."""

import hashlib
from typing import Any

import pytest

from sandbox.routeros.login import challenge_response
from sandbox.routeros.words import encode_length, encode_sentence


def test_challenge_vector() -> None:
    challenge = bytes.fromhex("0123456789abcdef0123456789abcdef")
    expected = "00" + hashlib.md5(b"\x00S3cret!" + challenge).hexdigest()
    assert challenge_response("S3cret!", challenge) == expected == "0076de7152a73f4fc301c16a175a094678"


def test_new_login_and_its_refusal_leave_the_connection_open(bench: Any) -> None:
    wire = bench.wire(bench.router())
    assert wire.ask("/login", "=name=bando", "=password=wrong", ".tag=1") == [
        ["!trap", ".tag=1", "=message=invalid user name or password (6)"],
        ["!done", ".tag=1"],
    ]
    wire.login()
    topics = [(row["topics"], row["message"]) for row in map(_attributes, wire.ask("/log/print")[:-1])]
    assert topics[1:] == [
        ("system,error,critical", "login failure for user bando from 127.0.0.1 via api"),
        ("system,info,account", "user bando logged in from 127.0.0.1 via api"),
    ]


def _attributes(sentence: list[str]) -> dict[str, str]:
    return dict(word[1:].split("=", 1) for word in sentence[1:])


def test_old_login_answers_both_forms_with_a_challenge(bench: Any) -> None:
    wire = bench.wire(bench.router(version="6.40.9", old_login=True))
    [[done, ret]] = wire.ask("/login", "=name=bando", "=password=S3cret!")
    assert (done, len(bytes.fromhex(ret.removeprefix("=ret=")))) == ("!done", 16)
    [[_, ret]] = wire.ask("/login")
    response = challenge_response("S3cret!", bytes.fromhex(ret.removeprefix("=ret=")))
    assert wire.ask("/login", "=name=bando", f"=response={response}") == [["!done"]]
    # A challenge serves once.
    assert wire.ask("/login", "=name=bando", f"=response={response}")[0] == [
        "!trap",
        "=message=cannot log in",
    ]


def test_a_command_before_login_is_fatal(bench: Any) -> None:
    wire = bench.wire(bench.router())
    wire.say("/ppp/secret/print", ".tag=3")
    assert (wire.hear(), wire.hear()) == (["!fatal", "not logged in"], [])


def test_quit(bench: Any) -> None:
    wire = bench.wire(bench.router()).login()
    wire.say("/quit")
    assert (wire.hear(), wire.hear()) == (["!fatal", "session terminated on request"], [])


def test_one_byte_per_segment_and_several_sentences_in_one(bench: Any) -> None:
    wire = bench.wire(bench.router())
    for byte in encode_sentence(["/login", "=name=bando", "=password=S3cret!"]):
        wire.socket.sendall(bytes([byte]))
    assert wire.hear() == ["!done"]
    ask = encode_sentence(["/system/identity/print", ".tag=a"]) + b"\x00"
    wire.socket.sendall(ask + ask.replace(b"=a", b"=b") + encode_sentence(["/system/identity/print"]))
    assert [wire.hear() for _ in range(6)] == [
        ["!re", ".tag=a", "=name=kilifi-1"],
        ["!done", ".tag=a"],
        ["!re", ".tag=b", "=name=kilifi-1"],
        ["!done", ".tag=b"],
        ["!re", "=name=kilifi-1"],
        ["!done"],
    ]


def test_a_sentence_too_long_before_login_closes(bench: Any) -> None:
    router = bench.router(login_sentence_bytes=100)
    wire = bench.wire(router)
    wire.socket.sendall(encode_length(101))
    assert wire.hear() == []
    wire = bench.wire(router).login()
    assert wire.ask("/ppp/secret/add", "=name=jane", "=comment=" + "x" * 20_000)[0][0] == "!done"


def test_a_control_byte_closes(bench: Any) -> None:
    wire = bench.wire(bench.router()).login()
    wire.socket.sendall(b"\xff")
    assert wire.hear() == []


def test_empty_comes_before_done_and_only_from_7_18(bench: Any) -> None:
    ask = ("/ppp/secret/print", "=.proplist=.id,name", "?name=nobody", ".tag=4")
    assert bench.wire(bench.router()).login().ask(*ask) == [["!empty", ".tag=4"], ["!done", ".tag=4"]]
    assert bench.wire(bench.router(version="6.49.10")).login().ask(*ask) == [["!done", ".tag=4"]]


def test_bare_rows_counts_and_traps(bench: Any) -> None:
    wire = bench.wire(bench.router()).login()
    assert wire.ask("/ip/pool/print", "=.proplist=comment") == [["!re"], ["!re"], ["!done"]]
    assert wire.ask("/ip/pool/print", "=count-only=") == [["!done", "=ret=2"]]
    assert wire.ask("/foo/print", ".tag=9") == [
        ["!trap", ".tag=9", "=category=0", "=message=no such command or directory (foo)"],
        ["!trap", ".tag=9", "=category=0", "=message=no such command prefix"],
        ["!done", ".tag=9"],
    ]
    assert [sentence[0] for sentence in wire.ask("#")] == ["!trap", "!trap", "!done"]
    assert bench.wire(bench.router(categories=False)).login().ask("/ppp/secret/set", "=.id=*99") == [
        ["!trap", "=message=no such item"],
        ["!done"],
    ]


def test_values_may_hold_equal_signs_or_nothing(bench: Any) -> None:
    wire = bench.wire(bench.router()).login()
    wire.ask("/ppp/secret/set", "=.id=mast-camera", "=password=a=b=c", "=caller-id")
    [row, _] = wire.ask("/ppp/secret/print", "=.proplist=password,caller-id")
    assert sorted(row[1:]) == ["=caller-id=", "=password=a=b=c"]


def test_cancel_in_the_order_of_a_real_trace(bench: Any) -> None:
    router = bench.router()
    wire = bench.wire(router).login()
    router.faults.slow_seconds = 30.0
    wire.say("/ppp/secret/print", ".tag=10")
    wire.say("/cancel", "=tag=10", ".tag=20")
    assert [wire.hear() for _ in range(3)] == [
        ["!trap", ".tag=10", "=category=2", "=message=interrupted"],
        ["!done", ".tag=20"],
        ["!done", ".tag=10"],
    ]
    router.faults.slow_seconds = 0.0
    assert wire.ask("/system/identity/print", ".tag=10")[-1] == ["!done", ".tag=10"]


def test_listen_tells_changes_until_cancelled(bench: Any) -> None:
    wire = bench.wire(bench.router()).login()
    wire.say("/ip/pool/listen", ".tag=L")
    [[_, ret]] = wire.ask("/ip/pool/add", "=name=p9", "=ranges=10.9.0.1-10.9.0.9")
    id = ret.removeprefix("=ret=")
    assert wire.hear() == ["!re", ".tag=L", f"=.id={id}", "=name=p9", "=ranges=10.9.0.1-10.9.0.9"]
    assert wire.ask("/ip/pool/remove", f"=.id={id}") == [["!done"]]
    assert wire.hear() == ["!re", ".tag=L", f"=.id={id}", "=.dead=true"]
    wire.say("/cancel")
    assert [wire.hear() for _ in range(3)] == [
        ["!trap", ".tag=L", "=category=2", "=message=interrupted"],
        ["!done"],
        ["!done", ".tag=L"],
    ]


def test_a_slow_command_does_not_hold_up_other_tags(bench: Any) -> None:
    router = bench.router()
    wire = bench.wire(router).login()
    router.faults.slow_seconds, router.faults.on_command = 0.2, "/ppp/secret"
    wire.say("/ppp/secret/print", "=count-only=", ".tag=slow")
    wire.say("/ip/pool/print", "=count-only=", ".tag=quick")
    assert [wire.hear()[1], wire.hear()[1]] == [".tag=quick", ".tag=slow"]


def test_untagged_commands_are_answered_one_after_the_other(bench: Any) -> None:
    router = bench.router()
    wire = bench.wire(router).login()
    router.faults.slow_seconds, router.faults.on_command = 0.1, "/ppp/secret"
    wire.say("/ppp/secret/print", "=count-only=")
    wire.say("/ip/pool/print", "=count-only=")
    assert [wire.hear(), wire.hear()] == [["!done", "=ret=1"], ["!done", "=ret=2"]]


@pytest.mark.parametrize("version", ["6.49.10", "7.18.2"])
def test_ten_thousand_rows_arrive_whole(bench: Any, version: str) -> None:
    router = bench.router(version=version)
    table = router._device.table("/ip/hotspot/user")
    for number in range(10_000):
        table.add({"name": f"v{number}"})
    heard = bench.wire(router).login().ask("/ip/hotspot/user/print", "=.proplist=name")
    assert len(heard) == 10_000 + 2 + 1
    assert heard[-2] == ["!re", "=name=v9999"]
