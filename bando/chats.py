"""The chats and carriers of this house: one line each, there where it is configured. Adapters are imported by the
process that uses them: each brings its own libraries."""

from collections.abc import Awaitable, Callable, MutableMapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bots.telegram.settings import TelegramSettings
from bots.whatsapp.settings import WhatsAppSettings
from core.conversation.channel import Channel
from core.messaging.carrier import EMAIL, SMS, TELEGRAM, WHATSAPP, Carrier

if TYPE_CHECKING:
    from bando.compose import Program
    from bots.pace import Pace
    from bots.sms.carrier import AfricasTalkingCarrier
    from bots.telegram.api import TelegramApi
    from bots.whatsapp.post import Post

Door = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]


class Chats:
    """Built once a process, from the assembled program."""

    def __init__(self, program: "Program") -> None:
        self._program = program
        self._settings = program.settings

    @cached_property
    def channels(self) -> dict[str, Channel]:
        """Where people talk with us, by name."""
        from bots.sms.channel import SmsChannel
        from bots.telegram.channel import TelegramChannel
        from bots.whatsapp.channel import WhatsAppChannel

        found: dict[str, Channel] = {SMS: SmsChannel(self.sms, self._program.work, self._program.sms)}
        if self._settings.telegram.configured:
            found[TELEGRAM] = TelegramChannel(self._telegram, self._telegram_pace)
        if self._settings.whatsapp.configured:
            found[WHATSAPP] = WhatsAppChannel(self._whatsapp)
        return found

    @cached_property
    def carriers(self) -> dict[str, Carrier]:
        """What carries our notices, by channel."""
        from bots.email.carrier import EmailCarrier
        from bots.telegram.carrier import TelegramCarrier
        from bots.whatsapp.carrier import WhatsAppCarrier

        found: dict[str, Carrier] = {SMS: self.sms}
        if self._settings.telegram.configured:
            found[TELEGRAM] = TelegramCarrier(self._telegram, self._telegram_pace)
        if self._settings.whatsapp.configured:
            prefix = self._settings.whatsapp.template_prefix
            found[WHATSAPP] = WhatsAppCarrier(self._whatsapp, template_prefix=prefix)
        if self._settings.email.configured:
            found[EMAIL] = EmailCarrier(
                self._settings.email,
                provider_name=self._program.provider_name,
                clock=self._program.clock,
            )
        return found

    @cached_property
    def sms(self) -> "AfricasTalkingCarrier":
        from bots.sms.carrier import AfricasTalkingCarrier

        return AfricasTalkingCarrier(self._settings.africastalking)

    def doors(self) -> list[tuple[Callable[[str], bool], Door]]:
        """(whether a path is the door's, the door)."""
        from bots.sms.inbound import InboundDoor
        from bots.telegram.doors import PREFIX, TelegramDoor
        from bots.whatsapp.doors import PATH, WhatsAppDoor

        program, shared = self._program, self._settings.shared
        found: list[tuple[Callable[[str], bool], Door]] = [
            (InboundDoor.takes, InboundDoor(program, shared, self._settings.africastalking))
        ]
        if self._settings.telegram.configured:
            telegram = TelegramDoor(program, shared, self._settings.telegram)
            found.append((lambda path: path.startswith(PREFIX), telegram))
        if self._settings.whatsapp.configured:
            whatsapp = WhatsAppDoor(program, shared, self._settings.whatsapp)
            found.append((lambda path: path == PATH, whatsapp))
        return found

    def register(self) -> str:
        """Tell Telegram where our door is. What became of it, for staff; raises OutsideError."""
        if not self._settings.telegram.configured:
            return "not configured"
        from bots.telegram.webhook import register_webhook

        shared = self._settings.shared
        register_webhook(
            self._settings.telegram, public_url=shared.public_url, door_secret=shared.door_secrets[0]
        )
        return "registered"

    @cached_property
    def _telegram(self) -> "TelegramApi":
        from bots.telegram.api import TelegramApi

        return TelegramApi(self._settings.telegram)

    @cached_property
    def _telegram_pace(self) -> "Pace":
        return self._pace(TELEGRAM, self._settings.telegram)

    @cached_property
    def _whatsapp(self) -> "Post":
        from bots.whatsapp.api import GraphApi
        from bots.whatsapp.post import Post

        settings = self._settings.whatsapp
        return Post(GraphApi(settings), self._pace(WHATSAPP, settings))

    def _pace(self, channel: str, settings: TelegramSettings | WhatsAppSettings) -> "Pace":
        from bots.pace import Pace

        return Pace(
            self._program.redis,
            self._program.keyring,
            channel=channel,
            a_second=settings.messages_a_second,
            person_seconds=settings.person_seconds,
            person_burst=settings.person_burst,
        )
