"""What a change would do, shown before it is done: it is done, looked at, and undone again. What is shown is therefore
what the verb itself does, to the cent and to the day."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from admin.pages.entries import ENTRIES
from admin.show import NOTHING, STATES, Cell, Table, Text, day, instant, money
from core.base.clock import last_day
from core.base.database import Work
from core.base.money import Money, show_money
from core.base.words import Sentence, say
from core.billing.account import standing
from core.billing.model import Invoice, Subscription
from core.catalogue.model import PPPOE, Plan
from core.ledger import accounts
from core.ledger.model import Account, JournalEntry, Posting
from core.staff.orders import tried
from core.subscribers.model import Subscriber

MOST = 200
"""Lines and open invoices of a person that are compared: the newest."""
ACCOUNTS: dict[str, Sentence] = {
    accounts.MPESA_CLEARING: say("M-PESA"),
    accounts.BANK_CLEARING: say("Bank"),
    accounts.CASH: say("Cash"),
    accounts.SUSPENSE: say("Owner not known"),
    accounts.VAT_PAYABLE: say("VAT"),
    accounts.EXCISE_PAYABLE: say("Excise"),
    accounts.BAD_DEBT: say("Bad debts"),
    accounts.DISCOUNTS: say("Discounts"),
    accounts.DEPOSITS: say("Deposits"),
    accounts.INSTALLMENTS: say("Kept aside"),
}

NOTHING_GIVEN = Money(0)

Change = tuple[Text, Sentence, Text, Text]
"""About what, which of its values, as it is, as it would be."""
_Row = tuple[Text, dict[str, tuple[Sentence, Text]]]
"""A row by its name, and its values: each by a key, with what it is and its words."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a deed's run says of itself. stake: how much it gives away; people: whose accounts and lines it may touch;
    changes: what stands in neither journal, lines nor invoices."""

    stake: Money = NOTHING_GIVEN
    people: frozenset[int] = frozenset()
    changes: Sequence[Change] = ()


@dataclass(frozen=True, slots=True)
class Looked:
    """What would be. mark: the same while it is the same."""

    stake: Money
    tables: Sequence[Table]
    mark: str


def look(work: Work, run: Callable[[], Outcome]) -> Looked:
    """Run, look and undo. Raises what `run` raises."""
    last = int(work.scalar("SELECT coalesce(max(id), 0) FROM journal_entries"))
    seen: list[tuple[Outcome, list[list[Cell]], frozenset[int], dict[tuple[str, int], _Row]]] = []

    def run_and_look() -> Money:
        outcome = run()
        work.session.flush()
        work.session.expire_all()
        posted, people = _posted(work, last)
        people |= outcome.people
        seen.append((outcome, posted, people, _stand(work, people)))
        return outcome.stake

    tried(work, run_and_look)
    outcome, posted, people, after = seen[0]
    changed = _changes(_stand(work, people), after, outcome.changes)
    tables = [
        Table(
            title=say("What changes"),
            columns=[say("About"), say("What"), say("Now"), say("Then")],
            rows=changed,
            empty=say("No line and no invoice changes."),
        ),
        Table(
            title=say("What is posted"),
            columns=[say("What"), say("Where"), say("Debit"), say("Credit")],
            rows=posted,
            empty=say("Nothing is posted in the journal."),
        ),
    ]
    spelled = repr([[cell.text for cell in row] for table in tables for row in table.rows])
    return Looked(outcome.stake, tables, hashlib.sha256(spelled.encode()).hexdigest()[:32])


def _posted(work: Work, last: int) -> tuple[list[list[Cell]], frozenset[int]]:
    """The postings of this Work after the entry `last`, and whose accounts they touch."""
    rows = work.session.execute(
        select(JournalEntry.id, JournalEntry.kind, Account, Subscriber.account_no, Posting.amount_cents)
        .join(Posting, Posting.entry_id == JournalEntry.id)
        .join(Account, Account.id == Posting.account_id)
        .outerjoin(Subscriber, Subscriber.id == Account.subscriber_id)
        .where(JournalEntry.id > last, JournalEntry.at == work.now)
        .order_by(JournalEntry.id, Posting.amount_cents < 0, Posting.id)
    ).all()
    shown, entry = [], 0
    for row in rows:
        what = Cell(ENTRIES.get(row.kind, row.kind)) if row.id != entry else Cell("")
        entry = row.id
        debit, credit = max(row.amount_cents, 0), max(-row.amount_cents, 0)
        where = _account(row.Account.code, row.account_no)
        shown.append([what, where, *(money(c) if c else Cell("", number=True) for c in (debit, credit))])
    return shown, frozenset(row.Account.subscriber_id for row in rows if row.Account.subscriber_id)


def _account(code: str, account_no: str | None) -> Cell:
    if account_no is not None:
        return Cell(say("Account {account}", account=account_no))
    return Cell(say("Sales")) if code.startswith("revenue.") else Cell(ACCOUNTS.get(code, code))


def _stand(work: Work, people: Iterable[int]) -> dict[tuple[str, int], _Row]:
    """Where accounts, lines and open invoices of some people stand, in words."""
    ids = sorted(people)
    rows: dict[tuple[str, int], _Row] = {}
    for person in work.session.scalars(select(Subscriber).where(Subscriber.id.in_(ids))):
        owed, own = standing(work, person.id)
        rows["account", person.id] = (
            f"{person.account_no} {person.first_name}".strip(),
            {
                "owed": (say("Owes us"), show_money(owed)),
                "own": (say("Has with us"), show_money(own)),
            },
        )
    rows |= _lines(work, ids)
    for invoice in work.session.scalars(
        select(Invoice)
        .where(Invoice.subscriber_id.in_(ids), Invoice.open_cents > 0)
        .order_by(Invoice.id.desc())
        .limit(MOST)
    ):
        rows["invoice", invoice.id] = (
            invoice.title,
            {"open": (say("To pay"), show_money(Money(invoice.open_cents)))},
        )
    return rows


def _lines(work: Work, ids: Sequence[int]) -> dict[tuple[str, int], _Row]:
    found = work.session.execute(
        select(Subscription, Plan, Subscriber.account_no)
        .join(Plan, Plan.id == Subscription.plan_id)
        .outerjoin(Subscriber, Subscriber.id == Subscription.payer_id)
        .where(Subscription.subscriber_id.in_(ids) | Subscription.payer_id.in_(ids))
        .order_by(Subscription.id.desc())
        .limit(MOST)
    ).all()
    return {("line", row.Subscription.id): (row.Plan.name, _of_line(*row)) for row in found}


def _of_line(line: Subscription, plan: Plan, payer: str | None) -> dict[str, tuple[Sentence, Text]]:
    words, _ = STATES[line.state]
    grace: Text = say("as the policy says") if line.grace_days is None else str(line.grace_days)
    return {
        "plan": (say("Plan"), plan.name),
        "state": (say("State"), words),
        "paid": (say("Paid up to"), _until(line.paid_through, whole_days=plan.kind == PPPOE)),
        "lent": (say("Lent until"), _until(line.lent_through, whole_days=True)),
        "anchor": (say("Payday"), str(line.anchor_day or NOTHING)),
        "waits": (say("Days that wait"), str(line.paused_days_left or 0)),
        "grace": (say("Days of grace"), grace),
        "payer": (say("Paid by"), payer or NOTHING),
    }


def _until(at: datetime | None, *, whole_days: bool) -> Text:
    if at is None:
        return NOTHING
    return (day(last_day(at)) if whole_days else instant(at)).text


def _changes(
    before: Mapping[tuple[str, int], _Row],
    after: Mapping[tuple[str, int], _Row],
    more: Sequence[Change],
) -> list[list[Cell]]:
    found: list[Change] = []
    for key in [*before, *(key for key in after if key not in before)]:
        name, _ = before.get(key) or after[key]
        old, new = (side.get(key, (name, {}))[1] for side in (before, after))
        for what in old | new:
            words = (old | new)[what][0]
            was, will = (side[what][1] if what in side else _absent(what) for side in (old, new))
            if was != will:
                found.append((name, words, was, will))
    return [[Cell(about), Cell(words), Cell(was), Cell(will)] for about, words, was, will in (*found, *more)]


def _absent(what: str) -> Text:
    """An invoice that is not among the open ones is paid, or not there yet."""
    return show_money(Money(0)) if what == "open" else NOTHING
