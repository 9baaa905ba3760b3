"""`bando doctor` on the chats: do Telegram and Meta find our door, and does what they send arrive?"""

from collections.abc import Iterator
from datetime import timedelta

from bando.compose import AllSettings
from bando.findings import Finding, amiss, fine
from core.base.clock import NAIROBI, MachineClock
from core.base.errors import OutsideError, Unreachable
from core.base.log import mask

MOST_WAITING = 100
"""Updates that Telegram keeps for us: a rush leaves some for seconds, a door that does not answer leaves more."""
LATE_TROUBLE = timedelta(hours=1)


def look_at_chats(settings: AllSettings) -> Iterator[Finding]:
    """What each channel that is configured says of our door, or our door of itself."""
    if settings.telegram.configured:
        yield from _telegram(settings)
    if settings.whatsapp.configured:
        yield from _whatsapp(settings)


def _telegram(settings: AllSettings) -> Iterator[Finding]:
    from bots.telegram.api import TelegramApi
    from bots.telegram.webhook import look_at_webhook

    shared = settings.shared
    try:
        state = look_at_webhook(
            TelegramApi(settings.telegram), public_url=shared.public_url, door_secret=shared.door_secrets[0]
        )
    except OutsideError as error:
        yield amiss(f"Telegram cannot be asked about our door: {mask(str(error))}")
        return
    if not state.registered:
        yield amiss("Telegram sends its updates elsewhere, or nowhere: run `bando register-urls`")
        return
    yield fine("Telegram sends its updates to our door")
    if state.waiting > MOST_WAITING:
        yield amiss(f"{state.waiting} updates wait at Telegram: does our door answer it?")
    at = state.last_error_at
    if at is not None and MachineClock().now() - at < LATE_TROUBLE:
        when = f"{at.astimezone(NAIROBI):%H:%M}"
        yield amiss(f"Telegram could not deliver at {when}: {mask(state.last_error)}")


def _whatsapp(settings: AllSettings) -> Iterator[Finding]:
    from bots.whatsapp.webhook import look_at_door

    try:
        look_at_door(settings.whatsapp, public_url=settings.shared.public_url)
    except Unreachable as error:
        yield amiss(
            f"BANDO_PUBLIC_URL does not answer Meta's question at /whatsapp ({error}): does web run, and is the "
            "address right?"
        )
    except OutsideError as error:
        yield amiss(
            f"BANDO_PUBLIC_URL answers Meta's question at /whatsapp wrongly ({error}): another program answers there, "
            "or one with another BANDO_WHATSAPP_VERIFY_TOKEN"
        )
    else:
        yield fine("our door answers Meta's question at /whatsapp")
