"""Both chats from the hand on the phone to the screen on it, by way of the sandbox, which plays Telegram and Meta."""

import json
import secrets
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import redis

from bots.pace import Pace
from bots.telegram.api import TelegramApi
from bots.telegram.carrier import TelegramCarrier
from bots.telegram.channel import TelegramChannel
from bots.telegram.doors import TelegramDoor
from bots.telegram.settings import TelegramSettings
from bots.telegram.webhook import look_at_webhook, register_webhook
from bots.whatsapp.api import GraphApi
from bots.whatsapp.carrier import WhatsAppCarrier
from bots.whatsapp.channel import WhatsAppChannel
from bots.whatsapp.doors import WhatsAppDoor
from bots.whatsapp.post import Post
from bots.whatsapp.settings import WhatsAppSettings
from core.base.errors import OutcomeUnknown, Rejected, Unreachable
from core.base.secrets import Keyring
from core.base.settings import Settings
from core.conversation.channel import Act, Button, Document, Face, Said
from core.messaging.carrier import BlockedByPerson, Fate, Message, Report, Sent, WindowClosed
from sandbox.daraja.credentials import InitiatorDesk
from sandbox.world import DarajaAccount
from tests.sandbox.conftest import DARAJA, Served, Trial, until, with_keys

SECRET = "c0ffee" * 6
TELEGRAM = {"token": "8100:AAtrial_token-of-the-bot", "secret_token": "0123456789abcdef" * 2}
WHATSAPP = {
    "phone_number_id": "5550001",
    "display_number": "254709000001",
    "token": "EAAtrial",
    "app_secret": "isp-test-secret",
    "verify_token": "verify-me-0123456789",
}
WORDS = {"choose": "Choose", "share_number": "Share my number", "more": "More"}
PDF = Document("INV-1001.pdf", "application/pdf", b"%PDF-1.7 \xff")


class Doors:
    """The product: our two doors, put in place when the sandbox's address is known."""

    telegram: Any = None
    whatsapp: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        door = self.telegram if scope["path"].startswith("/telegram/") else self.whatsapp
        if scope["type"] == "http":
            await door(scope, receive, send)


class Town:
    """The sandbox, our doors with their store, and both channels."""

    def __init__(self, trial: Trial, doors: Doors, store: Any, pace: dict[str, Pace]) -> None:
        self.trial, self.store = trial, store
        shared = Settings.model_validate({"door_secrets": [SECRET]})
        self.telegram_settings = TelegramSettings.model_validate(
            {
                "base_url": trial.url,
                "token": TELEGRAM["token"],
                "webhook_secret": TELEGRAM["secret_token"],
                "timeout_seconds": 1,
            }
        )
        whatsapp = WhatsAppSettings.model_validate(
            {
                "base_url": trial.url,
                "token": WHATSAPP["token"],
                "phone_number_id": WHATSAPP["phone_number_id"],
                "app_secrets": [WHATSAPP["app_secret"]],
                "verify_token": WHATSAPP["verify_token"],
                "timeout_seconds": 1,
            }
        )
        doors.telegram = TelegramDoor(store.database, shared, self.telegram_settings)
        doors.whatsapp = WhatsAppDoor(store.database, shared, whatsapp)
        self.api = TelegramApi(self.telegram_settings)
        post = Post(GraphApi(whatsapp), pace["whatsapp"])
        self.channels: dict[str, Any] = {
            "telegram": TelegramChannel(self.api, pace["telegram"]),
            "whatsapp": WhatsAppChannel(post),
        }
        self.carriers: dict[str, Any] = {
            "telegram": TelegramCarrier(self.api, pace["telegram"]),
            "whatsapp": WhatsAppCarrier(post),
        }

    def say(self, channel: str, msisdn: str, **act: Any) -> Said:
        """What the talk hears of what a hand did."""
        before = len(self.store.bodies(channel))
        self.trial.say(channel, msisdn, **act)
        bodies = until(lambda: self.store.bodies(channel)[before:])
        found: Said = self.channels[channel].read(bodies[-1])
        return found

    def show(self, channel: str, said: Said, face: Face, shown: str | None = None) -> str | None:
        held: str | None = self.channels[channel].show(said, face, shown=shown)
        return held

    def seen(self, channel: str, msisdn: str) -> list[Any]:
        """What stands on the phone from us."""
        return [message for message in self.trial.chat(channel, msisdn) if message["from_us"]]

    def send(self, channel: str, address: str, text: str = "Receipt", **more: Any) -> tuple[int, Sent]:
        """A notice of its own number, handed to the carrier."""
        notice = secrets.randbelow(10**9)
        values = {"amount": "Ksh 2,000", "receipt": "SGR7K2XQ9P"}
        sent: Sent = self.carriers[channel].send(
            Message(notice, address, text, "receipt", "sw", values, **more)
        )
        return notice, sent

    def reports(self, channel: str, address: str) -> list[Report]:
        """What was told of messages to one person."""
        stored = [self.carriers[channel].read_report(body) for body in self.store.bodies(f"{channel}.status")]
        return [report for report in stored if report.address == address]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Trial, Doors]]:
    """One sandbox for all tests, before which the doors of each test are put."""
    doors = Doors()
    served = Served(doors)
    product: Any = SimpleNamespace(url=f"http://127.0.0.1:{served.port}")
    keys = tmp_path_factory.mktemp("keys")
    InitiatorDesk(keys, DarajaAccount.model_validate(DARAJA))
    folder = with_keys(tmp_path_factory.mktemp("trial"), keys)
    trial = Trial(product, folder, door_secrets=[SECRET], telegram=TELEGRAM, whatsapp=WHATSAPP)
    yield trial, doors
    trial.stop()
    served.stop()


