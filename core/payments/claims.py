"""Word of a payment that does not count by itself: kept as a claim, confirmed by the provider, then settled."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core.base.database import Work
from core.base.dated import dated
from core.base.inbox import raise_incident
from core.billing.model import Purchase
from core.ledger.post import lock_subscriber
from core.payments.complete import whose_money
from core.payments.events import ClaimMade
from core.payments.gateway import Paid
from core.payments.keep import collection_named, keep_money, owner_named, suspend_money
from core.payments.model import Claim
from core.payments.receipts import take_receipt
from core.payments.settle import settle

ANOTHER_PAYER = "another payer"
ASK_AGAIN_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
"""How long an answer is waited for before the question is put again; then a person must look."""
CLAIM_WAITS_AT_MOST = timedelta(days=2)
"""The provider itself remembers no longer."""


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
    """The claim, if it still waits and one more question may help."""
    claim = work.session.get_one(Claim, claim_id, with_for_update=True, populate_existing=True)
    if claim.state != "waiting":
        return None
    if claim.asks > len(ASK_AGAIN_AFTER):
        give_up_claim(work, claim_id, why="no answer")
        return None
    return claim


def give_up_claim(work: Work, claim_id: int, *, why: str) -> None:
    """Nobody will confirm it: a person must look. An answer that comes all the same still counts."""
    claim = work.session.get_one(Claim, claim_id, with_for_update=True, populate_existing=True)
    if claim.state == "waiting":
        claim.state = "unanswered"
        raise_incident(
            work, kind="claim_unanswered", key=f"claim:{claim.id}", detail=f"claim {claim.id}: {why}"
        )


def note_asked(work: Work, claim_id: int, conversation: str) -> None:
    """The question was put under `conversation`; it is put again if no answer comes."""
    claim = work.session.get_one(Claim, claim_id, with_for_update=True, populate_existing=True)
    claim.conversation = conversation
    claim.asks += 1
    wait = ASK_AGAIN_AFTER[min(claim.asks, len(ASK_AGAIN_AFTER)) - 1]
    work.record(ClaimMade(claim_id), after=wait)


def note_status(work: Work, *, conversation: str, paid: Paid | None, final: bool) -> bool:
    """The provider answered. False where no claim waits under this conversation.

    paid: the payment as the provider itself tells it; None with `final` refutes the claim.
    """
    claim = work.session.scalar(select(Claim).where(Claim.conversation == conversation).with_for_update())
    if claim is None and paid is not None:
        # The answer to an earlier question about the same receipt, which was put again meanwhile.
        claim = work.session.scalars(
            select(Claim)
            .where(Claim.number == paid.receipt, Claim.state == "waiting", Claim.asks > 0)
            .order_by(Claim.id)
            .limit(1)
            .with_for_update()
        ).one_or_none()
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
    if claim.reason == ANOTHER_PAYER:
        raise_incident(
            work,
            kind="payer_differs",
            key=f"claim:{claim.id}:payer",
            detail=f"claim {claim.id}: paid by another number than was prompted",
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
    """Money told by the provider itself: to the collection or the subscriber that its account names, or suspense.

    Somebody who types a collection's reference by hand with another amount does not pay that collection: the
    money is its customer's, and the prompt may still be answered.
    """
    collection = collection_named(work, paid.account_text)
    if collection is not None and collection.amount == paid.amount:
        settle(work, collection.id, paid=paid, cause="told by the paybill")
        return
    if collection is not None:
        owner_id: int | None = whose_money(work, work.session.get_one(Purchase, collection.purchase_id))
    else:
        owner = owner_named(work, paid.account_text)
        owner_id = owner.id if owner is not None else None
    if owner_id is not None:
        lock_subscriber(work, owner_id)
    receipt = take_receipt(work, paid, provider=provider, subscriber_id=owner_id, collection_id=None)
    if receipt is None:
        return
    if owner_id is not None:
        keep_money(work, receipt, subscriber_id=owner_id)
    else:
        suspend_money(work, receipt, reason="no account is named")


def note_overdue_claims(work: Work) -> int:
    """Large claims that nobody confirmed within the hour become incidents, and all claims that waited too long.
    How many large ones there are."""
    for claim_id in work.session.scalars(
        select(Claim.id).where(Claim.state == "waiting", Claim.created_at < work.now - CLAIM_WAITS_AT_MOST)
    ).all():
        give_up_claim(work, claim_id, why="no answer in two days")
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
