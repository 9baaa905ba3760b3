"""The search: one line for whatever a caller reads out. Every look is an audit entry."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from admin.desk import Ask, Door
from admin.show import Cell, Elsewhere, Page, Table, plain
from core.base.database import Work
from core.base.msisdn import Msisdn, NotAPhoneNumber
from core.base.typed import tidy
from core.base.words import say
from core.billing.model import Invoice
from core.payments.model import Receipt
from core.staff.audit import note
from core.subscribers.account_no import parse_account_no
from core.subscribers.model import PHONE, Address, Subscriber
from core.vouchers.codes import parse_code
from core.vouchers.mint import LOOKUP
from core.vouchers.model import Voucher

FOUND_AT_MOST = 20
"""Of a common name; more is no answer to a question."""
MIN_NAME_CHARACTERS = 2
MAX_SERIES_NUMBER = 10**12


@dataclass(frozen=True, slots=True)
class Found:
    """What a search met: by which word of ours, and the subscribers."""

    by: str
    subscriber_ids: list[int]
    in_suspense: bool = False


def search(ask: Ask) -> Page | Elsewhere:
    found = find(ask.work, ask.form.get("q", ""))
    note(ask.work, ask.actor, "searched", detail={"by": found.by, "found": found.subscriber_ids})
    if len(found.subscriber_ids) == 1:
        return Elsewhere(f"/subscribers/{found.subscriber_ids[0]}")
    if found.in_suspense and ask.may("see_money"):
        return Elsewhere("/suspense")
    rows = ask.work.session.scalars(
        select(Subscriber).where(Subscriber.id.in_(found.subscriber_ids)).order_by(Subscriber.id.desc())
    ).all()
    return Page(
        say("Search"),
        lead=say("The first {count} are shown: type more of the name.", count=FOUND_AT_MOST)
        if len(rows) == FOUND_AT_MOST
        else None,
        tables=[
            Table(
                columns=[say("Name"), say("Account")],
                rows=[
                    [
                        Cell(_name(row) or say("no name"), path=f"/subscribers/{row.id}"),
                        plain(row.account_no),
                    ]
                    for row in rows
                ],
                empty=say("Nobody was found. A name is found by its beginning, a voucher by its whole code."),
            )
        ],
    )


def again(_: Ask) -> Elsewhere:
    """A search is typed anew, never kept in an address: it may hold a number or a code."""
    return Elsewhere("/")


def find(work: Work, typed: str) -> Found:
    """Whose phone, account, M-PESA receipt, invoice, voucher code or name this is, asked in that order."""
    word = tidy(typed)
    session = work.session
    try:
        phone = Msisdn.parse(word)
    except NotAPhoneNumber:
        pass
    else:
        statement = select(Address.subscriber_id).where(
            Address.channel == PHONE, Address.external_id == phone.digits, Address.is_primary
        )
        return Found("phone", list(session.scalars(statement)))
    account_no = parse_account_no(word)
    if account_no is not None:
        ids = list(session.scalars(select(Subscriber.id).where(Subscriber.account_no == account_no)))
        return Found("account", ids)
    if word.isascii() and word.isalnum() and any(ch.isdigit() for ch in word):
        receipts = session.execute(select(Receipt.subscriber_id).where(Receipt.number == word.upper())).all()
        if receipts:
            owners = sorted({row.subscriber_id for row in receipts if row.subscriber_id is not None})
            return Found("receipt", owners, in_suspense=not owners)
    series, _, number = word.upper().rpartition("-")
    if series and number.isascii() and number.isdigit() and int(number) < MAX_SERIES_NUMBER:
        statement = select(Invoice.subscriber_id).where(
            Invoice.series == series, Invoice.number == int(number)
        )
        ids = list(session.scalars(statement))
        if ids:
            return Found("invoice", ids)
    code = parse_code(word)
    if code is not None:
        statement = select(Voucher.buyer_id).where(
            Voucher.code_lookup.in_(work.keyring.lookups(code, LOOKUP))
        )
        ids = list(session.scalars(statement))
        if ids:
            return Found("voucher", ids)
    return Found("name", list(session.scalars(by_name(word))))


def by_name(word: str) -> Select[int]:
    """The newest subscribers of whose names the words are beginnings, in either order."""
    first, last = func.lower(Subscriber.first_name), func.lower(Subscriber.last_name)
    parts = [func.lower(_beginning(part)) for part in word.split()[:2]]
    matches: ColumnElement[bool]
    if len(word) < MIN_NAME_CHARACTERS:
        matches = Subscriber.id.is_(None)
    elif len(parts) == 1:
        matches = or_(first.like(parts[0]), last.like(parts[0]))
    else:
        matches = or_(
            and_(first.like(parts[0]), last.like(parts[1])), and_(first.like(parts[1]), last.like(parts[0]))
        )
    return select(Subscriber.id).where(matches).order_by(Subscriber.id.desc()).limit(FOUND_AT_MOST)


def _beginning(part: str) -> str:
    escaped = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{escaped}%"


def _name(row: Subscriber) -> str:
    return f"{row.first_name} {row.last_name}".strip()


DOORS = (
    Door("/search", "see_people", search, method="POST"),
    Door("/search", "see_people", again),
)
