"""Africa's Talking as our carrier, through its official SDK."""

import ssl
import time
from collections.abc import Mapping, Sequence
from typing import Any

import requests
from africastalking.SMS import SMSService
from urllib3.exceptions import NewConnectionError

from bots.sms import forms
from bots.sms.answers import read_answer, read_answers
from bots.sms.settings import AfricasTalkingSettings
from core.base.database import Work
from core.base.dated import dated
from core.base.errors import OutcomeUnknown, OutsideError, Unreachable
from core.base.gsm7 import plain, segments
from core.base.settings import is_loopback
from core.messaging.carrier import SMS, Message, Report, Sent

CONNECT_SECONDS = 5
MAX_ANSWER = 65_536
"""Bytes; an answer about one recipient has two hundred, a call has a hundred recipients."""


class AfricasTalkingCarrier:
    """Fits core.messaging.carrier.SmsCarrier. Safe to share between threads."""

    channel = SMS
    confirms = True

    def __init__(self, settings: AfricasTalkingSettings) -> None:
        self._sdk = _Sdk(settings)
        self._sender = settings.sender_id or None
        self._short_code = settings.short_code or self._sender

    def cost_cents(self, work: Work, *, parts: int, window_open: bool) -> int:
        (a_part,) = dated(work, "cost.sms_part")
        return parts * a_part

    def send(self, message: Message) -> Sent:
        # Whatever a template or a name brought in: a no-break space would double the cost.
        text = plain(message.text)
        answer = self._post(text, [message.address], self._sender)
        return read_answer(
            answer.status, answer.retry_after, answer.body, message.address, parts=segments(text).parts
        )

    def send_many(self, text: str, addresses: Sequence[str]) -> Mapping[str, Sent | OutsideError]:
        text = plain(text)
        answer = self._post(text, addresses, self._sender)
        return read_answers(
            answer.status, answer.retry_after, answer.body, addresses, parts=segments(text).parts
        )

    def reply(self, address: str, text: str) -> Sent:
        """An answer to a text: from the short code, for a sender's name takes no replies."""
        answer = self._post(text, [address], self._short_code)
        return read_answer(
            answer.status, answer.retry_after, answer.body, address, parts=segments(text).parts
        )

    def _post(self, text: str, addresses: Sequence[str], sender: str | None) -> "_Answer":
        # enqueue: answer at once, send from their queue; their default has changed, so it is said.
        answer: _Answer = self._sdk.send(text, [f"+{address}" for address in addresses], sender, enqueue=True)
        return answer

    def read_report(self, body: bytes) -> Report:
        return forms.read_report(body)

    def read_opt_out(self, body: bytes) -> str:
        return forms.read_opt_out(body)


class _Answer:
    """What came back over HTTP, whole."""

    def __init__(self, status: int, retry_after: str | None, body: bytes) -> None:
        self.status = status
        self.retry_after = retry_after
        self.body = body


class _Sdk(SMSService):  # type: ignore[misc]
    """The SDK's SMS service at a base URL of ours. Private names of SDK 2.0: the contract test watches them.

    The SDK checks the number and writes the request; the sending is ours, because the SDK's own drops the
    HTTP status (a wrong key and a gateway that is down become one exception) and decodes the answer only when
    its type is spelt in one way.
    """

    def __init__(self, settings: AfricasTalkingSettings) -> None:
        super().__init__(settings.username, settings.api_key.get_secret_value())
        self._baseUrl = self._contentUrl = settings.base_url.rstrip("/") + "/version1"
        self._seconds = settings.timeout_seconds
        # A proxy named in the environment is for the world outside, not for this machine.
        self._use_proxies = not is_loopback(settings.base_url)

    def _make_request(
        self,
        url: str,
        method: str,
        headers: dict[str, str],
        data: dict[str, Any],
        params: dict[str, str] | None,
        **_: object,
    ) -> _Answer:
        """One request, redirects not followed, within a limit of time and of bytes."""
        until = time.monotonic() + self._seconds
        with requests.Session() as session:
            session.trust_env = self._use_proxies
            try:
                response = session.request(
                    method,
                    url,
                    headers=headers,
                    data=data,
                    params=params,
                    timeout=(CONNECT_SECONDS, self._seconds),
                    allow_redirects=False,
                    stream=True,
                )
                body = _read(response, until)
            except requests.RequestException as error:
                if _never_left(error):
                    raise Unreachable("no connection to Africa's Talking") from None
                raise OutcomeUnknown("Africa's Talking was asked and did not answer") from None
        return _Answer(response.status_code, response.headers.get("Retry-After"), body)


def _read(response: requests.Response, until: float) -> bytes:
    """The body; an endless or dripping one is an answer that we do not know."""
    body = b""
    for piece in response.iter_content(4_096):
        body += piece
        if len(body) > MAX_ANSWER or time.monotonic() > until:
            raise OutcomeUnknown("the answer of Africa's Talking has no end")
    return body


def _never_left(error: requests.RequestException) -> bool:
    """Whether the request cannot have reached them: no connection, or no trusted one."""
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, NewConnectionError):
        return True
    cause = reason.args[0] if isinstance(reason, Exception) and reason.args else None
    return isinstance(cause, ssl.SSLCertVerificationError)
