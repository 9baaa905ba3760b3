"""Where Telegram sends its updates: registered by us, and looked at from time to time."""

from dataclasses import dataclass
from datetime import datetime

from telegram import Bot, WebhookInfo

from bots.telegram.api import TelegramApi
from bots.telegram.doors import PREFIX
from bots.telegram.settings import TelegramSettings

ALLOWED_UPDATES = ["message", "callback_query", "my_chat_member"]
"""Always sent whole: left out, Telegram keeps what was set before."""


@dataclass(frozen=True, slots=True)
class WebhookState:
    """What Telegram says of its deliveries. waiting: updates that we have not taken yet."""

    registered: bool
    waiting: int
    last_error: str
    last_error_at: datetime | None


def register_webhook(settings: TelegramSettings, *, public_url: str, door_secret: str) -> None:
    """Tell Telegram where our door is; the same a second time changes nothing. Raises OutsideError: try later."""
    url = _url(public_url, door_secret)
    secret = settings.webhook_secret.get_secret_value()

    async def ask(bot: Bot) -> bool:
        return await bot.set_webhook(url, allowed_updates=ALLOWED_UPDATES, secret_token=secret)

    TelegramApi(settings).call(ask)


def look_at_webhook(api: TelegramApi, *, public_url: str, door_secret: str) -> WebhookState:
    """How the deliveries stand. Raises OutsideError."""

    async def ask(bot: Bot) -> WebhookInfo:
        return await bot.get_webhook_info()

    told = api.call(ask)
    return WebhookState(
        registered=told.url == _url(public_url, door_secret),
        waiting=told.pending_update_count,
        last_error=told.last_error_message or "",
        last_error_at=told.last_error_date,
    )


def _url(public_url: str, door_secret: str) -> str:
    return f"{public_url.rstrip('/')}{PREFIX}{door_secret}"
