"""A small provider with one of everything that pages show."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from ipaddress import ip_network

from sqlalchemy import select

from core.base.clock import nairobi_day
from core.base.database import Work
from core.base.email import Email
from core.base.inbox import Incident
from core.base.money import Money
from core.base.msisdn import Msisdn
from core.base.outbox import Delivery, OutboxEntry
from core.billing.corrections import goodwill
from core.billing.credit import credit
from core.billing.cycle_model import WAITING, CycleRun
from core.billing.cycle_review import LeftOut, Review, Strange, Sum
from core.billing.dunning_model import CutHold, Standstill
from core.billing.invoice import InvoiceLineDraft, issue
from core.billing.model import ACTIVE, SERVED, Purchase, Subscription
from core.billing.standstill import begin_standstill
from core.catalogue.coupon_model import Coupon
from core.catalogue.model import Plan, Site
from core.catalogue.price_model import PlanOffer
from core.ledger.accounts import MPESA_CLEARING, receivable, revenue
from core.ledger.post import post
from core.messaging.model import Notice
from core.network.register import register_router
from core.payments.model import PAID, Collection, CollectionMove, Receipt, SuspenseItem
from core.staff.audit import Actor
from core.staff.model import StaffMember, StaffOrder
from core.subscribers.changes import NUMBER_ADDED, begin_change
from core.subscribers.chats import link
from core.subscribers.hear import part
from core.subscribers.mailboxes import give_mailbox
from core.subscribers.meet import meet
from core.subscribers.model import CONTACT, MAIL, OTHER_NAME, PHONE, Address, Subscriber
from core.subscribers.numbers import give
from core.vouchers.mint import code_of, mint

AMINA, SECOND, LOST = Msisdn("254712345678"), Msisdn("254722000111"), Msisdn("254733000222")
"""The one subscriber's number, one that was added, and one that paid under another name and was parted."""


@dataclass
class Met:
    """The ids of what was made, and the voucher's code."""

    subscriber: int
    account_no: str
    purchase: int
    collection: int
    delivery: int
    incident: int
    run: int
    change: int
    address: int
    mailbox: int
    site: int
    other_site: int
    line: int
    hold: int
    invoice: int
    credit_note: int
    plan: int
    offer: int
    coupon: int
    receipt: int
    item: int
    entry: int
    standstill: int
    order: int
    code: str


def open_shop(
    work: Work, *, first_name: str = "Amina", last_name: str = "Odhiambo", text: str = "none"
) -> Met:
    """One subscriber, and one of everything. text: stands wherever the world outside may write."""
    site, other = Site(name="Baraka"), Site(name="Mtwapa")
    work.session.add_all([site, other])
    work.session.flush()
    plan = Plan(
        code="day", name="Day", kind="hotspot", price_cents=5_000, term_unit="seconds", term_count=86_400,
        download_kbps=5_000, upload_kbps=5_000, starts="first_login", state="on_sale", created_at=work.now,
    )  # fmt: skip
    work.session.add(plan)
    amina = meet(work, msisdn=AMINA)
    amina.first_name, amina.last_name = first_name, last_name
    work.session.flush()
    line = Subscription(
        subscriber_id=amina.id, plan_id=plan.id, state=ACTIVE, created_at=work.now,
        paid_through=work.now + timedelta(days=1),
    )  # fmt: skip
    work.session.add(line)
    work.session.flush()
    purchase = buy(work, amina, plan, line.id)
    collection = Collection(
        id=work.next_id("collections"), purchase_id=purchase.id, gateway="mpesa", payer=AMINA.digits,
        amount_cents=5_000, reference="1000015A", state=PAID, reason=text, created_at=work.now,
        push_due_at=work.now,
    )  # fmt: skip
    work.session.add(collection)
    work.session.flush()
    change, address = numbers_and_chats(work, amina, text)
    work.session.add(
        CollectionMove(collection_id=collection.id, at=work.now, to_state=PAID, cause=text, from_state=None)
    )
    offer = PlanOffer(
        plan_id=plan.id, from_at=work.now, until_at=work.now + timedelta(days=1), price_cents=4_000,
        set_at=work.now, reason=text,
    )  # fmt: skip
    coupon = Coupon(
        code="SAVE20", percent_bp=2_000, from_at=work.now, until_at=work.now + timedelta(days=1), uses_in_all=5,
        uses_a_person=1, made_at=work.now, reason=text,
    )  # fmt: skip
    work.session.add_all([offer, coupon])
    work.session.flush()
    billed, taken_back = papers(work, amina, purchase, text)
    return Met(
        invoice=billed,
        credit_note=taken_back,
        plan=plan.id,
        offer=offer.id,
        coupon=coupon.id,
        subscriber=amina.id,
        account_no=amina.account_no,
        purchase=purchase.id,
        collection=collection.id,
        change=change,
        address=address,
        mailbox=a_mailbox(work, amina),
        site=site.id,
        other_site=other.id,
        line=home_line(work, amina, site.id, [site, other]),
        hold=mass_cut(work),
        code=sell_voucher(work, amina, line.id),
        delivery=give_up(work, text),
        run=wait_for_a_yes(work, line.id),
        incident=money_and_trouble(work, amina, collection.id, site.id, text),
        **corrections(work, amina, billed, text),
    )


