"""A chat's webhook, from its request until 200 with the message committed, each message another one."""

import hashlib
import hmac
import json
import os
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlencode

from bench import load
from bench.crowd import phone_of
from bench.figure import Figure, alternate
from bench.load import Script
from bench.stage import Stage

AREA = "conversation"
JSON = "application/json"
Ask = Callable[[str, int], str]
"""The request of one message to a path, in the name of a number."""


def telegram_webhook(stage: Stage) -> list[Figure]:
    path = f"/telegram/{_door_secret()}"
    return _measure(stage, "Telegram", path, "/webhook/telegram", _telegram)


def whatsapp_webhook(stage: Stage) -> list[Figure]:
    return _measure(stage, "WhatsApp", "/whatsapp", "/webhook/whatsapp", _whatsapp)


def sms_webhook(stage: Stage) -> list[Figure]:
    secret = _door_secret()
    return _measure(stage, "SMS", f"/sms/africastalking/{secret}", f"/webhook/sms/{secret}", _sms)


def _measure(stage: Stage, channel: str, door: str, bare: str, ask: Ask) -> list[Figure]:
    """Against an endpoint that checks the same proof and writes one row."""
    count = stage.scale.messages

    def ours(count: int = count) -> float:
        before = _stored(stage, channel)
        rate = load.run(stage.web, _scripts(ask, door, count, [])).rate
        if (stored := _stored(stage, channel) - before) != count:
            raise RuntimeError(f"{stored} messages are stored, {count} were answered with 200")
        return rate

    def ceiling(count: int = count) -> float:
        return load.run(stage.ceiling, _scripts(ask, bare, count, ['"ResultCode": 0'])).rate

    ours(count // 4)
    ceiling(count // 4)
    value, alone, ratio = alternate(ours, ceiling)
    name = f"{channel} webhook until 200, committed"
    return [Figure(AREA, name, value, "messages/s", alone, ratio, "ratio >= 0.6")]


def _scripts(ask: Ask, path: str, count: int, wanted: list[str]) -> list[Script]:
    return [[(ask(path, n), wanted)] for n in range(1, count + 1)]


def _stored(stage: Stage, channel: str) -> int:
    """Messages of which the row, its body and the job for the talk are there."""
    with stage.large.work() as work:
        return int(
            work.scalar(
                "SELECT count(*) FROM inbox i JOIN inbox_bodies b ON b.inbox_id = i.id "
                "JOIN outbox o ON (o.payload->>'inbox_id')::bigint = i.id AND o.event = 'MessageReceived' "
                "JOIN deliveries d ON d.outbox_id = o.id WHERE i.door = :door",
                door=channel.lower(),
            )
        )


def _door_secret() -> str:
    return os.environ["BANDO_DOOR_SECRETS"].split(",")[0]


def _telegram(path: str, n: int) -> str:
    """An update as the Bot API writes it."""
    person = {"id": 7_000_000_000 + n, "is_bot": False, "first_name": "Asha", "language_code": "sw"}
    update = {
        "update_id": secrets.randbelow(2**31),
        "message": {
            "message_id": secrets.randbelow(2**31),
            "from": person,
            "chat": {"id": person["id"], "type": "private", "first_name": "Asha"},
            "date": int(time.time()),
            "text": "2",
        },
    }
    proof = {"X-Telegram-Bot-Api-Secret-Token": os.environ["BANDO_TELEGRAM_WEBHOOK_SECRET"]}
    return load.post(path, json.dumps(update), JSON, proof)


def _whatsapp(path: str, n: int) -> str:
    """A webhook as Meta writes and signs it."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": "254700000000",
            "phone_number_id": os.environ["BANDO_WHATSAPP_PHONE_NUMBER_ID"],
        },
        "contacts": [_contact(n)],
        "messages": [_message(n, "2")],
    }
    change = {"field": "messages", "value": value}
    body = json.dumps(
        {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]},
        separators=(",", ":"),
    )
    key = os.environ["BANDO_WHATSAPP_APP_SECRETS"].split(",")[0].encode()
    signature = hmac.new(key, body.encode(), hashlib.sha256).hexdigest()
    return load.post(path, body, JSON, {"X-Hub-Signature-256": f"sha256={signature}"})


def stored_message(n: int, text: str) -> bytes:
    """What WhatsApp's door leaves in the inbox where the subscriber n has written `text`."""
    return json.dumps({"contact": _contact(n), "message": _message(n, text)}).encode()


def _contact(n: int) -> dict[str, object]:
    return {"profile": {"name": "Asha"}, "wa_id": phone_of(n)}


def _message(n: int, text: str) -> dict[str, object]:
    return {
        "from": phone_of(n),
        "id": f"wamid.{secrets.token_hex(16)}",
        "timestamp": str(int(time.time())),
        "type": "text",
        "text": {"body": text},
    }


def _sms(path: str, n: int) -> str:
    """A text as Africa's Talking posts it."""
    form = {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}",
        "from": f"+{phone_of(n)}",
        "id": secrets.token_hex(16),
        "linkId": "",
        "text": "2",
        "to": os.environ["BANDO_AFRICASTALKING_SHORT_CODE"],
        "cost": "KES 0.00",
        "networkCode": "63902",
    }
    return load.post(path, urlencode(form))
