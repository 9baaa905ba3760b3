"""Paybill payments: registered URLs, validation before the money moves, confirmation after."""

import hashlib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from sandbox.clock import TrialClock, digits14
from sandbox.courier import Call, Courier
from sandbox.daraja.errors import already_registered, invalid
from sandbox.daraja.ledger import InsufficientFunds, Movement, MpesaLedger
from sandbox.daraja.payloads import RegisterUrlRequest
from sandbox.faults import StandingFaults
from sandbox.phones import Phones
from sandbox.store import Sheet
from sandbox.world import DarajaAccount

Version = Literal["v1", "v2"]


class Registration(BaseModel):
    version: Version
    response_type: Literal["Completed", "Cancelled"]
    confirmation_url: str
    validation_url: str


class PaybillAnswer(BaseModel):
    """What the payer sees: a receipt, or why there is none. `validation` is the product's ResultCode, null
    when it was not asked or gave none in time."""

    ok: bool
    receipt: str | None = None
    error: str | None = None
    validation: str | None = None


class PaybillDesk:
    """Moves paybill money and tells the registered URLs about it, once."""

    def __init__(
        self,
        state: Path,
        account: DarajaAccount,
        phones: Phones,
        ledger: MpesaLedger,
        courier: Courier,
        faults: StandingFaults,
        clock: TrialClock,
    ) -> None:
        self._account, self._phones, self._ledger = account, phones, ledger
        self._courier, self._faults, self._clock = courier, faults, clock
        self._sheet = Sheet(state / "c2b.json")
        page = self._sheet.read()
        self.registration = Registration.model_validate(page) if page else None

    def register(self, request: RegisterUrlRequest, version: Version) -> None:
        """Once; the very same URLs again pass unless a fault says never. Raises DarajaRefusal."""
        if request.ShortCode != self._account.shortcode:
            raise invalid("ShortCode")
        asked = Registration(
            version=version,
            response_type=request.ResponseType,
            confirmation_url=request.ConfirmationURL,
            validation_url=request.ValidationURL,
        )
        lenient = self._faults.now.c2b_reregister == "same_urls"
        if self.registration is not None and not (lenient and asked == self.registration):
            raise already_registered()
        self.registration = asked
        self._sheet.write(asked.model_dump())

    def forget_registration(self) -> None:
        """What an operator does under Self Services, URL Management, before registering other URLs."""
        self.registration = None
        self._sheet.write({})

    async def pay(self, msisdn: str, shortcode: str, amount: int, account: str) -> PaybillAnswer:
        """A payment from the M-Pesa menu: validated if that is on, taken, confirmed in the background."""
        if shortcode != self._account.shortcode:
            return PaybillAnswer(ok=False, error="Failed. Business number does not exist.")
        if self._phones.get(msisdn).wallet < amount:
            return PaybillAnswer(
                ok=False, error="Failed. You do not have enough money in your M-PESA account."
            )
        receipt = self._ledger.new_receipt()
        verdict, third_party_id = await self._validate(msisdn, amount, account, receipt)
        if verdict not in {None, "0"}:
            return PaybillAnswer(
                ok=False, error="Failed. The business refused the payment.", validation=verdict
            )
        asked = self._validated_by()
        if verdict is None and asked is not None and asked.response_type == "Cancelled":
            return PaybillAnswer(ok=False, error="Failed. The business did not answer.")
        try:
            movement = self._ledger.pay(msisdn, amount, account, "paybill", receipt)
        except InsufficientFunds as error:
            return PaybillAnswer(ok=False, error=str(error), validation=verdict)
        self._courier.errand(self.confirm(movement, third_party_id))
        return PaybillAnswer(ok=True, receipt=movement.receipt, validation=verdict)

    async def confirm(self, movement: Movement, third_party_id: str = "") -> None:
        """Tells the confirmation URL that money moved, as the c2b fault wants it told."""
        if self.registration is None:
            return
        body = self._payload(
            movement.msisdn, movement.amount, movement.account, movement.receipt, digits14(movement.at),
            balance=f"{self._ledger.balance}.00", third_party_id=third_party_id,
        )  # fmt: skip
        url, fault = self.registration.confirmation_url, self._faults.now.c2b
        if fault in {"dropped", "late"}:
            self._courier.note("c2b confirmation", url, body, state="held" if fault == "late" else "dropped")
            return
        for _ in range(2 if fault == "doubled" else 1):
            await self._courier.post("c2b confirmation", url, body)

    def _validated_by(self) -> Registration | None:
        """Safaricom asks only where it has switched validation on for the shortcode."""
        return self.registration if self._faults.now.c2b_validation == "on" else None

    async def _validate(self, msisdn: str, amount: int, account: str, receipt: str) -> tuple[str | None, str]:
        """The product's ResultCode, None when it gave none in time, and the id it wants to see again."""
        registration = self._validated_by()
        if registration is None:
            return None, ""
        body = self._payload(
            msisdn, amount, account, receipt, digits14(self._clock.now()), balance="", third_party_id=""
        )
        call = await self._courier.post(
            "c2b validation",
            registration.validation_url,
            body,
            timeout_seconds=self._faults.now.c2b_validation_seconds,
        )
        return _verdict(call)

    def _payload(
        self,
        msisdn: str,
        amount: int,
        account: str,
        receipt: str,
        moment: str,
        *,
        balance: str,
        third_party_id: str,
    ) -> dict[str, Any]:
        return {
            "TransactionType": "Pay Bill",
            "TransID": receipt,
            "TransTime": moment,
            "TransAmount": f"{amount}.00",
            "BusinessShortCode": self._account.shortcode,
            "BillRefNumber": account,
            "InvoiceNumber": "",
            "OrgAccountBalance": balance,
            "ThirdPartyTransID": third_party_id,
            "MSISDN": self._payer(msisdn),
            "FirstName": first_name(msisdn),
            "MiddleName": "",
            "LastName": "",
        }

    def _payer(self, msisdn: str) -> str:
        """v1: SHA-256 of the plain number; v2: `2547 ***** 126`."""
        version: str = self._faults.now.c2b_msisdn
        if version == "registered":
            version = self.registration.version if self.registration else "v2"
        if version == "v1":
            return hashlib.sha256(msisdn.encode()).hexdigest()
        return f"{msisdn[:4]} ***** {msisdn[-3:]}"


_NAMES = ("ASHA", "BRIAN", "CHEBET", "DAVID", "ESTHER", "FATUMA", "GEORGE", "HALIMA", "IBRAHIM", "JOYCE")


def first_name(msisdn: str) -> str:
    """Every number has an owner, always the same one."""
    return _NAMES[int(msisdn[-1])]


def _verdict(call: Call) -> tuple[str | None, str]:
    told = call.told
    if call.status != 200 or "ResultCode" not in told:
        return None, ""
    return str(told["ResultCode"]), str(told.get("ThirdPartyTransID") or "")
