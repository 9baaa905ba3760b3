"""Invoices: a gapless number, lines, taxes apart, and their entry in the journal."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from core.base.clock import nairobi_day
from core.base.database import Work
from core.base.dated import dated
from core.base.money import Money
from core.billing.events import InvoiceIssued
from core.billing.model import Invoice, Purchase
from core.billing.tax import TaxParts, TaxRates, taxes_inside
from core.catalogue.price_model import DEPOSIT, EQUIPMENT, INSTALLATION
from core.ledger.accounts import DEPOSITS, EXCISE_PAYABLE, FEE, VAT_PAYABLE, receivable, revenue
from core.ledger.post import post

_NUMBER = re.compile(r"INV-?(?P<year>20[0-9]{2})-?(?P<number>[0-9]{1,12})")
INTERNET, GOODS, UNTAXED = "internet", "goods", "untaxed"
"""How a line is taxed: excise and VAT; VAT alone (equipment); not at all (a deposit)."""
FEE_NAMES = {INSTALLATION: "Installation", EQUIPMENT: "Equipment", DEPOSIT: "Deposit"}

# The series' row stays locked until the transaction ends: whoever rolls back gives the number back. One statement for
# the number, the invoice, its lines and its event, because everybody else waits for this row.
_ISSUE = """
    WITH numbered AS (
        INSERT INTO invoice_series (series, last_number) VALUES (%(series)s, 1)
        ON CONFLICT (series) DO UPDATE SET last_number = invoice_series.last_number + 1
        RETURNING last_number
    ), occasion AS (
        INSERT INTO invoices (id, series, number, subscriber_id, purchase_id, issued_at, net_cents, excise_cents,
            vat_cents, total_cents, currency, excise_bp, vat_bp, entry_id, kind, subscription_id, period_from,
            period_to, due_at, open_cents, buyer_pin)
        SELECT coalesce(CAST(%(id)s AS bigint), nextval('invoices_id_seq')), %(series)s, last_number,
            %(subscriber_id)s, %(purchase_id)s, %(now)s, %(net_cents)s, %(excise_cents)s, %(vat_cents)s,
            %(total_cents)s, %(currency)s, %(excise_bp)s, %(vat_bp)s, %(entry_id)s, %(kind)s, %(subscription_id)s,
            %(period_from)s, %(period_to)s, %(due_at)s, %(open_cents)s,
            (SELECT tax_pin FROM subscribers WHERE id = %(subscriber_id)s)
        FROM numbered RETURNING id
    ), lines AS (
        INSERT INTO invoice_lines (invoice_id, plan_id, description, total_cents, discount_cents, net_cents,
            excise_cents, vat_cents)
        SELECT occasion.id, line.plan_id, line.description, line.total_cents, line.discount_cents, line.net_cents,
            line.excise_cents, line.vat_cents
        FROM occasion, jsonb_to_recordset(%(lines)s) AS line (plan_id bigint, description text, total_cents bigint,
            discount_cents bigint, net_cents bigint, excise_cents bigint, vat_cents bigint)
    ), said AS (
        INSERT INTO outbox (event, payload, request_id, recorded_at)
        SELECT %(event)s, jsonb_build_object('invoice_id', occasion.id), %(request_id)s, %(now)s FROM occasion
        RETURNING id
    ), delivered AS (
        INSERT INTO deliveries (outbox_id, listener, queue, ordering_key, available_at)
        SELECT said.id, route.listener, route.queue, NULL, %(now)s
        FROM said, unnest(CAST(%(listeners)s AS text[]), CAST(%(queues)s AS text[])) AS route (listener, queue)
    )
    SELECT id FROM occasion
"""


@dataclass(frozen=True, slots=True)
class InvoiceLineDraft:
    """One thing to be billed. amount: its price, taxes inside; discount: what comes off it, before its taxes are taken
    out. revenue: the code of the account that earns it (`core.ledger.accounts.revenue`, or DEPOSITS)."""

    description: str
    amount: Money
    plan_id: int | None
    revenue: str
    discount: Money = Money(0)  # noqa: RUF009
    taxed: str = INTERNET

    @property
    def charged(self) -> Money:
        return self.amount - self.discount


def invoice_named(work: Work, written: str) -> Invoice | None:
    """The invoice whose number somebody typed, with or without its zeros and dashes: INV-2026-000001."""
    found = _NUMBER.fullmatch("".join(written.split()).upper())
    if found is None:
        return None
    return work.session.scalar(
        select(Invoice).where(
            Invoice.series == f"INV-{found['year']}", Invoice.number == int(found["number"])
        )
    )


def issue(
    work: Work,
    *,
    kind: str,
    subscriber_id: int,
    lines: Sequence[InvoiceLineDraft],
    subscription_id: int | None = None,
    period: tuple[date, date] | None = None,
    due_at: datetime | None = None,
    purchase_id: int | None = None,
    paid: bool,
) -> Invoice:
    """Bill somebody: Dr receivable, Cr revenue, excise, VAT. period: first and last day, both within it.

    The rates are those of now; the parts of each line add up to it, and those of the lines to the invoice. paid: its
    money stands on the account already; otherwise the whole of it is open. A purchase has one invoice: a second
    raises IntegrityError. ValueError for a sum that is not positive. The caller holds the subscriber's row, and
    calls this last: everybody waits for the next number until this is committed.
    """
    invoice_id = _issue(
        work,
        kind=kind,
        subscriber_id=subscriber_id,
        lines=lines,
        subscription_id=subscription_id,
        period=period,
        due_at=due_at,
        purchase_id=purchase_id,
        paid=paid,
    )
    return work.session.get_one(Invoice, invoice_id)


def invoice_purchase(
    work: Work,
    purchase: Purchase,
    *,
    subscriber_id: int,
    description: str,
    period: tuple[date, date] | None = None,
    paid: bool = True,
    due_at: datetime | None = None,
) -> int:
    """Bill one purchase, once. The invoice's id."""
    sold = InvoiceLineDraft(
        description,
        purchase.price + Money(purchase.discount_cents - purchase.fees_cents),
        purchase.plan_id,
        revenue(purchase.plan.kind, purchase.site_id),
        discount=Money(purchase.discount_cents),
    )
    return _issue(
        work,
        kind="sale",
        subscriber_id=subscriber_id,
        lines=[sold, *fee_lines(purchase)],
        subscription_id=purchase.subscription_id,
        period=period,
        due_at=due_at,
        purchase_id=purchase.id,
        paid=paid,
    )


