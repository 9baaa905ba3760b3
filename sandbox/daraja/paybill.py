"""Doors around paybill payments: URL registration, simulate, pull, and the whole statement."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from sandbox.clock import NAIROBI_AHEAD, TrialClock, nairobi_wall
from sandbox.daraja.c2b import PaybillDesk, Version, first_name
from sandbox.daraja.desk import read_request, shape
from sandbox.daraja.errors import invalid, request_id
from sandbox.daraja.ledger import Movement, MpesaLedger
from sandbox.daraja.payloads import PullQueryRequest, PullRegisterRequest, RegisterUrlRequest, SimulateRequest
from sandbox.daraja.tokens import Tokens
from sandbox.faults import StandingFaults
from sandbox.store import Sheet
from sandbox.world import DarajaAccount

PULL_REACH = timedelta(hours=48)  # Pull Transactions looks back no further
PULL_ROWS = 100  # the page size is not published; samples step by a hundred


def paybill_doors(
    account: DarajaAccount, tokens: Tokens, desk: PaybillDesk, ledger: MpesaLedger
) -> APIRouter:
    router = APIRouter(tags=["daraja"])

    async def register(request: Request, version: Version) -> dict[str, str]:
        desk.register(await read_request(request, tokens, RegisterUrlRequest), version)
        # Safaricom misspells the first key.
        return {
            "OriginatorCoversationID": request_id(),
            "ResponseCode": "0",
            "ResponseDescription": "Success",
        }

    @router.post("/mpesa/c2b/v1/registerurl", openapi_extra=shape(RegisterUrlRequest))
    async def register_urls_v1(request: Request) -> dict[str, str]:
        """Payers' numbers will come hashed."""
        return await register(request, "v1")

    @router.post("/mpesa/c2b/v2/registerurl", openapi_extra=shape(RegisterUrlRequest))
    async def register_urls_v2(request: Request) -> dict[str, str]:
        """Payers' numbers will come masked."""
        return await register(request, "v2")

    @router.post("/mpesa/c2b/v1/simulate", openapi_extra=shape(SimulateRequest))
    @router.post("/mpesa/c2b/v2/simulate", openapi_extra=shape(SimulateRequest))
    async def simulate(request: Request) -> dict[str, str]:
        """A paybill payment by the given number; whether it went through, its confirmation tells."""
        asked = await read_request(request, tokens, SimulateRequest)
        if asked.ShortCode != account.shortcode:
            raise invalid("ShortCode")
        await desk.pay(asked.Msisdn, asked.ShortCode, asked.Amount, asked.BillRefNumber or "")
        return {
            "OriginatorCoversationID": request_id(),
            "ResponseCode": "0",
            "ResponseDescription": "Accept the service request successfully.",
        }

    @router.get("/mpesa/statement", tags=["sandbox"])
    async def statement() -> list[Movement]:
        """Every movement of money, oldest first: the truth a reconciliation is held against."""
        return ledger.statement()

    return router


def pull_doors(
    account: DarajaAccount,
    tokens: Tokens,
    ledger: MpesaLedger,
    faults: StandingFaults,
    clock: TrialClock,
    state: Path,
) -> APIRouter:
    router = APIRouter(tags=["daraja"])
    sheet = Sheet(state / "pull.json")

    @router.post("/pulltransactions/v1/register", openapi_extra=shape(PullRegisterRequest))
    async def pull_register(request: Request) -> dict[str, str]:
        """1000 the first time, 1001 ever after."""
        asked = await read_request(request, tokens, PullRegisterRequest)
        if asked.ShortCode != account.shortcode:
            raise invalid("ShortCode")
        again = bool(sheet.read())
        sheet.write({"nominated_number": asked.NominatedNumber})
        return {
            "ResponseRefID": request_id(),
            "ResponseStatus": "1001" if again else "1000",
            "ShortCode": asked.ShortCode,
            "ResponseDescription": "Shortcode "
            + ("already registered" if again else "Registered Successfully"),
        }

    @router.post("/pulltransactions/v1/query", openapi_extra=shape(PullQueryRequest))
    async def pull_query(request: Request) -> Response:
        """Payments of the last 48 hours between two Nairobi wall times, a list inside a list."""
        asked = await read_request(request, tokens, PullQueryRequest)
        if asked.ShortCode != account.shortcode or not sheet.read():
            raise invalid("ShortCode")
        start, end = _moment(asked.StartDate, "StartDate"), _moment(asked.EndDate, "EndDate")
        behind = faults.now.pull == "behind"
        rows = [] if behind else list(ledger.between(max(start, clock.now() - PULL_REACH), end))
        page = rows[asked.OffSetValue : asked.OffSetValue + PULL_ROWS]
        found: dict[str, Any] = {
            "ResponseRefID": request_id(),
            "ResponseCode": "1000",
            "ResponseMessage": "Success",
        }
        if page:
            return JSONResponse(found | {"Response": [[_pulled(row, ledger.business) for row in page]]})
        return JSONResponse(
            found | {"ResponseCode": "1001", "ResponseMessage": "No records", "Response": "[[]]"}
        )

    # The portal says GET yet shows a body; clients post. Both are answered.
    router.add_api_route("/pulltransactions/v1/query", pull_query, methods=["GET"], include_in_schema=False)
    return router


def _moment(text: str, field: str) -> datetime:
    try:
        wall = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise invalid(field) from error
    return wall - NAIROBI_AHEAD


def _pulled(movement: Movement, business: str) -> dict[str, Any]:
    return {
        "transactionId": movement.receipt,
        # Nairobi's wall clock under a Z, the more treacherous of the two readings of the portal's sample.
        "trxDate": nairobi_wall(movement.at).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "msisdn": int(movement.msisdn[3:]),
        "sender": first_name(movement.msisdn),
        "transactiontype": "c2b-pay-bill-debit",
        "billreference": movement.account,
        "amount": f"{movement.amount}.00",
        "organizationname": business,
    }
