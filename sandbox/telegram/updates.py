"""What Telegram tells the bot: numbered updates, posted to the registered address until they are taken."""

import re
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from sandbox.clock import TrialClock
from sandbox.courier import Courier
from sandbox.faults import StandingFaults
from sandbox.lane import Lane, growing
from sandbox.store import Sheet
from sandbox.telegram.errors import TelegramRefusal, bad_request, json_of
from sandbox.world import World, is_loopback

# All but these three come when the bot names none.
NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
DEFAULT_CONNECTIONS, MOST_CONNECTIONS = 40, 100
KEPT_FOR = timedelta(hours=24)  # what was not delivered by then is lost
RENUMBERED_AFTER = timedelta(days=7)  # without updates; then the ids go on from a random number
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=1), timedelta(minutes=1)  # our choice: nothing is published
_SECRET = re.compile(r"[A-Za-z0-9_-]{0,256}", re.ASCII)


class Registration(BaseModel):
    """`allowed` None: everything but NOT_BY_DEFAULT. An empty `url`: no webhook."""

    url: str
    secret_token: str = ""
    max_connections: int = DEFAULT_CONNECTIONS
    allowed: list[str] | None = None


class Updates:
    """The webhook of the bot. Until setWebhook or deleteWebhook is called it is the one of the world."""

    def __init__(
        self, world: World, state: Path, courier: Courier, faults: StandingFaults, clock: TrialClock
    ) -> None:
        self._courier, self._faults, self._clock = courier, faults, clock
        self._preset = Registration(url=world.telegram_webhook, secret_token=world.telegram.secret_token)
        self._sheet = Sheet(state / "telegram.json")
        page = self._sheet.read()
        asked = page.get("registration")
        self._registration = Registration.model_validate(asked) if asked else None
        self._last_id = int(page.get("last_update_id", 0)) or secrets.randbelow(10**8)
        self._last_at = datetime.fromisoformat(page["last_update_at"]) if "last_update_at" in page else None
        self._unsent: list[tuple[datetime, dict[str, Any]]] = []
        self._lane = Lane(
            courier,
            clock,
            taken=lambda status: 200 <= status < 300,
            wait=growing(FIRST_WAIT, LONGEST_WAIT),
            give_up_after=KEPT_FOR,
            at_once=self._hook.max_connections,
        )

    @property
    def _hook(self) -> Registration:
        return self._registration or self._preset

    async def push(self, kind: str, content: dict[str, Any]) -> None:
        """Numbers and sends one update, unless the bot does not want its kind."""
        allowed = self._hook.allowed
        if kind in NOT_BY_DEFAULT if allowed is None else kind not in allowed:
            return
        update = {"update_id": self._next_id(), kind: content}
        if self._hook.url:
            await self._post(update)
        else:
            self._unsent.append((self._clock.now(), update))

    def register(self, asked: dict[str, Any]) -> None:
        """setWebhook. Leaving `allowed_updates` out keeps what was set before. Raises TelegramRefusal."""
        url, secret = str(asked.get("url", "")), str(asked.get("secret_token", ""))
        if url and not is_loopback(url):
            raise bad_request("bad webhook: the sandbox calls no address outside this machine")
        if not _SECRET.fullmatch(secret):
            raise bad_request("secret token contains unallowed characters")
        self._put(
            Registration(
                url=url, secret_token=secret, max_connections=_connections(asked), allowed=self._wanted(asked)
            )
        )
        if str(asked.get("drop_pending_updates", "")).lower() == "true":
            self._unsent.clear()
            self._lane.drop()
        waiting, self._unsent = self._unsent, []
        for at, update in waiting if url else []:
            if self._clock.now() - at <= KEPT_FOR:
                self._courier.errand(self._post(update))

    def fetch(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        """getUpdates: what waits, from `offset` on; what lies before it is forgotten. Raises TelegramRefusal."""
        if self._hook.url:
            raise TelegramRefusal(
                409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first"
            )
        offset = int(asked.get("offset") or 0)
        self._unsent = [row for row in self._unsent if row[1]["update_id"] >= offset]
        return [update for _, update in self._unsent]

    def info(self) -> dict[str, Any]:
        """getWebhookInfo."""
        hook = self._hook
        told: dict[str, Any] = {
            "url": hook.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self._unsent) + len(self._lane.pending),
            "max_connections": hook.max_connections,
        }
        if hook.allowed:
            told["allowed_updates"] = hook.allowed
        if self._lane.last_error is not None:
            at, call = self._lane.last_error
            told["last_error_date"] = int(at.timestamp())
            told["last_error_message"] = (
                f"Wrong response from the webhook: {call.status}" if call.state == "answered" else call.error
            )
        return told

    async def _post(self, update: dict[str, Any]) -> None:
        headers = {"Content-Type": "application/json"}
        if self._hook.secret_token:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self._hook.secret_token
        call = self._courier.note("telegram update", self._hook.url, update, headers=headers)
        await self._lane.take(call, self._faults.now.telegram_webhook)

    def _wanted(self, asked: dict[str, Any]) -> list[str] | None:
        if "allowed_updates" not in asked:
            return self._hook.allowed
        names = json_of(asked["allowed_updates"], "allowed updates")
        if not isinstance(names, list):
            raise bad_request("can't parse allowed updates: expected an Array of String")
        return [str(name) for name in names] or None

    def _next_id(self) -> int:
        now = self._clock.now()
        if self._last_at is not None and now - self._last_at > RENUMBERED_AFTER:
            self._last_id = secrets.randbelow(10**8)
        self._last_id, self._last_at = self._last_id + 1, now
        self._write()
        return self._last_id

    def _put(self, registration: Registration) -> None:
        self._registration = registration
        self._lane.widen(registration.max_connections)
        self._write()

    def _write(self) -> None:
        page: dict[str, Any] = {"last_update_id": self._last_id}
        if self._last_at is not None:
            page["last_update_at"] = self._last_at.isoformat()
        if self._registration is not None:
            page["registration"] = self._registration.model_dump()
        self._sheet.write(page)


def _connections(asked: dict[str, Any]) -> int:
    """The Bot API brings a wrong number into its bounds without a word."""
    try:
        wanted = int(asked.get("max_connections", DEFAULT_CONNECTIONS))
    except (TypeError, ValueError):
        return DEFAULT_CONNECTIONS
    return min(MOST_CONNECTIONS, max(1, wanted))
