"""Notices by e-mail over SMTP (RFC 5321), a connection for each.

SMTP says at once what it thinks of a message, but not whether anybody gets it: mail confirms nothing. Until the
server has our last line nothing has happened; from then until its answer nobody knows. The Message-ID is made of the
notice's id, so that a mail that was sent twice is shown once by most readers.
"""

import smtplib
import ssl
from contextlib import suppress
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime

from bots.email.settings import EmailSettings
from core.base.clock import Clock
from core.base.database import Work
from core.base.email import is_email
from core.base.errors import OutcomeUnknown, Rejected, Unreachable
from core.base.i18n import render
from core.base.words import Sentence, say
from core.messaging.carrier import EMAIL, AccountRefused, Message, Report, Sent, Unreadable


class EmailCarrier:
    """Fits core.messaging.carrier.Carrier. Safe to share between threads: each message has its own connection."""

    channel = EMAIL
    confirms = False

    def __init__(self, settings: EmailSettings, *, provider_name: str, clock: Clock) -> None:
        self._settings = settings
        self._provider = provider_name
        self._clock = clock

    def cost_cents(self, work: Work, *, parts: int, window_open: bool) -> int:
        return 0

    def send(self, message: Message) -> Sent:
        mail = self.mail(message)
        try:
            self._converse(mail, message.address)
        except smtplib.SMTPAuthenticationError as error:
            raise AccountRefused(f"{error.smtp_code} at AUTH", code=str(error.smtp_code)) from None
        except smtplib.SMTPNotSupportedError:
            raise AccountRefused("the mail server offers no STARTTLS or login", code="unsupported") from None
        except smtplib.SMTPResponseException as error:
            raise _refused(error.smtp_code, "the greeting", AccountRefused) from None
        except (smtplib.SMTPException, OSError) as error:
            raise Unreachable(f"no connection to the mail server: {type(error).__name__}") from None
        return Sent(str(mail["Message-ID"]))

    def _converse(self, mail: EmailMessage, address: str) -> None:
        server = self._connect()
        try:
            _ask(server.mail(self._settings.sender), "MAIL", AccountRefused)
            _ask(server.rcpt(address), "RCPT", Rejected)
            _hand_over(server, mail)
            with suppress(smtplib.SMTPException, OSError):  # it has the mail, however it says good-bye
                server.quit()
        finally:
            server.close()

    def read_report(self, body: bytes) -> Report:
        raise Unreadable("mail has no reports")

    def mail(self, message: Message) -> EmailMessage:
        """The notice as a mail. Raises Rejected for what is no address."""
        if not is_email(message.address):
            raise Rejected("not an e-mail address", code="address")
        mail = EmailMessage(policy=policy.SMTP)
        mail["From"] = self._settings.sender
        mail["To"] = message.address
        mail["Subject"] = render(self._about(message), message.language)
        mail["Date"] = format_datetime(self._clock.now())
        mail["Message-ID"] = f"<notice-{message.notice_id}@{self._settings.sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        for document in message.documents:
            kind, _, subtype = document.media_type.partition("/")
            mail.add_attachment(document.content, maintype=kind, subtype=subtype, filename=document.name)
        return mail

    def _about(self, message: Message) -> Sentence:
        if not message.documents:
            return say("A message from {provider}", provider=self._provider)
        (name, _, _) = message.documents[0].name.rpartition(".")
        return say("{number} from {provider}", number=name, provider=self._provider)

    def _connect(self) -> smtplib.SMTP:
        """A connection that is greeted, encrypted as set, and logged in."""
        chosen = self._settings
        server: smtplib.SMTP
        if chosen.tls == "tls":
            server = smtplib.SMTP_SSL(
                chosen.host, chosen.port, timeout=chosen.timeout_seconds, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(chosen.host, chosen.port, timeout=chosen.timeout_seconds)
        try:
            if chosen.tls == "starttls":
                server.starttls(context=ssl.create_default_context())
            server.ehlo_or_helo_if_needed()
            if chosen.username:
                server.login(chosen.username, chosen.password.get_secret_value())
        except BaseException:
            server.close()
            raise
        return server


def _hand_over(server: smtplib.SMTP, mail: EmailMessage) -> None:
    try:
        answer = server.data(mail.as_bytes())
    except smtplib.SMTPDataError as error:  # the server did not want to hear it
        raise _refused(error.smtp_code, "DATA", Rejected) from None
    except (smtplib.SMTPException, OSError):
        raise OutcomeUnknown("the mail server broke off in the middle of the message") from None
    _ask(answer, "the end of DATA", Rejected)


def _ask(answer: tuple[int, bytes], where: str, final: type[Rejected]) -> None:
    if not 200 <= answer[0] < 300:
        raise _refused(answer[0], where, final)


def _refused(code: int, where: str, final: type[Rejected]) -> Unreachable | Rejected:
    """4xx: later, perhaps. 5xx: never. The server's prose may name the address, so it stays out."""
    if code >= 500:
        return final(f"{code} at {where}", code=str(code))
    return Unreachable(f"{code} at {where}")
