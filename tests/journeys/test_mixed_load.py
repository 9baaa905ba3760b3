"""Thirty people buy at once while everything goes wrong in turn: not a shilling is lost, doubled or invented."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.journeys.phone import Phone
from tests.journeys.test_kills import every_payment_ends, pays_whatever_asks
from tests.journeys.world import World

SEED = 30_711
PEOPLE = 30
FAULTS: dict[str, list[Any]] = {
    "callback": [
        "normal",
        "doubled",
        "tenfold",
        "dropped",
        "out_of_order",
        "forged",
        "wrong_amount",
        "foreign_source",
    ],
    "c2b": ["normal", "doubled"],
    "c2b_after_stk": ["on", "off"],
    "stk_push": ["normal", "normal", "spike", "token_expired", "500"],
    "stk_query": ["normal", "pending_500", "pending_4999", "500"],
    "transaction_status": ["normal", "timeout"],
    "sms": ["normal", "500", "slow"],
    "router_cut": [[], ["mtwapa"]],
    "router_refusing": [[], ["baraka-hotspot"]],
}


def lives(phone: Phone, drawn: random.Random) -> None:
    """One person: buys one of three bundles, and pays, refuses, or forgets."""
    phone.buy(drawn.choice((10, 20, 50)))
    if drawn.random() < 0.8:
        pays_whatever_asks(phone)
    elif any(prompt["state"] == "open" for prompt in phone.prompts):
        phone.answer_prompt(drawn.choice(("cancel", "wrong_pin", "ignore")))


def test_thirty_people_and_a_bad_day_keep_the_books_whole(world: World) -> None:
    print(f"seed {SEED}")
    drawn = random.Random(SEED)
    phones = [world.phone() for _ in range(PEOPLE)]
    people = [(phone, random.Random(drawn.random())) for phone in phones]
    moved_before = sum(movement["amount"] for movement in world.statement())
    clearing_before = world.books.clearing()
    over = threading.Event()

    def spoil() -> None:
        while not over.wait(0.2):
            name = drawn.choice(list(FAULTS))
            world.faults(**{name: drawn.choice(FAULTS[name])}, slow_seconds=0.5, prompt_seconds=600)

    with ThreadPoolExecutor(7) as crowd:
        bad_luck = crowd.submit(spoil)
        try:
            list(crowd.map(lambda person: lives(*person), people))
        finally:
            over.set()
            bad_luck.result()
    world.make_good()
    world.faults(prompt_seconds=600)
    every_payment_ends(world, phones)
    world.advance("PT30M", times=4)

    moved = world.statement()
    assert (sum(m["amount"] for m in moved) - moved_before) * 100 == world.books.clearing() - clearing_before
    charged = {m["msisdn"]: m["amount"] for m in moved}
    bought = 0
    for phone in phones:
        shillings = charged.get(phone.digits)
        if shillings is None:
            world.books.has_nothing(phone.digits)
        else:
            world.books.is_bought_once(phone.digits, shillings)
            phone.code()
            bought += 1
    print(f"{bought} of {PEOPLE} bought")
    assert bought > PEOPLE / 3
