"""Settings of one installation, read once from the environment or `.env`, checked whole, passed down frozen.

Every provider's folder owns its own settings class; this page has what concerns all.
"""

import ipaddress
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def comma_list(value: object) -> object:
    """'a, b' → ['a', 'b']: lists stand in the environment with commas, not as JSON."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


class FromEnvironment(BaseSettings):
    """How every settings class reads: prefix of its own, `.env` beside the environment, frozen."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)


class Brand(FromEnvironment):
    """How the provider is called. The names are printed on screens, so they are short."""

    model_config = SettingsConfigDict(env_prefix="BANDO_", env_file=".env", extra="ignore", frozen=True)

    provider_name: str = Field("Pwani Net", max_length=9, description="the provider's name in texts")
    merchant_name: str = Field("PWANI NET", max_length=12, description="the name that M-PESA shows")
    wifi_name: str = Field("PWANI WIFI", max_length=12, description="the name of the hotspot network")
    service_code: str = Field(
        "*384*123#", max_length=10, pattern=r"^\*[0-9*]+#$", description="the USSD code"
    )
    service_code_aliases: Annotated[list[str], NoDecode] = Field(
        default_factory=list, description="other codes that reach us, such as the operator's own long form"
    )

    _split = field_validator("service_code_aliases", mode="before")(comma_list)

    def dial(self, *keys: int) -> str:
        """The string to dial for a path of the menu: dial(3) is *384*123*3#."""
        return self.service_code[:-1] + "".join(f"*{key}" for key in keys) + "#"


class Seller(FromEnvironment):
    """Who stands on invoices as the seller, as the law wants it named."""

    model_config = SettingsConfigDict(
        env_prefix="BANDO_SELLER_", env_file=".env", extra="ignore", frozen=True
    )

    legal_name: str = Field(
        "", max_length=80, description="the company's name on invoices; empty: the brand's"
    )
    tax_pin: str = Field("", pattern=r"^([A-Z]\d{9}[A-Z])?$", description="the KRA PIN, such as P051234567X")
    address: str = Field("", max_length=120, description="the postal address on invoices, on one line")
    phone: str = Field("", max_length=20, description="the telephone number on invoices")
    email: str = Field("", max_length=80, description="the e-mail address on invoices")
    colour: str = Field("#0b6e4f", pattern=r"^#[0-9a-fA-F]{6}$", description="the brand's colour on invoices")


class Settings(FromEnvironment):
    """What all parts share."""

    model_config = SettingsConfigDict(env_prefix="BANDO_", env_file=".env", extra="ignore", frozen=True)

    mode: Literal["trial", "live"] = Field(
        "trial", description="trial: sandbox, loopback only. live: the world"
    )
    home: Path = Field(Path(".bando"), description="where the embedded servers and the trial keep their data")
    database_url: str | None = Field(None, description="PostgreSQL; absent: the embedded one")
    database_owner_url: str | None = Field(
        None, description="for migrate, backup, restore, keys rotate alone"
    )
    redis_url: str | None = Field(None, description="Redis or Valkey; absent: the embedded one")
    secret_key: Annotated[list[str], NoDecode] = Field(
        default_factory=list, description="encryption and look-ups; the first writes, all read"
    )
    door_secrets: Annotated[list[str], NoDecode] = Field(
        default_factory=list, description="the secrets in the paths of doors; the first is registered"
    )
    public_url: str = Field("http://127.0.0.1:8000", description="where links and callbacks point")
    host: str = Field("127.0.0.1", description="the address the web listens on; 0.0.0.0 inside a container")
    port: int = Field(8000, description="the port the web listens on")
    sandbox_port: int = Field(8100, description="where the sandbox listens (trial only)")
    router_networks: Annotated[list[Network], NoDecode] = Field(
        default_factory=list, description="networks in which routers may be"
    )
    trusted_proxies: Annotated[list[Network], NoDecode] = Field(
        default_factory=list, description="proxies whose X-Forwarded-For counts, nearest hop only"
    )
    trial_clock: Path | None = Field(
        None, description="trial only: the file with the clock's offset in seconds"
    )
    metrics_token: str | None = Field(None, description="opens /metrics and readiness detail off loopback")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")
    log_folder: Path | None = Field(None, description="write logs to files there instead of standard output")

    _lists = field_validator(
        "secret_key", "door_secrets", "router_networks", "trusted_proxies", mode="before"
    )(comma_list)

    @property
    def live(self) -> bool:
        return self.mode == "live"

    def problems(self) -> list[str]:
        """What is missing or mixed, one plain sentence each, naming the setting (M46). Empty: all is well."""
        found = []
        if not self.secret_key:
            found.append("BANDO_SECRET_KEY is not set: nothing can be encrypted without it")
        for secret in self.door_secrets:
            if len(secret) < 32 or any(sign not in "0123456789abcdef" for sign in secret):
                found.append(
                    "BANDO_DOOR_SECRETS: each needs at least 32 lower-case hex characters (128 bits)"
                )
        if not self.door_secrets:
            found.append("BANDO_DOOR_SECRETS is not set: the doors would have no secret in their paths")
        if self.live:
            found += self._live_problems()
        elif not is_loopback(self.public_url):
            found.append("BANDO_PUBLIC_URL must be a loopback address in trial mode")
        return found

    def _live_problems(self) -> list[str]:
        found = []
        if self.trial_clock is not None:
            found.append("BANDO_TRIAL_CLOCK is for trial mode only")
        if not self.database_url:
            found.append("BANDO_DATABASE_URL is needed in live mode: the embedded server is for trials")
        if not self.redis_url:
            found.append("BANDO_REDIS_URL is needed in live mode: the embedded server is for trials")
        if urlsplit(self.public_url).scheme != "https" or is_loopback(self.public_url):
            found.append("BANDO_PUBLIC_URL must be a public https address in live mode")
        return found


def is_loopback(url: str) -> bool:
    """Whether the URL points at this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def base_url_problems(name: str, url: str, *, live: bool, live_hosts: frozenset[str]) -> list[str]:
    """What is wrong with a provider's base URL in this mode: loopback in trial, https and a known host in live."""
    parts = urlsplit(url)
    if live and (parts.scheme != "https" or parts.hostname not in live_hosts):
        return [f"{name} must be https and one of {', '.join(sorted(live_hosts))} in live mode"]
    if not live and not is_loopback(url):
        return [f"{name} must be a loopback address in trial mode"]
    return []
