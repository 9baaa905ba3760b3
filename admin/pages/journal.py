"""A subscriber's journal with its running balance, goodwill, and the way back from a mistaken entry."""

from sqlalchemy import func, select

from admin.desk import Ask, Door
from admin.lists import Rows, cursor, fetch, keyset
from admin.pages.deeds_of_accounts import DEEDS as DEEDS_OF_ACCOUNTS
from admin.pages.deeds_of_cash import TAKE as TAKE_MONEY
from admin.pages.deeds_of_payments import GOODWILL, TAKE_BACK
from admin.pages.entries import ENTRIES
from admin.pages.person import page_of, seen
from admin.show import Cell, Page, instant, money
from core.base.words import say
from core.billing.corrections import REVERSIBLE
from core.ledger.accounts import receivable
from core.ledger.model import Account, JournalEntry, Posting


def journal(ask: Ask) -> Page:
    subscriber = seen(ask, "journal_seen")
    account_id = select(Account.id).where(Account.code == receivable(subscriber.id)).scalar_subquery()
    rows: Rows = (
        select(Posting, JournalEntry)
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(Posting.account_id == account_id)
    )
    query = ask.query
    found, _ = fetch(
        ask.work, rows, Posting.id, before=cursor(query.get("before")), after=cursor(query.get("after"))
    )
    running: dict[int, int] = {}
    if found:
        upto = select(func.sum(Posting.amount_cents)).where(
            Posting.account_id == account_id, Posting.id <= found[0].Posting.id
        )
        stands = int(ask.work.session.scalar(upto) or 0)
        for row in found:
            running[row.Posting.id] = stands
            stands -= row.Posting.amount_cents
    table = keyset(
        ask.work,
        rows,
        Posting.id,
        query=query,
        path=f"/subscribers/{subscriber.id}/journal",
        columns=[say("When"), say("What"), say("Cause"), say("Amount"), say("Balance")],
        cells=lambda row: [
            instant(row.JournalEntry.at),
            Cell(ENTRIES.get(row.JournalEntry.kind, row.JournalEntry.kind)),
            _cause(ask, row.JournalEntry),
            money(row.Posting.amount_cents),
            money(running[row.Posting.id]),
        ],
        key_of=lambda row: row.Posting.id,
        empty=say("There are no entries yet."),
    )
    lead = say("What is charged adds, what is paid takes away. Below zero is the subscriber's money with us.")
    ways = [
        (deed.title, deed.at(subscriber=subscriber.id))
        for deed in (TAKE_MONEY, GOODWILL, *DEEDS_OF_ACCOUNTS)
        if ask.may(deed.needs)
    ]
    return page_of(ask, subscriber, "journal", tables=[table], lead=lead, ways=ways)


def _cause(ask: Ask, entry: JournalEntry) -> Cell:
    """What an entry came from; one that a mistake may have made leads to its way back."""
    if entry.kind in REVERSIBLE and ask.may("correct_money"):
        return Cell(say("Take it back"), path=TAKE_BACK.at(entry=entry.id))
    return Cell(entry.source, quiet=True)


DOORS = (Door("/subscribers/{subscriber:int}/journal", ("see_people", "see_money"), journal),)
