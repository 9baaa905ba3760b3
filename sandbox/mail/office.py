"""The SMTP server and the mailboxes behind it."""

import asyncio
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import BaseModel, ConfigDict, Field

from sandbox.chats import Attached, attached
from sandbox.clock import TrialClock
from sandbox.documents import Documents
from sandbox.faults import Faults, StandingFaults
from sandbox.store import Lines
from sandbox.world import WorldMail

HOST = "127.0.0.1"
MOST_BYTES = 25 * 1024 * 1024  # what the large mail providers take


class Mail(BaseModel):
    """A mail as its reader sees it. `from` is the header's, `text` the plain part, empty where there is none."""

    model_config = ConfigDict(populate_by_name=True)

    at: datetime
    sender: str = Field(alias="from")
    subject: str
    text: str
    attachments: list[Attached]


class _Delivered(BaseModel):
    to: str
    mail: Mail


class PostOffice:
    """Listens from `start` to `stop`, but not while the fault `down` stands."""

    def __init__(
        self, state: Path, asked: WorldMail, documents: Documents, faults: StandingFaults, clock: TrialClock
    ) -> None:
        self.port = asked.port
        self._documents, self._faults, self._clock = documents, faults, clock
        self._server: asyncio.Server | None = None
        self._started = False
        self._lines = Lines(state / "mail.jsonl")
        self._boxes: dict[str, list[Mail]] = {}
        for line in self._lines.read():
            row = _Delivered.model_validate_json(line)
            self._boxes.setdefault(row.to, []).append(row.mail)

    async def start(self) -> None:
        self._started = True
        await self.lay(self._faults.now)

    async def stop(self) -> None:
        self._started = False
        self._close()

    async def lay(self, faults: Faults) -> None:
        """Opens or closes the port as the faults say; it stays the same one."""
        if not self._started or faults.mail == "down":
            self._close()
        elif self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(self._answer_a_call, HOST, self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    def box(self, address: str) -> list[Mail]:
        """Oldest first."""
        return self._boxes.get(address.strip().lower(), [])

    def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def _answer_a_call(self) -> SMTP:
        return SMTP(self, enable_SMTPUTF8=True, data_size_limit=MOST_BYTES, hostname="mail.example")

    # The two names below are aiosmtpd's.

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._faults.now.mail == "down":
            return "421 4.3.2 Service not available"  # a connection from before
        if self._faults.now.mail == "refused" or "@" not in address:
            return "550 5.1.1 Mailbox unavailable"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        raw = envelope.content
        assert isinstance(raw, bytes)  # unless the server is told to decode
        mail = self._opened(message_from_bytes(raw, policy=policy.default))
        for address in envelope.rcpt_tos:
            row = _Delivered(to=address.strip().lower(), mail=mail)
            self._boxes.setdefault(row.to, []).append(mail)
            self._lines.append(row.model_dump_json(by_alias=True))
        return "250 2.0.0 Message accepted for delivery"

    def _opened(self, message: EmailMessage) -> Mail:
        now, body = self._clock.now(), message.get_body(preferencelist=("plain",))
        kept = [
            self._documents.keep(
                part.get_filename() or "attachment",
                part.get_content_type(),
                bytes(part.get_payload(decode=True) or b""),
                now,
            )
            for part in message.iter_attachments()
        ]
        return Mail(
            at=now,
            sender=str(message.get("from", "")),
            subject=str(message.get("subject", "")),
            text=str(body.get_content()).replace("\r\n", "\n") if body is not None else "",
            attachments=[attached(document) for document in kept],
        )
