"""The world a trial is played in: the file the product's demo writes and the sandbox only reads."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, field_validator

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


def is_loopback(url: str) -> bool:
    """Whether the URL stays on this machine; the sandbox calls no other machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme in {"http", "https"} and (host in LOOPBACK_HOSTS or host.startswith("127."))


class Site(BaseModel):
    name: str


class RouterPlace(BaseModel):
    """One router the sandbox plays: where it listens and who may log in."""

    name: str
    site: str
    port: int
    version: str
    username: str
    password: str
    pppoe: bool = False
    hotspot: bool = False
    old_login: bool = False


class DarajaAccount(BaseModel):
    """What Safaricom would have given the provider."""

    shortcode: str
    passkey: str
    consumer_key: str
    consumer_secret: str
    initiator: str
    initiator_password: str


class AfricasTalkingAccount(BaseModel):
    username: str
    api_key: str


class StaffLogin(BaseModel):
    """The seeded staff account, shown by `GET /about` so that a trial can open the staff pages."""

    email: str
    password: str
    totp_secret: str


class World(BaseModel):
    """The provider under trial, as its outside world knows it."""

    web: str
    service_code: str = Field(pattern=r"^\*[\d*]+#$")
    network_code: str = "63902"
    sender: str
    door_secrets: list[str] = Field(min_length=1)
    clock_file: Path
    sites: list[Site] = []
    routers: list[RouterPlace] = []
    daraja: DarajaAccount
    africastalking: AfricasTalkingAccount
    staff: StaffLogin | None = None

    @field_validator("web")
    @classmethod
    def _stays_here(cls, web: str) -> str:
        if not is_loopback(web):
            raise ValueError("web must be a loopback address: the sandbox plays for a trial on this machine")
        return web.rstrip("/")

    @property
    def door_secret(self) -> str:
        """The secret in the paths registered with the providers: the newest, which stands first."""
        return self.door_secrets[0]

    @classmethod
    def read(cls, path: Path) -> "World":
        """Raises OSError when the file is missing and pydantic.ValidationError naming each wrong field."""
        return cls.model_validate_json(path.read_text())
