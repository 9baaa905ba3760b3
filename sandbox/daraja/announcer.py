"""Spreads the word of an ended prompt: STK callback and C2B confirmation, true or as a fault twists them."""

import asyncio
from datetime import timedelta
from typing import Any

from sandbox.clock import TrialClock
from sandbox.courier import HOME, Courier
from sandbox.daraja import results
from sandbox.daraja.c2b import PaybillDesk
from sandbox.daraja.ledger import Movement, MpesaLedger
from sandbox.daraja.prompts import Prompt
from sandbox.daraja.results import callback_body
from sandbox.faults import Faults, StandingFaults

KIND = "stk callback"


class Announcer:
    """Callbacks go out once, unsigned, with the shortcode in a header (as observed of Daraja)."""

    def __init__(
        self,
        shortcode: str,
        ledger: MpesaLedger,
        paybill: PaybillDesk,
        courier: Courier,
        faults: StandingFaults,
        clock: TrialClock,
    ) -> None:
        self._headers = {"Businessshortcode": shortcode}
        self._ledger, self._paybill = ledger, paybill
        self._courier, self._faults, self._clock = courier, faults, clock
        self._spreading: dict[str, asyncio.Event] = {}

    def tell(self, prompt: Prompt, movement: Movement | None) -> None:
        """In the background; `spread` waits for it."""
        if not prompt.silent:
            self._spreading[prompt.id] = asyncio.Event()
            self._courier.errand(self._tell(prompt, movement, self._faults.now))

    async def spread(self, prompt: Prompt) -> None:
        """Waits until the callback of an ended prompt has been delivered, dropped or held."""
        if (event := self._spreading.get(prompt.id)) is not None:
            await event.wait()

    async def forge(self, prompt: Prompt) -> None:
        """A success nobody paid for, from an address that is not Safaricom's."""
        invented = Movement(
            receipt=self._ledger.new_receipt(), amount=prompt.amount, msisdn=prompt.msisdn,
            account=prompt.account, at=self._clock.now(),
        )  # fmt: skip
        body = callback_body(prompt.merchant_request_id, prompt.id, results.PAID, invented)
        await self._post(prompt, body, source=self._faults.now.forged_source, kind="forged stk callback")

    async def _tell(self, prompt: Prompt, movement: Movement | None, faults: Faults) -> None:
        try:
            await self._clock.until(self._clock.now() + timedelta(seconds=faults.callback_delay_seconds))
            confirms = movement is not None and faults.c2b_after_stk == "on"
            early = faults.callback == "out_of_order"
            if movement is not None and confirms and early:
                await self._paybill.confirm(movement)
            await self._call_back(prompt, movement, faults)
        finally:
            self._spreading.pop(prompt.id).set()
        if movement is not None and confirms and not early:
            await self._paybill.confirm(movement)

    async def _call_back(self, prompt: Prompt, movement: Movement | None, faults: Faults) -> None:
        body = callback_body(prompt.merchant_request_id, prompt.id, prompt.result or "", movement)
        match faults.callback:
            case "dropped" | "late":
                self._courier.note(
                    KIND, prompt.callback_url, body, headers=self._headers,
                    state="held" if faults.callback == "late" else "dropped",
                )  # fmt: skip
            case "doubled" | "tenfold":
                times = 2 if faults.callback == "doubled" else 10
                await asyncio.gather(*(self._post(prompt, body) for _ in range(times)))
            case "out_of_order":
                if movement is not None:
                    notice = callback_body(prompt.merchant_request_id, prompt.id, results.UNREACHED, None)
                    await self._post(prompt, notice)
                await self._post(prompt, body)
            case "wrong_amount" if movement is not None:
                lie = callback_body(prompt.merchant_request_id, prompt.id, "0", movement, movement.amount * 2)
                await self._post(prompt, lie)
            case "unknown_id":
                stranger = prompt.id[:-9] + prompt.id[-9:][::-1] + "0"
                await self._post(
                    prompt, callback_body(prompt.merchant_request_id, stranger, prompt.result or "", movement)
                )
            case "foreign_source":
                await self._post(prompt, body, source=faults.forged_source)
            case _:
                await self._post(prompt, body)

    async def _post(
        self, prompt: Prompt, body: dict[str, Any], *, source: str = HOME, kind: str = KIND
    ) -> None:
        await self._courier.post(kind, prompt.callback_url, body, source=source, headers=self._headers)
