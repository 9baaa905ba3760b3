"""What the account is drawn up from: plain values, as M-PESA, our books, the routers and the phones tell them."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Movement:
    """M-PESA's word: cents that left a wallet. account: what the payer, or our prompt, named."""

    receipt: str
    cents: int
    account: str
    kind: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A payment in our journal. cents: what it put into M-PESA's clearing account."""

    source: str
    cents: int


@dataclass(frozen=True, slots=True)
class Receipt:
    id: int
    number: str
    cents: int
    collection_id: int | None


@dataclass(frozen=True, slots=True)
class Collection:
    id: int
    purchase_id: int
    reference: str
    state: str
    cents: int


@dataclass(frozen=True, slots=True)
class Purchase:
    """started: how often its paid time was said to have begun."""

    id: int
    kind: str
    state: str
    cents: int
    session: str
    subscription_id: int | None
    invoices: int
    started: int


@dataclass(frozen=True, slots=True)
class Line:
    """A subscription. Its account on the routers: what is wanted, under which name, where."""

    id: int
    kind: str
    state: str
    starts_at: datetime | None
    paid_through: datetime | None
    account_id: int | None
    username: str
    wanted: str
    routers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Voucher:
    id: int
    line_id: int
    state: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A text that we wrote. copies: how often the phone has it, where it carries a code or a password."""

    id: int
    template: str
    reason: str
    state: str
    unknowns: int
    copies: int | None


@dataclass(frozen=True, slots=True)
class Row:
    """A row on a router that carries our mark. account_id: the one that the mark names."""

    router: str
    account_id: int
    name: str
    works: bool


@dataclass(frozen=True)
class World:
    """Everything at one moment of rest."""

    movements: list[Movement]
    entries: list[Entry]
    receipts: list[Receipt]
    collections: list[Collection]
    purchases: list[Purchase]
    lines: list[Line]
    vouchers: list[Voucher]
    notices: list[Notice]
    rows: list[Row]
    unbalanced: list[int] = field(default_factory=list)
    reachable: frozenset[int] = frozenset()
    """Vouchers whose code their holder has read on the USSD screen: no lost text has kept it from anybody."""
