"""One API connection: reads sentences, runs commands side by side by their tags, writes the answers."""

import asyncio
import socket
import struct
from collections.abc import Iterable, Mapping

from sandbox.routeros import traps
from sandbox.routeros.commands import Command, execute, find_table, row_sentence
from sandbox.routeros.device import Device
from sandbox.routeros.login import Login
from sandbox.routeros.table import Row
from sandbox.routeros.traps import Trap
from sandbox.routeros.words import ProtocolError, SentenceReader, encode_sentence

READ_BYTES = 65536
# After login a sentence may be long (hundreds of ids), but not endless.
SENTENCE_BYTES = 8 * 1024 * 1024
# Rows written between two looks at whether the client still reads.
ROWS_PER_WRITE = 200


class Connection:
    def __init__(self, device: Device, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._device = device
        self._reader = reader
        self._writer = writer
        self._login = Login(device.spec)
        self._sentences = SentenceReader(device.spec.login_sentence_bytes)
        self._running: dict[asyncio.Task[None], str | None] = {}
        # Commands without a tag run strictly one after the other.
        self._untagged = asyncio.Lock()
        self.peer = str(writer.get_extra_info("peername", ("",))[0])
        self._socket: socket.socket = writer.get_extra_info("socket")
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def serve(self) -> None:
        """Live until either side closes."""
        try:
            self._acknowledge_at_once()
            while data := await self._reader.read(READ_BYTES):
                self._acknowledge_at_once()
                for words in self._sentences.feed(data):
                    await self._take(Command.parse(words))
                if self._writer.is_closing():
                    break
        except (ProtocolError, ConnectionError):
            pass
        finally:
            self.close()
            if self._login.user:
                self._device.log("system,info,account", self._line("logged out"))

    def _acknowledge_at_once(self) -> None:
        """Spare clients that send word by word the 40 ms of a delayed acknowledgement."""
        if hasattr(socket, "TCP_QUICKACK") and not self._writer.is_closing():
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def close(self) -> None:
        """Hang up; commands under way end without an answer."""
        for task in self._running:
            task.cancel()
        self._writer.close()

    def reset(self) -> None:
        """Let the other side see a connection reset; nothing where it has hung up already."""
        if self._socket.fileno() < 0:
            return
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    # -- sentences ---------------------------------------------------------------

    async def _take(self, command: Command) -> None:
        if self._writer.is_closing():
            return
        if self._device.faults.refusing:
            self.reset()
        elif command.path == "/quit":
            self._fatal(traps.QUIT)
        elif command.path == "/login":
            await self._log_in(command)
        elif not self._login.user:
            self._fatal(traps.NOT_LOGGED_IN)
        elif command.path == "/cancel":
            self._cancel(command)
        else:
            task = asyncio.create_task(self._run_in_turn(command))
            self._running[task] = command.tag
            task.add_done_callback(lambda task: self._running.pop(task, None))

    async def _log_in(self, command: Command) -> None:
        faults = self._device.faults
        if faults.silent and faults.touch(command.path):
            return
        if faults.touch(command.path):
            await asyncio.sleep(faults.slow_seconds)
        self._device.advance()
        try:
            answer = self._login.take(command)
        except Trap as trap:
            name = command.attributes.get("name", "")
            message = f"login failure for user {name} from {self.peer} via api"
            self._device.log("system,error,critical", message)
            await self._send(self._trap(trap), command.tag)
            return
        if self._login.user:
            self._sentences.limit = SENTENCE_BYTES
            self._device.log("system,info,account", self._line("logged in"))
        await self._send([answer.done], command.tag)

    def _line(self, what: str) -> str:
        return f"user {self._login.user} {what} from {self.peer} via api"

    async def _run_in_turn(self, command: Command) -> None:
        try:
            if command.tag is not None:
                await self._run(command)
                return
            async with self._untagged:
                await self._run(command)
        except ConnectionError:
            self.close()

    async def _run(self, command: Command) -> None:
        faults = self._device.faults
        touched = faults.touch(command.path)
        if touched and faults.silent:
            return
        if touched and faults.fatal:
            self._fatal(faults.fatal)
            return
        rows: Iterable[Mapping[str, str]] = ()
        try:
            if command.verb == "listen":
                await self._listen(command)
            answer = execute(self._device, command)
            rows, closing = answer.rows, [*([["!empty"]] if answer.empty else []), answer.done]
        except Trap as trap:
            closing = self._trap(trap)
        if touched and faults.slow_seconds:
            await asyncio.sleep(faults.slow_seconds)
        if touched and faults.cut:
            self._cut([*map(row_sentence, rows), *closing], command.tag)
            return
        await self._send_rows(rows, command.tag)
        await self._send(closing, command.tag)

    def _trap(self, trap: Trap) -> list[list[str]]:
        """A trap never ends a command: `!done` follows."""
        return [*trap.sentences(self._device.manners.categories), ["!done"]]

    async def _listen(self, command: Command) -> None:
        """Send changes of a menu until the command is cancelled; traps if the menu has no `listen`."""
        table = find_table(self._device, command)
        if "listen" not in table.menu.commands:
            raise traps.unknown_command()
        changes: asyncio.Queue[dict[str, str]] = asyncio.Queue()

        def note(row: Row, dead: bool) -> None:
            changes.put_nowait({".id": row.id, ".dead": "true"} if dead else table.printed(row))

        table.watchers.append(note)
        try:
            while True:
                await self._send([row_sentence(await changes.get())], command.tag)
        finally:
            table.watchers.remove(note)

    def _cancel(self, command: Command) -> None:
        """Interrupt other commands, in the order of a real trace: their trap, our done, their done."""
        wanted = command.attributes.get("tag")
        victims = [(task, tag) for task, tag in self._running.items() if wanted in (None, tag)]
        for task, tag in victims:
            task.cancel()
            for words in traps.interrupted().sentences(self._device.manners.categories):
                self._write(words, tag)
        self._write(["!done"], command.tag)
        for _, tag in victims:
            self._write(["!done"], tag)

    # -- writing ---------------------------------------------------------------

    def _encode(self, words: list[str], tag: str | None) -> bytes:
        return encode_sentence(words if tag is None else [words[0], f".tag={tag}", *words[1:]])

    def _write(self, words: list[str], tag: str | None) -> None:
        self._writer.write(self._encode(words, tag))

    async def _send(self, sentences: list[list[str]], tag: str | None) -> None:
        self._writer.write(b"".join(self._encode(words, tag) for words in sentences))
        await self._writer.drain()

    async def _send_rows(self, rows: Iterable[Mapping[str, str]], tag: str | None) -> None:
        batch: list[list[str]] = []
        for row in rows:
            batch.append(row_sentence(row))
            if len(batch) == ROWS_PER_WRITE:
                await self._send(batch, tag)
                batch = []
        if batch:
            await self._send(batch, tag)

    def _fatal(self, reason: str) -> None:
        """The reason is a bare word, without a tag; then the connection is closed."""
        self._writer.write(encode_sentence(["!fatal", reason]))
        self._writer.close()

    def _cut(self, sentences: list[list[str]], tag: str | None) -> None:
        """Send the answer up to the middle of its middle sentence and hang up."""
        middle = len(sentences) // 2
        whole = b"".join(self._encode(words, tag) for words in sentences[:middle])
        torn = self._encode(sentences[middle], tag)
        self._writer.write(whole + torn[: len(torn) // 2])
        self._writer.close()
