"""The accounts of the journal, by code. A subscriber's own is opened by the database with the subscriber."""

MPESA_CLEARING = "clearing.mpesa"
SUSPENSE = "suspense"
VAT_PAYABLE = "tax.vat"
EXCISE_PAYABLE = "tax.excise"


def receivable(subscriber_id: int) -> str:
    """The code of a subscriber's account with us: negative is theirs, positive is owed."""
    return f"receivable:{subscriber_id}"


def revenue(plan_kind: str) -> str:
    """The code of the revenue account of a kind of plan."""
    return f"revenue.{plan_kind}"