def fee_lines(purchase: Purchase) -> list[InvoiceLineDraft]:
    """What a new line pays once: installation is a service, equipment are goods, a deposit stays its owner's."""
    taxed = {INSTALLATION: INTERNET, EQUIPMENT: GOODS, DEPOSIT: UNTAXED}
    return [
        InvoiceLineDraft(
            FEE_NAMES[kind],
            Money(cents),
            None,
            DEPOSITS if kind == DEPOSIT else revenue(FEE, purchase.site_id),
            taxed=taxed[kind],
        )
        for kind, cents in purchase.fees or ()
    ]


def _issue(
    work: Work,
    *,
    kind: str,
    subscriber_id: int,
    lines: Sequence[InvoiceLineDraft],
    subscription_id: int | None,
    period: tuple[date, date] | None,
    due_at: datetime | None,
    purchase_id: int | None,
    paid: bool,
) -> int:
    excise_bp, vat_bp = dated(work, "tax.excise_bp", "tax.vat_bp")
    parts = [taxes_inside(line.charged, _rates(line.taxed, excise_bp, vat_bp)) for line in lines]
    whole = TaxParts(
        *(Money.total(getattr(part, name) for part in parts) for name in ("net", "excise", "vat"))
    )
    if not whole.price.is_positive or any(line.charged.is_negative for line in lines):
        raise ValueError("an invoice is for something")
    invoice_id = work.next_id("invoices") if purchase_id is None else None
    entry_id = post(
        work,
        kind="invoice",
        source=f"invoice:{invoice_id}" if purchase_id is None else f"purchase:{purchase_id}",
        sides=[
            (receivable(subscriber_id), whole.price),
            *_earned(lines, parts),
            (EXCISE_PAYABLE, -whole.excise),
            (VAT_PAYABLE, -whole.vat),
        ],
    )
    first, last = period or (None, None)
    row = work.within(
        _ISSUE,
        {
            **work.recording([InvoiceIssued(invoice_id or 0)]),
            "id": invoice_id,
            "series": f"INV-{nairobi_day(work.now).year}",
            "subscriber_id": subscriber_id,
            "purchase_id": purchase_id,
            "net_cents": whole.net.minor,
            "excise_cents": whole.excise.minor,
            "vat_cents": whole.vat.minor,
            "total_cents": whole.price.minor,
            "currency": whole.price.currency,
            "excise_bp": excise_bp,
            "vat_bp": vat_bp,
            "entry_id": entry_id,
            "kind": kind,
            "subscription_id": subscription_id,
            "period_from": first,
            "period_to": last,
            "due_at": due_at,
            "open_cents": 0 if paid else whole.price.minor,
            "lines": json.dumps([_row(line, part) for line, part in zip(lines, parts, strict=True)]),
        },
    )
    assert row is not None, "it was inserted"
    return int(row[0])


def _rates(taxed: str, excise_bp: int, vat_bp: int) -> TaxRates:
    return TaxRates(excise_bp if taxed == INTERNET else 0, 0 if taxed == UNTAXED else vat_bp)


def _earned(lines: Sequence[InvoiceLineDraft], parts: Sequence[TaxParts]) -> list[tuple[str, Money]]:
    """The net of the lines by account, in the order in which the accounts are first named."""
    by_account: dict[str, Money] = {}
    for line, part in zip(lines, parts, strict=True):
        by_account[line.revenue] = by_account.get(line.revenue, Money(0)) - part.net
    return list(by_account.items())


def _row(line: InvoiceLineDraft, part: TaxParts) -> dict[str, int | str | None]:
    return {
        "plan_id": line.plan_id,
        "description": line.description,
        "total_cents": line.charged.minor,
        "discount_cents": line.discount.minor,
        "net_cents": part.net.minor,
        "excise_cents": part.excise.minor,
        "vat_cents": part.vat.minor,
    }
