"""A trial's own world: secrets drawn once, kept in its home, and the file from which the sandbox plays."""

import json
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyotp

from bando.environment import write_private
from bando.seed.provider import ROUTERS, SITES
from core.base.secrets import draw_secret
from core.base.settings import Brand, Settings

SHORTCODE = "123456"
"""The paybill that the texts of the trial name; no live paybill has this number."""
SHORT_CODE = "22384"
"""Where texts to the provider go."""
PHONE_NUMBER_ID = "555000100200300"
MAIL_PORT_OFFSET = 14
"""From the sandbox's port to its mail server's; its routers stand just below."""


def trial_environment(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    """The settings of a trial that the environment does not give, drawn at the first start and kept (0600)."""
    drawn = _remembered(home / "trial.json", _draw)
    shared = Settings()
    sandbox = f"http://127.0.0.1:{shared.sandbox_port}"
    settings = {
        "BANDO_MODE": "trial",
        "BANDO_HOME": str(home),
        "BANDO_PUBLIC_URL": f"http://127.0.0.1:{shared.port}",
        "BANDO_TRIAL_CLOCK": str(home / "clock"),
        "BANDO_LOG_FOLDER": str(home / "log"),
        "BANDO_ROUTER_NETWORKS": "127.0.0.0/8",
        "BANDO_DARAJA_BASE_URL": sandbox,
        "BANDO_DARAJA_SHORTCODE": SHORTCODE,
        "BANDO_DARAJA_INITIATOR": "bando",
        "BANDO_DARAJA_CERTIFICATE": str(home / "sandbox" / "daraja-certificate.pem"),
        "BANDO_DARAJA_SOURCES": "127.0.0.1/32",
        "BANDO_AFRICASTALKING_BASE_URL": sandbox,
        "BANDO_AFRICASTALKING_USERNAME": "sandbox",
        "BANDO_AFRICASTALKING_SENDER_ID": "PWANINET",
        "BANDO_AFRICASTALKING_SHORT_CODE": SHORT_CODE,
        "BANDO_TELEGRAM_BASE_URL": sandbox,
        "BANDO_WHATSAPP_BASE_URL": sandbox,
        "BANDO_EMAIL_HOST": "127.0.0.1",
        "BANDO_EMAIL_PORT": str(shared.sandbox_port + MAIL_PORT_OFFSET),
        "BANDO_EMAIL_SENDER": "wifi@pwani.example",
        "BANDO_EMAIL_TLS": "none",
        "BANDO_WHATSAPP_PHONE_NUMBER_ID": PHONE_NUMBER_ID,
        "BANDO_SELLER_LEGAL_NAME": "Pwani Networks Ltd",
        "BANDO_SELLER_TAX_PIN": "P051234567X",
        "BANDO_SELLER_ADDRESS": "P.O. Box 1042, Mombasa",
        **drawn["settings"],
    }
    return {name: environ.get(name, value) for name, value in settings.items()}


def write_world(environ: Mapping[str, str], home: Path) -> dict[str, Any]:
    """The world file for the sandbox: the same numbers and keys, seen from outside. Returns what it holds."""
    shared, brand = Settings(), Brand()
    drawn = _remembered(home / "trial.json", _draw)
    passwords = drawn["routers"]
    world = {
        "web": f"http://127.0.0.1:{shared.port}",
        "service_code": brand.service_code,
        "network_code": "63902",
        "sender": environ["BANDO_AFRICASTALKING_SENDER_ID"],
        "door_secrets": environ["BANDO_DOOR_SECRETS"].split(","),
        "clock_file": environ["BANDO_TRIAL_CLOCK"],
        "sites": [{"name": name} for name in SITES],
        "routers": [
            {
                "name": router.name,
                "site": router.site,
                "port": shared.sandbox_port + router.port_offset,
                "version": router.version,
                "username": "bando",
                "password": passwords[router.name],
                "pppoe": router.pppoe,
                "hotspot": router.hotspot,
                "old_login": False,
            }
            for router in ROUTERS
        ],
        "daraja": {
            "shortcode": environ["BANDO_DARAJA_SHORTCODE"],
            "passkey": environ["BANDO_DARAJA_PASSKEY"],
            "consumer_key": environ["BANDO_DARAJA_CONSUMER_KEY"],
            "consumer_secret": environ["BANDO_DARAJA_CONSUMER_SECRET"],
            "initiator": environ["BANDO_DARAJA_INITIATOR"],
            "initiator_password": environ["BANDO_DARAJA_INITIATOR_PASSWORD"],
        },
        "africastalking": {
            "username": environ["BANDO_AFRICASTALKING_USERNAME"],
            "api_key": environ["BANDO_AFRICASTALKING_API_KEY"],
            "short_code": environ["BANDO_AFRICASTALKING_SHORT_CODE"],
        },
        "telegram": {
            "token": environ["BANDO_TELEGRAM_TOKEN"],
            "secret_token": environ["BANDO_TELEGRAM_WEBHOOK_SECRET"],
            "username": "PwaniNetBot",
            "name": brand.provider_name,
        },
        "whatsapp": {
            "phone_number_id": environ["BANDO_WHATSAPP_PHONE_NUMBER_ID"],
            "token": environ["BANDO_WHATSAPP_TOKEN"],
            "app_secret": environ["BANDO_WHATSAPP_APP_SECRETS"].split(",")[0],
            "verify_token": environ["BANDO_WHATSAPP_VERIFY_TOKEN"],
        },
        "mail": {"port": int(environ["BANDO_EMAIL_PORT"])},
        "staff": drawn["staff"],
    }
    write_private(world_file(home), world)
    return world


def world_file(home: Path) -> Path:
    return home / "world.json"


def receipts_file(home: Path) -> Path:
    """Where the sandbox looks for the receipts of a past that it did not play."""
    return home / "sandbox" / "receipts.jsonl"


def _draw() -> dict[str, Any]:
    return {
        "settings": {
            "BANDO_SECRET_KEY": secrets.token_hex(32),
            "BANDO_DOOR_SECRETS": draw_secret(),
            "BANDO_DARAJA_PASSKEY": secrets.token_hex(32),
            "BANDO_DARAJA_CONSUMER_KEY": draw_secret(),
            "BANDO_DARAJA_CONSUMER_SECRET": draw_secret(),
            "BANDO_DARAJA_INITIATOR_PASSWORD": draw_secret(),
            "BANDO_AFRICASTALKING_API_KEY": draw_secret(),
            "BANDO_TELEGRAM_TOKEN": f"{secrets.randbelow(9 * 10**9) + 10**9}:{secrets.token_urlsafe(26)}",
            "BANDO_TELEGRAM_WEBHOOK_SECRET": draw_secret(),
            "BANDO_WHATSAPP_TOKEN": draw_secret(),
            "BANDO_WHATSAPP_APP_SECRETS": draw_secret(),
            "BANDO_WHATSAPP_VERIFY_TOKEN": draw_secret(),
        },
        "routers": {router.name: draw_secret() for router in ROUTERS},
        "staff": {
            "email": "owner@pwani.example",
            "password": secrets.token_urlsafe(12),
            "totp_secret": pyotp.random_base32(),
        },
    }


def _remembered(path: Path, draw: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What was drawn at the first start; settings that this release adds are drawn now."""
    kept: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    found = {**(drawn := draw()), **kept}
    found["settings"] = {**drawn["settings"], **found["settings"]}
    if found != kept:
        write_private(path, found)
    return found
