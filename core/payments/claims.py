"""Word of a payment that does not count by itself: kept as a claim, confirmed by the provider, then settled."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core.base.database import Work
from core.base.dated import dated
from core.base.inbox import raise_incident
from core.ledger.post import lock_subscriber
from core.payments.events import ClaimMade
from core.payments.gateway import Paid
from core.payments.keep import collection_named, keep_money, owner_named, suspend_money
from core.payments.model import Claim, Receipt
from core.payments.settle import known_receipt, settle, take_receipt

ASK_AGAIN_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
"""How long an answer is waited for before the question is put again; then a person must look."""


def make_claim(
    work: Work,
    *,
    inbox_id: int,
    provider: str,
    paid: Paid,
    reason: str,
    collection_id: int | None = None,
) -> None:
    """Keep the word as a claim and have the provider asked. Nothing is credited by it."""
    claim_id = work.session.scalar(
        insert(Claim)
        .values(
            inbox_id=inbox_id,
            provider=provider,
            number=paid.receipt,
            amount_cents=paid.amount.minor,
            account_text=paid.account_text,
            payer_hint=paid.payer_hint,
            paid_at=paid.paid_at,
            collection_id=collection_id,
            reason=reason,
            created_at=work.now,
        )
        .on_conflict_do_nothing(index_elements=["inbox_id"])
        .returning(Claim.id)
    )
    if claim_id is not None:
        work.record(ClaimMade(claim_id))


def to_ask_about(work: Work, claim_id: int) -> Claim | None:
    """The claim, counted as asked once more, if it still waits and a question may help."""
    claim = work.session.get_one(Claim, claim_id, with_for_update=True, populate_existing=True)
    if claim.state != "waiting":
        return None
    if claim.asks > len(ASK_AGAIN_AFTER):
        claim.state = "unanswered"
        raise_incident(
            work, kind="claim_unanswered", key=f"claim:{claim.id}", detail=f"claim {claim.id}: no answer"
        )
        return None
    claim.asks += 1
    return claim


def note_asked(work: Work, claim_id: int, conversation: str) -> None:
    """The question was put under `conversation`; it is put again if no answer comes."""
    claim = work.session.get_one(Claim, claim_id, with_for_update=True, populate_existing=True)
    claim.conversation = conversation
    wait = ASK_AGAIN_AFTER[min(claim.asks, len(ASK_AGAIN_AFTER)) - 1]
    work.record(ClaimMade(claim_id), after=wait)


def note_status(work: Work, *, conversation: str, paid: Paid | None, final: bool) -> bool:
    """The provider answered. False where no claim waits under this conversation.

    paid: the payment as the provider itself tells it; None with `final` refutes the claim.
    """
    claim = work.session.scalar(select(Claim).where(Claim.conversation == conversation).with_for_update())
    if claim is None:
        return False
    if claim.state not in ("waiting", "unanswered") or (paid is None and not final):
        return True
    claim.resolved_at = work.now
    if paid is None or paid.receipt != claim.number:
        claim.state = "refuted"
        raise_incident(
            work,
            kind="claim_refuted",
            key=f"claim:{claim.id}",
            detail=f"claim {claim.id}: the provider knows no such payment",
        )
        return True
    claim.state = "confirmed"
    if paid.amount.minor != claim.amount_cents:
        raise_incident(
            work,
            kind="claim_differs",
            key=f"claim:{claim.id}",
            detail=f"claim {claim.id}: {claim.amount_cents} cents claimed, {paid.amount.minor} received",
        )
    # The account that was typed is told by no status answer: it is the claim's, the money is the provider's.
    known = Paid(
        receipt=paid.receipt,
        amount=paid.amount,
        shortcode=paid.shortcode,
        account_text=claim.account_text,
        payer_hint=paid.payer_hint,
        paid_at=paid.paid_at or claim.paid_at,
    )
    if claim.collection_id is not None:
        settle(work, claim.collection_id, paid=known, cause="confirmed by the provider")
    else:
        allocate(work, known, provider=claim.provider)
    return True


def allocate(work: Work, paid: Paid, *, provider: str) -> None:
    """Money told by the provider itself: to the collection or the subscriber that its account names, or suspense."""
    collection = collection_named(work, paid.account_text)
    if collection is not None:
        settle(work, collection.id, paid=paid, cause="told by the paybill")
        return
    if known_receipt(work, provider, paid.receipt) is not None:
        take_receipt(work, paid, provider=provider, subscriber_id=None, collection_id=None)
        return
    owner = owner_named(work, paid.account_text)
    if owner is not None:
        lock_subscriber(work, owner.id)
    receipt = take_receipt(
        work, paid, provider=provider, subscriber_id=owner.id if owner else None, collection_id=None
    )
    if receipt is None:
        return
    if owner is not None:
        keep_money(work, receipt, subscriber_id=owner.id)
    else:
        suspend_money(work, receipt, reason="no account is named")


def note_overdue_claims(work: Work) -> int:
    """Large claims that nobody confirmed within the hour become incidents. How many there are."""
    (above,) = dated(work, "claim.incident_above_cents")
    overdue = work.session.scalars(
        select(Claim.id).where(
            Claim.state == "waiting",
            Claim.amount_cents > above,
            Claim.created_at < work.now - timedelta(hours=1),
        )
    ).all()
    for claim_id in overdue:
        raise_incident(
            work, kind="claim_overdue", key=f"claim:{claim_id}:overdue", detail=f"claim {claim_id}"
        )
    return len(overdue)


def receipt_of(work: Work, receipt_id: int) -> Receipt:
    """The receipt."""
    return work.session.get_one(Receipt, receipt_id)
