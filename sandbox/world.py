"""The world a trial is played in: the file the product's demo writes and the sandbox only reads."""

from pathlib import Path
from typing import Literal
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
    """`short_code`: the number that people write texts to, and that may answer them."""

    username: str
    api_key: str
    short_code: str = Field("22384", pattern=r"^\d{3,6}$")


class WorldTelegram(BaseModel):
    """The bot as Telegram knows it. `webhook` is a path on the product, registered from the start; `{secret}`
    stands for the newest of the door secrets. `secret_token` comes along in a header, none while it is empty."""

    token: str = Field("8100200300:AAtrial-bot-of-an-older-world_______", pattern=r"^\d+:[A-Za-z0-9_-]+$")
    username: str = "TrialProviderBot"
    name: str = "Trial Provider"
    webhook: str = Field("/telegram/{secret}", pattern=r"^/")
    secret_token: str = Field("", pattern=r"^[A-Za-z0-9_-]{0,256}$")


class WorldTemplate(BaseModel):
    """A message template in one language. `parameters` counts those of the body; `body` is the approved text,
    with {{1}} or {{name}} where they stand, empty where only their number matters; `buttons` are the labels of
    its quick replies."""

    name: str = Field(pattern=r"^[a-z0-9_]{1,512}$")
    language: str
    parameters: int = Field(0, ge=0)
    body: str = ""
    buttons: list[str] = []
    category: Literal["utility", "marketing", "authentication"] = "utility"
    state: Literal["approved", "paused", "disabled"] = "approved"


class WorldWhatsApp(BaseModel):
    """The provider's WhatsApp number as Meta knows it. Without `templates` every name is approved."""

    phone_number_id: str = Field("555000100200300", pattern=r"^\d+$")
    business_account_id: str = Field("102938475600100", pattern=r"^\d+$")
    display_number: str = Field("254709000001", pattern=r"^\d+$")
    token: str = "EAAtrialtokenofanolderworld"
    app_secret: str = "trial-app-secret"
    verify_token: str = "trial-verify-token"
    webhook: str = Field("/whatsapp", pattern=r"^/")
    templates: list[WorldTemplate] = []


class WorldMail(BaseModel):
    """The mail server. `port` 0: any free one, told by `GET /about`."""

    port: int = Field(0, ge=0, le=65_535)


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
    telegram: WorldTelegram = WorldTelegram()
    whatsapp: WorldWhatsApp = WorldWhatsApp()
    mail: WorldMail = WorldMail()
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

    @property
    def telegram_webhook(self) -> str:
        return self.web + self.telegram.webhook.replace("{secret}", self.door_secret)

    @property
    def whatsapp_webhook(self) -> str:
        return self.web + self.whatsapp.webhook.replace("{secret}", self.door_secret)

    @classmethod
    def read(cls, path: Path) -> "World":
        """Raises OSError when the file is missing and pydantic.ValidationError naming each wrong field."""
        return cls.model_validate_json(path.read_text())
