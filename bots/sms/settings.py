"""Settings of Africa's Talking: its account, and who may knock at its doors."""

from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from core.base.settings import FromEnvironment, Network, base_url_problems, comma_list

LIVE_HOSTS = frozenset({"api.africastalking.com"})
MAX_SENDER = 11
"""Characters of an alphanumeric sender name in GSM."""


class AfricasTalkingSettings(FromEnvironment):
    """One account. The sender may be a name or a short code; empty, the carrier's own is used."""

    model_config = SettingsConfigDict(
        env_prefix="BANDO_AFRICASTALKING_", env_file=".env", extra="ignore", frozen=True
    )

    base_url: str = Field("http://127.0.0.1:8100", description="https://api.africastalking.com in live mode")
    username: str = Field("sandbox", description="the account's username")
    api_key: SecretStr = Field(SecretStr(""), description="the account's key")
    sender_id: str = Field("", max_length=MAX_SENDER, description="the registered sender name or short code")
    short_code: str = Field(
        "", max_length=MAX_SENDER, description="the number that people write texts to; empty: none"
    )
    sources: Annotated[list[Network], NoDecode] = Field(
        default_factory=list, description="networks that reports may come from; empty: from anywhere"
    )
    timeout_seconds: int = Field(15, ge=1, le=30, description="how long an answer may take")

    _lists = field_validator("sources", mode="before")(comma_list)

    def problems(self, live: bool) -> list[str]:
        """What is missing or mixed, one plain sentence each. Empty: all is well."""
        found = base_url_problems(
            "BANDO_AFRICASTALKING_BASE_URL", self.base_url, live=live, live_hosts=LIVE_HOSTS
        )
        if not self.api_key.get_secret_value():
            found.append("BANDO_AFRICASTALKING_API_KEY is not set: no SMS can be sent")
        if live and self.username == "sandbox":
            found.append("BANDO_AFRICASTALKING_USERNAME is still 'sandbox', which is no live account")
        if live and not self.sender_id:
            found.append("BANDO_AFRICASTALKING_SENDER_ID is not set: texts would come from a strange name")
        return found
