"""One purchase, one collection: what happened to it, step by step."""

from sqlalchemy import select

from admin.desk import Ask, Door
from admin.pages.money import collection_cells, collection_columns, masked, plan_words
from admin.show import NOTHING, Cell, Page, Table, account, instant, money, plain, state
from core.base.outbox import OutboxEntry
from core.base.words import say
from core.billing.model import Invoice, Purchase
from core.catalogue.model import Plan
from core.payments.model import Collection, CollectionMove, Receipt
from core.staff.audit import note
from core.subscribers.model import Subscriber

STEPS_SHOWN = 100
"""A purchase has a dozen; a hundred is one that went round in circles."""


def purchase(ask: Ask) -> Page:
    session = ask.work.session
    found = session.get_one(Purchase, ask.ids["purchase"])
    note(ask.work, ask.actor, "purchase_seen", whom="subscriber", whom_id=found.buyer_id)
    plan = session.get_one(Plan, found.plan_id)
    people = {
        row.id: row.account_no
        for row in session.scalars(
            select(Subscriber).where(Subscriber.id.in_([found.buyer_id, found.beneficiary_id]))
        )
    }
    invoice = session.scalar(select(Invoice).where(Invoice.purchase_id == found.id))
    linked = ask.may("see_people")
    collections = session.scalars(
        select(Collection).where(Collection.purchase_id == found.id).order_by(Collection.id)
    ).all()
    events = session.scalars(
        select(OutboxEntry)
        .where(OutboxEntry.request_id == found.request_id)
        .order_by(OutboxEntry.id)
        .limit(STEPS_SHOWN)
    ).all()
    return Page(
        say("Purchase {number}", number=found.id),
        place="purchases",
        facts=[
            (say("Plan"), Cell(plan_words(plan))),
            (say("Price"), Cell(money(found.price_cents).text)),
            (say("State"), state(found.state)),
            (say("Buyer"), account(people[found.buyer_id], found.buyer_id, linked=linked)),
            (say("For"), account(people[found.beneficiary_id], found.beneficiary_id, linked=linked)),
            (say("By"), plain(found.channel)),
            (say("Asked for"), instant(found.created_at)),
            (say("Paid"), instant(found.paid_at)),
            (say("Time began"), instant(found.served_at)),
            (say("Invoice"), plain(invoice.title if invoice else None)),
            (say("Request"), plain(found.request_id)),
        ],
        tables=[
            Table(
                title=say("Payments asked for"),
                columns=collection_columns(),
                rows=[collection_cells(row) for row in collections],
                empty=say("There are no payments here."),
            ),
            Table(
                title=say("What happened"),
                columns=[say("When"), say("What")],
                rows=[[instant(row.recorded_at), plain(row.event)] for row in events],
                empty=say("Nothing has happened yet."),
            ),
        ],
    )


def collection(ask: Ask) -> Page:
    session = ask.work.session
    found = session.get_one(Collection, ask.ids["collection"])
    buyer_id = session.get_one(Purchase, found.purchase_id).buyer_id
    note(ask.work, ask.actor, "collection_seen", whom="subscriber", whom_id=buyer_id)
    moves = session.scalars(
        select(CollectionMove)
        .where(CollectionMove.collection_id == found.id)
        .order_by(CollectionMove.id)
        .limit(STEPS_SHOWN)
    ).all()
    receipt = session.scalar(select(Receipt).where(Receipt.collection_id == found.id))
    return Page(
        say("Payment {reference}", reference=found.reference),
        place="collections",
        facts=[
            (say("Amount"), Cell(money(found.amount_cents).text)),
            (say("Phone"), plain(masked(found.payer))),
            (say("State"), state(found.state)),
            (say("Reason"), plain(found.reason)),
            (say("Purchase"), Cell(str(found.purchase_id), path=f"/purchases/{found.purchase_id}")),
            (say("Receipt"), plain(receipt.number if receipt else None)),
            (say("Result code"), plain(found.result_code)),
            (say("Checkout"), plain(found.gateway_checkout_id)),
            (say("Looked up"), plain(str(found.looks))),
            (say("Asked for"), instant(found.created_at)),
            (say("Settled"), instant(found.settled_at)),
        ],
        tables=[
            Table(
                title=say("What happened"),
                columns=[say("When"), say("From"), say("To"), say("Cause")],
                rows=[
                    [
                        instant(row.at),
                        state(row.from_state) if row.from_state else Cell(NOTHING),
                        state(row.to_state),
                        Cell(row.cause, quiet=True),
                    ]
                    for row in moves
                ],
                empty=say("Nothing has happened yet."),
            )
        ],
    )


DOORS = (
    Door("/purchases/{purchase:int}", "see_money", purchase),
    Door("/collections/{collection:int}", "see_money", collection),
)
