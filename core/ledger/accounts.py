"""The accounts of the journal, by code. A subscriber's own, and a site's revenue, are opened by the database with
the subscriber and the site."""

MPESA_CLEARING = "clearing.mpesa"
BANK_CLEARING = "clearing.bank"
CASH = "cash"
"""In the till of the office."""
SUSPENSE = "suspense"
VAT_PAYABLE = "tax.vat"
EXCISE_PAYABLE = "tax.excise"
BAD_DEBT = "bad_debt"
DISCOUNTS = "discounts"
"""Goodwill as money. What lowers a price lowers its revenue instead."""
DEPOSITS = "deposits"
INSTALLMENTS = "installments"
"""Money that its owners have kept aside towards a plan."""
FEE = "fee"
"""The kind of revenue that belongs to no plan: installation, equipment."""


def receivable(subscriber_id: int) -> str:
    """The code of a subscriber's account with us: negative is theirs, positive is owed."""
    return f"receivable:{subscriber_id}"


def revenue(plan_kind: str, site_id: int | None) -> str:
    """The code of the revenue account of a kind of plan (or FEE) at a site. None: it holds at every site."""
    return f"revenue.{plan_kind}:{site_id or 0}"
