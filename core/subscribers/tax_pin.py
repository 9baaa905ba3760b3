"""The KRA PIN that a person's invoices name, as the person typed it."""

import re

from core.base.database import Work
from core.base.errors import Refusal
from core.base.words import say
from core.subscribers.model import Subscriber

_PIN = re.compile(r"[A-Z]\d{9}[A-Z]")
NO_PIN = say("A KRA PIN is a letter, nine digits and a letter, such as A012345678Z.")


def parse_tax_pin(typed: str) -> str | None:
    """The PIN in its one spelling; None for what is none."""
    plain = "".join(typed.split()).upper()
    return plain if plain.isascii() and _PIN.fullmatch(plain) else None


def set_tax_pin(work: Work, *, subscriber_id: int, pin: str) -> None:
    """From now on the person's invoices name it; those that stand keep what they have. Raises Refusal."""
    tidy = parse_tax_pin(pin)
    if tidy is None:
        raise Refusal(NO_PIN)
    work.session.get_one(Subscriber, subscriber_id).tax_pin = tidy
