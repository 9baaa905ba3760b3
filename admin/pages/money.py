"""Lists of what was asked for and what came in: purchases, collections, receipts, suspense. Read-only: money is
moved by verbs alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from admin.desk import Ask, Door
from admin.lists import Rows, keyset
from admin.show import NOTHING, Cell, Page, Tab, account, instant, money, plain, state
from core.base.msisdn import Msisdn, NotAPhoneNumber
from core.base.words import Sentence, say
from core.billing.model import OPEN, SERVED, UNPAID, Purchase
from core.billing.model import PAID as PAID_FOR
from core.catalogue.labels import plan_term
from core.catalogue.model import HOTSPOT, Plan
from core.payments.model import FAILED, LAPSED, PAID, PROMPTED, UNKNOWN, Collection, Receipt, SuspenseItem
from core.payments.ways import BY_BANK, IN_CASH
from core.subscribers.model import Subscriber

Buyer, Beneficiary = aliased(Subscriber), aliased(Subscriber)

PURCHASE_STATES = {
    OPEN: say("Open"),
    PAID_FOR: say("Paid, not begun"),
    SERVED: say("Begun"),
    UNPAID: say("Not paid"),
}
COLLECTION_STATES = {
    PROMPTED: say("Wait for the PIN"),
    UNKNOWN: say("Outcome not known"),
    PAID: say("Paid"),
    FAILED: say("Failed"),
    LAPSED: say("No answer"),
}


def tabs_of(path: str, choices: Mapping[str, Sentence], shown: str) -> list[Tab]:
    """All, and one tab for each choice of `?show=`."""
    every = Tab(say("All"), path, here=shown not in choices)
    return [every] + [
        Tab(label, f"{path}?show={name}", here=name == shown) for name, label in choices.items()
    ]


# -- purchases


def purchases_with_plan() -> Rows:
    return (
        select(Purchase, Plan, Buyer.account_no.label("buyer"), Beneficiary.account_no.label("beneficiary"))
        .join(Plan, Plan.id == Purchase.plan_id)
        .join(Buyer, Buyer.id == Purchase.buyer_id)
        .join(Beneficiary, Beneficiary.id == Purchase.beneficiary_id)
    )


def purchase_columns() -> Sequence[Sentence]:
    return [say("When"), say("Plan"), say("Price"), say("Buyer"), say("For"), say("State"), say("By")]


def purchase_cells(row: Any, ask: Ask) -> list[Cell]:
    purchase, linked = row.Purchase, ask.may("see_people")
    for_another = purchase.beneficiary_id != purchase.buyer_id
    return [
        Cell(instant(purchase.created_at).text, path=f"/purchases/{purchase.id}"),
        Cell(plan_words(row.Plan)),
        money(purchase.price_cents),
        account(row.buyer, purchase.buyer_id, linked=linked),
        account(row.beneficiary if for_another else None, purchase.beneficiary_id, linked=linked),
        state(purchase.state),
        Cell(purchase.channel, quiet=True),
    ]


def plan_words(plan: Plan) -> Sentence | str:
    """A plan as its buyers know it: hotspot plans by their term, home plans by name."""
    if plan.kind == HOTSPOT and plan.role == "access":
        return say("WiFi {term}", term=plan_term(plan))
    return plan.name


def purchases(ask: Ask) -> Page:
    shown = ask.query.get("show", "")
    rows = purchases_with_plan()
    if shown in PURCHASE_STATES:
        rows = rows.where(Purchase.state == shown)
    table = keyset(
        ask.work,
        rows,
        Purchase.id,
        query=ask.query,
        path="/purchases",
        columns=purchase_columns(),
        cells=lambda row: purchase_cells(row, ask),
        key_of=lambda row: row.Purchase.id,
        empty=say("There are no purchases here."),
    )
    tabs = tabs_of("/purchases", PURCHASE_STATES, shown)
    return Page(say("Purchases"), tables=[table], place="purchases", tabs=tabs)


# -- collections


def collection_columns() -> Sequence[Sentence]:
    return [say("When"), say("Reference"), say("Amount"), say("Phone"), say("State"), say("Reason")]


def collection_cells(collection: Collection) -> list[Cell]:
    return [
        Cell(instant(collection.created_at).text, path=f"/collections/{collection.id}"),
        plain(collection.reference),
        money(collection.amount_cents),
        plain(masked(collection.payer)),
        state(collection.state),
        Cell(collection.reason or NOTHING, quiet=True),
    ]


def masked(digits: str) -> str:
    """A phone number as lists show it: 0712***678."""
    try:
        return Msisdn(digits).masked
    except NotAPhoneNumber:
        return NOTHING


def collections(ask: Ask) -> Page:
    shown = ask.query.get("show", "")
    rows: Rows = select(Collection)
    if shown in COLLECTION_STATES:
        rows = rows.where(Collection.state == shown)
    table = keyset(
        ask.work,
        rows,
        Collection.id,
        query=ask.query,
        path="/collections",
        columns=collection_columns(),
        cells=lambda row: collection_cells(row.Collection),
        key_of=lambda row: row.Collection.id,
        empty=say("There are no payments here."),
    )
    tabs = tabs_of("/collections", COLLECTION_STATES, shown)
    return Page(say("Payments asked for"), tables=[table], place="collections", tabs=tabs)


# -- receipts and suspense

WAYS: dict[str, Sentence] = {"mpesa": say("M-PESA"), IN_CASH: say("Cash"), BY_BANK: say("Bank")}


def receipts(ask: Ask) -> Page:
    linked = ask.may("see_people")
    shown = ask.query.get("show", "")
    rows: Rows = select(Receipt, Subscriber.account_no).outerjoin(
        Subscriber, Subscriber.id == Receipt.subscriber_id
    )
    if shown in WAYS:
        rows = rows.where(Receipt.provider == shown)
    table = keyset(
        ask.work,
        rows,
        Receipt.id,
        query=ask.query,
        path="/receipts",
        columns=[
            say("Received"),
            say("Receipt"),
            say("How it came"),
            say("Amount"),
            say("Account"),
            say("Typed account"),
            say("Payer"),
        ],
        cells=lambda row: [
            instant(row.Receipt.received_at),
            Cell(row.Receipt.number, path=f"/receipts/{row.Receipt.id}"),
            Cell(WAYS.get(row.Receipt.provider, row.Receipt.provider)),
            money(row.Receipt.amount_cents),
            account(row.account_no, row.Receipt.subscriber_id, linked=linked),
            Cell(row.Receipt.account_text or NOTHING, quiet=True),
            Cell(payer_words(row.Receipt.payer_hint, ask), quiet=True),
        ],
        key_of=lambda row: row.Receipt.id,
        empty=say("No money was received yet."),
    )
    tabs = [
        Tab(say("All"), "/receipts", here=shown not in WAYS),
        *(Tab(words, f"/receipts?show={way}", here=shown == way) for way, words in WAYS.items()),
    ]
    return Page(say("Receipts"), tables=[table], place="receipts", tabs=tabs)


def payer_words(hint: str, ask: Ask) -> str:
    """What the provider said of the payer, often a name or a masked number: for those who may see people."""
    return (hint or NOTHING) if ask.may("see_people") else NOTHING


def suspense(ask: Ask) -> Page:
    shown = ask.query.get("show", "")
    rows: Rows = select(SuspenseItem, Receipt).join(Receipt, Receipt.id == SuspenseItem.receipt_id)
    if shown != "all":
        rows = rows.where(SuspenseItem.resolved_at.is_(None))
    table = keyset(
        ask.work,
        rows,
        SuspenseItem.id,
        query=ask.query,
        path="/suspense",
        columns=[
            say("Since"),
            say("Receipt"),
            say("Amount"),
            say("Typed account"),
            say("Payer"),
            say("Reason"),
            say("Owner found"),
        ],
        cells=lambda row: [
            instant(row.SuspenseItem.created_at),
            Cell(row.Receipt.number, path=f"/receipts/{row.Receipt.id}"),
            money(row.Receipt.amount_cents),
            plain(row.Receipt.account_text),
            Cell(payer_words(row.Receipt.payer_hint, ask), quiet=True),
            Cell(row.SuspenseItem.reason, quiet=True),
            _owner_found(row.SuspenseItem, ask),
        ],
        key_of=lambda row: row.SuspenseItem.id,
        empty=say("Every receipt has its owner."),
    )
    tabs = [
        Tab(say("Waiting"), "/suspense", here=shown != "all"),
        Tab(say("All"), "/suspense?show=all", here=shown == "all"),
    ]
    lead = say("Money that arrived, and nobody knows yet whose it is.")
    return Page(say("Owner not known"), tables=[table], place="suspense", tabs=tabs, lead=lead)


def _owner_found(item: SuspenseItem, ask: Ask) -> Cell:
    """When; or, for who may, the way to say so."""
    if item.resolved_at is None and ask.may("correct_money") and ask.may("see_people"):
        return Cell(say("Find its owner"), path=f"/suspense/{item.id}/resolve")
    return instant(item.resolved_at)


DOORS = (
    Door("/purchases", "see_money", purchases),
    Door("/collections", "see_money", collections),
    Door("/receipts", "see_money", receipts),
    Door("/suspense", "see_money", suspense),
)
