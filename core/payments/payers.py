"""Which number a message of money speaks of, where it tells the payer's name: so that another name is seen (M6).

Providers hide the number: in part ("2547 ***** 126"), or by its bare SHA-256. A hash names one of the owner's numbers
beyond doubt. Three digits do not, so they only count beside the reference of a prompt that went to such a number.
"""

import hashlib
from collections.abc import Sequence

from core.base.database import Work
from core.base.msisdn import Msisdn, NotAPhoneNumber
from core.payments.gateway import Paid
from core.payments.keep import collection_named, owner_named
from core.subscribers.payer_names import note_payer_name
from core.subscribers.queries import numbers_of


def note_payer(work: Work, paid: Paid) -> None:
    """Hand on the payer's name, where the message tells one and whose it is. To be called when the money is
    allocated: whoever changes an address holds the subscriber's row before."""
    if not paid.payer_name:
        return
    collection = collection_named(work, paid.account_text)
    if collection is not None and collection.amount == paid.amount:
        prompted = Msisdn(collection.payer)
        number = prompted if fits(paid.payer_hint, prompted) else None
    else:
        owner = owner_named(work, paid.account_text)
        numbers = [own.number for own in numbers_of(work, owner.id)] if owner else []
        number = told(paid.payer_hint, numbers)
    if number is not None:
        note_payer_name(work, msisdn=number, name=paid.payer_name)


def told(hint: str, numbers: Sequence[Msisdn]) -> Msisdn | None:
    """The number that the hint names beyond doubt: it stands there whole, or is one of `numbers` hashed."""
    try:
        return Msisdn.parse(hint)
    except NotAPhoneNumber:
        return next((number for number in numbers if _is_hash_of(hint, number)), None)


def fits(hint: str, number: Msisdn) -> bool:
    """Whether the hint may be this number: whole, hashed, or masked with the same digits around the mask."""
    shown = hint.replace(" ", "")
    if "*" not in shown:
        return told(shown, (number,)) == number
    first, last = shown.partition("*")[0], shown.rpartition("*")[2]
    return bool(last) and number.digits.startswith(first) and number.digits.endswith(last)


def _is_hash_of(hint: str, number: Msisdn) -> bool:
    return hint.lower() == hashlib.sha256(number.digits.encode()).hexdigest()
