"""What stands on a document: read off its rows and put into words, in the language of whoever gets it.

The rows are never asked for more than the account they stand on: a document of somebody else is not found.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from core.base.clock import NAIROBI, last_day
from core.base.database import Work
from core.base.i18n import render
from core.base.money import CENTS
from core.base.settings import Brand, Seller
from core.base.words import Sentence, say
from core.billing.documents import CreditNote
from core.billing.model import Invoice, InvoiceLine, Purchase
from core.billing.paper.fiscal import FiscalMark, mark_of
from core.billing.paper.standing import PAID, TAKEN_BACK, WRITTEN_OFF, Standing, standing_of
from core.billing.paper.words import described, read_aloud
from core.catalogue.labels import plan_term, term_label
from core.catalogue.model import HOTSPOT, Plan
from core.subscribers.model import Subscriber

INVOICE, CREDIT_NOTE = "invoice", "credit_note"
PERCENT_BP = 100


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes: the brand, the seller by law, and where people pay."""

    brand: Brand
    seller: Seller
    paybill: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A document, ready to be set. name: of its file. facts: what the PDF's template reads, as JSON: plain words and
    figures alone, in one language."""

    name: str
    facts: dict[str, Any]


def invoice_paper(
    work: Work, *, invoice_id: int, head: Letterhead, language: str, subscriber_id: int | None = None
) -> Paper | None:
    """The invoice, or the receipt for what was paid at once. None where it is not there, or not that person's."""
    invoice = work.session.scalar(
        select(Invoice)
        .where(Invoice.id == invoice_id)
        .options(selectinload(Invoice.lines))
        .execution_options(populate_existing=True)
    )
    if invoice is None or subscriber_id not in (None, invoice.subscriber_id):
        return None
    buyer = work.session.get_one(Subscriber, invoice.subscriber_id)
    stands = standing_of(work, invoice)
    title = say("Receipt and tax invoice") if stands.state == PAID else say("Tax invoice")
    facts = _top(work, invoice, buyer, head, title)
    facts["lines"] = [
        {"what": _lowered(_described(work, invoice, line), line), "amount": _amount(line.total_cents)}
        for line in invoice.lines
    ]
    facts["totals"] = _totals(invoice, invoice.excise_bp, invoice.vat_bp, say("Total, taxes included"))
    facts["about"] = _about(invoice)
    facts["state"] = _state(invoice, stands)
    if invoice.open_cents:
        facts["pay"] = _way_to_pay(invoice, buyer, head)
    return Paper(f"{invoice.title}.pdf", _in(facts, language))


def credit_note_paper(
    work: Work, *, credit_note_id: int, head: Letterhead, language: str, subscriber_id: int | None = None
) -> Paper | None:
    """The credit note. None where it is not there, or not that person's."""
    note = work.session.get(CreditNote, credit_note_id)
    if note is None or subscriber_id not in (None, note.subscriber_id):
        return None
    invoice = work.session.get_one(Invoice, note.invoice_id)
    buyer = work.session.get_one(Subscriber, note.subscriber_id)
    facts = _top(work, note, buyer, head, say("Credit note"))
    facts["buyer"]["pin"] = invoice.buyer_pin or buyer.tax_pin or ""
    facts["lines"] = [
        {
            "what": say(
                "Taken back of {invoice}: {reason}", invoice=invoice.title, reason=read_aloud(note.reason)
            ),
            "amount": _amount(note.total_cents),
        }
    ]
    facts["totals"] = _totals(note, invoice.excise_bp, invoice.vat_bp, say("Total credited, taxes included"))
    facts["state"] = say("This amount was taken off what you owe, or added to your money.")
    return Paper(f"{note.title}.pdf", _in(facts, language))


def _top(
    work: Work, document: Invoice | CreditNote, buyer: Subscriber, head: Letterhead, title: Sentence
) -> dict[str, Any]:
    seller, brand = head.seller, head.brand
    kind = INVOICE if isinstance(document, Invoice) else CREDIT_NOTE
    mark = mark_of(work, kind=kind, document_id=document.id)
    pin = document.buyer_pin if isinstance(document, Invoice) else buyer.tax_pin
    return {
        "title": title,
        "number": document.title,
        "colour": seller.colour,
        "seller": {
            "name": seller.legal_name or brand.provider_name,
            "brand": brand.provider_name,
            "lines": [part for part in (seller.address, seller.phone, seller.email) if part],
            "pin": seller.tax_pin,
        },
        "buyer": {
            "label": say("For"),
            "name": f"{buyer.first_name} {buyer.last_name}".strip(),
            "account": say("Account {account_no}", account_no=buyer.account_no),
            "pin": pin or "",
        },
        "pin_label": say("PIN"),
        "facts": [
            [say("Number"), document.title],
            [say("Date"), f"{document.issued_at.astimezone(NAIROBI):%d/%m/%Y %H:%M}"],
        ],
        "what_label": say("What"),
        "amount_label": say("Ksh"),
        "about": "",
        "pay": None,
        "fiscal": _fiscal(mark),
        "foot": say("Questions? Dial {dial}", dial=brand.dial()),
        "author": brand.provider_name,
    }


