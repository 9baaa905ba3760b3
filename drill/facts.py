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
    provider: str = "mpesa"


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
    """A text that we wrote. unknowns: how often it was sent once more because nobody knew whether it had arrived.

    copies: how often the phone has it, by SMS or in a chat, where it carries a code or a password. lapses: a code of
    ten minutes, which nobody needs by the time of the next dial.
    """

    id: int
    template: str
    reason: str
    state: str
    unknowns: int
    copies: int | None
    lapses: bool = False


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
    read: frozenset[int] = frozenset()
    """Notices that no carrier took, and that the person has read on the USSD screen, dialling afterwards."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A notice that no carrier is known to have taken. address: the digits of the phone to dial from."""

    notice_id: int
    address: str
    text: str


@dataclass(frozen=True, slots=True)
class Heard:
    """A message of a chat that began a purchase. data: of the button that was tapped, empty where it was typed.

    late: it was older than ten minutes when it came. session: of the talk, and of the dialled one on USSD, where there
    is no such message (id 0).
    """

    purchase_id: int
    channel: str
    session: str
    message_id: int
    data: str = ""
    late: bool = False


@dataclass(frozen=True)
class Talks:
    """What was said and what came of it. sent: (at least, at most) messages that left the phones, by channel; stored:
    those in the inbox. fresh: data of the buttons that were tapped while they stood on the newest screen.
    """

    heard: list[Heard]
    sent: dict[str, tuple[int, int]]
    stored: dict[str, int]
    fresh: set[str]
    unheard: int = 0
    """Messages that were given up, or still wait."""
    stuck: list[str] = field(default_factory=list)
    """Who wrote "menu" at the end and was shown none."""
