"""What Meta tells the product: messages and statuses in envelopes, signed, posted until answered with 200."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, NamedTuple

from sandbox.clock import TrialClock
from sandbox.courier import Courier, State
from sandbox.faults import StandingFaults
from sandbox.lane import Lane, growing
from sandbox.world import World

KEPT_FOR = timedelta(days=7)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(hours=1)  # "less and less often"
BATCH = 4  # messages in one envelope, over two entries, while the fault asks for batches
BATCH_SECONDS = 5.0  # real seconds until a batch goes that is not full
MESSAGE, STATUS = "whatsapp message", "whatsapp status"
Value = dict[str, Any]


class Said(NamedTuple):
    """One message and the contact who sent it, in Meta's words."""

    contact: dict[str, Any]
    message: dict[str, Any]


class MetaWebhooks:
    def __init__(self, world: World, courier: Courier, faults: StandingFaults, clock: TrialClock) -> None:
        self._account, self._url = world.whatsapp, world.whatsapp_webhook
        self._courier, self._faults = courier, faults
        self._lane = Lane(
            courier,
            clock,
            taken=lambda status: status == 200,
            wait=growing(FIRST_WAIT, LONGEST_WAIT),
            give_up_after=KEPT_FOR,
        )
        self._batch: list[Said] = []

    async def message(self, said: Said) -> None:
        """Returns when it was tried once; at once for what is held back or waits for others."""
        fault = self._faults.now.whatsapp_webhook
        if fault == "batched":
            self._batch.append(said)
            if len(self._batch) >= BATCH:
                await self._flush()
            else:
                self._courier.errand(self._flush_later(said))
            return
        await self._post(MESSAGE, self._envelope([[self._spoken([said])]]), fault)

    async def status(self, contact: dict[str, Any], status: dict[str, Any]) -> None:
        value = self._value() | {"contacts": [contact], "statuses": [status]}
        await self._post(STATUS, self._envelope([[value]]))

    def drop_status(self, contact: dict[str, Any], status: dict[str, Any]) -> None:
        """Notes what is lost on the way."""
        value = self._value() | {"contacts": [contact], "statuses": [status]}
        self._note(STATUS, self._envelope([[value]]), state="dropped")

    def sign(self, raw: bytes) -> str:
        """The header's value: HMAC-SHA256 of the body's bytes, keyed with the app secret."""
        return "sha256=" + hmac.new(self._account.app_secret.encode(), raw, hashlib.sha256).hexdigest()

    async def _flush_later(self, said: Said) -> None:
        await asyncio.sleep(BATCH_SECONDS)
        if said in self._batch:
            await self._flush()

    async def _flush(self) -> None:
        """One envelope with several entries, changes and messages, as far as there are messages."""
        batch, self._batch = self._batch, []
        changes = [self._spoken(said) for said in (batch[:2], batch[2:3], batch[3:]) if said]
        await self._post(MESSAGE, self._envelope([part for part in (changes[:2], changes[2:]) if part]))

    async def _post(self, kind: str, envelope: dict[str, Any], fault: str = "normal") -> None:
        await self._lane.take(self._note(kind, envelope), "normal" if fault == "week_old" else fault)

    def _note(self, kind: str, envelope: dict[str, Any], state: State = "sending") -> Any:
        # A text, not an object: the signature is over these very bytes. Meta escapes what is not ASCII.
        raw = json.dumps(envelope, separators=(",", ":"), ensure_ascii=True)
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": self.sign(raw.encode())}
        return self._courier.note(kind, self._url, raw, headers=headers, state=state)

    def _envelope(self, entries: Iterable[Iterable[Value]]) -> dict[str, Any]:
        return {
            "object": "whatsapp_business_account",
            "entry": [
                {
                    "id": self._account.business_account_id,
                    "changes": [{"field": "messages", "value": value} for value in values],
                }
                for values in entries
            ],
        }

    def _spoken(self, said: list[Said]) -> Value:
        contacts = {one.contact["user_id"]: one.contact for one in said}
        return self._value() | {
            "contacts": list(contacts.values()),
            "messages": [one.message for one in said],
        }

    def _value(self) -> Value:
        number = {
            "display_phone_number": self._account.display_number,
            "phone_number_id": self._account.phone_number_id,
        }
        return {"messaging_product": "whatsapp", "metadata": number}
