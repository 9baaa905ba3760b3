"""Drill 4: routers that are off, slow, silent or cut in mid-reply, and an SMS gateway that is no better."""

from typing import Any

from drill.crowd import buy_all, look_after
from drill.scene import Drill, Scene, Tally

CI_EACH, FULL_EACH = 3, 12
WHILE_AWAY_MINUTES = 5


def _buy_during(scene: Scene, tally: Tally, **faults: Any) -> None:
    """Purchases begin under the fault, some minutes pass, and it is over."""
    count = FULL_EACH if scene.full else CI_EACH
    buyers = [scene.buyer(("self", "home", "gift")[number % 3]) for number in range(count)]
    scene.outside.faults(**faults)
    buy_all(tally, buyers)
    tally.faults += count
    look_after(scene, buyers)
    scene.outside.live_on(WHILE_AWAY_MINUTES)
    scene.outside.post("/faults/reset")


def routers_off(scene: Scene, tally: Tally) -> None:
    """All of them, from before the purchase until minutes after it; then one by one, in mid-grant."""
    outside = scene.outside
    for router in outside.routers:
        outside.power(router, False)
    _buy_during(scene, tally)
    for router in outside.routers:
        outside.power(router, True)
    for router in outside.routers:
        buyers = [scene.buyer("self"), scene.buyer("home")]
        for buyer in buyers:
            buyer.order()
        outside.power(router, False)
        for buyer in buyers:
            buyer.pay_when_asked(5)
        look_after(scene, buyers)
        outside.power(router, True)
        tally.events, tally.faults = tally.events + len(buyers), tally.faults + 1


def routers_ill(scene: Scene, tally: Tally) -> None:
    every = scene.outside.routers
    _buy_during(scene, tally, router_slow_seconds=2)
    _buy_during(scene, tally, router_silent=every)
    _buy_during(scene, tally, router_cut=every)
    _buy_during(scene, tally, router_fatal=every[:1], router_refusing=every[1:])


def texts_refused(scene: Scene, tally: Tally) -> None:
    _buy_during(scene, tally, sms="refused")
    _buy_during(scene, tally, sms="500")
    _buy_during(scene, tally, sms="no_balance")


def texts_slow_or_lost(scene: Scene, tally: Tally) -> None:
    _buy_during(scene, tally, sms="slow", slow_seconds=3)
    _buy_during(scene, tally, sms="lost")
    _buy_during(scene, tally, sms_report="dropped")


DRILLS: dict[str, Drill] = {
    "routers off": routers_off,
    "routers slow, silent, cut, refusing": routers_ill,
    "texts refused": texts_refused,
    "texts slow or lost": texts_slow_or_lost,
}
