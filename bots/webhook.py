"""What the doors for webhooks have in common: bare ASGI, because a framework costs more than what they do, with threads
of their own, so that no flood of talk delays a callback.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from core.base.bodies import BodyRefused, Receive, Scope, Send, header
from core.base.callers import caller
from core.base.log import logger
from core.base.settings import Network

THREADS = 4
"""One storing statement a message: four connections of the database are busy at most."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer. noted: the log has its line already, with the evidence that was kept."""

    status: int
    text: str = ""
    media_type: str = "text/plain; charset=utf-8"
    noted: bool = False


class WebhookDoor:
    """ASGI application of one provider's webhooks; `answer` checks, stores and says what to reply."""

    def __init__(self, name: str, proxies: Sequence[Network]) -> None:
        self._name = name
        self._proxies = proxies
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix=name)

    async def answer(self, scope: Scope, receive: Receive) -> Answer:
        """Raises BodyRefused; whatever else it raises becomes a 500, so that the provider comes again."""
        raise NotImplementedError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self.answer(scope, receive)
        except BodyRefused as refused:
            answer = Answer(refused.status)
        except Exception as error:  # the caller sees no traceback
            logger("web").error("request_failed", door=self._name, error=type(error).__name__, exc_info=error)
            answer = Answer(500, "Something went wrong here. Nothing was lost: send it again.")
        if 400 <= answer.status < 500 and not answer.noted:
            logger("web").info("request_refused", door=self._name, status=answer.status)
        await _reply(send, answer)

    async def in_thread(self, do: Callable[[bytes, str], Answer], body: bytes, source: str) -> Answer:
        """`do(body, source)`, in a thread of this door."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, do, body, source)

    def source(self, scope: Scope) -> str:
        """The calling address, by the trusted proxy's hop."""
        peer: str = (scope.get("client") or ("", 0))[0]
        return caller(peer, header(scope, b"x-forwarded-for"), self._proxies)


async def _reply(send: Send, answer: Answer) -> None:
    body = answer.text.encode()
    headers = [
        (b"content-type", answer.media_type.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
