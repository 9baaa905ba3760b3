"""Settings of our WhatsApp number at Meta."""

import re
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from core.base.settings import FromEnvironment, base_url_problems, comma_list

LIVE_HOSTS = frozenset({"graph.facebook.com"})
_VERSION = re.compile(r"v[1-9][0-9]\.[0-9]")
_ID = re.compile(r"[0-9]{1,32}")
SHORTEST_SECRET = 16


class WhatsAppSettings(FromEnvironment):
    """One phone number of one app. Without a token there is no such channel."""

    model_config = SettingsConfigDict(
        env_prefix="BANDO_WHATSAPP_", env_file=".env", extra="ignore", frozen=True
    )

    base_url: str = Field("http://127.0.0.1:8100", description="https://graph.facebook.com in live mode")
    version: str = Field("v26.0", description="Graph's version; each lives about two years")
    phone_number_id: str = Field("", description="Meta's id of our number, which is not the number")
    token: SecretStr = Field(SecretStr(""), description="the system user's token; empty: no WhatsApp")
    app_secrets: Annotated[list[SecretStr], NoDecode] = Field(
        default_factory=list, description="the app's secret, which signs webhooks; two during a rotation"
    )
    verify_token: SecretStr = Field(SecretStr(""), description="what was typed into Meta's webhook form")
    template_prefix: str = Field(
        "", pattern=r"^[a-z0-9_]*$", description="before our names in the names of approved templates"
    )
    timeout_seconds: int = Field(10, ge=1, le=30, description="how long an answer may take")
    messages_a_second: int = Field(
        60, ge=1, le=1000, description="to all people together; Meta's limit is 80"
    )
    person_seconds: float = Field(6.0, ge=0.1, le=60, description="between two messages to one person")
    person_burst: int = Field(30, ge=1, le=45, description="messages to one person before that pause is kept")

    _lists = field_validator("app_secrets", mode="before")(comma_list)

    @property
    def configured(self) -> bool:
        return bool(self.token.get_secret_value())

    def problems(self, live: bool) -> list[str]:
        """What is missing or mixed, one plain sentence each. Empty: all is well, or there is no WhatsApp."""
        if not self.configured:
            return []
        found = base_url_problems("BANDO_WHATSAPP_BASE_URL", self.base_url, live=live, live_hosts=LIVE_HOSTS)
        if not _VERSION.fullmatch(self.version):
            found.append("BANDO_WHATSAPP_VERSION must look like v26.0")
        if not _ID.fullmatch(self.phone_number_id):
            found.append("BANDO_WHATSAPP_PHONE_NUMBER_ID is not set: it is a number of Meta's, digits only")
        secrets = [secret.get_secret_value() for secret in self.app_secrets]
        if not secrets or any(len(secret) < SHORTEST_SECRET for secret in secrets):
            found.append("BANDO_WHATSAPP_APP_SECRETS is not set: anybody could send us messages in any name")
        if len(self.verify_token.get_secret_value()) < SHORTEST_SECRET:
            found.append(f"BANDO_WHATSAPP_VERIFY_TOKEN needs at least {SHORTEST_SECRET} characters")
        return found
