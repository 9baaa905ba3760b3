"""Canaries: no number, code, password, token or secret is left in a log, in Valkey or in the metrics (T5)."""

import re
from collections.abc import Callable, Iterator

from tests.journeys.test_home_line import buy_home_line
from tests.journeys.test_kills import valkey
from tests.journeys.world import World

TOKEN = re.compile(r"/stk/([0-9a-f]{16,})")


def valkey_words(world: World) -> str:
    """Every key and value of Valkey, the jobs among them."""
    client = valkey(world)

    def read() -> Iterator[object]:
        readers: dict[bytes, Callable[[bytes], object]] = {
            b"string": client.get,
            b"hash": client.hgetall,
            b"list": lambda key: client.lrange(key, 0, -1),
            b"set": client.smembers,
            b"zset": lambda key: client.zrange(key, 0, -1),
        }
        for key in client.scan_iter(count=1_000):
            kind = client.type(key)
            yield key
            yield readers[kind](key) if kind in readers else client.xrange(key)

    return "\n".join(map(repr, read()))


def outbox_words(world: World) -> str:
    """What jobs are told, and what went wrong with them."""
    rows = world.books.rows(
        "SELECT o.payload::text, d.last_error FROM outbox o JOIN deliveries d ON d.outbox_id = o.id"
    )
    return "\n".join(map(repr, rows))


def canaries(world: World, numbers: list[str]) -> dict[str, str]:
    """Everything that must be found nowhere: word → what it is."""
    found: dict[str, str] = {}
    for number in numbers:
        found |= {number: "phone number", f"254{number[1:]}": "phone number", number[1:]: "phone number"}
        found[f"{number[:4]} {number[4:7]} {number[7:]}"] = "phone number"
    for name in ("baraka-hotspot", "mtwapa"):
        users = [
            user["name"]
            for user in world.router(name).rows("/ip/hotspot/user")
            if "bando" in user.get("comment", "")
        ]
        found |= dict.fromkeys(users, "voucher code") | {
            f"{user[:5]}-{user[5:]}": "voucher code" for user in users
        }
    for name in ("baraka-home", "mtwapa"):
        found |= {
            row["password"]: "PPPoE password"
            for row in world.router(name).rows("/ppp/secret")
            if row.get("password")
        }
    found |= {token: "callback token" for call in world.calls() for token in TOKEN.findall(call["url"])}
    found |= {secret: "secret of the trial" for secret in world.demo.trial_secrets() if len(secret) > 12}
    return found


def test_a_day_with_faults_leaves_no_trace_of_persons_and_secrets(world: World) -> None:
    asha, friend, amina = world.phone(), world.phone(), world.phone()
    world.faults(stk_push="token_expired", callback="forged", sms="500")
    asha.buy(50, for_number=friend.number)
    asha.answer_prompt()
    world.forge(f"/pay/{world.secret}/stk/{'0' * 32}", {"phone": asha.digits, "note": f"\n{friend.number}"})
    world.forge(
        f"/ussd/africastalking/{world.secret}", {"phoneNumber": amina.digits, "text": asha.number}, form=True
    )
    world.web.post(f"/pay/{world.secret}/result", content=f"{asha.digits} is not JSON".encode())
    world.web.get(f"/pay/{world.secret}/{asha.digits}")
    world.make_good()
    world.advance("PT10M", times=3)
    code = friend.code()
    assert not world.router("baraka-hotspot").log_in(code, "wrong", service="hotspot")["ok"]
    assert world.router("baraka-hotspot").log_in(code, code, service="hotspot")["ok"]
    world.advance("PT1M")
    _, password = buy_home_line(world, amina)
    amina.pay_bill(1_500, amina.number)
    asha.dial("*384*123*3*1#")
    amina.talk("2", "3")
    world.comes_to_rest()

    metrics = world.web.get("/metrics").text
    assert "bando_queue_length" in metrics
    sinks = {
        "logs": world.log(),
        "Valkey": valkey_words(world),
        "jobs": outbox_words(world),
        "metrics": metrics,
    }
    words = canaries(world, [asha.number, friend.number, amina.number])
    assert password in words
    assert code in words
    assert "callback token" in words.values()
    leaks = [
        f"{what} {word} in {sink}"
        for sink, text in sinks.items()
        for word, what in words.items()
        if word in text
    ]
    assert leaks == []