def _totals(
    document: Invoice | CreditNote, excise_bp: int, vat_bp: int, total: Sentence
) -> list[tuple[Sentence, str, bool]]:
    rows: list[tuple[Sentence, str, bool]] = [(say("Net"), _amount(document.net_cents), False)]
    if excise_bp:
        rows.append((say("Excise duty {rate}", rate=rate(excise_bp)), _amount(document.excise_cents), False))
    if vat_bp:
        rows.append((say("VAT {rate}", rate=rate(vat_bp)), _amount(document.vat_cents), False))
    return [*rows, (total, _amount(document.total_cents), True)]


def _about(invoice: Invoice) -> Sentence | str:
    if invoice.period_from is None or invoice.period_to is None:
        return ""
    return say("For {first} to {last}", first=_date(invoice.period_from), last=_date(invoice.period_to))


def _state(invoice: Invoice, stands: Standing) -> Sentence:
    if stands.state == TAKEN_BACK:
        return say("Taken back by a credit note.")
    if stands.state == WRITTEN_OFF:
        return say("Not paid: Ksh {amount} was written off.", amount=_amount(stands.given_up.minor))
    if stands.state == PAID and invoice.credited_cents:
        return say(
            "Paid. Ksh {amount} was taken back by credit notes.", amount=_amount(invoice.credited_cents)
        )
    if stands.state == PAID:
        return say("Paid. Thank you.")
    owed = _amount(invoice.open_cents)
    if invoice.due_at is None:
        return say("To pay: Ksh {owed}", owed=owed)
    return say("To pay: Ksh {owed}, by {day}", owed=owed, day=_date(last_day(invoice.due_at)))


def _way_to_pay(invoice: Invoice, buyer: Subscriber, head: Letterhead) -> dict[str, Any]:
    """How to pay; the picture opens the dialler of a smartphone with the code in it, no internet needed."""
    dial, whole = head.brand.dial(1), -(-invoice.open_cents // CENTS)
    steps: list[Sentence] = [say("Dial {dial}", dial=dial)]
    if head.paybill:
        steps.append(
            say(
                "or M-PESA: Paybill {paybill}, account {account_no}, Ksh {amount}",
                paybill=head.paybill,
                account_no=buyer.account_no,
                amount=f"{whole:,}",
            )
        )
    return {"label": say("How to pay"), "steps": steps, "scan": f"tel:{dial}".replace("#", "%23")}


def _fiscal(mark: FiscalMark | None) -> dict[str, Any] | None:
    if mark is None:
        return None
    return {
        "facts": [
            [say("Control unit"), mark.control_unit],
            [say("Receipt of the tax authority"), mark.receipt_number],
            [say("Marked"), f"{mark.marked_at.astimezone(NAIROBI):%d/%m/%Y %H:%M}"],
        ],
        "scan": mark.scan,
    }


def _described(work: Work, invoice: Invoice, line: InvoiceLine) -> Sentence | str:
    """What a line is for: the plan in the reader's language where it was a purchase of one, else what stands there."""
    if invoice.kind != "sale" or invoice.purchase_id is None or line.plan_id is None:
        return described(work, line)
    purchase = work.session.scalar(
        select(Purchase).where(Purchase.id == invoice.purchase_id).options(joinedload(Purchase.plan))
    )
    if purchase is None or purchase.plan_id != line.plan_id:
        return described(work, line)
    plan = purchase.plan
    term = plan_term(plan) if plan.until_midnight else term_label(purchase.term_unit, purchase.term_count)
    return say("{plan}, {term}", plan=_plan_name(plan), term=term)


def _lowered(what: Sentence | str, line: InvoiceLine) -> Sentence | str:
    """The same, with the price that an offer code has lowered."""
    if not line.discount_cents:
        return what
    price = _amount(line.total_cents + line.discount_cents)
    return say(
        "{what} ({price} less {discount})", what=what, price=price, discount=_amount(line.discount_cents)
    )


def _plan_name(plan: Plan) -> str:
    return "WiFi" if plan.kind == HOTSPOT else plan.name


def _in(facts: Any, language: str) -> Any:
    """The same with every sentence put into words."""
    if isinstance(facts, Sentence):
        return render(facts, language)
    if isinstance(facts, dict):
        return {name: _in(value, language) for name, value in facts.items()}
    if isinstance(facts, Sequence) and not isinstance(facts, str):
        return [_in(value, language) for value in facts]
    return facts


def _amount(cents: int) -> str:
    return f"{cents // CENTS:,}.{cents % CENTS:02}"


def rate(bp: int) -> str:
    """Basis points as people read them: "16 %", "12.50 %"."""
    whole, part = divmod(bp, PERCENT_BP)
    return f"{whole}.{part:02} %" if part else f"{whole} %"


def _date(day: date) -> str:
    return f"{day:%d/%m/%Y}"
