"""The M-Pesa gateway over Daraja's HTTP API (daraja.md)."""

import base64
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from core.base.clock import NAIROBI, Clock
from core.base.errors import Misconfigured, OutcomeUnknown, Rejected, Unreachable
from core.payments.gateway import Accepted, CollectionOrder, Paid, Verdict
from core.payments.mpesa.payloads import pulled, verdict_of
from core.payments.mpesa.results import BACK_OFF, INVALID_TOKEN, LOCKED_SUBSCRIBER, MISCONFIGURED, NO_ANSWER
from core.payments.mpesa.settings import DarajaSettings
from core.payments.mpesa.token import OpenWork, SharedToken

BACK_OFF_SECONDS = 30
"""After spike arrest; the numeric limits behind it are not published."""
MAX_ANSWER_BYTES = 1_048_576
"""A page of payments is some twenty thousand; the page size is not published."""
MOST_PULL_PAGES = 2_000
PULL_ANSWERS = ("1000", "1001")
"""Rows, and none in the period."""


class MpesaGateway:
    """Collects by STK push; looks up by STK query; confirms receipts by Transaction Status."""

    name = "mpesa"

    def __init__(
        self, settings: DarajaSettings, *, clock: Clock, open_work: OpenWork, callback_base: str
    ) -> None:
        """callback_base: the public URL of the pay door with its secret, such as https://…/pay/3f2a…"""
        self._settings = settings
        self._clock = clock
        self._callback_base = callback_base
        self._http = httpx.Client(
            base_url=settings.base_url,
            timeout=httpx.Timeout(settings.timeout_seconds, connect=3.0),
            limits=httpx.Limits(max_connections=10),
        )
        self._token = SharedToken(self.name, open_work, self._fetch_token)

    def request(self, order: CollectionOrder) -> Accepted:
        """Send the STK push."""
        to_till = bool(self._settings.till)
        answer = self._post(
            "/mpesa/stkpush/v1/processrequest",
            {
                **self._signature(),
                "TransactionType": "CustomerBuyGoodsOnline" if to_till else "CustomerPayBillOnline",
                "Amount": str(order.amount.whole_shillings_up()),
                "PartyA": order.payer.digits,
                "PartyB": self._settings.till or self._settings.shortcode,
                "PhoneNumber": order.payer.digits,
                "CallBackURL": f"{self._callback_base}/stk/{order.callback_token}",
                "AccountReference": order.reference[:12],
                "TransactionDesc": order.description[:13],
            },
        )
        if str(answer.get("ResponseCode")) == "0" and answer.get("CheckoutRequestID"):
            return Accepted(str(answer.get("MerchantRequestID", "")), str(answer["CheckoutRequestID"]))
        code, message = str(answer.get("errorCode", "")), str(answer.get("errorMessage", ""))
        if LOCKED_SUBSCRIBER in message.lower():
            raise Rejected(message, code="busy")
        if code in BACK_OFF:
            raise Unreachable(message, retry_after_seconds=BACK_OFF_SECONDS)
        is_refused = code.startswith("4") or any(text in message.lower() for text in MISCONFIGURED)
        if is_refused:
            raise Rejected(f"{code} {message}", code="configuration")
        raise OutcomeUnknown(f"no usable answer to the push ({code or 'none'})")

    def look_up(self, checkout_id: str) -> Verdict:
        """Ask the STK query. Everything that is not a final code means 'no answer yet', never a failure."""
        try:
            answer = self._post(
                "/mpesa/stkpushquery/v1/query", {**self._signature(), "CheckoutRequestID": checkout_id}
            )
        except (OutcomeUnknown, Unreachable):
            return Verdict(paid=None)
        if "ResultCode" not in answer or answer.get("errorCode") == NO_ANSWER:
            return Verdict(paid=None)
        return verdict_of(str(answer["ResultCode"]), checkout_id=checkout_id)

    def ask_about(self, receipt: str) -> str:
        """Ask Transaction Status about a receipt; the answer comes to the result address."""
        if not self._settings.initiator:
            raise Rejected("BANDO_DARAJA_INITIATOR is not set", code="configuration")
        try:
            answer = self._post(
                "/mpesa/transactionstatus/v1/query",
                {
                    "Initiator": self._settings.initiator,
                    "SecurityCredential": self._credential(),
                    "CommandID": "TransactionStatusQuery",
                    "TransactionID": receipt,
                    "OriginalConversationID": "",
                    "PartyA": self._settings.shortcode,
                    "IdentifierType": "4",
                    "ResultURL": f"{self._callback_base}/result",
                    "QueueTimeOutURL": f"{self._callback_base}/timeout",
                    "Remarks": "check",
                    "Occasion": "",
                },
            )
        except OutcomeUnknown as error:
            raise Unreachable(str(error)) from error  # a question may be asked twice
        if str(answer.get("ResponseCode")) == "0" and answer.get("OriginatorConversationID"):
            return str(answer["OriginatorConversationID"])
        code, why = (
            str(answer.get("errorCode", "")),
            f"{answer.get('errorCode')} {answer.get('errorMessage')}",
        )
        if code.startswith("4"):
            raise Rejected(why, code="configuration")
        raise Unreachable(why, retry_after_seconds=BACK_OFF_SECONDS)

    def pull(self, since: datetime, until: datetime) -> Iterator[list[Paid]]:
        """Read Pull Transactions, page by page by row offset; Daraja keeps the last 48 hours."""
        offset = 0
        for _ in range(MOST_PULL_PAGES):
            try:
                answer = self._post(
                    "/pulltransactions/v1/query",
                    {
                        "ShortCode": self._settings.shortcode,
                        "StartDate": _wall(since),
                        "EndDate": _wall(until),
                        "OffSetValue": str(offset),
                    },
                )
            except OutcomeUnknown as error:
                raise Unreachable(str(error)) from error  # a list may be read twice
            if str(answer.get("ResponseCode")) not in PULL_ANSWERS:
                raise Unreachable(
                    f"no list of payments: {answer.get('errorCode')} {answer.get('errorMessage')}"
                )
            page = pulled(answer)
            if not page:
                return
            yield page
            offset += len(page)

    def register_pull(self) -> str:
        """Register for Pull Transactions, once per shortcode. What Daraja said."""
        answer = self._post(
            "/pulltransactions/v1/register",
            {
                "ShortCode": self._settings.shortcode,
                "RequestType": "Pull",
                "NominatedNumber": self._settings.nominated_number,
                "CallBackURL": f"{self._callback_base}/result",
            },
        )
        return str(answer.get("ResponseDescription") or answer.get("errorMessage") or answer)

    def register_urls(self) -> str:
        """Register the C2B addresses, once per shortcode. What Daraja said."""
        answer = self._post(
            "/mpesa/c2b/v2/registerurl"
            if self._settings.hash_version == "v2"
            else "/mpesa/c2b/v1/registerurl",
            {
                "ShortCode": self._settings.shortcode,
                "ResponseType": "Completed",
                "ConfirmationURL": f"{self._callback_base}/c2b/confirmation",
                "ValidationURL": f"{self._callback_base}/c2b/validation",
            },
        )
        return str(answer.get("ResponseDescription") or answer.get("errorMessage") or answer)

    def _signature(self) -> dict[str, str]:
        """Shortcode, timestamp and the password made of them; the timestamp is computed once."""
        timestamp = _stamp(self._clock.now())
        shortcode = self._settings.shortcode
        password = base64.b64encode(f"{shortcode}{self._settings.passkey}{timestamp}".encode()).decode()
        return {"BusinessShortCode": shortcode, "Password": password, "Timestamp": timestamp}

    def _post(self, path: str, payload: dict[str, str]) -> dict[str, Any]:
        """One call, with one retry where the token was refused. Answers that are not JSON count as none."""
        token = self._token.get()
        answer = self._send(path, payload, token.value)
        if str(answer.get("errorCode")) in INVALID_TOKEN:
            answer = self._send(path, payload, self._token.get(refused=token).value)
        return answer

    def _send(self, path: str, payload: dict[str, str], token: str) -> dict[str, Any]:
        try:
            response = self._http.post(path, json=payload, headers={"Authorization": f"Bearer {token}"})
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unreachable(f"Daraja was not reached: {type(error).__name__}") from error
        except httpx.HTTPError as error:
            raise OutcomeUnknown(f"Daraja did not answer: {type(error).__name__}") from error
        try:
            answer = json.loads(response.content[:MAX_ANSWER_BYTES])
        except ValueError:
            raise OutcomeUnknown(f"Daraja answered {response.status_code} without JSON") from None
        return answer if isinstance(answer, dict) else {}

    def _fetch_token(self) -> tuple[str, int]:
        settings = self._settings
        try:
            response = self._http.get(
                "/oauth/v1/generate",
                params={"grant_type": "client_credentials"},
                auth=(settings.consumer_key, settings.consumer_secret),
            )
            answer = response.json()
            return str(answer["access_token"]), int(answer.get("expires_in", 3599))
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise Unreachable(f"no token from Daraja: {type(error).__name__}") from error

    def _credential(self) -> str:
        """The initiator's password under Safaricom's public certificate, RSA PKCS#1 v1.5, base64."""
        try:
            pem = Path(self._settings.certificate).read_bytes()
        except OSError:
            raise Misconfigured(["BANDO_DARAJA_CERTIFICATE cannot be read"]) from None
        is_certificate = b"BEGIN CERTIFICATE" in pem
        key = x509.load_pem_x509_certificate(pem).public_key() if is_certificate else load_pem_public_key(pem)
        if not isinstance(key, RSAPublicKey):
            raise Misconfigured(["BANDO_DARAJA_CERTIFICATE holds no RSA key"])
        sealed = key.encrypt(self._settings.initiator_password.encode(), PKCS1v15())
        return base64.b64encode(sealed).decode()


def _wall(at: datetime) -> str:
    return at.astimezone(NAIROBI).strftime("%Y-%m-%d %H:%M:%S")


def _stamp(at: datetime) -> str:
    return at.astimezone(NAIROBI).strftime("%Y%m%d%H%M%S")
