"""Mail over a real SMTP server: what arrives, and each way in which it does not."""

import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from pydantic import SecretStr

from bots.email.carrier import EmailCarrier
from bots.email.settings import EmailSettings
from core.base.clock import SetClock
from core.base.errors import OutcomeUnknown, OutsideError, Rejected, Unreachable
from core.messaging.carrier import AccountRefused, Document, Message, Unreadable

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
AMINA = "amina@example.com"


class Office:
    """The server's side: keeps what it took; `says` is its answer to a stage, or what it does there."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], EmailMessage]] = []
        self.says: dict[str, str | Callable[[SMTP], None]] = {}

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self._answer("mail", server)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self._answer("rcpt", server)

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        return self._answer("quit", server)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        mail = message_from_bytes(bytes(envelope.content or b""), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append((envelope.rcpt_tos, mail))
        return self._answer("data", server)

    def _answer(self, stage: str, server: SMTP) -> str:
        said = self.says.get(stage, "250 OK")
        if isinstance(said, str):
            return said
        said(server)
        return "250 OK"


def hang_up(server: SMTP) -> None:
    transport: Any = server.transport
    transport.abort()


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def port(office: Office) -> Iterator[int]:
    found = free_port()
    controller = Controller(
        office,
        hostname="127.0.0.1",
        port=found,
        auth_require_tls=False,
        authenticator=lambda server, session, envelope, mechanism, data: AuthResult(
            success=data.password == b"right", handled=False
        ),
    )
    controller.start()
    yield found
    controller.stop()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def carrier(port: int, **more: object) -> EmailCarrier:
    values = {"host": "127.0.0.1", "port": port, "sender": "wifi@pwani.example", "tls": "none", **more}
    settings = EmailSettings.model_validate(values)
    return EmailCarrier(settings, provider_name="Pwani Net", clock=SetClock(NOW))


def message(address: str = AMINA, text: str = "Received Ksh 50.", **more: Any) -> Message:
    return Message(
        notice_id=7, address=address, text=text, template="receipt", language="en", values={}, **more
    )


def test_a_notice_arrives_with_its_name(port: int, office: Office) -> None:
    sent = carrier(port).send(message(text="Received Ksh 50.\n.\nKaribu ng'ombe – é"))
    ((to, mail),) = office.mails
    assert to == [AMINA]
    assert (mail["From"], mail["To"], mail["Subject"]) == (
        "wifi@pwani.example", AMINA, "A message from Pwani Net",
    )  # fmt: skip
    assert mail["Message-ID"] == sent.message_id == "<notice-7@pwani.example>"
    assert mail["Date"].datetime == NOW
    assert mail["Auto-Submitted"] == "auto-generated"
    body = mail.get_body()
    assert body is not None
    assert body.get_content().replace("\r\n", "\n").strip() == "Received Ksh 50.\n.\nKaribu ng'ombe – é"
    assert (sent.parts, sent.cost_cents) == (1, None)


def test_a_document_goes_with_it(port: int, office: Office) -> None:
    document = Document("INV-1001.pdf", "application/pdf", b"%PDF-1.7 \x00\xff")
    carrier(port).send(message(documents=(document,)))
    (attached,) = office.mails[0][1].iter_attachments()
    assert (attached.get_filename(), attached.get_content_type(), attached.get_content()) == (
        "INV-1001.pdf", "application/pdf", document.content,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("stage", "said", "error"),
    [
        ("mail", "450 busy", Unreachable),
        ("mail", "550 amina@example.com not from you", AccountRefused),
        ("rcpt", "450 amina@example.com greylisted", Unreachable),
        ("rcpt", "550 amina@example.com unknown", Rejected),
        ("rcpt", "421 closing", Unreachable),
        ("data", "451 try again", Unreachable),
        ("data", "554 amina@example.com looks like spam", Rejected),
        ("mail", hang_up, Unreachable),
        ("rcpt", hang_up, Unreachable),
        ("data", hang_up, OutcomeUnknown),
    ],
)
def test_each_no_is_an_error_of_its_own_and_names_nobody(
    port: int, office: Office, stage: str, said: str | Callable[[SMTP], None], error: type[OutsideError]
) -> None:
    office.says[stage] = said
    with pytest.raises(OutsideError) as told:
        carrier(port).send(message())
    assert type(told.value) is error
    assert "amina" not in f"{told.value!r} {told.value.__cause__!r}"


@pytest.mark.parametrize("said", [hang_up, "500 no good-bye"])
def test_a_mail_that_was_taken_is_taken_whatever_the_good_bye(
    port: int, office: Office, said: str | Callable[[SMTP], None]
) -> None:
    office.says["quit"] = said
    assert carrier(port).send(message()).message_id
    assert len(office.mails) == 1


def test_nobody_listening_means_that_nothing_left() -> None:
    with pytest.raises(Unreachable):
        carrier(free_port()).send(message())


def test_a_server_that_says_nothing_is_left_alone_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Unreachable):
        carrier(silent.getsockname()[1], timeout_seconds=1).send(message())


@pytest.mark.parametrize(("password", "error"), [("right", None), ("wrong", AccountRefused)])
def test_it_logs_in_where_it_is_told_to(
    port: int, office: Office, password: str, error: type[OutsideError] | None
) -> None:
    mail = carrier(port, username="wifi", password=SecretStr(password))
    if error is None:
        mail.send(message())
        assert len(office.mails) == 1
    else:
        with pytest.raises(error):
            mail.send(message())


def test_without_starttls_nothing_is_said_in_clear(port: int, office: Office) -> None:
    with pytest.raises(AccountRefused):
        carrier(port, tls="starttls", username="wifi", password=SecretStr("right")).send(message())
    assert office.mails == []


@pytest.mark.parametrize(
    "address",
    ["", "amina", "a@b\r\nBcc: c@d.e", "a b@c.d", "<a@b.c>", "é@b.c", f"{'a' * 60}@{'b.' * 120}c", "a,b@c.d"],
)
def test_what_is_no_address_never_leaves(port: int, office: Office, address: str) -> None:
    with pytest.raises(Rejected):
        carrier(port).send(message(address=address))
    assert office.mails == []


def test_mail_has_no_reports() -> None:
    with pytest.raises(Unreadable):
        carrier(1).read_report(b"{}")
