"""Meta's Graph API over HTTP: messages and media of one phone number."""

import json
from typing import Any

import httpx

from bots.whatsapp.errors import refusal
from bots.whatsapp.settings import WhatsAppSettings
from core.base.errors import OutcomeUnknown, Unreachable
from core.base.settings import is_loopback

CONNECT_SECONDS = 3.0
CONNECTIONS = 8
MAX_ANSWER_BYTES = 65_536
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
PRODUCT = {"messaging_product": "whatsapp"}

Json = dict[str, Any]


class GraphApi:
    """One client a process: its connections stay open between jobs. Safe to share between threads."""

    def __init__(self, settings: WhatsAppSettings) -> None:
        base = settings.base_url.rstrip("/")
        self._http = httpx.Client(
            base_url=f"{base}/{settings.version}/{settings.phone_number_id}",
            headers={"Authorization": f"Bearer {settings.token.get_secret_value()}"},
            timeout=httpx.Timeout(float(settings.timeout_seconds), connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=CONNECTIONS),
            # A proxy named in the environment is for the world outside, not for this machine.
            trust_env=not is_loopback(base),
        )

    def send(self, message: Json) -> str:
        """Send a message (without its product's name); the wamid that statuses and taps will name.

        It means that Meta has accepted it. Raises the errors of bots.whatsapp.errors.
        """
        answer = self._post("messages", json={**PRODUCT, **message})
        try:
            return str(answer["messages"][0]["id"])
        except (KeyError, IndexError, TypeError):
            raise OutcomeUnknown("WhatsApp answered without a message id") from None

    def upload(self, name: str, media_type: str, content: bytes) -> str:
        """Leave a file with Meta, for thirty days at most; its media id. Repeating it is harmless."""
        try:
            answer = self._post(
                "media", data={**PRODUCT, "type": media_type}, files={"file": (name, content, media_type)}
            )
        except OutcomeUnknown as error:
            raise Unreachable(str(error)) from error
        if not answer.get("id"):
            raise Unreachable("WhatsApp answered without a media id")
        return str(answer["id"])

    def _post(self, path: str, **parts: Any) -> Json:
        try:
            response = self._http.post(path, **parts)
        except NEVER_SENT as error:
            raise Unreachable("no connection to WhatsApp") from error
        except httpx.HTTPError as error:
            raise OutcomeUnknown("WhatsApp was asked and did not answer") from error
        answer = _read(response)
        if "error" in answer or not response.is_success:
            told = answer.get("error")
            raise refusal(response.status_code, told if isinstance(told, dict) else {})
        return answer


def _read(response: httpx.Response) -> Json:
    try:
        answer = json.loads(response.content[:MAX_ANSWER_BYTES])
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}
