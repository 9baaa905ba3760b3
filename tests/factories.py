"""One word for each thing that a test needs to stand, built by the product's own verbs."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from core.base.clock import nairobi_day
from core.base.database import Work
from core.base.msisdn import Msisdn
from core.billing.invoice import InvoiceLineDraft, issue
from core.billing.model import (
    ACTIVE,
    AWAITING_NETWORK,
    ENDED,
    GRACE,
    SUSPENDED,
    Invoice,
    Purchase,
    Subscription,
)
from core.billing.moves import move
from core.billing.purchase import StepId, begin_purchase
from core.billing.serve import serve, start_paid_time
from core.catalogue.model import HOTSPOT, PPPOE, Plan, Site
from core.ledger.accounts import MPESA_CLEARING, receivable, revenue
from core.ledger.post import lock_subscriber, post
from core.payments.collect import pay_for_plan
from core.payments.complete import complete, whose_money
from core.payments.standing import BegunCollection
from core.staff.audit import Actor
from core.staff.model import StaffMember
from core.subscribers.meet import meet
from core.subscribers.model import Subscriber

AMINA, JUMA, OTIENO = Msisdn("254712345678"), Msisdn("254722000111"), Msisdn("254110000222")
_serial = count(1)


def a_step(**changes: str) -> StepId:
    """A key press that nobody made before."""
    return StepId(**{"channel": "ussd", "session": f"AT-{next(_serial)}", "step": "1"} | changes)


def a_site(work: Work, name: str = "") -> Site:
    site = Site(name=name or f"Site {next(_serial)}")
    work.session.add(site)
    work.session.flush()
    return site


def _a_plan(work: Work, **values: Any) -> Plan:
    sites = values.pop("sites", None) or [a_site(work)]
    plan = Plan(
        **{
            "code": f"plan-{next(_serial)}",
            "download_kbps": 10_000,
            "upload_kbps": 5_000,
            "state": "on_sale",
            "created_at": work.now,
        }
        | values
    )
    plan.sites = sites
    work.session.add(plan)
    work.session.flush()
    return plan


def a_home_plan(work: Work, price: int = 1_500, **changes: Any) -> Plan:
    """On sale: a month of a home line at `price` shillings."""
    values = {"name": "Home 10", "kind": PPPOE, "term_unit": "months", "term_count": 1, "starts": "grant"}
    return _a_plan(work, **{**values, "price_cents": price * 100, **changes})


def a_hotspot_plan(work: Work, price: int = 50, hours: int = 24, **changes: Any) -> Plan:
    """On sale: hotspot hours at `price` shillings."""
    values = {"name": "WiFi", "kind": HOTSPOT, "term_unit": "seconds", "starts": "first_login"}
    return _a_plan(work, **{**values, "term_count": hours * 3_600, "price_cents": price * 100, **changes})


def a_subscriber(work: Work, phone: Msisdn = AMINA, *, name: str = "Amina") -> Subscriber:
    """With a phone, an account number and a name."""
    person = meet(work, msisdn=phone)
    person.first_name = name
    return person


def a_purchase(
    work: Work,
    buyer: Subscriber,
    plan: Plan,
    *,
    beneficiary: Subscriber | None = None,
    renews: Subscription | None = None,
) -> Purchase:
    """Asked for, not paid."""
    return begin_purchase(
        work,
        step=a_step(),
        buyer_id=buyer.id,
        beneficiary_id=(beneficiary or buyer).id,
        plan_id=plan.id,
        renews=renews.id if renews else None,
    )[0]


def a_collection(
    work: Work, plan: Plan, payer: Msisdn = AMINA, *, after_seconds: int = 0, **changes: Any
) -> BegunCollection:
    """A purchase by `payer` for himself, and the collection that waits to be asked for."""
    asked: dict[str, Any] = {
        "step": a_step(),
        "buyer": meet(work, msisdn=payer),
        "payer": payer,
        "plan_id": plan.id,
        "push_after": timedelta(seconds=after_seconds),
    }
    return pay_for_plan(work, **(asked | changes))


def a_paid_purchase(work: Work, buyer: Subscriber, plan: Plan, **changes: Any) -> Purchase:
    """Paid, invoiced and served, with its money in the journal."""
    purchase = a_purchase(work, buyer, plan, **changes)
    customer_id = whose_money(work, purchase)
    lock_subscriber(work, customer_id)
    post(
        work,
        kind="payment",
        source=f"factory:{purchase.id}",
        sides=[(MPESA_CLEARING, purchase.price), (receivable(customer_id), -purchase.price)],
    )
    complete(work, purchase, customer_id=customer_id)
    work.session.flush()
    return purchase


def a_home_line(
    work: Work,
    owner: Subscriber,
    plan: Plan,
    *,
    state: str = ACTIVE,
    granted_at: datetime | None = None,
    dark_since: datetime | None = None,
) -> Subscription:
    """A line that was bought and granted at `granted_at` (now), brought to `state` by the allowed moves."""
    purchase = a_purchase(work, owner, plan)
    line = serve(work, purchase)
    work.session.flush()
    if state == AWAITING_NETWORK:
        return line
    start_paid_time(work, subscription_id=line.id, at=granted_at or work.now)
    steps = {ACTIVE: [], GRACE: [GRACE], SUSPENDED: [GRACE, SUSPENDED], ENDED: [ENDED]}[state]
    for to_state in steps:
        work.session.flush()  # one move at a time, as the database wants it
        move(work, line, to_state, "factory")
    if state == SUSPENDED:
        line.dark_since = dark_since or work.now
    work.session.flush()
    return line


def a_bill(work: Work, line: Subscription, **changes: Any) -> Invoice:
    """The open bill of a line's next month, due when what was paid before ends."""
    assert line.paid_through is not None
    first = nairobi_day(line.paid_through)
    price = changes.pop("price", None) or line.plan.price
    lock_subscriber(work, line.account_holder_id)
    sold = InvoiceLineDraft(line.plan.name, price, line.plan_id, revenue(line.plan.kind, line.site_id))
    asked: dict[str, Any] = {
        "kind": "bill",
        "subscriber_id": line.account_holder_id,
        "lines": [sold],
        "subscription_id": line.id,
        "period": (first, first + timedelta(days=29)),
        "due_at": line.paid_through,
        "paid": False,
    }
    return issue(work, **(asked | changes))


def a_cashier(work: Work, role: str = "finance") -> Actor:
    """Somebody of the staff who may correct money."""
    number = next(_serial)
    member = StaffMember(
        email=f"staff{number}@example.com",
        role=role,
        password_hash="",
        totp_sealed=b"",
        created_at=work.now,
    )
    work.session.add(member)
    work.session.flush()
    return Actor(staff_id=member.id, role=role, source="test")
