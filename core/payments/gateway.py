"""The port to a payment gateway, and the values that cross it. A provider's own words stop behind it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.base.money import Money
from core.base.msisdn import Msisdn


@dataclass(frozen=True, slots=True)
class CollectionOrder:
    """What the gateway is asked to collect. callback_token: the secret in the address of its answer."""

    collection_id: int
    payer: Msisdn
    amount: Money
    reference: str
    description: str
    callback_token: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The gateway took the order; nothing is paid yet. Its two ids for it."""

    request_id: str
    checkout_id: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gateway says has become of a collection.

    paid None: still under way. code: the provider's own; reason: one of REASONS. amount, receipt, payer and
    paid_at are there when the provider told them.
    """

    paid: bool | None
    code: str = ""
    reason: str = ""
    checkout_id: str = ""
    request_id: str = ""
    amount: Money | None = None
    receipt: str = ""
    payer: str = ""
    paid_at: datetime | None = None


REASONS = (
    "balance",
    "cancelled",
    "pin",
    "no_answer",
    "busy",
    "same_amount",
    "limit",
    "locked",
    "provider_busy",
    "configuration",
    "other",
)
"""Why a collection came to nothing, in our words; each has its sentence to the subscriber."""


@dataclass(frozen=True, slots=True)
class Paid:
    """Money that came in: a receipt as the provider tells it."""

    receipt: str
    amount: Money
    shortcode: str
    account_text: str = ""
    payer_hint: str = ""
    payer_name: str = ""
    paid_at: datetime | None = None


class PaymentGateway(Protocol):
    """A provider that collects. Raises Unreachable (not asked: again), Rejected (never) or OutcomeUnknown."""

    name: str

    def request(self, order: CollectionOrder) -> Accepted:
        """Ask the payer for the money."""
        ...

    def look_up(self, checkout_id: str) -> Verdict:
        """What has become of an order. Never settles on a receipt: the provider's query tells none."""
        ...

    def ask_about(self, receipt: str) -> str:
        """Ask for the truth about a receipt; the id of the conversation under which the answer will come."""
        ...

    def pull(self, since: datetime, until: datetime) -> Iterator[list[Paid]]:
        """The provider's own list of what was paid to us, page by page: what no message told us."""
        ...