def a_mailbox(work: Work, owner: Subscriber) -> int:
    """A mailbox that a code came back from."""
    give_mailbox(work, subscriber_id=owner.id, email=Email("amina@example.com"), proved_at=work.now)
    return work.session.scalars(
        select(Address.id).where(Address.subscriber_id == owner.id, Address.channel == MAIL)
    ).one()


def corrections(work: Work, owner: Subscriber, billed: int, reason: str) -> dict[str, int]:
    """Goodwill that may be taken back, a standstill, an order that waits for a second person; and what a payment's
    corrections are about."""
    clerk = StaffMember(
        id=work.next_id("staff"), email="clerk@pwani.example", role="finance", password_hash="none",
        totp_sealed=b"", created_at=work.now,
    )  # fmt: skip
    work.session.add(clerk)
    work.session.flush()
    given = goodwill(
        work, Actor(clerk.id, "finance", "test"), subscriber_id=owner.id, amount=Money(1_000), reason=reason,
        key="provider",
    )  # fmt: skip
    begin_standstill(work, scope="all", at=work.now)
    order = StaffOrder(
        once="0" * 32, kind="write_off", about="invoice", about_id=billed, reason=reason, state="waiting",
        asked={"ids": {"invoice": billed}, "form": {"reason": reason}}, asked_by=clerk.id, asked_at=work.now,
        stake_cents=2_500,
    )  # fmt: skip
    work.session.add(order)
    work.session.flush()
    return {
        "entry": given.entry_id,
        "order": order.id,
        "standstill": work.session.scalars(select(Standstill.id)).one(),
        "receipt": work.session.scalars(select(Receipt.id).where(Receipt.collection_id.is_not(None))).one(),
        "item": work.session.scalars(select(SuspenseItem.id)).one(),
    }


def papers(work: Work, owner: Subscriber, purchase: Purchase, text: str) -> tuple[int, int]:
    """An invoice that is open, and a credit note that takes half of it back."""
    line = InvoiceLineDraft(text, purchase.price, purchase.plan_id, revenue("hotspot", None))
    billed = issue(work, kind="fee", subscriber_id=owner.id, lines=[line], due_at=work.now, paid=False)
    half = credit(work, billed.id, amount=Money(2_500), reason=text, source="half")
    return billed.id, half.id


def numbers_and_chats(work: Work, owner: Subscriber, text: str) -> tuple[int, int]:
    """A chat, a number that was added (the change's id) and one that was parted (the address's id)."""
    link(work, channel="telegram", external_id="7001", number=AMINA, how=CONTACT)
    change = begin_change(
        work, kind=NUMBER_ADDED, subscriber_id=owner.id, channel=PHONE, external_id=SECOND.digits,
        due_at=work.now,
    )  # fmt: skip
    change.reason = text
    give(work, subscriber_id=owner.id, digits=LOST.digits)
    part(work, msisdn=LOST, why=OTHER_NAME)
    parted = work.session.query(Address).filter_by(external_id=LOST.digits).one()
    return change.id, parted.id


