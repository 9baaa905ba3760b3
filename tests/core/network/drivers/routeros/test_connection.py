"""The connection on the wire, against a scripted socket: one send a sentence, limits, and no second
chance."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from core.base.errors import Rejected, Unreachable
from core.network.driver import RouterAddress
from core.network.drivers.routeros.connection import LineCut, RouterConnection
from core.network.drivers.routeros.connections import Connections
from core.network.drivers.routeros.traps import Meaning, Trap

PASSWORD = "router-pass-word"


def sentence(*words: str | bytes) -> bytes:
    """Words of at most 127 bytes, as they stand on the wire."""
    encoded = [word if isinstance(word, bytes) else word.encode() for word in words]
    return b"".join(bytes([len(word)]) + word for word in encoded) + b"\x00"


DONE = sentence("!done", ".tag=1")
Script = Callable[[socket.socket], None]


class Server:
    """Accepts one connection a script, in order, and keeps each piece that arrived."""

    def __init__(self, *scripts: Script) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        port = self.listener.getsockname()[1]
        self.address = RouterAddress(1, "mast", "127.0.0.1", port, "bando", PASSWORD)
        self.pieces: list[bytes] = []
        self.accepted = 0
        self._thread = Thread(target=self._serve, args=(scripts,), daemon=True)
        self._thread.start()

    def _serve(self, scripts: tuple[Script, ...]) -> None:
        for script in scripts:
            line, _ = self.listener.accept()
            self.accepted += 1
            line.settimeout(5)
            try:
                script(line)
            except OSError:
                pass
            finally:
                line.close()

    def hear(self, line: socket.socket) -> bytes:
        piece = line.recv(65_536)
        self.pieces.append(piece)
        return piece

    def close(self) -> None:
        self.listener.close()
        self._thread.join(timeout=5)


@contextmanager
def server(*replies: list[bytes | None]) -> Iterator[Server]:
    """One connection a list: after each piece heard, send the next reply; None waits for the client to go."""

    def script(answers: list[bytes | None]) -> Script:
        def run(line: socket.socket) -> None:
            for answer in answers:
                made.hear(line)
                if answer is None:
                    line.recv(1)
                    return
                line.sendall(answer)
            # whatever follows is not answered: the line is closed

        return run

    made: Server
    made = Server(*(script(answers) for answers in replies))
    yield made
    made.close()


def test_a_sentence_leaves_in_one_send() -> None:
    reply = sentence("!re", "=.id=*1F", "=name=jane", ".tag=2") + sentence("!done", ".tag=2")
    with server([DONE, reply]) as router:
        connection = RouterConnection(router.address)
        rows = connection.print("/ppp/secret", "id", "name", name="jane")
        connection.close()
    assert rows == [{"id": "*1F", "name": "jane"}]
    login, asked = router.pieces
    assert login == sentence("/login", "=name=bando", f"=password={PASSWORD}", ".tag=1")
    assert asked == sentence("/ppp/secret/print", "=.proplist=.id,name", "?name=jane", ".tag=2")


def test_small_packets_are_not_held_back() -> None:
    with server([DONE]) as router:
        connection = RouterConnection(router.address)
        line = connection._wire._line
        assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
        assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) != 0
        connection.close()


def test_bytes_that_are_not_utf8_arrive_as_text() -> None:
    reply = sentence("!re", b"=comment=Cam\xe9ra", ".tag=2") + sentence("!done", ".tag=2")
    with server([DONE, reply]) as router:
        connection = RouterConnection(router.address)
        assert connection.print("/ppp/secret", "comment") == [{"comment": "Caméra"}]
        connection.close()


def test_an_empty_reply_of_new_and_old_versions() -> None:
    new = sentence("!empty", ".tag=2") + sentence("!done", ".tag=2")
    with server([DONE, new, sentence("!done", ".tag=3")]) as router:
        connection = RouterConnection(router.address)
        assert connection.print("/ppp/active", "id") == []
        assert connection.print("/ppp/active", "id") == []
        connection.close()


def test_a_refusal_leaves_the_connection_in_step() -> None:
    no = sentence("!trap", "=category=1", "=message=no such item (4)", ".tag=2") + sentence("!done", ".tag=2")
    with server([DONE, no, sentence("!done", ".tag=3")]) as router:
        connection = RouterConnection(router.address)
        with pytest.raises(Trap) as refused:
            connection.set("/ppp/secret", "*1", {"profile": "x"})
        assert refused.value.meaning is Meaning.GONE
        assert connection.remove("/ppp/active", "*1")
        connection.close()


def test_a_row_that_is_gone_is_as_good_as_removed() -> None:
    no = sentence("!trap", "=message=no such item", ".tag=2") + sentence("!done", ".tag=2")
    with server([DONE, no]) as router:
        connection = RouterConnection(router.address)
        assert not connection.remove("/ppp/active", "*1")
        connection.close()


@pytest.mark.parametrize("text", ["invalid user name or password (6)", "cannot log in", "something new"])
def test_a_wrong_password_is_refused_without_being_repeated(text: str) -> None:
    no = sentence("!trap", f"=message={text}", ".tag=1") + sentence("!done", ".tag=1")
    with server([no]) as router, pytest.raises(Rejected) as refused:
        RouterConnection(router.address)
    assert refused.value.code == "login"
    assert PASSWORD not in str(refused.value)


@pytest.mark.parametrize(
    "torn",
    [
        sentence("!re", "=name=jane", ".tag=2")[:7],
        sentence("!fatal", "session terminated on request"),
        sentence("!re", b"=n\xff\xfe=x", ".tag=2") + sentence("!done", ".tag=2"),
        sentence("!done", ".tag=77"),
        sentence("!trap", ".tag=2") + sentence("!done", ".tag=2"),
        b"\xf8\xf8\xf8",
        b"",
    ],
    ids=["cut", "fatal", "name not utf-8", "unknown tag", "trap without text", "control byte", "closed"],
)
def test_after_anything_disorderly_the_connection_is_closed_and_says_nothing_secret(torn: bytes) -> None:
    with server([DONE, torn]) as router:
        connection = RouterConnection(router.address)
        with pytest.raises(LineCut) as cut:
            connection.add("/ppp/secret", {"name": "jane", "password": "s3cret-of-jane"})
        assert connection._wire._line.fileno() == -1
    assert "s3cret-of-jane" not in repr(cut.value)
    assert cut.value.__suppress_context__


def test_a_silent_router_is_given_up_and_its_connection_closed() -> None:
    with server([DONE, None]) as router:
        connection = RouterConnection(router.address, silence=0.05)
        with pytest.raises(Unreachable, match="no answer") as silent:
            connection.print("/ppp/secret", "id")
        assert not isinstance(silent.value, LineCut)
        assert connection._wire._line.fileno() == -1


def test_a_dripping_router_is_given_up_in_the_end() -> None:
    def drip(line: socket.socket) -> None:
        line.recv(65_536)
        line.sendall(DONE)
        line.recv(65_536)
        while True:
            line.sendall(sentence("!re", ".tag=2"))

    router = Server(drip)
    connection = RouterConnection(router.address, call=0.1)
    with pytest.raises(Unreachable, match="no answer"):
        connection.print("/ppp/secret", "id")
    router.close()


def test_an_endless_reply_is_given_up() -> None:
    def flood(line: socket.socket) -> None:
        line.recv(65_536)
        line.sendall(DONE)
        line.recv(65_536)
        while True:
            line.sendall(sentence("!re", "=name=" + "x" * 100, ".tag=2") * 100)

    router = Server(flood)
    connection = RouterConnection(router.address, reply_bytes=200_000)
    with pytest.raises(Unreachable, match="no answer"):
        connection.print("/ppp/secret", "name")
    router.close()


def test_nobody_listening_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unreachable, match="refused"):
        RouterConnection(RouterAddress(1, "mast", "127.0.0.1", port, "bando", PASSWORD))


def test_a_connection_is_kept_from_task_to_task() -> None:
    with server([DONE, sentence("!done", ".tag=2"), sentence("!done", ".tag=3")]) as router:
        connections = Connections()
        for _ in range(2):
            assert connections.run(router.address, lambda line: line.print("/ppp/active", "id")) == []
        assert router.accepted == 1
        connections.close()


def test_a_kept_connection_that_was_cut_is_replaced_at_once() -> None:
    with server([DONE, sentence("!done", ".tag=2")], [DONE, sentence("!done", ".tag=2")]) as router:
        connections = Connections()
        for _ in range(2):
            assert connections.run(router.address, lambda line: line.print("/ppp/active", "id")) == []
        assert router.accepted == 2
        connections.close()


def test_a_fresh_connection_that_is_cut_is_not_tried_again() -> None:
    with server([DONE], [DONE, sentence("!done", ".tag=2")]) as router:
        connections = Connections()
        with pytest.raises(LineCut):
            connections.run(router.address, lambda line: line.print("/ppp/active", "id"))
        assert router.accepted == 1
        assert connections.run(router.address, lambda line: line.print("/ppp/active", "id")) == []
        connections.close()


def test_a_task_that_breaks_off_leaves_no_connection_behind() -> None:
    with server([DONE], [DONE, sentence("!done", ".tag=2")]) as router:
        connections = Connections()

        def bug(line: RouterConnection) -> None:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            connections.run(router.address, bug)
        assert connections.run(router.address, lambda line: line.print("/ppp/active", "id")) == []
        connections.close()
    assert router.accepted == 2


def test_rows_of_another_name_than_was_asked_for_are_passed_over() -> None:
    reply = b"".join(
        sentence("!re", f"=.id=*{n}", f"=name={name}", ".tag=2") for n, name in ((1, "jane"), (2, "joe"))
    )
    with server([DONE, reply + sentence("!done", ".tag=2")]) as router:
        connection = RouterConnection(router.address)
        assert connection.print("/ppp/active", "id", "name", name="jane") == [{"id": "*1", "name": "jane"}]
        connection.close()


def test_a_row_that_hides_its_id_ends_the_connection() -> None:
    reply = sentence("!re", "=name=jane", ".tag=2") + sentence("!done", ".tag=2")
    with server([DONE, reply]) as router:
        connection = RouterConnection(router.address)
        with pytest.raises(LineCut):
            connection.print("/ppp/active", "id", "name", name="jane")
        assert connection._wire._line.fileno() == -1
