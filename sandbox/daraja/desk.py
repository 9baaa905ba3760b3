"""What every Daraja door asks first: a living token, a JSON body that keeps the rules, our own shortcode."""

import base64
import json
import secrets
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from sandbox.daraja.errors import DarajaRefusal, invalid, malformed, merchant_unknown, wrong_credentials
from sandbox.daraja.payloads import Request as Payload
from sandbox.daraja.payloads import checked
from sandbox.daraja.tokens import Tokens
from sandbox.world import DarajaAccount

PREFIXES = ("/oauth/", "/mpesa/", "/pulltransactions/")


async def read_json(request: Request, first_field: str = "BusinessShortCode") -> Any:
    """The body; a form instead of JSON is answered as if its first field were wrong, as Daraja does."""
    if "json" not in request.headers.get("content-type", ""):
        raise invalid(first_field)
    try:
        return json.loads(await request.body())
    except ValueError as error:
        raise malformed() from error


async def read_request(request: Request, tokens: Tokens, model: type[Payload]) -> Payload:
    """Token first, payload second; raises DarajaRefusal."""
    tokens.check(request.headers.get("authorization"))
    return checked(model, await read_json(request))


def check_password(account: DarajaAccount, shortcode: str, password: str, timestamp: str) -> None:
    """`base64(shortcode + passkey + timestamp)`; raises DarajaRefusal."""
    if shortcode != account.shortcode:
        raise merchant_unknown()
    wanted = base64.b64encode(f"{shortcode}{account.passkey}{timestamp}".encode())
    if not secrets.compare_digest(wanted, password.encode()):
        raise wrong_credentials()


def shape(model: type[BaseModel]) -> dict[str, Any]:
    """The request's shape for OpenAPI; the doors read the raw body, to refuse it in Daraja's words."""
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": model.model_json_schema()}},
        }
    }


async def refuse(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DarajaRefusal)
    return JSONResponse(error.body(), status_code=error.http)
