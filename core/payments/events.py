"""What payments tell the world."""

from dataclasses import dataclass

from core.base.events import Event


@dataclass(frozen=True)
class CollectionRequested(Event):
    """A collection waits for its gateway to be asked."""

    collection_id: int


@dataclass(frozen=True)
class CollectionSilent(Event):
    """A collection was asked for and its answer is due: look it up, for the `look`th time."""

    collection_id: int
    look: int


@dataclass(frozen=True)
class CollectionUnknown(Event):
    """The gateway has not said what became of a collection in the usual time."""

    collection_id: int


@dataclass(frozen=True)
class CollectionFailed(Event):
    """A collection came to nothing."""

    collection_id: int


@dataclass(frozen=True)
class CallbackReceived(Event):
    """A gateway's message is in the inbox."""

    inbox_id: int


@dataclass(frozen=True)
class ClaimMade(Event):
    """Word of a payment that must be confirmed before it counts."""

    claim_id: int


@dataclass(frozen=True)
class PaymentSettled(Event):
    """A purchase is paid: journal, invoice and access stand."""

    purchase_id: int


@dataclass(frozen=True)
class GiftPaid(Event):
    """A purchase for somebody else is paid."""

    purchase_id: int


@dataclass(frozen=True)
class PaymentReversed(Event):
    """A payment was taken back by its provider's hand: entry reversed, unused time withdrawn."""

    receipt_id: int


@dataclass(frozen=True)
class MoneyMoved(Event):
    """Money that was put on a wrong account stands on the right one now: two corrections, away and here."""

    away_id: int
    here_id: int


@dataclass(frozen=True)
class RefundPaid(Event):
    """Money was paid back to the phone that had paid it."""

    correction_id: int


@dataclass(frozen=True)
class MoneyKept(Event):
    """Money came in that bought nothing by itself: it is the subscriber's, in the journal."""

    receipt_id: int
