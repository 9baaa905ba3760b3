"""Kinds of journal entries in words, as staff read them."""

from core.base.words import Sentence, say

ENTRIES: dict[str, Sentence] = {
    "invoice": say("Invoice"),
    "credit_note": say("Credit note"),
    "payment": say("Payment received"),
    "resolution": say("Payment whose owner was found"),
    "reversal": say("Entry taken back"),
    "refund": say("Refund"),
    "transfer": say("Moved between accounts"),
    "write_off": say("Written off"),
    "recovery": say("Paid after it was written off"),
    "goodwill": say("Goodwill"),
    "deposit_back": say("Deposit given back"),
    "installment": say("Kept aside towards a bundle"),
}
"""Others are shown as they stand."""
