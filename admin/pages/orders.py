"""Orders of staff: what waits for a second person, what is to be paid out, and what was done, by whom and why."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from admin.deeds import Deed, Thing, given_facts, look_at
from admin.desk import Ask, Door
from admin.effects import Looked
from admin.given import Given
from admin.lists import Rows, keyset
from admin.pages import (
    deeds_of_accounts,
    deeds_of_cash,
    deeds_of_contacts,
    deeds_of_invoices,
    deeds_of_lines,
    deeds_of_payments,
    deeds_of_policies,
    deeds_of_standstills,
)
from admin.pages.deeds_of_payments import goes_back_to
from admin.show import NOTHING, Cell, Elsewhere, Page, Tab, Text, Tone, instant, money, plain
from core.base.errors import Refusal
from core.base.money import Money, show_money
from core.base.words import Sentence, say
from core.payments.model import Receipt
from core.payments.ways import is_by_hand
from core.staff.audit import Actor, note
from core.staff.model import StaffMember, StaffOrder
from core.staff.orders import AGREED, DONE, REFUSED, SECOND, WAITING, Run
from core.staff.orders import agree as agree_to
from core.staff.orders import pay_out as record_payout
from core.staff.orders import refuse as refuse_it

DEEDS: dict[str, Deed] = {
    deed.name: deed
    for deed in (
        *deeds_of_payments.DEEDS,
        *deeds_of_cash.DEEDS,
        *deeds_of_invoices.DEEDS,
        *deeds_of_lines.DEEDS,
        *deeds_of_accounts.DEEDS,
        *deeds_of_contacts.DEEDS,
        *deeds_of_policies.DEEDS,
        *deeds_of_standstills.DEEDS,
    )
}
STATES: dict[str, tuple[Sentence, Tone]] = {
    WAITING: (say("waits for a second person"), "yellow"),
    AGREED: (say("to be paid out"), "blue"),
    DONE: (say("done"), "green"),
    REFUSED: (say("refused"), "red"),
}
Asker, Second = aliased(StaffMember), aliased(StaffMember)


def orders(ask: Ask) -> Page:
    shown = ask.query.get("show", "")
    rows: Rows = select(StaffOrder, Asker.email).join(Asker, Asker.id == StaffOrder.asked_by)
    if shown != "all":
        rows = rows.where(StaffOrder.state.in_([WAITING, AGREED]))
    table = keyset(
        ask.work,
        rows,
        StaffOrder.id,
        query=ask.query,
        path="/orders",
        columns=[say("When"), say("What"), say("Amount"), say("By"), say("State")],
        cells=lambda row: [
            Cell(instant(row.StaffOrder.asked_at).text, path=f"/orders/{row.StaffOrder.id}"),
            Cell(DEEDS[row.StaffOrder.kind].title),
            money(row.StaffOrder.stake_cents) if row.StaffOrder.stake_cents else Cell(NOTHING, number=True),
            plain(row.email),
            _state(row.StaffOrder.state),
        ],
        key_of=lambda row: row.StaffOrder.id,
        empty=say("Nothing waits for anybody."),
    )
    tabs = [
        Tab(say("Waiting"), "/orders", here=shown != "all"),
        Tab(say("All"), "/orders?show=all", here=shown == "all"),
    ]
    lead = say("Corrections of money and time by staff, each with who and why.")
    return Page(say("Corrections"), tables=[table], place="orders", tabs=tabs, lead=lead)


def _state(name: str) -> Cell:
    words, tone = STATES[name]
    return Cell(words, tone=tone)


def order(ask: Ask) -> Page:
    note(ask.work, ask.actor, "order_seen", whom="staff_order", whom_id=ask.ids["order"])
    return _page(ask)


def agree(ask: Ask) -> Page | Elsewhere:
    """A second person's yes, to what that person was shown."""

    def done() -> None:
        found = ask.work.session.get_one(StaffOrder, ask.ids["order"])
        looked = _looked(ask, found)
        if found.state == WAITING and (looked is None or looked.mark != ask.form.get("seen")):
            raise Refusal(say("It would do something else now than what you saw. Look again."))
        agree_to(ask.work, ask.actor, order_id=found.id, run_of=_run_of(ask))

    return _tried(ask, done)


def refuse(ask: Ask) -> Page | Elsewhere:
    order_id, reason = ask.ids["order"], ask.form.get("reason", "")
    return _tried(ask, lambda: refuse_it(ask.work, ask.actor, order_id=order_id, reason=reason))


def paid(ask: Ask) -> Page | Elsewhere:
    """The payout was made: its number is recorded, and the entries are posted."""
    number = " ".join(ask.form.get("reference", "").split())

    def done() -> None:
        if len(number) < 4:
            raise Refusal(say("Type the number of the payout."))
        record_payout(
            ask.work, ask.actor, order_id=ask.ids["order"], run_of=_run_of(ask, reference=number[:40])
        )

    return _tried(ask, done)


