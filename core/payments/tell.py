"""Tell people what became of their money, in their own language, once."""

from datetime import timedelta

from sqlalchemy import select

from core.base.clock import last_day
from core.base.database import Work
from core.base.errors import NotReady
from core.base.money import Money, show_money
from core.billing.account import standing
from core.billing.data import tell_topped_up
from core.billing.model import AWAITING_NETWORK, TERM, Invoice, Purchase, Subscription
from core.catalogue.labels import plan_term
from core.catalogue.model import HOTSPOT, Site
from core.messaging.notify import notify
from core.messaging.template import Value
from core.payments.complete import NETWORK_ANSWERS_WITHIN
from core.payments.model import PAID, Collection, Receipt
from core.payments.own_money import BY_RECEIPT, FIRST_TERM, OWN_MONEY
from core.payments.ways import is_by_hand, named
from core.subscribers.model import Subscriber
from core.subscribers.queries import language_of, phone_of

RECEIPT_COMES_WITHIN = timedelta(minutes=2)
"""A collection settled by query gets its receipt number from a later message; texts wait so long for it."""

_STILL_WAITS = """
    SELECT 1 FROM purchases p JOIN subscriptions s ON s.id = p.subscription_id
    WHERE p.id = %(purchase_id)s AND s.state = 'awaiting_network' AND s.granted_at IS NULL
"""


def tell_failure(work: Work, collection_id: int, *, paybill: str) -> None:
    """Why the payment came to nothing and how to go on."""
    collection = work.session.get_one(Collection, collection_id)
    if collection.state == PAID:
        return  # a late success overtook the news
    reason = collection.reason or "other"
    template = FAILED_TEMPLATES.get(reason, "failed_other")
    purchase = work.session.get_one(Purchase, collection.purchase_id)
    account = work.session.get_one(Subscriber, purchase.beneficiary_id).account_no
    facts: dict[str, Value] = {
        "amount": show_money(collection.amount),
        "paybill": paybill,
        "account": account,
    }
    wanted = {
        "failed_busy": (),
        "failed_pin": ("amount",),
        "failed_same_amount": ("amount",),
        "failed_locked": ("amount",),
    }.get(template, ("amount", "paybill", "account"))
    _tell_asker(work, collection, template, {name: facts[name] for name in wanted}, f"failed:{collection.id}")


FAILED_TEMPLATES = {
    reason: f"failed_{reason}"
    for reason in ("balance", "cancelled", "pin", "no_answer", "busy", "same_amount", "limit", "locked")
}


def tell_unknown(work: Work, collection_id: int) -> None:
    """We do not know yet whether it was paid: do not pay again."""
    collection = work.session.get_one(Collection, collection_id)
    if collection.state in ("prompted", "unknown"):
        values: dict[str, Value] = {"amount": show_money(collection.amount)}
        _tell_asker(work, collection, "payment_unknown", values, f"unknown:{collection.id}")


def tell_receipt(work: Work, purchase_id: int) -> None:
    """A home line's time runs: the receipt to its holder, and to the payer if that is another person."""
    purchase = work.session.get_one(Purchase, purchase_id)
    if purchase.plan.role == "topup" and purchase.subscription_id is not None:
        tell_topped_up(work, purchase)
        return
    if purchase.plan.kind == HOTSPOT or purchase.subscription_id is None:
        return
    line = work.session.get_one(Subscription, purchase.subscription_id)
    holder = work.session.get_one(Subscriber, purchase.beneficiary_id)
    assert line.paid_through is not None
    facts: dict[str, Value] = {
        "account": holder.account_no,
        "name": holder.first_name,
        "plan": purchase.plan.name,
        "last_day": f"{last_day(line.paid_through):%d/%m/%Y}",
    }
    if line.account_holder_id != holder.id:
        _tell_of_another(work, purchase, line, facts)
    elif purchase.channel == OWN_MONEY and purchase.step != FIRST_TERM:
        return  # several terms bought by one sum are told of once
    elif purchase.channel == OWN_MONEY and not purchase.session.startswith(BY_RECEIPT):
        _tell_renewed_itself(work, purchase, holder.id, facts)
    else:
        _tell_paid(work, purchase, holder.id, facts)


