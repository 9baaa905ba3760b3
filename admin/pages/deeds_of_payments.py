"""Deeds about money that came in: refund it, move it to the right account, take it out of the books, find its owner;
and about money of an account: goodwill, and a mistaken entry taken back."""

from collections.abc import Mapping

from sqlalchemy import select, text

from admin.deeds import Deed, Field, Thing
from admin.desk import Ask
from admin.effects import Outcome
from admin.given import Given
from admin.pages.entries import ENTRIES
from admin.pages.money import WAYS, payer_words
from admin.show import Cell, account, instant, plain
from core.base.database import Work
from core.base.errors import Refusal
from core.base.money import Money, show_money
from core.base.words import Sentence, say
from core.billing.account import own_money
from core.billing.corrections import goodwill, reverse_entry
from core.ledger.model import JournalEntry
from core.payments.corrections import move_money, refund, resolve_suspense
from core.payments.model import Collection, Receipt, SuspenseItem
from core.payments.reversal import reverse_receipt
from core.payments.ways import BY_BANK, IN_CASH, is_by_hand
from core.staff.audit import Actor
from core.subscribers.model import Subscriber

AMOUNT = Field("amount", say("Amount"), "money", hint=say("Ksh, cents after a point"))
WHOSE = Field("account", say("Whose it is"), hint=say("Account or phone number"))
_WHO = text(
    "SELECT a.subscriber_id FROM postings p JOIN accounts a ON a.id = p.account_id "
    "WHERE p.entry_id = :entry_id AND a.subscriber_id IS NOT NULL ORDER BY p.id LIMIT 1"
)
_AT_STAKE = text(
    "SELECT coalesce(sum(amount_cents) FILTER (WHERE amount_cents > 0), 0)::bigint FROM postings "
    "WHERE entry_id = :entry_id"
)


# -- a receipt


def receipt_facts(ask: Ask, receipt: Receipt) -> list[tuple[Sentence, Cell]]:
    owner = ask.work.session.get(Subscriber, receipt.subscriber_id) if receipt.subscriber_id else None
    owner_no = owner.account_no if owner else None
    return [
        (say("Receipt"), plain(receipt.number)),
        (say("How it came"), Cell(WAYS.get(receipt.provider, receipt.provider))),
        (say("Amount"), Cell(show_money(receipt.amount))),
        (say("Received"), instant(receipt.received_at)),
        (say("Account"), account(owner_no, receipt.subscriber_id, linked=ask.may("see_people"))),
        (say("Given back"), Cell(show_money(Money(receipt.refunded_cents)))),
        (say("Payer"), Cell(payer_words(receipt.payer_hint, ask))),
    ]


def receipt_thing(ask: Ask, ids: Mapping[str, int]) -> Thing:
    found = ask.work.session.get_one(Receipt, ids["receipt"])
    return Thing("receipt", found.id, found.number, f"/receipts/{found.id}", receipt_facts(ask, found))


def _refundable(ask: Ask, ids: Mapping[str, int]) -> Thing:
    found = ask.work.session.get_one(Receipt, ids["receipt"])
    thing = receipt_thing(ask, ids)
    left = found.amount - Money(found.refunded_cents)
    value = f"{left.minor // 100}.{left.minor % 100:02}"
    fields = [Field(AMOUNT.name, say("How much goes back"), AMOUNT.type, value=value, hint=AMOUNT.hint)]
    facts = [*thing.facts, (say("Goes back to"), Cell(goes_back_to(ask, found)))]
    return Thing(thing.kind, thing.id, thing.title, thing.back, facts, fields)


def goes_back_to(ask: Ask, receipt: Receipt) -> Sentence | str:
    """The phone that paid, out of our own row; never one that somebody types (M14). Cash and bank money have none."""
    if receipt.provider == IN_CASH:
        return say("whoever paid {receipt}, in cash, against a signature", receipt=receipt.number)
    if receipt.provider == BY_BANK:
        return say("the bank account that {receipt} came from", receipt=receipt.number)
    collection = ask.work.session.get(Collection, receipt.collection_id) if receipt.collection_id else None
    if collection is None:
        return say("the payer of {receipt}, by a reversal in M-PESA's own pages", receipt=receipt.number)
    digits = collection.payer
    return f"0{digits[3:6]} {digits[6:9]} {digits[9:]}"


def _refund(work: Work, actor: Actor, given: Given) -> Outcome:
    """reference: of the payout, which is not there before it was made."""
    amount = given.amount()
    reference = "".join((given.text("reference") or f"WAITS{given.key[:8]}").split()).upper()
    receipt = work.session.get_one(Receipt, given.ids["receipt"])
    known = select(JournalEntry.id).where(JournalEntry.source == f"refund:{receipt.provider}:{reference}")
    if work.session.scalar(known) is not None:
        raise Refusal(say("That payout is recorded already. Look at its number again."))
    refund(
        work,
        actor,
        receipt_id=receipt.id,
        amount=amount,
        reference=reference,
        reason=given.reason,
    )
    return Outcome(amount)


def _movable(ask: Ask, ids: Mapping[str, int]) -> Thing:
    thing = receipt_thing(ask, ids)
    return Thing(thing.kind, thing.id, thing.title, thing.back, thing.facts, [WHOSE])


def _move(work: Work, actor: Actor, given: Given) -> Outcome:
    to = given.person(work)
    _, here = move_money(
        work, actor, receipt_id=given.ids["receipt"], to_subscriber_id=to.id, reason=given.reason
    )
    return Outcome(Money(-here.cents))


