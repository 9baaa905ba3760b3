"""Settings of the mail server that takes our mail."""

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from core.base.email import is_email
from core.base.settings import FromEnvironment, is_loopback


class EmailSettings(FromEnvironment):
    """One mail server. Without a host there is no such channel."""

    model_config = SettingsConfigDict(env_prefix="BANDO_EMAIL_", env_file=".env", extra="ignore", frozen=True)

    host: str = Field("", description="the mail server that takes our mail; empty: no e-mail")
    port: int = Field(587, ge=1, le=65_535, description="587 for STARTTLS, 465 for TLS from the start")
    username: str = Field("", description="the account at the mail server; empty: it asks for none")
    password: SecretStr = Field(SecretStr(""), description="the account's password")
    sender: str = Field("", description="the address that mail comes from")
    tls: Literal["starttls", "tls", "none"] = Field("starttls", description="none is for trials alone")
    timeout_seconds: int = Field(10, ge=1, le=10, description="how long each answer of the server may take")

    @property
    def configured(self) -> bool:
        return bool(self.host)

    def problems(self, live: bool) -> list[str]:
        """What is missing or mixed, one plain sentence each. Empty: all is well, or there is no e-mail."""
        if not self.configured:
            return []
        found = []
        here = is_loopback(f"smtp://{self.host}")
        if live and here:
            found.append("BANDO_EMAIL_HOST must not be this machine in live mode")
        if not live and not here:
            found.append("BANDO_EMAIL_HOST must be a loopback address in trial mode")
        if live and self.tls == "none":
            found.append("BANDO_EMAIL_TLS must be starttls or tls in live mode: mail holds codes and names")
        if not is_email(self.sender):
            found.append("BANDO_EMAIL_SENDER is no e-mail address that mail can come from")
        if bool(self.username) != bool(self.password.get_secret_value()):
            found.append(
                "BANDO_EMAIL_USERNAME and BANDO_EMAIL_PASSWORD belong together: one of them is not set"
            )
        return found
