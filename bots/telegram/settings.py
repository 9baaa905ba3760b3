"""Settings of our Telegram bot."""

import re

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from core.base.settings import FromEnvironment, base_url_problems

LIVE_HOSTS = frozenset({"api.telegram.org"})
_TOKEN = re.compile(r"[1-9][0-9]{0,18}:[A-Za-z0-9_-]+")
_WEBHOOK_SECRET = re.compile(r"[A-Za-z0-9_-]{32,256}")
"""Telegram takes 1 to 256 of these signs; we want 128 bits at least, which is 32 of hex."""


class TelegramSettings(FromEnvironment):
    """One bot. Without a token there is no such channel."""

    model_config = SettingsConfigDict(
        env_prefix="BANDO_TELEGRAM_", env_file=".env", extra="ignore", frozen=True
    )

    base_url: str = Field("http://127.0.0.1:8100", description="https://api.telegram.org in live mode")
    token: SecretStr = Field(SecretStr(""), description="the bot's token from @BotFather; empty: no Telegram")
    webhook_secret: SecretStr = Field(
        SecretStr(""), description="what Telegram repeats in a header of every update, 32 to 256 signs"
    )
    timeout_seconds: int = Field(10, ge=1, le=30, description="how long an answer may take")
    messages_a_second: int = Field(25, ge=1, le=1000, description="to all people together")
    person_seconds: float = Field(1.0, ge=0.1, le=60, description="between two messages to one person")
    person_burst: int = Field(15, ge=1, le=60, description="messages to one person before that pause is kept")

    @property
    def configured(self) -> bool:
        return bool(self.token.get_secret_value())

    @property
    def bot_id(self) -> int:
        """The number that a token begins with."""
        return int(self.token.get_secret_value().partition(":")[0])

    def problems(self, live: bool) -> list[str]:
        """What is missing or mixed, one plain sentence each. Empty: all is well, or there is no Telegram."""
        if not self.configured:
            return []
        found = base_url_problems("BANDO_TELEGRAM_BASE_URL", self.base_url, live=live, live_hosts=LIVE_HOSTS)
        if not _TOKEN.fullmatch(self.token.get_secret_value()):
            found.append("BANDO_TELEGRAM_TOKEN is no bot token: a number, a colon and a secret")
        if not _WEBHOOK_SECRET.fullmatch(self.webhook_secret.get_secret_value()):
            found.append("BANDO_TELEGRAM_WEBHOOK_SECRET needs 32 to 256 of the signs A-Z a-z 0-9 _ -")
        return found
