"""The ways by which money comes in, and what each means: where it lies, and how people are told of it."""

from core.base.money import Money
from core.base.words import Sentence, say
from core.ledger.accounts import BANK_CLEARING, CASH, MPESA_CLEARING
from core.payments.model import Receipt

IN_CASH, BY_BANK = "cash", "bank"
BY_HAND = (IN_CASH, BY_BANK)
"""Providers of receipts that staff book: no message of a gateway tells of them, and no phone has paid them."""
_LIES_IN = {IN_CASH: CASH, BY_BANK: BANK_CLEARING}


def lies_in(provider: str) -> str:
    """The code of the account in which a provider's money lies."""
    return _LIES_IN.get(provider, MPESA_CLEARING)


def is_by_hand(receipt: Receipt) -> bool:
    return receipt.provider in BY_HAND


def named(receipt: Receipt) -> Sentence | str:
    """A receipt as a text to its owner names it."""
    match receipt.provider:
        case provider if provider == IN_CASH:
            return say("cash {number}", number=receipt.number)
        case provider if provider == BY_BANK:
            return say("bank {number}", number=receipt.number)
    return f"M-PESA {receipt.number}"


def sides_in(receipt: Receipt, account: str) -> list[tuple[str, Money]]:
    """Dr where the money lies, Cr `account`."""
    return [(lies_in(receipt.provider), receipt.amount), (account, -receipt.amount)]
