"""Transaction Status and Reversal: acknowledged at once, answered later at the ResultURL."""

import secrets
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from starlette.background import BackgroundTask

from sandbox.clock import TrialClock, digits14, nairobi_wall
from sandbox.courier import Courier
from sandbox.daraja.c2b import first_name
from sandbox.daraja.credentials import InitiatorDesk
from sandbox.daraja.desk import read_request, shape
from sandbox.daraja.errors import request_id
from sandbox.daraja.ledger import Movement, MpesaLedger
from sandbox.daraja.payloads import ReversalRequest, TransactionStatusRequest
from sandbox.daraja.results import as_code
from sandbox.daraja.tokens import Tokens
from sandbox.faults import StandingFaults
from sandbox.world import DarajaAccount

Parameters = list[dict[str, Any]]
STATUS = "transaction status"
INITIATOR_UNKNOWN, SHORT_OF_FUNDS = "2001", "1"
ALREADY_REVERSED, RECEIPT_UNKNOWN = "R000001", "R000002"
_MEANING = {
    "0": "The service request is processed successfully.",
    INITIATOR_UNKNOWN: "The initiator information is invalid.",
    SHORT_OF_FUNDS: "The balance is insufficient for the transaction.",
    ALREADY_REVERSED: "The transaction has already been reversed.",
    RECEIPT_UNKNOWN: "The OriginalTransactionID is invalid.",
}


class BackOffice:
    """Works on what has happened: says how a receipt stands, gives money back."""

    def __init__(
        self, account: DarajaAccount, ledger: MpesaLedger, initiators: InitiatorDesk, clock: TrialClock
    ) -> None:
        self._account, self._ledger, self._initiators, self._clock = account, ledger, initiators, clock

    def status(self, asked: TransactionStatusRequest) -> tuple[str, Parameters | None]:
        """Result code and parameters. For a receipt nobody has, Daraja's code is not documented: the
        reversal's stands in."""
        if not self._initiators.knows(asked.Initiator, asked.SecurityCredential):
            return INITIATOR_UNKNOWN, None
        movement = self._ledger.find(asked.TransactionID)
        if movement is None or asked.PartyA != self._account.shortcode:
            return RECEIPT_UNKNOWN, None
        return "0", self._described(movement)

    def reverse(self, asked: ReversalRequest) -> tuple[str, Parameters | None]:
        """Result code and parameters; the whole payment or nothing."""
        if not self._initiators.knows(asked.Initiator, asked.SecurityCredential):
            return INITIATOR_UNKNOWN, None
        movement = self._ledger.find(asked.TransactionID)
        if (
            movement is None
            or movement.amount != asked.Amount
            or asked.ReceiverParty != self._account.shortcode
        ):
            return RECEIPT_UNKNOWN, None
        if movement.reversed:
            return ALREADY_REVERSED, None
        if self._ledger.balance < movement.amount:
            return SHORT_OF_FUNDS, None
        self._ledger.reverse(movement)
        return "0", [
            {"Key": "DebitAccountBalance", "Value": f"Utility Account|KES|{self._ledger.balance}.00"},
            {"Key": "Amount", "Value": movement.amount},
            {"Key": "TransCompletedTime", "Value": int(digits14(self._clock.now()))},
            {"Key": "OriginalTransactionID", "Value": movement.receipt},
            {"Key": "Charge", "Value": 0},
            {"Key": "CreditPartyPublicName", "Value": self._payer(movement)},
            {"Key": "DebitPartyPublicName", "Value": f"{self._account.shortcode} - {self._ledger.business}"},
        ]

    def _described(self, movement: Movement) -> Parameters:
        moment = int(digits14(movement.at))
        return [
            {"Key": "ReceiptNo", "Value": movement.receipt},
            {"Key": "TransactionStatus", "Value": "Reversed" if movement.reversed else "Completed"},
            {"Key": "Amount", "Value": movement.amount},
            {"Key": "DebitPartyName", "Value": self._payer(movement)},
            {"Key": "CreditPartyName", "Value": f"{self._account.shortcode} - {self._ledger.business}"},
            {"Key": "InitiatedTime", "Value": moment},
            {"Key": "FinalisedTime", "Value": moment},
            {"Key": "DebitPartyCharges", "Value": ""},
            {"Key": "TransactionReason"},
            {"Key": "ReasonType", "Value": "Pay Bill Online"},
        ]

    @staticmethod
    def _payer(movement: Movement) -> str:
        return f"{movement.msisdn} - {first_name(movement.msisdn)}"


def back_office_doors(
    office: BackOffice,
    initiators: InitiatorDesk,
    ledger: MpesaLedger,
    tokens: Tokens,
    courier: Courier,
    faults: StandingFaults,
    clock: TrialClock,
) -> APIRouter:
    router = APIRouter(tags=["daraja"])

    def acknowledged(
        kind: str, asked: TransactionStatusRequest | ReversalRequest, code: str, parameters: Parameters | None
    ) -> Response:
        ids = {
            "OriginatorConversationID": request_id(),
            "ConversationID": f"AG_{nairobi_wall(clock.now()):%Y%m%d}_{secrets.token_hex(10)}",
        }
        result = _result(ids, ledger.new_receipt(), code, parameters)
        fault = faults.now.transaction_status if kind == STATUS else "normal"

        async def send() -> None:
            if fault == "dropped":
                courier.note(kind, asked.ResultURL, result, state="dropped")
            elif fault == "timeout":
                courier.errand(courier.post(f"{kind} timeout", asked.QueueTimeOutURL, _timed_out(ids)))
            else:
                courier.errand(courier.post(kind, asked.ResultURL, result))

        accepted = {"ResponseCode": "0", "ResponseDescription": "Accept the service request successfully."}
        return JSONResponse(ids | accepted, background=BackgroundTask(send))

    @router.post("/mpesa/transactionstatus/v1/query", openapi_extra=shape(TransactionStatusRequest))
    async def transaction_status(request: Request) -> Response:
        """How a receipt stands."""
        asked = await read_request(request, tokens, TransactionStatusRequest)
        return acknowledged(STATUS, asked, *office.status(asked))

    @router.post("/mpesa/reversal/v1/request", openapi_extra=shape(ReversalRequest))
    async def reversal(request: Request) -> Response:
        """Gives a payment back to its payer."""
        asked = await read_request(request, tokens, ReversalRequest)
        return acknowledged("reversal", asked, *office.reverse(asked))

    @router.get("/daraja/certificate", tags=["sandbox"], response_class=FileResponse)
    async def certificate() -> FileResponse:
        """The PEM certificate under which SecurityCredential is encrypted."""
        return FileResponse(initiators.certificate_file, media_type="application/x-pem-file")

    return router


def _result(ids: dict[str, str], own_id: str, code: str, parameters: Parameters | None) -> dict[str, Any]:
    """`own_id` names the query itself, not the payment it asks about."""
    result: dict[str, Any] = {
        "ResultType": 0,
        "ResultCode": as_code(code),
        "ResultDesc": _MEANING[code],
        **ids,
        "TransactionID": own_id,
    }
    if parameters is not None:
        result["ResultParameters"] = {"ResultParameter": parameters}
    return {"Result": result | {"ReferenceData": {"ReferenceItem": {"Key": "Occasion"}}}}


def _timed_out(ids: dict[str, str]) -> dict[str, Any]:
    """What QueueTimeOutURL gets is not documented; it names the conversation and means: outcome unknown."""
    return {
        "Result": {
            "ResultType": 1,
            "ResultCode": 1,
            "ResultDesc": "The request timed out in the queue.",
            **ids,
        }
    }
