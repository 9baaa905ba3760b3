"""What the outside world sends to the product on its own account: posted once, recorded, replayable."""

import asyncio
import json
from collections.abc import Coroutine
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlencode

from pydantic import BaseModel

from sandbox.clock import TrialClock
from sandbox.post import NoAnswer, Poster
from sandbox.world import is_loopback

Body = dict[str, Any] | str
KEPT = 5_000  # calls remembered; older ones are forgotten unless they are still held
TIMEOUT_SECONDS = 10.0  # no provider waits longer for an answer it ignores
HOME = "127.0.0.1"

State = Literal["sending", "answered", "unanswered", "held", "dropped"]


class Call(BaseModel):
    """One outgoing call. `status` is the product's HTTP status, null while there is none; `form` tells how
    the body is written, and a body that is a text goes out as it stands, byte for byte, so that a signature
    among the headers holds; `answer` is what came back, cut to 2,000 signs."""

    id: int
    at: datetime
    kind: str
    url: str
    source: str
    form: bool
    headers: dict[str, str]
    body: Body
    state: State
    status: int | None = None
    answer: str = ""
    error: str = ""

    @property
    def told(self) -> dict[str, Any]:
        """The answer as a JSON object, empty when it is none."""
        try:
            found = json.loads(self.answer)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class Courier:
    """Posts from the source address it is told, never retries, remembers everything."""

    def __init__(self, clock: TrialClock) -> None:
        self._clock = clock
        self._calls: dict[int, Call] = {}
        self._last = 0
        self._posters: dict[str, Poster] = {}
        self._errands: set[asyncio.Task[Any]] = set()

    @property
    def calls(self) -> list[Call]:
        return list(self._calls.values())

    def call(self, number: int) -> Call | None:
        return self._calls.get(number)

    def note(
        self,
        kind: str,
        url: str,
        body: Body,
        *,
        state: State = "sending",
        source: str = HOME,
        form: bool = False,
        headers: dict[str, str] | None = None,
    ) -> Call:
        """Writes a call down without sending it: held for later, dropped, or to be sent by `send`."""
        self._last += 1
        call = Call(
            id=self._last, at=self._clock.now(), kind=kind, url=url, source=source, form=form,
            headers=headers or {}, body=body, state=state,
        )  # fmt: skip
        self._calls[call.id] = call
        if len(self._calls) > KEPT:
            oldest = next((c.id for c in self._calls.values() if c.state not in {"held", "sending"}), None)
            if oldest is not None:
                del self._calls[oldest]
        return call

    async def post(
        self,
        kind: str,
        url: str,
        body: Body,
        *,
        source: str = HOME,
        form: bool = False,
        headers: dict[str, str] | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> Call:
        call = self.note(kind, url, body, source=source, form=form, headers=headers)
        return await self.send(call, timeout_seconds)

    async def send(self, call: Call, timeout_seconds: float = TIMEOUT_SECONDS) -> Call:
        """Posts a noted call; what went wrong stands in its `error`, nothing is raised."""
        if not is_loopback(call.url):
            call.state, call.error = "unanswered", "the sandbox calls no address outside this machine"
            return call
        call.state = "sending"
        try:
            async with asyncio.timeout(timeout_seconds):
                answer = await self._poster(call.source).post(
                    call.url, _written(call), {"Content-Type": _content_type(call), **call.headers}
                )
        except (NoAnswer, TimeoutError, OSError) as error:
            call.state, call.error = "unanswered", f"{type(error).__name__}: {error}"
        else:
            call.state, call.status, call.answer = "answered", answer.status, answer.text[:2_000]
        return call

    async def release(self) -> list[Call]:
        """Sends all held calls, in the order they were held."""
        held = [call for call in self._calls.values() if call.state == "held"]
        return [await self.send(call) for call in held]

    async def replay(
        self, call: Call, *, times: int, source: str | None, url: str | None, body: Body | None
    ) -> list[Call]:
        """Sends copies of a call at the same moment."""
        copies = [self.copy(call, source=source, url=url, body=body) for _ in range(times)]
        return list(await asyncio.gather(*map(self.send, copies)))

    def copy(
        self, call: Call, *, source: str | None = None, url: str | None = None, body: Body | None = None
    ) -> Call:
        """Notes the same call once more, changed where told; headers, and a signature among them, stay."""
        return self.note(
            call.kind, url or call.url, call.body if body is None else body,
            source=source or call.source, form=call.form, headers=call.headers,
        )  # fmt: skip

    def errand(self, work: Coroutine[Any, Any, Any]) -> None:
        """Runs in the background until done or the sandbox stops."""
        task = asyncio.create_task(work)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def stop(self) -> None:
        for task in list(self._errands):
            task.cancel()
        await asyncio.gather(*self._errands, return_exceptions=True)
        for poster in self._posters.values():
            poster.close()

    def _poster(self, source: str) -> Poster:
        if source not in self._posters:
            self._posters[source] = Poster(source)
        return self._posters[source]


def _content_type(call: Call) -> str:
    # Both spelt as captured from the providers, charset and all.
    return (
        "application/x-www-form-urlencoded; charset=UTF-8" if call.form else "application/json;charset=UTF-8"
    )


def _written(call: Call) -> bytes:
    if isinstance(call.body, str):
        return call.body.encode()
    if call.form:
        return urlencode([(name, _field(value)) for name, value in call.body.items()]).encode()
    return json.dumps(call.body).encode()


def _field(value: Any) -> str:
    """A value in a form: nothing for None, and JSON's words for yes and no."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