def _tried(ask: Ask, done: Callable[[], object]) -> Page | Elsewhere:
    try:
        with ask.work.session.begin_nested():
            done()
    except Refusal as refusal:
        ask.work.session.expire_all()
        return _page(ask, problem=refusal.sentence)
    return Elsewhere(f"/orders/{ask.ids['order']}")


def _run_of(ask: Ask, **more: str) -> Callable[[StaffOrder], Run]:
    def run_of(found: StaffOrder) -> Run:
        given = _given(found, **more)
        return lambda actor: DEEDS[found.kind].act(ask.work, actor, given).stake

    return run_of


def _given(found: StaffOrder, **more: str) -> Given:
    asked: Mapping[str, Any] = found.asked
    return Given(asked["ids"], asked["form"] | more, found.once)


def _looked(ask: Ask, found: StaffOrder) -> Looked | None:
    """What an order that is not done would do; none where it cannot be done any more."""
    asker = ask.work.session.get_one(StaffMember, found.asked_by)
    acts = Actor(staff_id=asker.id, role=asker.role, source=ask.source)
    try:
        return look_at(DEEDS[found.kind], ask.work, acts, _given(found))
    except Refusal:
        return None


def _page(ask: Ask, problem: Sentence | None = None) -> Page:
    session = ask.work.session
    found = session.get_one(StaffOrder, ask.ids["order"])
    thing = DEEDS[found.kind].find(ask, _given(found).ids)
    is_open = found.state in (WAITING, AGREED)
    may_decide = is_open and ask.may(SECOND)
    looked = _looked(ask, found) if may_decide else None
    if may_decide and looked is None and problem is None:
        problem = say("This cannot be done any more as it was asked. Refuse it and look again.")
    return Page(
        DEEDS[found.kind].title,
        template="order.html",
        place="orders",
        facts=_facts(ask, found, thing),
        tables=looked.tables if looked else (),
        ways=[(say("Back to {what}", what=thing.title), thing.back)] if ask.may("see_people") else (),
        done=say("Done.") if found.state == DONE else None,
        lead=_next(found),
        values={
            "order": found,
            "problem": problem,
            "seen": looked.mark if looked else "",
            "may_agree": looked is not None
            and found.state == WAITING
            and found.asked_by != ask.visit.staff_id,
            "may_refuse": is_open and (ask.may(SECOND) or found.asked_by == ask.visit.staff_id),
            "may_pay": looked is not None and found.state == AGREED,
            "pay_to": _pay_to(ask, found) if looked is not None and found.state == AGREED else None,
        },
    )


def _next(found: StaffOrder) -> Sentence | None:
    return {
        WAITING: say("Nothing is done yet. Owner or finance can agree, but not who asked for it."),
        AGREED: say("It may be paid out. Nothing is posted until the payout's number is recorded."),
    }.get(found.state)


def _pay_to(ask: Ask, found: StaffOrder) -> Sentence:
    receipt = ask.work.session.get_one(Receipt, found.about_id)
    amount = show_money(Money(found.stake_cents))
    if is_by_hand(receipt):
        return say("Give {amount} back to {whom}", amount=amount, whom=goes_back_to(ask, receipt))
    return say("Pay {amount} by M-PESA to {phone}", amount=amount, phone=goes_back_to(ask, receipt))


def _facts(ask: Ask, found: StaffOrder, thing: Thing) -> list[tuple[Sentence, Cell]]:
    session = ask.work.session
    people = {row.id: row.email for row in session.scalars(select(StaffMember))}
    about: Text = thing.title
    facts: list[tuple[Sentence, Cell]] = [
        (say("State"), _state(found.state)),
        (say("About"), Cell(about, path=thing.back if ask.may("see_people") else None)),
    ]
    if ask.may("see_people"):
        facts += given_facts(thing, _given(found))
    facts += [(say("Asked by"), plain(people[found.asked_by])), (say("When"), instant(found.asked_at))]
    if found.decided_by is not None:
        facts += [
            (say("Decided by"), plain(people[found.decided_by])),
            (say("Then"), instant(found.decided_at)),
        ]
    if found.answer is not None and ask.may("see_people"):
        facts.append((say("Answer"), plain(found.answer)))
    return facts


DOORS = (
    Door("/orders", "see_money", orders),
    Door("/orders/{order:int}", "see_money", order),
    Door("/orders/{order:int}/agree", ("see_money", SECOND), agree, method="POST"),
    Door("/orders/{order:int}/refuse", ("see_money", "see_people"), refuse, method="POST"),
    Door("/orders/{order:int}/paid", ("see_money", SECOND), paid, method="POST"),
    *(door for deed in DEEDS.values() for door in deed.doors()),
)
