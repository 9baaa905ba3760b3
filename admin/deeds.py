"""A deed: something that staff change by a form. Three steps, the same for all: the form, a look at what it does, and
the order, which is done once or waits for a second person (`core/staff/orders.py`)."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from admin.desk import Ask, Door
from admin.effects import Looked, Outcome, look
from admin.given import Given
from admin.show import Cell, Elsewhere, Page, Text
from core.base.database import Work
from core.base.errors import Refusal
from core.base.money import Money, show_money
from core.base.words import Sentence, say
from core.staff.acts import MAX_REASON_CHARACTERS, stated
from core.staff.audit import Actor
from core.staff.orders import Wish, needs_second, place, placed
from core.staff.roles import Permission

ONCE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Field:
    """One input of a form. type: as browsers know them, or "select" with its choices, or "money"."""

    name: str
    label: Sentence
    type: str = "text"
    value: str = ""
    least: str = ""
    most: str = ""
    hint: Sentence | None = None
    choices: Sequence[tuple[str, Text]] = ()
    required: bool = True


@dataclass(frozen=True, slots=True)
class Thing:
    """What a deed is about, as its form shows it. back: the path of its own page below /admin."""

    kind: str
    id: int
    title: Text
    back: str
    facts: Sequence[tuple[Sentence, Cell]] = ()
    fields: Sequence[Field] = ()


Find = Callable[[Ask, Mapping[str, int]], Thing]
Act = Callable[[Work, Actor, Given], Outcome]


@dataclass(frozen=True, slots=True)
class Deed:
    """One deed. name: of its orders; path: of its form; find: what it is about (raises NoResultFound or Refusal);
    act: calls the verb as the actor. pays_out: its last step is the number of the payout. plain_reason: stands where
    somebody types none; without it a reason is asked for."""

    name: str
    path: str
    needs: Permission
    title: Sentence
    button: Sentence
    find: Find
    act: Act
    lead: Sentence | None = None
    place: str = ""
    pays_out: bool = False
    plain_reason: str = ""

    def at(self, **ids: int) -> str:
        """The path of its form for these ids."""
        path = self.path
        for name, value in ids.items():
            path = path.replace(f"{{{name}:int}}", str(value))
        return path

    def doors(self) -> tuple[Door, ...]:
        needs: tuple[Permission, ...] = ("see_people", "see_money", self.needs)
        return (
            Door(self.path, needs, partial(show_form, self)),
            Door(self.path, needs, partial(show_look, self), method="POST"),
            Door(f"{self.path}/do", needs, partial(do, self), method="POST"),
        )


def show_form(deed: Deed, ask: Ask) -> Page:
    return _form(deed, ask, {})


def show_look(deed: Deed, ask: Ask) -> Page:
    """What it would do; nothing is done yet."""
    if ask.form.get("again"):
        return _form(deed, ask, ask.form)
    try:
        return _look(deed, ask)
    except Refusal as refusal:
        return _form(deed, ask, ask.form, problem=refusal.sentence)


def do(deed: Deed, ask: Ask) -> Page | Elsewhere:
    """The second yes. A form that was sent before leads to what it has become."""
    once = ask.form.get("once", "")
    try:
        with ask.work.session.begin_nested():
            return _do(deed, ask, once)
    except Refusal as refusal:
        ask.work.session.expire_all()
        before = placed(ask.work, ask.actor, once)
        if before is not None:
            return Elsewhere(f"/orders/{before.id}")
        return _form(deed, ask, ask.form, problem=refusal.sentence)


def _do(deed: Deed, ask: Ask, once: str) -> Page | Elsewhere:
    before = placed(ask.work, ask.actor, once)
    if before is not None:
        return Elsewhere(f"/orders/{before.id}")
    thing = deed.find(ask, ask.ids)
    given = Given(ask.ids, _asked(deed, thing, ask.form), once)
    looked = look_at(deed, ask.work, ask.actor, given)
    if looked.mark != ask.form.get("seen"):
        # The same form, sent twice at once, may have been done while this one was looked at.
        before = placed(ask.work, ask.actor, once)
        if before is not None:
            return Elsewhere(f"/orders/{before.id}")
        changed = say("It would do something else now than what you saw. Look again.")
        return _look(deed, ask, problem=changed)
    order = place(
        ask.work,
        ask.actor,
        wish_of(deed, thing, given),
        once=once,
        needs=deed.needs,
        run=lambda actor: deed.act(ask.work, actor, given).stake,
    )
    return Elsewhere(f"/orders/{order.id}")


def wish_of(deed: Deed, thing: Thing, given: Given) -> Wish:
    asked = {"ids": dict(given.ids), "form": dict(given.form)}
    return Wish(deed.name, thing.kind, thing.id, asked, given.reason, pays_out=deed.pays_out)


def look_at(deed: Deed, work: Work, actor: Actor, given: Given) -> Looked:
    """What the deed would do. Raises Refusal."""
    return look(work, lambda: deed.act(work, actor, given))


def _asked(deed: Deed, thing: Thing, form: Mapping[str, str]) -> dict[str, str]:
    """What belongs to the form, and nothing that came with it."""
    names = (*(field.name for field in thing.fields), "reason")
    asked = {name: form[name] for name in names if name in form}
    if deed.plain_reason and not asked.get("reason", "").strip():
        asked["reason"] = deed.plain_reason
    return asked


def _form(deed: Deed, ask: Ask, filled: Mapping[str, str], problem: Sentence | None = None) -> Page:
    thing = deed.find(ask, ask.ids)
    return Page(
        deed.title,
        template="deed.html",
        place=deed.place,
        lead=deed.lead,
        facts=thing.facts,
        values={
            "thing": thing,
            "problem": problem,
            "filled": filled,
            "action": deed.at(**ask.ids),
            "most": MAX_REASON_CHARACTERS,
            "reason_asked": not deed.plain_reason,
        },
    )


def _look(deed: Deed, ask: Ask, problem: Sentence | None = None) -> Page:
    thing = deed.find(ask, ask.ids)
    once = secrets.token_hex(ONCE_BYTES)
    given = Given(ask.ids, _asked(deed, thing, ask.form), once)
    stated(given.reason)
    looked = look_at(deed, ask.work, ask.actor, given)
    second = needs_second(ask.work, ask.actor, looked.stake)
    return Page(
        deed.title,
        template="deed_look.html",
        place=deed.place,
        facts=[*thing.facts, *given_facts(thing, given)],
        tables=looked.tables,
        values={
            "thing": thing,
            "problem": problem,
            "action": deed.at(**ask.ids),
            "hidden": given.form,
            "once": once,
            "seen": looked.mark,
            "second": _second(looked.stake) if second else None,
            "button": say("Ask a second person") if second else deed.button,
        },
    )


def _second(stake: Money) -> Sentence:
    return say(
        "{amount} is more than you give away alone. Nothing is done until a second person agrees.",
        amount=show_money(stake),
    )


def given_facts(thing: Thing, given: Given) -> list[tuple[Sentence, Cell]]:
    """What was typed, as it was read."""
    typed = [(field.label, _typed(field, given)) for field in thing.fields if given.text(field.name)]
    return [*typed, (say("Reason"), Cell(given.reason))]


def _typed(field: Field, given: Given) -> Cell:
    if field.type == "money":
        return Cell(show_money(given.amount(field.name)))
    if field.type == "select":
        return Cell(dict(field.choices).get(given.text(field.name), given.text(field.name)))
    if field.type == "date":
        return Cell(given.day(field.name).strftime("%d/%m/%Y"))
    if field.type == "datetime-local":
        return Cell(given.moment(field.name).strftime("%d/%m/%Y %H:%M"))
    return Cell(given.text(field.name))
