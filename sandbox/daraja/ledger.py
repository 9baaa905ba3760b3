"""Where M-Pesa keeps its word: every movement of money with its receipt, and what was reversed."""

import secrets
import string
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from sandbox.clock import TrialClock, nairobi_wall
from sandbox.phones import Phones, Text
from sandbox.store import Lines
from sandbox.world import DarajaAccount

Kind = Literal["stk", "paybill", "historic"]
_SIGNS = string.ascii_uppercase + string.digits
_MONTHS, _DAYS = "ABCDEFGHIJKL", "123456789ABCDEFGHIJKLMNOPQRSTUV"
_YEAR_U = 2026  # Safaricom's receipts open with a letter for the year: U in 2026
SAME_AMOUNT_REST = timedelta(minutes=2)  # M-Pesa's rule 17


class InsufficientFunds(Exception):
    """The wallet holds less than the payment."""


class Movement(BaseModel):
    """Money from a wallet to the paybill. `amount` is in whole shillings, `account` as the payer typed it."""

    receipt: str
    amount: int
    msisdn: str
    account: str
    at: datetime
    kind: Kind = "historic"
    reversed: bool = False


class MpesaLedger:
    """Appends to `movements.jsonl`; `receipts.jsonl`, written by a seed, is only read."""

    def __init__(
        self, state: Path, account: DarajaAccount, phones: Phones, clock: TrialClock, business: str
    ) -> None:
        self._account, self._phones, self._clock, self.business = account, phones, clock, business
        self._lines = Lines(state / "movements.jsonl")
        self._movements: dict[str, Movement] = {}
        self._balance = 0
        self._last_stk: dict[tuple[str, int], datetime] = {}
        self._seed, self._seed_read = state / "receipts.jsonl", 0
        for line in self._lines.read():
            self._take(Movement.model_validate_json(line))
        self._read_seed()

    @property
    def balance(self) -> int:
        """What the paybill holds, in shillings."""
        return self._balance

    def statement(self) -> list[Movement]:
        self._read_seed()
        return sorted(self._movements.values(), key=lambda movement: movement.at)

    def find(self, receipt: str) -> Movement | None:
        self._read_seed()
        return self._movements.get(receipt)

    def between(self, start: datetime, end: datetime) -> Iterable[Movement]:
        return (movement for movement in self.statement() if start <= movement.at <= end)

    def rests(self, msisdn: str, amount: int) -> bool:
        """Whether the same payer paid the same amount by prompt in the last two minutes (code 17)."""
        last = self._last_stk.get((msisdn, amount))
        return last is not None and self._clock.now() - last < SAME_AMOUNT_REST

    def pay(self, msisdn: str, amount: int, account: str, kind: Kind, receipt: str | None = None) -> Movement:
        """Takes the money from the wallet and tells its owner by SMS; raises InsufficientFunds."""
        phone = self._phones.get(msisdn)
        if phone.wallet < amount:
            raise InsufficientFunds(f"{msisdn} has KES {phone.wallet}, not {amount}")
        now = self._clock.now()
        movement = Movement(
            receipt=receipt or self.new_receipt(),
            amount=amount,
            msisdn=msisdn,
            account=account,
            at=now,
            kind=kind,
        )
        self._keep(movement)
        self._phones.keep(phone.model_copy(update={"wallet": phone.wallet - amount}))
        self._tell(
            msisdn,
            f"{movement.receipt} Confirmed. Ksh{amount:,}.00 sent to {self.business} for account {account} "
            f"on {_spoken(now)} New M-PESA balance is Ksh{phone.wallet - amount:,}.00.",
        )
        return movement

    def reverse(self, movement: Movement) -> str:
        """Gives the money back; the receipt of the reversal. The caller has checked that it may."""
        receipt = self.new_receipt()
        self._keep(movement.model_copy(update={"reversed": True}))
        phone = self._phones.get(movement.msisdn)
        self._phones.keep(phone.model_copy(update={"wallet": phone.wallet + movement.amount}))
        self._tell(
            movement.msisdn,
            f"{receipt} Confirmed. Reversal of transaction {movement.receipt} has been successfully reversed "
            f"on {_spoken(self._clock.now())} Ksh{movement.amount:,}.00 is credited to your M-PESA account. "
            f"New M-PESA account balance is Ksh{phone.wallet + movement.amount:,}.00.",
        )
        return receipt

    def new_receipt(self) -> str:
        """Ten signs: year, month and day as one sign each, seven drawn; never one that is in use."""
        today = nairobi_wall(self._clock.now())
        head = chr(ord("U") + (today.year - _YEAR_U) % 6) + _MONTHS[today.month - 1] + _DAYS[today.day - 1]
        while (receipt := head + "".join(secrets.choice(_SIGNS) for _ in range(7))) in self._movements:
            continue
        return receipt

    def _read_seed(self) -> None:
        """Takes in what a seed has written since the last look; whole lines only, our own word stands."""
        if not self._seed.exists() or self._seed.stat().st_size <= self._seed_read:
            return
        with self._seed.open("rb") as file:
            file.seek(self._seed_read)
            fresh = file.read()
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._seed_read += len(whole)
        for line in whole.splitlines():
            movement = Movement.model_validate_json(line)
            if movement.receipt not in self._movements:
                self._take(movement)

    def _keep(self, movement: Movement) -> None:
        self._lines.append(movement.model_dump_json())
        self._take(movement)

    def _take(self, movement: Movement) -> None:
        before = self._movements.get(movement.receipt)
        if before is not None and not before.reversed:
            self._balance -= before.amount
        if not movement.reversed:
            self._balance += movement.amount
        self._movements[movement.receipt] = movement
        if movement.kind == "stk" and not movement.reversed:
            self._last_stk[movement.msisdn, movement.amount] = movement.at

    def _tell(self, msisdn: str, text: str) -> None:
        self._phones.receive(msisdn, Text(at=self._clock.now(), sender="MPESA", text=text))


def _spoken(moment: datetime) -> str:
    """`22/11/26 at 1:07 PM`, Nairobi time, as the payer's SMS has it."""
    wall = nairobi_wall(moment)
    return f"{wall.day}/{wall.month}/{wall:%y} at {wall.hour % 12 or 12}:{wall:%M %p}."
