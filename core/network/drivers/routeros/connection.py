"""One connection to one router: the library's sentences over our own buffered, bounded socket.

The library writes a sentence word by word and reads byte by byte. Here a sentence leaves in one send, replies
are read in large pieces, and silence, duration and size have limits. After anything but an orderly reply the
two sides may be out of step, so the connection is closed and never used again.
"""

import socket
import time
from collections.abc import Mapping
from typing import Any

from routeros_api import api, api_communicator, api_socket, base_api, exceptions

from core.base.errors import Rejected, Unreachable
from core.network.driver import RouterAddress
from core.network.drivers.routeros.traps import Meaning, Trap, readable

CONNECT_SECONDS = 3.0
"""A router in our own tunnel answers in a tenth of that; more would let one dead router hold up the queue."""
SILENCE_SECONDS = 8.0
"""A small board needs up to six seconds to begin a listing of twenty thousand rows."""
CALL_SECONDS = 30.0
"""The whole of one reply: a router that drips bytes must not hold a worker."""
MAX_REPLY_BYTES = 32 * 1024 * 1024
"""A hundred thousand rows of what we ask for; beyond it the router is broken or hostile."""
_PIECE = 65_536

Row = dict[str, str]


class LineCut(Unreachable):
    """The router closed or broke the connection, at once rather than by silence."""


class Wire:
    """What the library takes for its socket. It sends whole sentences and reads within the limits."""

    def __init__(self, line: socket.socket, *, silence: float, call: float, reply_bytes: int) -> None:
        self._line = line
        self._silence, self._call, self._reply_bytes = silence, call, reply_bytes
        self._words: list[bytes] = []
        self._read = b""
        self._at = 0
        self._deadline = 0.0
        self._bytes_left = 0
        self.gave_up = False
        """Whether a limit of ours ended it, not the router."""

    def send(self, word: bytes) -> None:
        """Gather one encoded word; the empty word ends the sentence, which then leaves in one send."""
        self._words.append(word)
        if word == b"\x00":
            sentence, self._words = b"".join(self._words), []
            self._deadline = time.monotonic() + self._call
            self._bytes_left = self._reply_bytes
            self._line.settimeout(self._silence)
            self._line.sendall(sentence)

    def receive(self, length: int) -> bytes:
        """At least one and at most `length` bytes. OSError past a limit, or where the line is closed."""
        if self._at == len(self._read):
            self._read, self._at = self._more(), 0
        found = self._read[self._at : self._at + length]
        self._at += len(found)
        return found

    def _more(self) -> bytes:
        left = self._deadline - time.monotonic()
        try:
            if left <= 0 or self._bytes_left <= 0:
                raise TimeoutError("the reply is too long")
            self._line.settimeout(min(self._silence, left))
            piece = self._line.recv(_PIECE)
        except TimeoutError:
            self.gave_up = True
            raise
        if not piece:
            raise ConnectionResetError("closed by the router")
        self._bytes_left -= len(piece)
        return piece

    def settimeout(self, seconds: float) -> None:
        self._line.settimeout(seconds)

    def close(self) -> None:
        self._line.close()


class RouterConnection:
    """A logged-in connection: one command at a time, strings only. Raises Trap, Unreachable, LineCut."""

    def __init__(
        self,
        address: RouterAddress,
        *,
        connect: float = CONNECT_SECONDS,
        silence: float = SILENCE_SECONDS,
        call: float = CALL_SECONDS,
        reply_bytes: int = MAX_REPLY_BYTES,
    ) -> None:
        try:
            line = socket.create_connection((address.host, address.port), timeout=connect)
        except ConnectionRefusedError:
            raise Unreachable("refused") from None
        except OSError:
            raise Unreachable("no answer") from None
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        api_socket.set_keepalive(line, after_idle_sec=10)
        self._wire = Wire(line, silence=silence, call=call, reply_bytes=reply_bytes)
        communicator: Any = api_communicator.ApiCommunicator(base_api.Connection(self._wire))
        self._api: Any = api.RouterOsApi(communicator)
        try:
            self._guarded(lambda: self._api.login(address.username, address.password, plaintext_login=True))
        except Trap as trap:
            self.close()
            code = Meaning.LOGIN if trap.meaning is Meaning.UNKNOWN else trap.meaning
            raise Rejected("the router does not let us log in", code=code.value) from None

    def print(self, menu: str, *names: str, **where: str) -> list[Row]:
        """The rows of `menu` with the named properties (`id` is the row's), where each property equals a
        value.

        An underscore in a property's name stands for a dash.
        """
        listed = ",".join(".id" if name == "id" else name for name in names)
        rows = self._call(menu, "print", {"proplist": listed}, where)
        if "id" in names and any("id" not in row for row in rows):
            self.close()
            raise LineCut("the reply could not be read")
        # The router has filtered already; but what is changed or removed by name must be of that name.
        asked = {name.replace("_", "-"): value for name, value in where.items()}
        return [row for row in rows if all(row.get(name) == value for name, value in asked.items())]

    def add(self, menu: str, attributes: Mapping[str, str]) -> None:
        self._call(menu, "add", attributes)

    def set(self, menu: str, row_id: str, attributes: Mapping[str, str]) -> None:
        self._call(menu, "set", {"id": row_id, **attributes})

    def remove(self, menu: str, row_id: str) -> bool:
        """Take a row out; False where it was gone already, which is as good."""
        try:
            self._call(menu, "remove", {"id": row_id})
        except Trap as trap:
            if trap.meaning is not Meaning.GONE:
                raise
            return False
        return True

    def close(self) -> None:
        self._wire.close()

    def _call(
        self, menu: str, command: str, attributes: Mapping[str, str], where: Mapping[str, str] | None = None
    ) -> list[Row]:
        sent = {name: value.encode() for name, value in attributes.items()}
        asked = {name: value.encode() for name, value in (where or {}).items()}
        rows = self._guarded(lambda: self._api.get_binary_resource(menu).call(command, sent, asked))
        return [{name: readable(value) for name, value in row.items()} for row in rows]

    def _guarded(self, call: Any) -> Any:
        # The library's errors quote the whole command, passwords included: none of them may travel on, not
        # even as the cause of ours.
        try:
            return call()
        except exceptions.RouterOsApiCommunicationError as error:
            text = readable(error.original_message)
        except exceptions.RouterOsApiConnectionError:
            self.close()
            if self._wire.gave_up:
                raise Unreachable("no answer") from None
            raise LineCut("the connection was cut") from None
        except (exceptions.RouterOsApiError, OSError, KeyError, ValueError, TypeError, AssertionError):
            # A sentence that is no sentence, an unknown tag, a name that is not UTF-8, `!fatal` with its bare
            # word.
            self.close()
            raise LineCut("the reply could not be read") from None
        except BaseException:
            self.close()
            raise
        raise Trap(text)
