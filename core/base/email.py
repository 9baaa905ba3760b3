"""E-mail addresses: which we write to, and how one is shown to whoever may look over a shoulder."""

import re
from dataclasses import dataclass

from core.base.msisdn import Msisdn

MAX_CHARACTERS = 254
"""RFC 5321: of a whole address on its way."""
SHOWN_DOMAIN = 14
"""Characters of a domain on a screen; of a longer one only the end is shown."""
_WORD = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(
    rf"(?=.{{1,64}}@){_WORD}(?:\.{_WORD})*@(?:[A-Za-z0-9-]{{1,63}}\.)+[A-Za-z][A-Za-z0-9-]{{0,62}}"
)
"""No quoting, no comments, nothing that could end a header (RFC 5321, without its curiosities)."""


@dataclass(frozen=True, slots=True, order=True)
class Email:
    """A mailbox, by its address in small letters."""

    address: str

    @property
    def masked(self) -> str:
        """Enough to know one's own by, at most 22 characters: a***@gmail.com."""
        name, _, domain = self.address.partition("@")
        end = domain if len(domain) <= SHOWN_DOMAIN else f"***{domain[-SHOWN_DOMAIN:]}"
        return f"{name[0]}***@{end}"


def is_email(text: str) -> bool:
    """Whether mail can be sent to exactly this."""
    return len(text) <= MAX_CHARACTERS and _ADDRESS.fullmatch(text) is not None


def parse_email(typed: str) -> Email | None:
    """The mailbox in its one spelling; None for what is none. Nobody's differ by capitals alone."""
    address = typed.strip().lower()
    return Email(address) if is_email(address) else None


Reached = Msisdn | Email
"""What can get a code, and a text that goes nowhere else."""


def name_of(place: Reached) -> str:
    """The digits of a number, the address of a mailbox: no text is both."""
    return place.digits if isinstance(place, Msisdn) else place.address


def reached(name: str) -> Reached:
    """What `name_of` named."""
    return Email(name) if "@" in name else Msisdn(name)