@pytest.fixture
def town(stage: tuple[Trial, Doors], store: Any, redis_url: str, keyring: Keyring) -> Town:
    trial, doors = stage
    trial.post("/faults/reset")
    client = redis.Redis.from_url(redis_url)
    limits: dict[str, Any] = {"a_second": 1000, "person_seconds": 1.0, "person_burst": 40}
    pace = {name: Pace(client, keyring, channel=name, **limits) for name in ("telegram", "whatsapp")}
    return Town(trial, doors, store, pace)


def face(*labels: str, tag: str = "k3", lines: tuple[str, ...] = ("Choose <a> plan",), **more: Any) -> Face:
    buttons = tuple(
        Button(f"{tag}.{place}", label, str(place)) for place, label in enumerate(labels, start=1)
    )
    ways = (Button(f"{tag}.-home", "Main menu", "00"),) if labels else ()
    values: dict[str, Any] = {"id": "x", "language": "en", "lines": lines, "buttons": buttons, "ways": ways}
    return Face(**{**values, "words": WORDS, **more})


BOTH = pytest.mark.parametrize("channel", ["telegram", "whatsapp"])


@BOTH
def test_a_word_a_screen_a_tap_and_the_next_screen(town: Town, channel: str) -> None:
    msisdn = town.trial.number()
    said = town.say(channel, msisdn, text="Menu")
    assert (said.act, said.text) == (Act.TYPED, "Menu")
    held = town.show(channel, said, face("WiFi 1h", "WiFi 24h"))
    (screen,) = town.seen(channel, msisdn)
    assert screen["text"] == "Choose <a> plan"
    assert [(choice["id"], choice["label"]) for choice in screen["choices"]] == [
        ("k3.1", "WiFi 1h"),
        ("k3.2", "WiFi 24h"),
        ("k3.-home", "Main menu"),
    ]
    tap = town.say(channel, msisdn, choice="k3.2")
    assert (tap.act, tap.text, tap.on, tap.person.id) == (Act.TAPPED, "k3.2", held, said.person.id)
    again = town.show(channel, tap, face("Pay", tag="k4", lines=("Pay Ksh 50?",)), held)
    assert town.seen(channel, msisdn)[-1]["text"] == "Pay Ksh 50?"
    assert (again == held) == (channel == "telegram")
    assert len(town.seen(channel, msisdn)) == (1 if channel == "telegram" else 2)
    assert not any(message["waiting"] for message in town.seen(channel, msisdn))


