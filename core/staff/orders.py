"""What staff order by a form: once, with a reason, and above a limit only when a second person agrees (M36).

The floor above says what an order does: its `run` calls the verb as the person who asked, and returns how much of the
house's or of somebody's money it gives away.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from core.base.clock import nairobi_day, start_of_day
from core.base.database import Work
from core.base.dated import dated
from core.base.errors import Refusal
from core.base.money import Money
from core.base.words import say
from core.staff.acts import demand, stated
from core.staff.audit import Actor, note
from core.staff.model import StaffMember, StaffOrder
from core.staff.roles import MAY, Permission

WAITING, AGREED, DONE, REFUSED = "waiting", "agreed", "done", "refused"
SECOND: Permission = "correct_money"
"""What a second person must be allowed, whatever the order is."""
_ONCE = re.compile(r"[0-9a-f]{16,64}")

Run = Callable[[Actor], Money]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is ordered. about: the kind and the id of the thing; asked: ids and typed texts, as the form had them."""

    kind: str
    about: str
    about_id: int
    asked: Mapping[str, Any]
    reason: str
    pays_out: bool = False


def place(work: Work, actor: Actor, wish: Wish, *, once: str, needs: Permission, run: Run) -> StaffOrder:
    """Do what is ordered, or let it wait for a second person where it gives away more than one does alone. What pays
    money out is agreed to first, and done when the payout is recorded. The same form again is the same order, whatever
    it says. Raises Refusal."""
    demand(actor, needs)
    reason = stated(wish.reason)
    if actor.staff_id is None or not _ONCE.fullmatch(once):
        raise Refusal(say("That form is not ours. Please open it again."))
    # One order of a person at a time: two forms at once must not both pass the limit of the day. NO KEY: rows that name
    # their author are written under other locks meanwhile, and must not wait for this one.
    work.session.get_one(StaffMember, actor.staff_id, with_for_update={"key_share": True})
    order, again = _claim(work, actor.staff_id, wish, once=once, reason=reason)
    if again:
        return order
    second = False

    def done_alone(stake: Money) -> bool:
        nonlocal second
        second = needs_second(work, actor, stake, but=order.id)
        return not (second or wish.pays_out)

    stake = attempt(work, lambda: run(actor), keep=done_alone)
    order.stake_cents = stake.minor
    if second:
        order.state = WAITING
        _note(work, actor, "order_waits", order)
    elif wish.pays_out:
        order.state = AGREED
        _note(work, actor, "payout_asked", order)
    else:
        order.done_at = work.now
    work.session.flush()
    return order


def agree(work: Work, actor: Actor, *, order_id: int, run_of: Callable[[StaffOrder], Run]) -> StaffOrder:
    """A second person agrees: it is done as the first one asked, or may be paid out. Raises Refusal."""
    demand(actor, SECOND)
    order = _locked(work, order_id)
    if order.state != WAITING:
        raise Refusal(say("That is decided already."))
    if actor.staff_id in (None, order.asked_by):
        raise Refusal(say("Whoever asks for it cannot agree to it."))
    asker = work.session.get_one(StaffMember, order.asked_by)
    if asker.disabled_at is not None:
        raise Refusal(say("Whoever asked for it does not work here any more."))
    run = run_of(order)
    acts = Actor(staff_id=asker.id, role=asker.role, source=actor.source)
    if order.pays_out:
        tried(work, lambda: run(acts))
        order.state = AGREED
    else:
        run(acts)
        order.state, order.done_at = DONE, work.now
    order.decided_by, order.decided_at = actor.staff_id, work.now
    _note(work, actor, "order_agreed", order)
    work.session.flush()
    return order


def refuse(work: Work, actor: Actor, *, order_id: int, reason: str) -> StaffOrder:
    """Somebody says no, or the asker takes it back, before it is done. Raises Refusal."""
    order = _locked(work, order_id)
    if actor.staff_id != order.asked_by:
        demand(actor, SECOND)
    if order.state not in (WAITING, AGREED):
        raise Refusal(say("That is decided already."))
    order.state, order.answer = REFUSED, stated(reason)
    order.decided_by, order.decided_at = actor.staff_id, work.now
    _note(work, actor, "order_refused", order)
    work.session.flush()
    return order


