"""The chats' APIs as outside clients call them: python-telegram-bot, pywa, and plain HTTP."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from pywa import WhatsApp
from telegram import Bot

from tests.sandbox.worlds import TELEGRAM, WHATSAPP

TOKEN = TELEGRAM["token"]
HOOK = "/whatsapp"  # the product's path
MESSAGES = f"/v26.0/{WHATSAPP['phone_number_id']}/messages"


def with_bot(trial: Any, work: Callable[[Bot], Awaitable[Any]], token: str = TOKEN) -> Any:
    async def run() -> Any:
        bot = Bot(token, base_url=f"{trial.url}/bot", base_file_url=f"{trial.url}/file/bot")
        async with bot:
            return await work(bot)

    return asyncio.run(run())


def call(trial: Any, method: str, **asked: Any) -> httpx.Response:
    answer: httpx.Response = trial.http.post(f"/bot{TOKEN}/{method}", json=asked)
    return answer


def refused(trial: Any, method: str, **asked: Any) -> str:
    answer = call(trial, method, **asked)
    told = answer.json()
    assert (answer.status_code, told["ok"]) == (told["error_code"], False)
    return str(told["description"])


def pywa(trial: Any, token: str = WHATSAPP["token"]) -> WhatsApp:
    """Its address is fixed but for a private attribute."""
    client = WhatsApp(
        phone_id=WHATSAPP["phone_number_id"], token=token, server=None, app_secret=WHATSAPP["app_secret"],
        verify_token=WHATSAPP["verify_token"], skip_duplicate_updates=False,
    )  # fmt: skip
    client.api._session.base_url = f"{trial.url}/v26.0"
    return client


def send(
    trial: Any, to: str, content: Any = None, token: str = WHATSAPP["token"], **asked: Any
) -> httpx.Response:
    """A text unless told otherwise; `content` is the part that is named like the type."""
    body = {"messaging_product": "whatsapp", "to": to, "type": "text"} | asked
    body[body["type"]] = {"body": "Habari"} if content is None else content
    answer: httpx.Response = trial.http.post(
        MESSAGES, json=body, headers={"Authorization": f"Bearer {token}"}
    )
    return answer


def error(answer: httpx.Response) -> int:
    """The code of a refusal."""
    told = answer.json()["error"]
    assert set(told) >= {"message", "type", "code", "fbtrace_id"}
    assert answer.status_code >= 400
    return int(told["code"])


def wamid(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    (message,) = answer.json()["messages"]
    assert message["message_status"] == "accepted"
    return str(message["id"])


def values(calls: list[Any], part: str = "messages") -> list[Any]:
    """All values of all envelopes that hold messages, or statuses."""
    found = [c["value"] for call in calls for entry in call.body["entry"] for c in entry["changes"]]
    return [value for value in found if part in value]


def statuses(calls: list[Any], id_: str = "") -> list[Any]:
    told = [status for value in values(calls, "statuses") for status in value["statuses"]]
    return [status for status in told if id_ in {"", status["id"]}]
