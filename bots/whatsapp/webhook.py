"""Whether Meta would find our door: asked of it as Meta asks, at the address that the world has of us."""

import secrets

import httpx

from bots.whatsapp.doors import PATH
from bots.whatsapp.settings import WhatsAppSettings
from core.base.errors import Rejected, Unreachable
from core.base.settings import is_loopback

SECONDS = 5.0
MAX_SAID = 80


def look_at_door(settings: WhatsAppSettings, *, public_url: str) -> None:
    """Nothing where the door gives the challenge back. Raises Unreachable (no answer) or Rejected (another one)."""
    challenge = secrets.token_hex(8)
    asked = {
        "hub.mode": "subscribe",
        "hub.verify_token": settings.verify_token.get_secret_value(),
        "hub.challenge": challenge,
    }
    base = public_url.rstrip("/")
    try:
        answer = httpx.get(f"{base}{PATH}", params=asked, timeout=SECONDS, trust_env=not is_loopback(base))
    except httpx.HTTPError as error:
        # Without the error's own words: they may hold the address, and with it the token.
        raise Unreachable(type(error).__name__) from None
    if answer.status_code != 200 or answer.text != challenge:
        raise Rejected(f"HTTP {answer.status_code}", code=str(answer.status_code))