def pay_out(work: Work, actor: Actor, *, order_id: int, run_of: Callable[[StaffOrder], Run]) -> StaffOrder:
    """The money of an agreed order went out, and `run` records it with the provider's number. Once: a second time it
    is the same. Raises Refusal."""
    demand(actor, SECOND)
    order = _locked(work, order_id)
    if order.state == DONE:
        return order
    if order.state != AGREED:
        raise Refusal(say("A second person has to agree before money is paid out."))
    run_of(order)(actor)
    order.state, order.done_at = DONE, work.now
    work.session.flush()
    return order


def needs_second(work: Work, actor: Actor, stake: Money, *, but: int = 0) -> bool:
    """Whether so much is more than this person gives away alone, at once or today. Where nobody else could agree, the
    house has one head, and it decides alone. but: an order that is not counted."""
    at_once, a_day = dated(work, "staff.alone_up_to_cents", "staff.alone_a_day_cents")
    given = work.session.scalar(
        select(func.coalesce(func.sum(StaffOrder.stake_cents), 0)).where(
            StaffOrder.asked_by == actor.staff_id,
            StaffOrder.asked_at >= start_of_day(nairobi_day(work.now)),
            StaffOrder.state.in_([AGREED, DONE]),
            StaffOrder.decided_by.is_(None),
            StaffOrder.id != but,
        )
    )
    if not stake.is_positive or (stake.minor <= at_once and int(given or 0) + stake.minor <= a_day):
        return False
    return _somebody_else(work, actor)


def attempt(work: Work, run: Callable[[], Money], *, keep: Callable[[Money], bool]) -> Money:
    """What `run` returns; whatever it did is undone unless `keep` says otherwise of it."""
    try:
        with work.session.begin_nested():
            found = run()
            work.session.flush()
            if not keep(found):
                raise _Undone
    except Exception as undone:
        work.session.expire_all()  # some rows were changed past the mapper: it must read them anew
        if not isinstance(undone, _Undone):
            raise
    return found


class _Undone(Exception):
    """Takes a trial back to where it began."""


def tried(work: Work, run: Callable[[], Money]) -> Money:
    """What `run` would return; whatever it does is undone."""
    return attempt(work, run, keep=lambda _: False)


def placed(work: Work, actor: Actor, once: str) -> StaffOrder | None:
    """The order that this form has become, if it was sent before by the same person."""
    mine = select(StaffOrder).where(StaffOrder.once == once, StaffOrder.asked_by == actor.staff_id)
    return work.session.scalar(mine)


def _somebody_else(work: Work, actor: Actor) -> bool:
    roles = [role for role, allowed in MAY.items() if SECOND in allowed]
    other = select(StaffMember.id).where(
        StaffMember.role.in_(roles), StaffMember.disabled_at.is_(None), StaffMember.id != actor.staff_id
    )
    return work.session.scalar(other.limit(1)) is not None


def _claim(work: Work, staff_id: int, wish: Wish, *, once: str, reason: str) -> tuple[StaffOrder, bool]:
    """The order of this form, and whether it was there already."""
    values = {
        "once": once,
        "kind": wish.kind,
        "about": wish.about,
        "about_id": wish.about_id,
        "asked": dict(wish.asked),
        "reason": reason,
        "pays_out": wish.pays_out,
        "state": DONE,
        "asked_by": staff_id,
        "asked_at": work.now,
    }
    placed = insert(StaffOrder).values(values).on_conflict_do_nothing(index_elements=["once"])
    order_id = work.session.scalar(placed.returning(StaffOrder.id))
    if order_id is not None:
        _refuse_twin(work, wish)
        return work.session.get_one(StaffOrder, order_id), False
    known = work.session.scalars(select(StaffOrder).where(StaffOrder.once == once)).one()
    if known.asked_by != staff_id:
        raise Refusal(say("That form is not ours. Please open it again."))
    return known, True


def _refuse_twin(work: Work, wish: Wish) -> None:
    twin = select(StaffOrder.id).where(
        StaffOrder.kind == wish.kind,
        StaffOrder.about == wish.about,
        StaffOrder.about_id == wish.about_id,
        StaffOrder.state.in_([WAITING, AGREED]),
    )
    if work.session.scalar(twin.limit(1)) is not None:
        raise Refusal(say("The same is asked for already, and not done yet. See it under Corrections."))


def _locked(work: Work, order_id: int) -> StaffOrder:
    return work.session.get_one(StaffOrder, order_id, with_for_update=True, populate_existing=True)


def _note(work: Work, actor: Actor, what: str, order: StaffOrder) -> None:
    detail: dict[str, int | str] = {"kind": order.kind, "about": order.about, "about_id": order.about_id}
    note(work, actor, what, whom="staff_order", whom_id=order.id, detail=detail)