@BOTH
def test_the_own_number_is_shared_and_the_buttons_are_back(town: Town, channel: str) -> None:
    msisdn = town.trial.number()
    asking = face("Type it", lines=("Which number?",), id="link.ask", asks_number=True)
    held = town.show(channel, town.say(channel, msisdn, text="Menu"), asking)
    assert town.seen(channel, msisdn)[-1]["asks_contact"]
    shared = town.say(channel, msisdn, contact=True)
    assert (shared.act, shared.text.removeprefix("+")) == (Act.SHARED, msisdn)
    held = town.show(channel, shared, face("Buy"), held)
    last = town.seen(channel, msisdn)[-1]
    assert [choice["id"] for choice in last["choices"]] == ["k3.1", "k3.-home"]
    assert town.say(channel, msisdn, choice="k3.1").on == held
    if channel == "telegram":
        assert not any(message["asks_contact"] for message in town.seen(channel, msisdn))


@BOTH
def test_another_ones_card_is_not_the_own_number(town: Town, channel: str) -> None:
    msisdn = town.trial.number()
    said = town.say(channel, msisdn, contact=True, number="254722000111")
    assert said.act is Act.OTHER
    if channel == "telegram":
        assert town.say(channel, msisdn, contact=True, forwarded=True).act is Act.OTHER


@BOTH
def test_what_cannot_be_read(town: Town, channel: str) -> None:
    msisdn = town.trial.number()
    for act in ({"sticker": True}, {"voice": True}, {"location": True}):
        assert town.say(channel, msisdn, **act).act is Act.OTHER


@BOTH
def test_an_invoice_arrives_whole(town: Town, channel: str) -> None:
    msisdn = town.trial.number()
    said = town.say(channel, msisdn, text="Invoice")
    town.show(channel, said, face(lines=("Your invoice",), documents=(PDF,)))
    document = next(message["document"] for message in town.seen(channel, msisdn) if message["document"])
    assert (document["name"], document["media_type"]) == ("INV-1001.pdf", "application/pdf")
    assert town.trial.http.get(document["url"]).content == PDF.content


@BOTH
def test_a_receipt_is_one_message_with_its_file(town: Town, channel: str) -> None:
    msisdn = town.trial.number()
    address = town.say(channel, msisdn, text="Menu").person.id
    town.send(channel, address, "Receipt INV-1001", window_open=True, documents=(PDF,))
    (message,) = town.seen(channel, msisdn)
    assert (message["text"], message["document"]["name"]) == ("Receipt INV-1001", "INV-1001.pdf")


@BOTH
def test_a_notice_arrives(town: Town, channel: str) -> None:
    msisdn = town.trial.number()
    _, sent = town.send(channel, town.say(channel, msisdn, text="Menu").person.id, "Voucher: ABCDE")
    assert sent.message_id
    assert town.seen(channel, msisdn)[-1]["text"] == "Voucher: ABCDE"


def test_whatsapp_tells_of_a_notice_in_any_order(town: Town) -> None:
    msisdn = town.trial.number()
    person = town.say("whatsapp", msisdn, text="Menu").person
    town.trial.faults(whatsapp_status="reordered")
    notice, sent = town.send("whatsapp", person.id)
    town.seen("whatsapp", msisdn)
    until(
        lambda: {report.fate for report in town.reports("whatsapp", person.id)} >= {Fate.DELIVERED, Fate.READ}
    )
    for report in town.reports("whatsapp", person.id):
        assert report.message_id == sent.message_id
        assert (report.notice_id, report.also) == (notice, msisdn)


def test_a_status_that_comes_before_our_send_has_returned(town: Town) -> None:
    person = town.say("whatsapp", town.trial.number(), text="Menu").person
    town.trial.faults(whatsapp="slow", slow_seconds=1.5)
    with pytest.raises(OutcomeUnknown):
        town.send("whatsapp", person.id)
    (report, *_) = until(lambda: town.reports("whatsapp", person.id))
    assert report.notice_id is not None


def test_a_template_after_the_window(town: Town) -> None:
    msisdn = town.trial.number()
    person = town.say("whatsapp", msisdn, text="Menu").person
    _, sent = town.send("whatsapp", person.also, window_open=False)
    assert sent.message_id
    assert town.seen("whatsapp", msisdn)


def test_who_has_a_username_is_answered_without_a_number(town: Town) -> None:
    town.trial.faults(whatsapp_number="hidden")
    msisdn = town.trial.number()
    said = town.say("whatsapp", msisdn, text="Menu")
    assert (said.person.number, said.person.also) == (None, "")
    asking = face(lines=("Which number?",), id="link.ask", asks_number=True)
    town.show("whatsapp", said, asking)
    assert town.seen("whatsapp", msisdn)[-1]["asks_contact"]
    assert town.say("whatsapp", msisdn, contact=True).act is Act.SHARED


