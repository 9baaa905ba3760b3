"""Several buyers at a time: each orders, answers the prompt when it comes, and is looked after until all is at rest."""

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from drill.buyers import Buyer
from drill.scene import Scene, Tally

AT_A_TIME = 8
PROMPT_SECONDS = 6.0
BUNDLES = (10, 20, 50)


def some_buyers(scene: Scene, count: int) -> list[Buyer]:
    """Bundles for oneself and for others, and home lines, as drawn."""
    whats = scene.draw.choices(("self", "gift", "home"), (5, 3, 2), k=count)
    return [scene.buyer(what, shillings=scene.draw.choice(BUNDLES)) for what in whats]


def buy_all(tally: Tally, buyers: Sequence[Buyer]) -> None:
    """All of them dial and pay, a few at a time. Whoever was never understood is noted."""

    def live(buyer: Buyer) -> bool:
        ordered = buyer.order()
        buyer.pay_when_asked(PROMPT_SECONDS if ordered else 0)
        return ordered

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        try:
            understood = list(pool.map(live, buyers))
        except BaseException:
            for buyer in buyers:
                buyer.gives_up = True  # Ctrl-C: nobody keeps the house from being stopped
            raise
    tally.events += len(buyers)
    if not all(understood):
        tally.notes.append(f"{understood.count(False)} buyers were not understood")
    silences = Counter(warning.partition(":")[0] for buyer in buyers for warning in buyer.warnings)
    tally.notes += [f"on the phones, {times} times: {words}" for words, times in silences.items()]


def look_after(scene: Scene, buyers: Iterable[Buyer], *, seconds: float = 120) -> None:
    """Until everything is at rest; prompts that come late are answered."""
    waiting = list(buyers)
    turn = 0

    def answer_somebody() -> None:
        nonlocal turn
        for buyer in waiting[turn : turn + AT_A_TIME]:
            buyer.pay()
        turn = (turn + AT_A_TIME) % max(1, len(waiting))

    scene.outside.rest(seconds=seconds, between=answer_somebody)
    for buyer in waiting:
        buyer.pay()
    scene.outside.rest(seconds=seconds)
