"""Processes and servers die at any moment: what M-PESA took is served, once."""

import random

import psycopg
import pytest
import redis

from tests.journeys.demo import answers, eventually
from tests.journeys.phone import Phone
from tests.journeys.world import World

SEED = 20_261_122
PROCESSES = [
    ("worker", "money"),
    ("worker", "provision"),
    ("worker", "notify"),
    ("relay",),
    ("ticker",),
]
LEASE_SECONDS = 240
"""A killed job's lease is over by then, and a prompt that was not sent yet is still wanted."""
ENDED = ("paid", "failed", "lapsed")


def valkey(world: World) -> "redis.Redis":
    servers = world.demo.servers
    return redis.Redis(port=int(str(servers["valkey_port"])), password=str(servers["valkey_password"]))


def pays_whatever_asks(phone: Phone) -> None:
    for prompt in phone.prompts:
        if prompt["state"] == "open":
            phone.answer_prompt()


def every_payment_ends(world: World, phones: list[Phone]) -> None:
    """Move time on while people answer what they are asked, until nothing is open: first by minutes, in which
    what was cut off goes on, then faster, until an hour of silence is over."""
    world.skip(LEASE_SECONDS)
    steps = iter(["PT1M"] * 6)

    def step() -> bool:
        for phone in phones:
            pays_whatever_asks(phone)
        world.advance(next(steps, "PT6M"))
        states = [c.state for phone in phones for c in world.books.collections(phone.digits)]
        return len(states) >= len(phones) and all(state in ENDED for state in states) and world.is_idle()

    eventually("end of every payment", step, within=90)
    world.advance("PT4M", times=2)  # a killed job's lease is over, and it has run again
    world.comes_to_rest()


def served_what_was_taken(world: World, phones: list[Phone]) -> None:
    """By M-PESA's own statement: each phone that was charged has one voucher and its text, the others nothing."""
    charged = [movement["msisdn"] for movement in world.statement()]
    for phone in phones:
        if phone.digits in charged:
            assert charged.count(phone.digits) == 1
            world.books.is_bought_once(phone.digits, 50)
            phone.code()
        else:
            world.books.has_nothing(phone.digits)
    assert sum(phone.digits in charged for phone in phones) >= len(phones) * 0.6, "most payments go through"


def test_ten_purchases_while_processes_are_killed_at_random(world: World) -> None:
    drawn = random.Random(SEED)
    print(f"seed {SEED}")
    world.faults(prompt_seconds=600)
    phones = [world.phone() for _ in range(10)]
    moments = drawn.sample([(phone.number, when) for phone in phones for when in ("asked", "paid")], 7)
    for phone in phones:
        phone.buy(50)
        if (phone.number, "asked") in moments:
            victim = drawn.choice(PROCESSES)
            print(f"SIGKILL {victim} after {phone.number} has asked")
            world.demo.kill_if_running(*victim)
        if drawn.random() < 0.7:
            pays_whatever_asks(phone)
        if (phone.number, "paid") in moments:
            victim = drawn.choice(PROCESSES)
            print(f"SIGKILL {victim} after {phone.number} has paid")
            world.demo.kill_if_running(*victim)
    eventually("all of them again", lambda: all(world.demo.pids(*victim) for victim in PROCESSES), within=30)
    every_payment_ends(world, phones)
    served_what_was_taken(world, phones)


@pytest.mark.parametrize("moment", ["asked", "prompted", "paid"])
def test_valkey_forgets_everything_during_a_purchase(world: World, moment: str) -> None:
    world.faults(prompt_seconds=600)
    asha = world.phone()
    asha.buy(50)
    if moment == "asked":
        valkey(world).flushall()
    asha.prompt()
    if moment == "prompted":
        valkey(world).flushall()
    asha.answer_prompt()
    if moment == "paid":
        valkey(world).flushall()
    asha.code(within=30)
    world.books.is_bought_once(asha.digits, 50)


def test_session_that_valkey_forgot_ends_politely_and_moves_no_money(world: World) -> None:
    asha = world.phone()
    asha.talk("2", "3")
    valkey(world).flushall()
    asha.press("1")
    assert world.books.collections(asha.digits) == []
    if asha.is_open:
        asha.hang_up()
    asha.buy(50)
    asha.answer_prompt()
    asha.code()
    world.books.is_bought_once(asha.digits, 50)


@pytest.mark.parametrize("moment", ["asked", "prompted", "paid"])
def test_postgres_is_killed_during_a_purchase(world: World, moment: str) -> None:
    def database_answers() -> bool:
        try:
            return bool(world.books.one("SELECT 1"))
        except psycopg.OperationalError:
            return False

    world.database_was_killed = True
    world.faults(prompt_seconds=600)
    asha = world.phone()
    asha.buy(50)
    if moment == "asked":
        world.demo.kill_postgres()
    else:
        asha.prompt()
        if moment == "prompted":
            world.demo.kill_postgres()
        asha.answer_prompt()
        if moment == "paid":
            world.demo.kill_postgres()
    eventually("database", database_answers, within=30)
    eventually("readiness", lambda: answers(f"{world.demo.web}/health/ready"), within=30)
    every_payment_ends(world, [asha])
    charged = [m["msisdn"] for m in world.statement()].count(asha.digits)
    assert charged <= 1
    if charged:
        world.books.is_bought_once(asha.digits, 50)
        asha.code(within=30)
    else:
        world.books.has_nothing(asha.digits)


def test_web_that_is_killed_before_the_callback_is_told_by_the_query(world: World) -> None:
    asha = world.phone()
    asha.buy(50)
    prompt = asha.prompt()
    world.demo.kill("web")
    assert asha.answer_prompt()["id"] == prompt["id"]
    eventually("web again", lambda: answers(f"{world.demo.web}/health/ready"), within=30)
    world.advance("PT25S")
    asha.code()
    world.books.is_bought_once(asha.digits, 50)