def _tell_paid(work: Work, purchase: Purchase, holder_id: int, facts: dict[str, Value]) -> None:
    if purchase.purpose != TERM and not _was_collected(work, purchase):
        return  # own money paid for it, at a screen that has said so
    amount, found = _received(work, purchase)
    if found is None:
        values = {name: facts[name] for name in ("name", "last_day")} | {"amount": amount}
        tell_person(work, holder_id, "line_restored", values, f"receipt:{purchase.id}", answers=purchase)
        return
    paid: dict[str, Value] = {"amount": amount, "receipt": named(found), **facts}
    template, news = _news_of(work, purchase, holder_id)
    told = {name: value for name, value in paid.items() if template == "receipt" or name != "name"}
    tell_person(work, holder_id, template, {**told, **news}, f"receipt:{purchase.id}", answers=purchase)
    if purchase.buyer_id != holder_id:
        key = f"receipt:{purchase.id}:payer"
        tell_person(work, purchase.buyer_id, "receipt_payer", paid, key, answers=purchase)


def _was_collected(work: Work, purchase: Purchase) -> bool:
    return (
        work.scalar("SELECT 1 FROM collections WHERE purchase_id = :id LIMIT 1", id=purchase.id) is not None
    )


def _news_of(work: Work, purchase: Purchase, holder_id: int) -> tuple[str, dict[str, Value]]:
    """The form of a receipt: plain, with a rest that is owed, or for a part of the term."""
    open_cents = work.session.scalar(select(Invoice.open_cents).where(Invoice.purchase_id == purchase.id))
    if open_cents:
        return "receipt_owing", {"owed": show_money(Money(open_cents))}
    own = show_money(standing(work, holder_id)[1])
    is_part = (purchase.term_unit, purchase.term_count) != (purchase.plan.term_unit, purchase.plan.term_count)
    is_part = is_part and purchase.channel == OWN_MONEY
    return "receipt_part" if is_part else "receipt", {"balance": own}


def _tell_renewed_itself(work: Work, purchase: Purchase, payer_id: int, facts: dict[str, Value]) -> None:
    values: dict[str, Value] = {
        **{name: facts[name] for name in ("plan", "last_day", "account")},
        "amount": show_money(purchase.price),
        "balance": show_money(standing(work, payer_id)[1]),
    }
    tell_person(work, payer_id, "line_renewed_itself", values, f"receipt:{purchase.id}", answers=purchase)


def _tell_of_another(work: Work, purchase: Purchase, line: Subscription, facts: dict[str, Value]) -> None:
    """A line that somebody else pays for: its owner learns until when it is paid, and of the payer's money nothing."""
    plain = {name: facts[name] for name in ("plan", "last_day", "account")}
    if purchase.channel != OWN_MONEY:
        amount, found = _received(work, purchase)
        if found is not None:
            paid: dict[str, Value] = {"amount": amount, "receipt": named(found), **facts}
            key = f"receipt:{purchase.id}:payer"
            tell_person(work, purchase.buyer_id, "receipt_payer", paid, key, answers=purchase)
    elif not purchase.session.startswith(BY_RECEIPT):
        _tell_renewed_itself(work, purchase, line.account_holder_id, facts)
    if purchase.buyer_id != line.subscriber_id:
        key = (
            f"receipt:{purchase.session}:{line.id}"
            if purchase.channel == OWN_MONEY
            else f"receipt:{purchase.id}"
        )
        tell_person(work, line.subscriber_id, "line_paid_for", plain, key)


def tell_gift(work: Work, purchase_id: int) -> None:
    """A voucher for somebody else is paid: the payer's receipt."""
    purchase = work.session.get_one(Purchase, purchase_id)
    if purchase.plan.kind != HOTSPOT or purchase.buyer_id == purchase.beneficiary_id:
        return
    whose = phone_of(work, purchase.beneficiary_id)
    amount, found = _received(work, purchase)
    if whose is None or found is None:
        return
    values: dict[str, Value] = {
        "amount": amount,
        "receipt": named(found),
        "term": plan_term(purchase.plan),
        "phone": whose.spaced,
    }
    tell_person(
        work, purchase.buyer_id, "receipt_gift", values, f"receipt:{purchase.id}:payer", answers=purchase
    )


