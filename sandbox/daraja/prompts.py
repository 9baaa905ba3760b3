"""PIN prompts: who may get one, how it ends, and what that does to the money."""

import asyncio
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import BaseModel

from sandbox.clock import TrialClock, nairobi_wall
from sandbox.daraja import results
from sandbox.daraja.errors import request_id, subscriber_locked
from sandbox.daraja.ledger import InsufficientFunds, Movement, MpesaLedger
from sandbox.daraja.payloads import StkPushRequest
from sandbox.daraja.results import PromptState, PromptView
from sandbox.faults import StandingFaults
from sandbox.phones import Phones
from sandbox.store import Lines
from sandbox.world import DarajaAccount


class Prompt(BaseModel):
    """One STK request. `shown`: it lights up on the phone. `silent`: its callback never goes out."""

    id: str
    merchant_request_id: str
    msisdn: str
    amount: int
    account: str
    callback_url: str
    party_b: str
    transaction_type: str
    ends_at: datetime
    shown: bool
    silent: bool
    state: PromptState = "open"
    result: str | None = None
    receipt: str | None = None


class NoOpenPrompt(LookupError):
    """There is no such prompt on the phone, or it is over."""


class Prompts:
    """All prompts ever sent; `told` is called with each that ends, and the money it moved."""

    def __init__(
        self,
        state: Path,
        account: DarajaAccount,
        phones: Phones,
        ledger: MpesaLedger,
        faults: StandingFaults,
        clock: TrialClock,
        *,
        in_ussd: Callable[[str], bool],
        told: Callable[[Prompt, Movement | None], None],
    ) -> None:
        self._account, self._phones, self._ledger = account, phones, ledger
        self._faults, self._clock, self._in_ussd, self._told = faults, clock, in_ussd, told
        self._lines = Lines(state / "prompts.jsonl")
        self._prompts = {p.id: p for p in map(Prompt.model_validate_json, self._lines.read())}
        self._lines.rewrite([p.model_dump_json() for p in self._prompts.values()])
        self._ended: dict[str, asyncio.Event] = {}
        self._of_phone: dict[str, list[str]] = {}
        for prompt in self._prompts.values():
            self._of_phone.setdefault(prompt.msisdn, []).append(prompt.id)

    def find(self, checkout_request_id: str) -> Prompt | None:
        return self._prompts.get(checkout_request_id)

    def views(self, msisdn: str) -> list[PromptView]:
        """What the phone shows, oldest first."""
        mine = (self._prompts[id_] for id_ in self._of_phone.get(msisdn, []))
        return [self.view(prompt) for prompt in mine if prompt.shown]

    def view(self, prompt: Prompt) -> PromptView:
        return PromptView(
            id=prompt.id, amount=prompt.amount, business=self._ledger.business, account=prompt.account,
            state=prompt.state, result=prompt.result,
        )  # fmt: skip

    def accept(self, request: StkPushRequest) -> Prompt:
        """A new prompt, one per phone; raises DarajaRefusal when the subscriber is locked."""
        msisdn = request.PhoneNumber
        if any(self._prompts[id_].state == "open" for id_ in self._of_phone.get(msisdn, [])):
            raise subscriber_locked()
        faults = self._faults.now
        silent = faults.stk_push == "accepted_silent"
        reachable = self._phones.get(msisdn).line == "free" and not self._in_ussd(msisdn)
        prompt = Prompt(
            id=self._new_id(msisdn),
            merchant_request_id=request_id(),
            msisdn=msisdn,
            amount=request.Amount,
            account=request.AccountReference,
            callback_url=request.CallBackURL,
            party_b=request.PartyB,
            transaction_type=request.TransactionType,
            ends_at=self._clock.now() + timedelta(seconds=faults.prompt_seconds),
            shown=reachable and not silent and faults.stk_result == "none" and self._assigned(request),
            silent=silent,
        )
        self._of_phone.setdefault(msisdn, []).append(prompt.id)
        self._keep(prompt)
        return prompt

    async def play_out(self, prompt: Prompt, forced: str) -> None:
        """Ends the prompt by itself where nobody is asked (`forced` is a result code or none), else when its
        life is over."""
        code = forced if forced != "none" else self._hopeless(prompt)
        if code is not None and not prompt.silent:
            self._end(prompt, code)
            return
        await self._clock.until(prompt.ends_at)
        if self._prompts[prompt.id].state == "open":
            self._end(prompt, results.UNREACHED)

    async def over(self, prompt: Prompt) -> Prompt:
        """Waits until the prompt has ended, however it does."""
        if self._prompts[prompt.id].state == "open":
            await self._ended.setdefault(prompt.id, asyncio.Event()).wait()
        return self._prompts[prompt.id]

    def still_open(self) -> list[Prompt]:
        return [prompt for prompt in self._prompts.values() if prompt.state == "open"]

    def touch(self, msisdn: str, prompt_id: str, action: str) -> Prompt:
        """pin, wrong_pin, cancel or ignore (lets it run out, now); raises NoOpenPrompt."""
        prompt = self._prompts.get(prompt_id)
        if prompt is None or prompt.msisdn != msisdn or prompt.state != "open" or not prompt.shown:
            raise NoOpenPrompt(prompt_id)
        codes = {"wrong_pin": results.WRONG_PIN, "cancel": results.CANCELLED, "ignore": results.UNREACHED}
        return self._end(prompt, codes.get(action, results.PAID))

    def _hopeless(self, prompt: Prompt) -> str | None:
        """Why the prompt cannot reach a PIN at all, as a result code."""
        if not self._assigned(prompt):
            return results.NOT_ASSIGNED
        line = self._phones.get(prompt.msisdn).line
        if line == "busy":
            return results.LOCKED
        return None if prompt.shown else results.UNREACHED

    def _assigned(self, asked: StkPushRequest | Prompt) -> bool:
        """Our shortcode is a paybill: it collects for itself and sells no goods."""
        if isinstance(asked, Prompt):
            kind, party_b = asked.transaction_type, asked.party_b
        else:
            kind, party_b = asked.TransactionType, asked.PartyB
        return kind == "CustomerPayBillOnline" and party_b == self._account.shortcode

    def _end(self, prompt: Prompt, code: str) -> Prompt:
        movement = None
        if code == results.PAID:
            code, movement = self._take_money(prompt)
        ended = prompt.model_copy(
            update={
                "state": results.state_after(code),
                "result": code,
                "receipt": movement.receipt if movement else None,
            }
        )
        self._keep(ended)
        if (event := self._ended.pop(prompt.id, None)) is not None:
            event.set()
        self._told(ended, movement)
        return ended

    def _take_money(self, prompt: Prompt) -> tuple[str, Movement | None]:
        if self._ledger.rests(prompt.msisdn, prompt.amount):
            return results.RESTING, None
        try:
            return results.PAID, self._ledger.pay(prompt.msisdn, prompt.amount, prompt.account, "stk")
        except InsufficientFunds:
            return results.NO_FUNDS, None

    def _keep(self, prompt: Prompt) -> None:
        self._prompts[prompt.id] = prompt
        self._lines.append(prompt.model_dump_json())

    def _new_id(self, msisdn: str) -> str:
        wall = nairobi_wall(self._clock.now()).strftime("%d%m%Y%H%M%S")
        while (made := f"ws_CO_{wall}{secrets.randbelow(1000):03d}{msisdn[3:]}") in self._prompts:
            continue
        return made
