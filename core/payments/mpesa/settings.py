"""The settings of the M-Pesa gateway."""

from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from core.base.settings import FromEnvironment, Network, base_url_problems, comma_list

LIVE_HOSTS = frozenset({"api.safaricom.co.ke"})


class DarajaSettings(FromEnvironment):
    """Keys and numbers of one paybill or till. Sources: where Safaricom's calls come from, not published by
    Safaricom itself, therefore a list of the operator's own."""

    model_config = SettingsConfigDict(
        env_prefix="BANDO_DARAJA_", env_file=".env", extra="ignore", frozen=True
    )

    base_url: str = Field("http://127.0.0.1:8100", description="https://api.safaricom.co.ke in live mode")
    consumer_key: str = Field("", description="of the Daraja app")
    consumer_secret: str = Field("", description="of the Daraja app")
    shortcode: str = Field("", pattern=r"^\d{0,7}$", description="the paybill, or the till's store number")
    till: str = Field("", pattern=r"^\d{0,7}$", description="the till number; empty for a paybill")
    passkey: str = Field("", description="of Lipa na M-Pesa online")
    nominated_number: str = Field(
        "254722000000",
        pattern=r"^254\d{9}$",
        description="the number that Pull Transactions is registered with",
    )
    initiator: str = Field("", description="API operator for Transaction Status; empty: not used")
    initiator_password: str = Field("", description="its password")
    certificate: str = Field(
        "", description="path of Safaricom's public certificate (PEM) of this environment"
    )
    sources: Annotated[list[Network], NoDecode] = Field(
        default_factory=list, description="networks whose callbacks count at once (trial: 127.0.0.1/32)"
    )
    hash_version: Literal["v1", "v2"] = Field("v2", description="how C2B calls name the payer")
    timeout_seconds: float = Field(
        12.0, description="for one call; Safaricom answers in one to three seconds"
    )

    _split = field_validator("sources", mode="before")(comma_list)

    def problems(self, *, live: bool) -> list[str]:
        """What is missing or does not fit the mode, naming the setting."""
        found = base_url_problems("BANDO_DARAJA_BASE_URL", self.base_url, live=live, live_hosts=LIVE_HOSTS)
        for name in ("consumer_key", "consumer_secret", "shortcode", "passkey"):
            if not getattr(self, name):
                found.append(f"BANDO_DARAJA_{name.upper()} is not set")
        if live and self.shortcode == "174379":
            found.append("BANDO_DARAJA_SHORTCODE 174379 is Daraja's own sandbox: not for live mode")
        if live and not self.sources:
            found.append("BANDO_DARAJA_SOURCES is not set: no callback would count by itself")
        return found
