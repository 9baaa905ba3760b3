"""The world of the journeys: the demo, its sandbox, its phones and routers, its books."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx

from tests.journeys.books import Books
from tests.journeys.demo import Demo, eventually
from tests.journeys.phone import Phone

FIRST_NUMBER = 711_500_000
FOREIGN = "127.0.0.9"
"""An address that is not on Daraja's list."""


class Router:
    """One router of the sandbox, seen from its own console."""

    def __init__(self, sandbox: httpx.Client, name: str) -> None:
        self._sandbox, self.name = sandbox, name

    def rows(self, menu: str) -> list[dict[str, str]]:
        found: list[dict[str, str]] = (
            self._sandbox.get(f"/routers/{self.name}/print", params={"menu": menu}).raise_for_status().json()
        )
        return found

    def named(self, menu: str, name: str) -> dict[str, str]:
        """The row of this name, empty where there is none."""
        return next((row for row in self.rows(menu) if row.get("name") == name), {})

    def power(self, on: bool) -> None:
        self._post("/power", {"on": on})

    def log_in(self, username: str, password: str, **more: str) -> dict[str, Any]:
        """service="hotspot" or "pppoe"."""
        found: dict[str, Any] = self._post("/sessions", {"username": username, "password": password, **more})
        return found

    def sessions(self, username: str) -> list[dict[str, Any]]:
        online = self._sandbox.get(f"/routers/{self.name}/sessions").raise_for_status().json()
        return [session for session in online if session["username"] == username]

    def _post(self, door: str, body: dict[str, Any]) -> Any:
        return self._sandbox.post(f"/routers/{self.name}{door}", json=body).raise_for_status().json()


class World:
    """Everything a journey can touch, from outside."""

    def __init__(self, demo: Demo) -> None:
        self.demo = demo
        self.sandbox = httpx.Client(base_url=demo.sandbox, timeout=300)
        self.web = httpx.Client(base_url=demo.web, timeout=30)
        self.books = Books(demo)
        self._last_number = FIRST_NUMBER
        self.database_was_killed = False
        """By a test: what was cut off may say so in the log with a traceback."""

    def close(self) -> None:
        self.sandbox.close()
        self.web.close()
        self.books.close()

    def phone(self, number: str | None = None, *, language: str = "1") -> Phone:
        """A phone nobody has used before; language: the key, 1 English, 2 Swahili."""
        if number is None:
            self._last_number += 1_013
            number = f"0{self._last_number}"
        return Phone(self.sandbox, number, language=language)

    def router(self, name: str) -> Router:
        return Router(self.sandbox, name)

    # -- faults and time

    def faults(self, **settings: Any) -> None:
        self.sandbox.post("/faults", json=settings).raise_for_status()

    def make_good(self) -> None:
        """Every fault off, every router on, held callbacks sent."""
        self.sandbox.post("/faults/reset").raise_for_status()
        for router in self.sandbox.get("/routers").json():
            if not router["on"]:
                self.router(router["name"]).power(True)
        self.sandbox.post("/callbacks/release").raise_for_status()

    def advance(self, by: str, *, times: int = 1) -> None:
        """Move the clock by an ISO duration, `times` over; each move ends when the product is idle there.

        A move is one jump between the daily stops: what follows from each other by minutes needs several.
        """
        for _ in range(times):
            answer = self.sandbox.post("/clock", json={"advance": by})
            assert answer.status_code == 200, answer.text

    def skip(self, seconds: int) -> None:
        """Move the clock without waiting for rest: a job whose worker was killed keeps its lease till then."""
        file = self.demo.home / "clock"
        offset = int(file.read_text()) if file.exists() else 0
        fresh = file.with_suffix(".new")
        fresh.write_text(str(offset + seconds))
        fresh.replace(file)

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat(self.sandbox.get("/clock").json()["now"])

    def is_idle(self) -> bool:
        try:
            answer = self.web.get("/trial/idle")
        except httpx.HTTPError:
            return False
        return answer.status_code == 200 and bool(answer.json()["idle"])

    def comes_to_rest(self, *, within: float = 30.0) -> None:
        """Wait until nothing due is left undone, nor anything on its way from the sandbox."""
        eventually("rest", lambda: self.is_idle() and not self._under_way() and self.is_idle(), within=within)

    def _under_way(self) -> bool:
        return any(call["state"] == "sending" for call in self.calls())

    # -- callbacks

    def calls(self, kind: str | None = None, *, after: int = 0) -> list[dict[str, Any]]:
        """What the sandbox has sent us, oldest first."""
        asked = {"after": after} | ({"kind": kind} if kind else {})
        found: list[dict[str, Any]] = self.sandbox.get("/callbacks", params=asked).raise_for_status().json()
        return found

    def call_about(self, kind: str, said: str) -> dict[str, Any]:
        """The first call of this kind whose body holds `said`, once it was sent, held or dropped."""
        return eventually(
            f"{kind} about {said}",
            lambda: next((call for call in self.calls(kind) if said in str(call["body"])), None) or {},
        )

    def replay(self, call: dict[str, Any], **changes: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (
            self.sandbox.post(f"/callbacks/{call['id']}/replay", json=changes).raise_for_status().json()
        )
        return found

    def forge(self, path: str, body: Any, **more: Any) -> dict[str, Any]:
        """Call a door of the product as a forger would; by default from a foreign address. How it was answered."""
        found: dict[str, Any] = (
            self.sandbox.post(
                "/callbacks", json={"url": f"{self.demo.web}{path}", "body": body, "source": FOREIGN, **more}
            )
            .raise_for_status()
            .json()
        )
        return found

    def release(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.sandbox.post("/callbacks/release").raise_for_status().json()
        return found

    def statement(self) -> list[dict[str, Any]]:
        """M-PESA's own list of what came to the paybill."""
        found: list[dict[str, Any]] = self.sandbox.get("/mpesa/statement").raise_for_status().json()
        return found

    @property
    def secret(self) -> str:
        return self.demo.door_secrets[0]

    # -- what must not change

    @contextmanager
    def nothing_changes(self) -> Iterator[None]:
        """The block leaves no row of business behind and takes none away."""
        self.comes_to_rest()
        before = self.books.counts()
        yield
        self.comes_to_rest()
        assert self.books.counts() == before

    def log(self) -> str:
        """Everything the product has logged and printed."""
        logs = sorted((self.demo.home / "log").glob("*.log"))
        return "\n".join(log.read_text(errors="replace") for log in logs) + self.demo.output
