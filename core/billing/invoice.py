"""Invoices: a gapless number, lines, taxes apart, and their entry in the journal."""

from core.base.clock import nairobi_day
from core.base.database import Work
from core.base.dated import dated
from core.billing.model import Purchase
from core.billing.tax import TaxRates, taxes_inside
from core.ledger.accounts import EXCISE_PAYABLE, VAT_PAYABLE, receivable, revenue
from core.ledger.post import post

# The series' row stays locked until the transaction ends: whoever rolls back gives the number back.
_ISSUE = """
    WITH numbered AS (
        INSERT INTO invoice_series (series, last_number) VALUES (%(series)s, 1)
        ON CONFLICT (series) DO UPDATE SET last_number = invoice_series.last_number + 1
        RETURNING last_number
    ), invoice AS (
        INSERT INTO invoices (series, number, subscriber_id, purchase_id, issued_at, net_cents, excise_cents,
            vat_cents, total_cents, currency, excise_bp, vat_bp, entry_id)
        SELECT %(series)s, last_number, %(subscriber_id)s, %(purchase_id)s, %(now)s, %(net_cents)s,
            %(excise_cents)s, %(vat_cents)s, %(total_cents)s, %(currency)s, %(excise_bp)s, %(vat_bp)s, %(entry_id)s
        FROM numbered RETURNING id
    )
    INSERT INTO invoice_lines (invoice_id, plan_id, description, total_cents)
    SELECT id, %(plan_id)s, %(description)s, %(total_cents)s FROM invoice RETURNING invoice_id
"""


def invoice_purchase(work: Work, purchase: Purchase, *, subscriber_id: int, description: str) -> None:
    """Bill one purchase: Dr receivable, Cr revenue, excise, VAT. Once: a purchase has one invoice.

    The rates are those of now; the parts always add up to the price. The caller holds the subscriber's row.
    """
    excise_bp, vat_bp = dated(work, "tax.excise_bp", "tax.vat_bp")
    parts = taxes_inside(purchase.price, TaxRates(excise_bp, vat_bp))
    entry_id = post(
        work,
        kind="invoice",
        source=f"purchase:{purchase.id}",
        sides=[
            (receivable(subscriber_id), purchase.price),
            (revenue(purchase.plan.kind), -parts.net),
            (EXCISE_PAYABLE, -parts.excise),
            (VAT_PAYABLE, -parts.vat),
        ],
    )
    issued = {
        "series": f"INV-{nairobi_day(work.now).year}",
        "subscriber_id": subscriber_id,
        "purchase_id": purchase.id,
        "now": work.now,
        "net_cents": parts.net.minor,
        "excise_cents": parts.excise.minor,
        "vat_cents": parts.vat.minor,
        "total_cents": purchase.price_cents,
        "currency": purchase.currency,
        "excise_bp": excise_bp,
        "vat_bp": vat_bp,
        "entry_id": entry_id,
        "plan_id": purchase.plan_id,
        "description": description,
    }
    work.within(_ISSUE, issued)