def _reverse_receipt(work: Work, actor: Actor, given: Given) -> Outcome:
    _only_of_gateway(work, given.ids)
    return take_out(work, actor, given)


def _only_of_gateway(work: Work, ids: Mapping[str, int]) -> None:
    if is_by_hand(work.session.get_one(Receipt, ids["receipt"])):
        raise Refusal(say("That payment did not come by M-PESA."))


def take_out(work: Work, actor: Actor, given: Given) -> Outcome:
    """A receipt leaves the books, whoever says so."""
    receipt = work.session.get_one(Receipt, given.ids["receipt"])
    if not reverse_receipt(work, receipt_id=receipt.id, reason=given.reason, actor=actor):
        raise Refusal(say("That payment is out of the books already."))
    return Outcome(receipt.amount)


# -- suspense


def _suspended(ask: Ask, ids: Mapping[str, int]) -> Thing:
    item = ask.work.session.get_one(SuspenseItem, ids["item"])
    receipt = ask.work.session.get_one(Receipt, item.receipt_id)
    facts = [
        (say("Receipt"), plain(receipt.number)),
        (say("Amount"), Cell(show_money(receipt.amount))),
        (say("Since"), instant(item.created_at)),
        (say("Typed account"), plain(receipt.account_text)),
        (say("Payer"), Cell(payer_words(receipt.payer_hint, ask))),
    ]
    return Thing("suspense", item.id, receipt.number, "/suspense", facts, [WHOSE])


def _resolve(work: Work, actor: Actor, given: Given) -> Outcome:
    owner = given.person(work)
    done = resolve_suspense(
        work, actor, item_id=given.ids["item"], subscriber_id=owner.id, reason=given.reason
    )
    return Outcome(Money(-done.cents))


# -- an account


def _person(ask: Ask, ids: Mapping[str, int]) -> Thing:
    person = ask.work.session.get_one(Subscriber, ids["subscriber"])
    own = max(own_money(ask.work, person.id), Money(0))
    facts = [
        (say("Account"), account(person.account_no, person.id, linked=True)),
        (say("Has with us"), Cell(show_money(own))),
    ]
    return Thing(
        "subscriber", person.id, person.account_no, f"/subscribers/{person.id}/journal", facts, [AMOUNT]
    )


def _goodwill(work: Work, actor: Actor, given: Given) -> Outcome:
    amount = given.amount()
    goodwill(
        work,
        actor,
        subscriber_id=given.ids["subscriber"],
        amount=amount,
        reason=given.reason,
        key=given.key,
    )
    return Outcome(amount)


def _entry(ask: Ask, ids: Mapping[str, int]) -> Thing:
    entry = ask.work.session.get_one(JournalEntry, ids["entry"])
    who = ask.work.session.scalar(_WHO, {"entry_id": entry.id})
    back = f"/subscribers/{who}/journal" if who is not None else "/"
    facts = [
        (say("What"), Cell(ENTRIES.get(entry.kind, entry.kind))),
        (say("When"), instant(entry.at)),
        (say("Cause"), Cell(entry.source, quiet=True)),
    ]
    return Thing("entry", entry.id, ENTRIES.get(entry.kind, entry.kind), back, facts)


def _reverse_entry(work: Work, actor: Actor, given: Given) -> Outcome:
    entry_id = given.ids["entry"]
    reverse_entry(work, actor, entry_id=entry_id, reason=given.reason)
    return Outcome(Money(int(work.session.execute(_AT_STAKE, {"entry_id": entry_id}).scalar_one())))


REFUND = Deed(
    "refund",
    "/receipts/{receipt:int}/refund",
    "correct_money",
    say("Give a payment back"),
    say("Give it back"),
    _refundable,
    _refund,
    lead=say(
        "First a credit note for what was bought, then the payout, to whoever paid and by the same way. "
        "M-PESA's is made in its own pages; then the number of the payout is recorded here."
    ),
    place="receipts",
    pays_out=True,
)
MOVE = Deed(
    "move_money",
    "/receipts/{receipt:int}/move",
    "correct_money",
    say("Move a payment to the right account"),
    say("Move it"),
    _movable,
    _move,
    lead=say("Within a day. What it bought and was not used ends there, and the money buys here."),
    place="receipts",
)
TAKEN_BACK = Deed(
    "taken_back",
    "/receipts/{receipt:int}/taken-back",
    "correct_money",
    say("M-PESA took a payment back"),
    say("Take it out of the books"),
    receipt_thing,
    _reverse_receipt,
    lead=say("Only where M-PESA itself says so. Unused time ends, used days are owed. There is no way back."),
    place="receipts",
)
RESOLVE = Deed(
    "resolve",
    "/suspense/{item:int}/resolve",
    "correct_money",
    say("The owner of a payment is found"),
    say("It is theirs"),
    _suspended,
    _resolve,
    lead=say("The money becomes the owner's, and pays what is owed, like any other."),
    place="suspense",
)
GOODWILL = Deed(
    "goodwill",
    "/subscribers/{subscriber:int}/goodwill",
    "correct_money",
    say("Give money as goodwill"),
    say("Give it"),
    _person,
    _goodwill,
    lead=say("What an invoice charged too much is given back by a credit note instead."),
)
TAKE_BACK = Deed(
    "reverse_entry",
    "/entries/{entry:int}/take-back",
    "correct_money",
    say("Take a mistaken entry back"),
    say("Take it back"),
    _entry,
    _reverse_entry,
    lead=say("An opposing entry that names the first; both stay in the journal."),
)
DEEDS = (REFUND, MOVE, TAKEN_BACK, RESOLVE, GOODWILL, TAKE_BACK)
