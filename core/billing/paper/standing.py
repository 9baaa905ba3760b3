"""How an invoice stands: what of it is to be paid, was paid, was taken back or was given up."""

from dataclasses import dataclass

from sqlalchemy import text

from core.base.database import Work
from core.base.money import Money
from core.billing.corrections import written_off
from core.billing.model import Invoice

OPEN, PAID, TAKEN_BACK, WRITTEN_OFF = "open", "paid", "taken_back", "written_off"

_TAXES_TAKEN = text(
    "SELECT coalesce(sum(excise_cents + vat_cents), 0)::bigint FROM credit_notes WHERE invoice_id = :invoice_id"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """state: one of the four above. kept: what credit notes have left of it, and taxes: what of that are taxes.
    given_up: what is written off."""

    state: str
    kept: Money
    taxes: Money
    given_up: Money


def standing_of(work: Work, invoice: Invoice) -> Standing:
    """How the invoice stands at this moment."""
    taken = Money(int(work.session.execute(_TAXES_TAKEN, {"invoice_id": invoice.id}).scalar_one()))
    kept = Money(invoice.total_cents - invoice.credited_cents, invoice.currency)
    given_up = written_off(work, invoice.id)
    state = PAID
    if invoice.open_cents:
        state = OPEN
    elif given_up.is_positive:
        state = WRITTEN_OFF
    elif kept.is_zero:
        state = TAKEN_BACK
    return Standing(state, kept, Money(invoice.excise_cents + invoice.vat_cents) - taken, given_up)
