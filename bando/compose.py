"""The composition root: reads the settings, checks them whole, and puts the program together."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from pydantic import ValidationError
from redis import Redis
from sqlalchemy.exc import OperationalError

from bando.chats import Chats
from bando.migrate import is_current
from bando.models import Base
from bots.email.settings import EmailSettings
from bots.sms.settings import AfricasTalkingSettings
from bots.telegram.settings import TelegramSettings
from bots.whatsapp.settings import WhatsAppSettings
from core.base.clock import Clock, MachineClock, TrialClock
from core.base.database import Database, Work
from core.base.errors import Misconfigured
from core.base.keymarks import check_keys
from core.base.secrets import Keyring
from core.base.settings import Brand, Seller, Settings
from core.billing.paper.facts import Letterhead
from core.conversation.channel import Channel
from core.conversation.offer_book import OfferBook
from core.messaging.carrier import Carrier, Document
from core.messaging.settings import SmsSettings
from core.messaging.template import too_long
from core.messaging.templates import TEMPLATES
from core.network.driver import RouterDriver
from core.payments.gateway import PaymentGateway
from core.payments.mpesa.settings import DarajaSettings
from core.switchboard import routes
from core.worker.queues import connect
from ussd.settings import UssdSettings

if TYPE_CHECKING:
    from core.payments.mpesa.client import MpesaGateway


SETTINGS = (
    Settings,
    Brand,
    Seller,
    DarajaSettings,
    AfricasTalkingSettings,
    TelegramSettings,
    WhatsAppSettings,
    SmsSettings,
    EmailSettings,
    UssdSettings,
)


@dataclass(frozen=True)
class AllSettings:
    """Every settings class of the program, read at one moment."""

    shared: Settings = field(default_factory=Settings)
    brand: Brand = field(default_factory=Brand)
    seller: Seller = field(default_factory=Seller)
    daraja: DarajaSettings = field(default_factory=DarajaSettings)
    africastalking: AfricasTalkingSettings = field(default_factory=AfricasTalkingSettings)
    telegram: TelegramSettings = field(default_factory=TelegramSettings)
    whatsapp: WhatsAppSettings = field(default_factory=WhatsAppSettings)
    email: EmailSettings = field(default_factory=EmailSettings)
    sms: SmsSettings = field(default_factory=SmsSettings)
    ussd: UssdSettings = field(default_factory=UssdSettings)

    def problems(self) -> list[str]:
        """Everything that is missing, mixed or wrong, one plain sentence each, naming the setting."""
        live = self.shared.live
        return [
            *self.shared.problems(),
            *self.daraja.problems(live=live),
            *self.africastalking.problems(live),
            *self.telegram.problems(live),
            *self.whatsapp.problems(live),
            *self.email.problems(live),
            *self.sms.problems(),
            *too_long(TEMPLATES, self.brand),
        ]


def read_settings() -> AllSettings:
    """The settings of the environment and `.env`. Raises Misconfigured with all that is wrong."""
    try:
        found = AllSettings()
    except ValidationError as error:
        raise Misconfigured(named(error)) from None
    problems = found.problems()
    if problems:
        raise Misconfigured(problems)
    return found


def named(error: ValidationError) -> list[str]:
    """What is wrong, by the names that stand in the environment."""
    prefixes = {kind.__name__: kind.model_config.get("env_prefix") or "" for kind in SETTINGS}
    prefix = prefixes.get(error.title, "")
    return [
        f"{prefix}{'_'.join(str(part) for part in problem['loc']).upper()}: {problem['msg']}"
        for problem in error.errors()
    ]


@dataclass
class Program:
    """The assembled program: what edges and jobs are handed. Adapters are imported by the process that uses them:
    each brings its own libraries, and a process should start in a second."""

    settings: AllSettings
    database: Database
    clock: Clock
    keyring: Keyring

    def work(self, request_id: str | None = None) -> AbstractContextManager[Work]:
        return self.database.work(request_id)

    @cached_property
    def gateways(self) -> Mapping[str, PaymentGateway]:
        """One line a payment gateway."""
        return {"mpesa": self.mpesa}

    @cached_property
    def drivers(self) -> Mapping[str, RouterDriver]:
        """One line a kind of router."""
        from core.network.drivers.routeros import RouterOsDriver

        return {"routeros": RouterOsDriver()}

    @cached_property
    def chats(self) -> Chats:
        return Chats(self)

    @property
    def channels(self) -> Mapping[str, Channel]:
        """Where people talk with us."""
        return self.chats.channels

    @property
    def carriers(self) -> Mapping[str, Carrier]:
        """What carries our notices."""
        return self.chats.carriers

    @cached_property
    def book(self) -> OfferBook:
        return OfferBook()

    @cached_property
    def mpesa(self) -> "MpesaGateway":
        from core.payments.mpesa.client import MpesaGateway

        shared = self.settings.shared
        return MpesaGateway(
            self.settings.daraja,
            clock=self.clock,
            open_work=self.work,
            callback_base=f"{shared.public_url}/pay/{shared.door_secrets[0]}",
        )

    @cached_property
    def redis(self) -> "Redis":
        assert self.settings.shared.redis_url is not None
        return connect(self.settings.shared.redis_url)

    @property
    def brand(self) -> Brand:
        return self.settings.brand

    @property
    def sends_mail(self) -> bool:
        return self.settings.email.configured

    @property
    def sms(self) -> SmsSettings:
        return self.settings.sms

    @property
    def paybill(self) -> str:
        return self.settings.daraja.till or self.settings.daraja.shortcode

    @property
    def provider_name(self) -> str:
        return self.settings.brand.provider_name

    @property
    def letterhead(self) -> Letterhead:
        return Letterhead(self.settings.brand, self.settings.seller, self.paybill)

    def paper(
        self, work: Work, document: str, *, subscriber_id: int | None = None, language: str
    ) -> Document | None:
        """A document as a PDF; with subscriber_id only that person's own."""
        from core.billing.paper.ask import read_paper  # typst is needed by few processes

        head = self.letterhead
        return read_paper(work, document, head=head, language=language, subscriber_id=subscriber_id)


def assemble(settings: AllSettings, *, clock: Clock | None = None) -> Program:
    """Put the program together, without touching a server yet."""
    shared = settings.shared
    if not shared.database_url or not shared.redis_url:
        raise Misconfigured(
            ["BANDO_DATABASE_URL and BANDO_REDIS_URL are not set, and no server was started here"]
        )
    clock = clock or pick_clock(shared)
    Base.registry.configure()  # every table is known, and every mistake in mapping found, before the first query
    keyring = Keyring(shared.secret_key)
    database = Database(shared.database_url, clock=clock, keyring=keyring, routes=routes)
    return Program(settings, database, clock, keyring)


def pick_clock(shared: Settings) -> Clock:
    """The machine's clock; in trial mode, the one that the sandbox may move. Live mode takes no offset."""
    if shared.live or shared.trial_clock is None:
        return MachineClock()
    return TrialClock(shared.trial_clock)


def check_database(program: Program) -> None:
    """The schema is ours and the keys are right. Raises Misconfigured in plain words."""
    try:
        with program.database.engine.connect() as connection:
            current = is_current(connection)
    except OperationalError as error:
        reason = str(error.orig).splitlines()[0]
        raise Misconfigured([f"the database does not answer: {reason}"]) from None
    if not current:
        raise Misconfigured(["the database has another schema: run `bando migrate` first"])
    with program.work() as work:
        check_keys(work)
