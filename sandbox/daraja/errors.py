"""How Daraja says no at once: HTTP status, code and sentence, as integrators meet them."""

import secrets
from typing import Any


class DarajaRefusal(Exception):
    """One synchronous error. The same code has many meanings; the message tells them apart."""

    def __init__(self, http: int, code: str, message: str) -> None:
        super().__init__(f"{http} {code} {message}")
        self.http, self.code, self.message = http, code, message

    def body(self) -> dict[str, Any]:
        return {"requestId": request_id(), "errorCode": self.code, "errorMessage": self.message}


def request_id() -> str:
    """Shaped like Daraja's own: three groups of hex and a longer tail."""
    return "-".join(secrets.token_hex(size) for size in (2, 2, 2, 6))


def invalid(field: str) -> DarajaRefusal:
    return DarajaRefusal(400, "400.002.02", f"Bad Request - Invalid {field}")


def malformed() -> DarajaRefusal:
    return DarajaRefusal(400, "400.002.05", "Invalid Request Payload")


def bad_token() -> DarajaRefusal:
    return DarajaRefusal(404, "404.001.03", "Invalid Access Token")


def no_token() -> DarajaRefusal:
    return DarajaRefusal(404, "404.001.04", "Invalid Authentication Header")


def merchant_unknown() -> DarajaRefusal:
    return DarajaRefusal(500, "500.001.1001", "Merchant does not exist")


def wrong_credentials() -> DarajaRefusal:
    return DarajaRefusal(500, "500.001.1001", "Wrong credentials")


def subscriber_locked() -> DarajaRefusal:
    return DarajaRefusal(
        500,
        "500.001.1001",
        "Unable to lock subscriber, a transaction is already in process for the current subscriber",
    )


def being_processed() -> DarajaRefusal:
    return DarajaRefusal(500, "500.001.1001", "The transaction is being processed")


def transaction_unknown() -> DarajaRefusal:
    return DarajaRefusal(500, "500.001.1001", "The transaction does not Exist")


def spike_arrest() -> DarajaRefusal:
    return DarajaRefusal(500, "500.003.02", "Error Occurred: Spike Arrest Violation")


def server_error() -> DarajaRefusal:
    return DarajaRefusal(500, "500.003.1001", "Internal Server Error")


def already_registered() -> DarajaRefusal:
    return DarajaRefusal(500, "500.003.1001", "Urls are already registered")
