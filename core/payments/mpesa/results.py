"""Daraja's result and error codes, in our words (daraja.md sections 4 and 6). One code has many texts and some
codes many meanings, so texts are read only where a code is not enough."""

PENDING = frozenset({"4999"})
"""Still under processing: neither paid nor failed."""

REASON_OF = {
    "1": "balance",
    "2": "limit",
    "3": "limit",
    "4": "limit",
    "8": "configuration",
    "17": "same_amount",
    "26": "provider_busy",
    "1001": "busy",
    "1019": "no_answer",
    "1025": "provider_busy",
    "1031": "cancelled",
    "1032": "cancelled",
    "1037": "no_answer",
    "2001": "pin",
    "2006": "configuration",
    "2028": "configuration",
    "8006": "locked",
    "SFC_IC0003": "configuration",
    "9999": "provider_busy",
}
"""Every code that ends a collection without money. A code that is not here ends nothing: we keep asking."""

INVALID_TOKEN = frozenset({"400.003.01", "401.003.01", "401.002.01", "404.001.03"})
BACK_OFF = frozenset({"500.003.02", "500.003.03"})
"""Spike arrest, quota, 'system is busy': nothing was taken on."""
NO_ANSWER = "500.001.1001"
"""From the STK query it means 'no answer obtained'; from the push it depends on the text."""
MISCONFIGURED = ("merchant does not exist", "wrong credentials")
"""Texts of the same code that refuse a push. With any other text nobody knows whether the push was taken."""
LOCKED_SUBSCRIBER = "unable to lock subscriber"


def reason_of(code: str) -> str | None:
    """Why a collection failed, in our words; None where the code does not say that it did."""
    return REASON_OF.get(code)
