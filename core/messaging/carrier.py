"""The port to whoever carries our texts. Adapters live with their channel, fakes with the tests.

`send` raises one of core.base.errors, whose type answers "again?": Unreachable (again), Rejected (never, for
this message), OutcomeUnknown (nobody knows). The two kinds of Rejected below say more about why.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from core.base.errors import Rejected


class BlockedByPerson(Rejected):
    """The person has told the carrier or the network that our sender's texts are not wanted."""


class AccountRefused(Rejected):
    """It is our account, not this message: no funds, a wrong key or sender name. Nothing was sent; staff must
    act, after which the same message is welcome."""


class Unreadable(ValueError):
    """The body is no message of this carrier's."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The carrier has taken it. message_id: what reports will name, None where the carrier gave none.
    parts: as billed by the alphabet's rules. cost: the carrier's own words, such as "KES 0.8000"."""

    message_id: str | None
    parts: int
    cost: str | None


class Fate(Enum):
    """What a report says became of a text."""

    DELIVERED = "delivered"
    FAILED = "failed"
    BLOCKED = "blocked"
    """Failed, because the person does not want our sender's texts."""
    UNDER_WAY = "under way"
    """Not final, or a word that we do not know."""


@dataclass(frozen=True, slots=True)
class Report:
    """A delivery report. address: digits as we store them. said: the carrier's own words, for staff."""

    message_id: str
    address: str
    fate: Fate
    said: str


class Carrier(Protocol):
    """Carries one text to one address (digits with country code, "254712345678")."""

    def send(self, address: str, text: str, *, notice_id: int) -> Sent: ...

    def read_report(self, body: bytes) -> Report:
        """Raises Unreadable."""
        ...

    def read_opt_out(self, body: bytes) -> str:
        """The address that wants no more marketing. Raises Unreadable."""
        ...
