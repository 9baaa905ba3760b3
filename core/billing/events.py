"""What billing tells the world."""

from dataclasses import dataclass

from core.base.events import Event


@dataclass(frozen=True)
class AccessChanged(Event):
    """What the routers should hold for this subscription has changed."""

    subscription_id: int


@dataclass(frozen=True)
class AccessEnded(Event):
    """The time of this subscription is over, or its time to begin."""

    subscription_id: int


@dataclass(frozen=True)
class PaidTimeStarted(Event):
    """The time that this purchase bought is running (or was added to time that runs)."""

    purchase_id: int


@dataclass(frozen=True)
class LineDue(Event):
    """The last paid day of a home line is over; its grace begins."""

    subscription_id: int


@dataclass(frozen=True)
class LineSuspended(Event):
    """A home line was switched off for want of money."""

    subscription_id: int


@dataclass(frozen=True)
class LineEnded(Event):
    """A home line was ended for want of money: its final statement is to be written."""

    subscription_id: int


@dataclass(frozen=True)
class InvoiceIssued(Event):
    """An invoice stands, with its number. For the record, and for a fiscal adapter."""

    invoice_id: int


@dataclass(frozen=True)
class BillCovered(Event):
    """The cycle has raised a bill that the account's own money suffices for."""

    subscription_id: int


@dataclass(frozen=True)
class PostpaidBilled(Event):
    """The cycle has raised a bill of a postpaid line, and there is money of the account's own."""

    invoice_id: int


@dataclass(frozen=True)
class CycleGoesOn(Event):
    """A run of the billing cycle has more to do: it was approved, or has done its share of one job."""

    run_id: int


@dataclass(frozen=True)
class BillsRaised(Event):
    """A run of the billing cycle is over: its bills are to be mailed to whoever wants them so. after_id: up to this
    subscriber they are, in so many pages."""

    run_id: int
    after_id: int
    page: int


@dataclass(frozen=True)
class CreditNoteIssued(Event):
    """A credit note stands, with its number. For the record, and for a fiscal adapter."""

    credit_note_id: int


@dataclass(frozen=True)
class StepsTaken(Event):
    """Steps of dunning were taken, those from `first_id` to `last_id` among them: their people are to be told."""

    first_id: int
    last_id: int


@dataclass(frozen=True)
class PromptDue(Event):
    """A step of dunning wants a line's owner prompted to pay; the owner has agreed to that."""

    taken_id: int


@dataclass(frozen=True)
class SiteDown(Event):
    """A site, or its uplink, is down since the instant `at`."""

    site_id: int
    at: int


@dataclass(frozen=True)
class SiteUp(Event):
    """A site is up again since the instant `at`."""

    site_id: int
    at: int


@dataclass(frozen=True)
class GatewayDown(Event):
    """A payment gateway does not answer since the instant `at`: nobody can pay by it."""

    gateway: str
    at: int


@dataclass(frozen=True)
class GatewayUp(Event):
    """A payment gateway answers again since the instant `at`."""

    gateway: str
    at: int