def test_eleven_choices_turn_their_page(town: Town) -> None:
    msisdn = town.trial.number()
    eleven = face(*(f"Kifurushi cha nyumbani namba {number}" for number in range(1, 12)))
    town.show("whatsapp", town.say("whatsapp", msisdn, text="Menu"), eleven)
    first = town.seen("whatsapp", msisdn)[-1]["choices"]
    assert len(first) == 10
    more = next(choice["id"] for choice in first if choice["label"] == "More")
    town.show("whatsapp", town.say("whatsapp", msisdn, choice=more), eleven)
    second = town.seen("whatsapp", msisdn)[-1]["choices"]
    assert [choice["id"] for choice in (*first, *second) if choice["id"][3:].isdecimal()] == [
        button.data for button in eleven.buttons
    ]


def test_telegrams_updates_come_ten_times_and_count_once(town: Town) -> None:
    def updates() -> list[str]:
        """How each delivery of an update stands."""
        return [call["state"] for call in town.trial.get("/callbacks") if call["kind"] == "telegram update"]

    before = len(updates())
    town.trial.faults(telegram_webhook="tenfold")
    town.say("telegram", town.trial.number(), text="Menu")
    until(lambda: updates()[before:].count("answered") >= 10)
    assert len(town.store.bodies("telegram")) == 1


def test_metas_batches_are_all_heard(town: Town) -> None:
    town.trial.faults(whatsapp_webhook="batched")
    people = [town.trial.number() for _ in range(4)]
    for number, msisdn in enumerate(people):
        town.trial.http.post(f"/phones/{msisdn}/whatsapp", json={"text": f"Menu {number}"})
    bodies = until(lambda: found if len(found := town.store.bodies("whatsapp")) == 4 else None)
    heard = [town.channels["whatsapp"].read(body) for body in bodies]
    assert {said.person.also: said.text for said in heard} == {
        msisdn: f"Menu {number}" for number, msisdn in enumerate(people)
    }


def test_who_blocks_us_is_noticed(town: Town) -> None:
    msisdn = town.trial.number()
    said = town.say("telegram", msisdn, text="Menu")
    assert town.say("telegram", msisdn, block=True).act is Act.LEFT
    with pytest.raises(BlockedByPerson):
        town.show("telegram", said, face("Buy"))
    assert town.say("telegram", msisdn, unblock=True).act is Act.CAME_BACK
    assert town.show("telegram", said, face("Buy"))


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"telegram": "429"}, Unreachable),
        ({"telegram": "500"}, Unreachable),
        ({"telegram": "down"}, Unreachable),
        ({"telegram": "slow", "slow_seconds": 1.5}, OutcomeUnknown),
        ({"telegram": "blocked"}, BlockedByPerson),
        ({"whatsapp": "down"}, Unreachable),
        ({"whatsapp": "rate"}, Unreachable),
        ({"whatsapp": "pair_rate"}, Unreachable),
        ({"whatsapp": "window_closed"}, WindowClosed),
        ({"whatsapp": "slow", "slow_seconds": 1.5}, OutcomeUnknown),
        ({"whatsapp": "token"}, Rejected),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
)
def test_bad_weather(town: Town, fault: dict[str, Any], kind: type[Exception]) -> None:
    channel = next(iter(fault))
    said = town.say(channel, town.trial.number(), text="Menu")
    town.trial.faults(**fault)
    with pytest.raises(kind):
        town.show(channel, said, face("Buy"))


def test_the_webhook_is_registered_by_ourselves(town: Town) -> None:
    web = town.trial.world.web
    register_webhook(town.telegram_settings, public_url=web, door_secret=SECRET)
    state = look_at_webhook(town.api, public_url=web, door_secret=SECRET)
    assert (state.registered, state.waiting, state.last_error) == (True, 0, "")
    assert town.say("telegram", town.trial.number(), text="/start").text == "menu"


def test_meta_finds_our_address(town: Town) -> None:
    asked = {"hub.mode": "subscribe", "hub.verify_token": WHATSAPP["verify_token"], "hub.challenge": "42"}
    answer = httpx.get(f"{town.trial.world.web}/whatsapp", params=asked)
    assert (answer.status_code, answer.text) == (200, "42")