def tell_money_is_safe(work: Work, purchase_id: int, *, everywhere: str) -> None:
    """The network has not taken up a paid purchase yet: the money is here and no minute of it runs."""
    if work.at_once(_STILL_WAITS, {"purchase_id": purchase_id}) is None:
        return
    purchase = work.session.get_one(Purchase, purchase_id)
    if purchase.subscription_id is None:
        return
    line = work.session.get_one(Subscription, purchase.subscription_id)
    if line.state != AWAITING_NETWORK or line.granted_at is not None or purchase.paid_at is None:
        return
    if purchase.channel == OWN_MONEY and line.account_holder_id != purchase.beneficiary_id:
        return  # of the payer's money the line's owner learns nothing
    if work.now < purchase.paid_at + NETWORK_ANSWERS_WITHIN:
        raise NotReady("the network may still answer in its usual time")
    amount, found = _received(work, purchase, wait=False)
    site = work.session.get_one(Site, line.site_id).name if line.site_id else everywhere
    receipt: Value = "M-PESA" if found is None else named(found) if is_by_hand(found) else found.number
    values: dict[str, Value] = {"amount": amount, "receipt": receipt, "site": site}
    if purchase.plan.kind == HOTSPOT:
        values["term"] = plan_term(purchase.plan)
        tell_person(
            work, purchase.buyer_id, "router_down_money_safe", values, f"safe:{purchase.id}", answers=purchase
        )
    else:
        values["plan"] = purchase.plan.name
        tell_person(
            work, purchase.beneficiary_id, "router_down_home", values, f"safe:{purchase.id}", answers=purchase
        )


def _received(work: Work, purchase: Purchase, *, wait: bool = True) -> tuple[str, Receipt | None]:
    """What was paid and by which receipt. Raises NotReady while the number may still come."""
    found = work.session.execute(
        select(Receipt)
        .join(Collection, Collection.id == Receipt.collection_id)
        .where(Collection.purchase_id == purchase.id)
        .limit(1)
    ).scalar_one_or_none()
    if found is None and purchase.channel == OWN_MONEY:
        if not purchase.session.startswith(BY_RECEIPT):
            return show_money(purchase.price), None  # kept before, or moved here
        sum_of_all = work.session.get_one(Receipt, int(purchase.session.removeprefix(BY_RECEIPT)))
        return show_money(sum_of_all.amount), sum_of_all
    if found is not None:
        return show_money(purchase.price), found
    if wait and purchase.paid_at is not None and work.now < purchase.paid_at + RECEIPT_COMES_WITHIN:
        raise NotReady("the receipt number is not known yet")
    return show_money(purchase.price), None


def tell_person(
    work: Work,
    subscriber_id: int,
    template: str,
    values: dict[str, Value],
    key: str,
    *,
    answers: Purchase | None = None,
) -> None:
    """answers: the purchase that this person began, on whose channel the news is awaited."""
    address = phone_of(work, subscriber_id)
    if address is None:
        return
    language = language_of(work.session.get_one(Subscriber, subscriber_id))
    notify(
        work,
        template=template,
        address=address,
        subscriber_id=subscriber_id,
        language=language,
        values=values,
        dedupe_key=key,
        prefer=answers.channel if answers is not None and answers.buyer_id == subscriber_id else None,
    )


def _tell_asker(
    work: Work, collection: Collection, template: str, values: dict[str, Value], key: str
) -> None:
    """To whoever asked for the payment: the talk began with the buyer, whose phone need not be the payer's.

    A stranger who was prompted saw the prompt and his own answer to it; a text from us would only frighten.
    """
    purchase = work.session.get_one(Purchase, collection.purchase_id)
    tell_person(work, purchase.buyer_id, template, values, key, answers=purchase)
