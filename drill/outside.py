"""The outside world, through the sandbox's doors: faults, callbacks, routers, the statement, and time."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from drill.house import House, wait_for
from drill.line import Line, NoAnswer

FOREIGN = "127.0.0.9"
"""An address that is not on Daraja's list."""
STUCK_SECONDS = 1.2
"""Real seconds without a change after which nothing but time can help: a lease of the dead, a pause."""
SWEPT_SECONDS = 6.5
"""After time has moved: the relay looks for what the dead have left every five real seconds."""
CALM_SECONDS, LOOK_SECONDS = 20.0, 0.1
STEP_SECONDS = 190
"""How far time is moved: every lease of the product is shorter."""


class Restless(Exception):
    """The product did not come to rest."""


class Outside:
    """Everything a drill does to the world around the product."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.sandbox = Line(house.sandbox, timeout_seconds=60)
        self._web = Line(house.web, timeout_seconds=10)

    def get(self, door: str, **parameters: Any) -> Any:
        """Raises NoAnswer."""
        return self.sandbox.get(door, parameters).raise_for_status().json()

    def post(self, door: str, body: Any = None) -> Any:
        """Raises NoAnswer."""
        return self.sandbox.post(door, body).raise_for_status().json()

    # -- faults

    def faults(self, **settings: Any) -> None:
        self.post("/faults", settings)

    def make_good(self) -> None:
        """Every fault off, every router on, every callback sent that was held back."""
        self.post("/faults/reset")
        for router in self.get("/routers"):
            if not router["on"]:
                self.power(router["name"], True)
        self.post("/callbacks/release")

    def power(self, router: str, on: bool) -> None:
        self.post(f"/routers/{router}/power", {"on": on})

    @property
    def routers(self) -> list[str]:
        return [router["name"] for router in self.get("/about")["routers"]]

    def log_in(self, code: str) -> None:
        """A phone logs in with a voucher at a router that is a hotspot alone."""
        places = self.get("/about")["routers"]
        router = next(place["name"] for place in places if place["hotspot"] and not place["pppoe"])
        self.post(f"/routers/{router}/sessions", {"username": code, "password": code, "service": "hotspot"})

    # -- callbacks

    def calls(self, kind: str | None = None, after: int = 0) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/callbacks", after=after, **({"kind": kind} if kind else {}))
        return found

    def last_call(self) -> int:
        return max((call["id"] for call in self.calls()), default=0)

    # -- time

    def pass_time(self, seconds: int) -> None:
        """Move the trial's clock at once, whatever the product is at: the file that it and the sandbox read."""
        file = self.house.home / "clock"
        offset = int(file.read_text().strip() or "0") if file.exists() else 0
        _replace(file, f"{offset + seconds}\n")
        self.get("/clock")  # the sandbox reads it and wakes whoever waits

    def state(self) -> dict[str, Any] | None:
        """What the product says of its queues; None while it does not answer."""
        try:
            answer = self._web.get("/trial/idle")
            found: dict[str, Any] = answer.json()
        except (NoAnswer, json.JSONDecodeError):
            return None
        return found if answer.status_code == 200 else None

    def rest(self, *, seconds: float = 90, between: Callable[[], object] = lambda: None) -> None:
        """Until nothing due is left undone; where nothing happens any more, time is moved. `between` is done at
        each look. Raises Restless."""
        deadline = time.monotonic() + seconds
        due, changed_at, quiet, patience = -1, time.monotonic(), 0, STUCK_SECONDS
        while True:
            between()
            state = self.state()
            if state is not None and state["idle"] and not self._is_sending():
                quiet += 1
                if quiet >= 2:
                    return
            else:
                quiet = 0
                now = time.monotonic()
                if state is None or state["due"] != due:
                    due, changed_at = state["due"] if state else -1, now
                elif now - changed_at > patience:
                    self.pass_time(STEP_SECONDS)
                    changed_at, patience = now, SWEPT_SECONDS
                if now > deadline:
                    raise Restless(f"not at rest after {seconds:g} s: {state}")
            time.sleep(0.05)

    def calm(self) -> None:
        """Until nothing changes for a while, without moving time: what waits for its next try, or behind it, stays."""
        deadline, due, changed_at = time.monotonic() + CALM_SECONDS, -1, time.monotonic()
        while (now := time.monotonic()) - changed_at < STUCK_SECONDS and now < deadline:
            state = self.state()
            if state is None or state["due"] != due or self._is_sending():
                due, changed_at = state["due"] if state else -1, now
            time.sleep(LOOK_SECONDS)

    def _is_sending(self) -> bool:
        return bool(self.get("/callbacks", state="sending"))

    def live_on(self, minutes: int, *, step: int = 5) -> None:
        """Let time pass in steps, at rest after each: pauses end, questions are put again."""
        for _ in range(0, minutes, step):
            self.pass_time(step * 60)
            self.rest()

    def await_web(self) -> None:
        wait_for("the web", lambda: self.state() is not None, 60)


def _replace(file: Path, text: str) -> None:
    fresh = file.with_name("clock.drill")
    fresh.write_text(text)
    fresh.replace(file)