def home_line(work: Work, owner: Subscriber, site_id: int, sold_at: list[Site]) -> int:
    """A home line that is paid for one more day."""
    plan = Plan(
        code="home", name="Home 5", kind="pppoe", price_cents=150_000, term_unit="months", term_count=1,
        download_kbps=5_000, upload_kbps=5_000, starts="grant", state="on_sale", created_at=work.now,
    )  # fmt: skip
    plan.sites = sold_at
    work.session.add(plan)
    work.session.flush()
    line = Subscription(
        subscriber_id=owner.id, plan_id=plan.id, site_id=site_id, state=ACTIVE, created_at=work.now,
        paid_through=work.now + timedelta(days=1),
    )  # fmt: skip
    work.session.add(line)
    work.session.flush()
    return line.id


def mass_cut(work: Work) -> int:
    """So many cuts that they wait for a yes."""
    hold = CutHold(action="suspend", at=work.now, lines=300, lines_on=1_000)
    work.session.add(hold)
    work.session.flush()
    return hold.id


def wait_for_a_yes(work: Work, line_id: int) -> int:
    """A run of the billing cycle, with all that its review can hold."""
    review = Review(
        [Sum(1, 1, 1, 200_000, 22_489, 27_586)],
        [LeftOut("suspended", 1, [line_id])],
        [Strange(line_id, 1, 1, 200_000, 150_000, "2026-12-16", "2027-01-15", ["price", "long"])],
    )
    run = CycleRun(
        day=nairobi_day(work.now), state=WAITING, is_open=True, began_at=work.now, review=asdict(review)
    )
    work.session.add(run)
    work.session.flush()
    return run.id


def buy(work: Work, buyer: Subscriber, plan: Plan, line_id: int | None = None, step: str = "1") -> Purchase:
    purchase = Purchase(
        channel="ussd", session="s", step=step, buyer_id=buyer.id, beneficiary_id=buyer.id, plan_id=plan.id,
        price_cents=plan.price_cents, term_unit=plan.term_unit, term_count=plan.term_count, state=SERVED,
        subscription_id=line_id, request_id="ab12cd34ef567890", created_at=work.now, paid_at=work.now,
    )  # fmt: skip
    work.session.add(purchase)
    work.session.flush()
    return purchase


def sell_voucher(work: Work, owner: Subscriber, line_id: int) -> str:
    return code_of(work, mint(work, subscription_id=line_id, buyer_id=owner.id, holder_id=owner.id))


def give_up(work: Work, error: str) -> int:
    said = OutboxEntry(event="AccessChanged", payload={}, request_id="ab12cd34ef567890", recorded_at=work.now)
    work.session.add(said)
    work.session.flush()
    delivery = Delivery(
        outbox_id=said.id, listener="network.converge", queue="provision", available_at=work.now, attempts=8,
        last_error=error, given_up_at=work.now, dispatched_at=work.now,
    )  # fmt: skip
    work.session.add(delivery)
    work.session.flush()
    return delivery.id


def money_and_trouble(work: Work, owner: Subscriber, collection_id: int, site_id: int, text: str) -> int:
    """Two receipts (one in suspense), a posting, a text, a router, an incident."""
    known = Receipt(
        provider="mpesa", number="UKM7EXAMPL", amount_cents=5_000, shortcode="123456", account_text=text,
        payer_hint=text, received_at=work.now, subscriber_id=owner.id, collection_id=collection_id,
    )  # fmt: skip
    lost = Receipt(
        provider="mpesa", number="UKM8EXAMPL", amount_cents=7_000, shortcode="123456", account_text=text,
        payer_hint=text, received_at=work.now,
    )  # fmt: skip
    incident = Incident(kind="payment_unknown", key="collection:1", at=work.now, detail=text)
    work.session.add_all([known, lost, incident])
    work.session.flush()
    work.session.add(SuspenseItem(receipt_id=lost.id, reason=text, created_at=work.now))
    work.session.add(
        Notice(
            subscriber_id=owner.id,
            channel="sms",
            address=AMINA.digits,
            template="voucher",
            language="en",
            values_sealed=b"",
            dedupe_key="n",
            state="failed",
            last_error=text,
            created_at=work.now,
        )
    )
    paid = Money(5_000)
    sides = [(MPESA_CLEARING, paid), (receivable(owner.id), -paid)]
    post(work, kind="payment", source="collection:1", sides=sides)
    register_router(
        work, name="baraka-1", site_id=site_id, host="127.0.0.1", port=18_728, username="bando", password="p",
        serves_pppoe=True, serves_hotspot=True, networks=[ip_network("127.0.0.0/8")], live=False, own_ports=(),
    )  # fmt: skip
    return incident.id
