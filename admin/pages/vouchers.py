"""Vouchers by their last four symbols; a whole code is never shown here (it is found by being typed)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from admin.desk import Ask, Door
from admin.lists import Rows, keyset
from admin.pages.money import plan_words, tabs_of
from admin.show import Cell, Page, account, day, instant, state
from core.base.clock import last_day
from core.base.database import Work
from core.base.secrets import SealBroken
from core.base.words import Sentence, say
from core.billing.model import Subscription
from core.catalogue.model import Plan
from core.subscribers.model import Subscriber
from core.vouchers.mint import code_of
from core.vouchers.model import ACTIVE, SOLD, USED, VOID, Voucher

STATES = {SOLD: say("Not used"), ACTIVE: say("In use"), USED: say("Used up"), VOID: say("Withdrawn")}
SHOWN = 4
"""Symbols of ten: enough to tell two apart on the telephone, and no help in guessing."""
Buyer, Holder = aliased(Subscriber), aliased(Subscriber)


def vouchers_with_plan() -> Rows:
    return (
        select(Voucher, Plan, Buyer.account_no.label("buyer"), Holder.account_no.label("holder"))
        .join(Subscription, Subscription.id == Voucher.subscription_id)
        .join(Plan, Plan.id == Subscription.plan_id)
        .join(Buyer, Buyer.id == Voucher.buyer_id)
        .join(Holder, Holder.id == Voucher.holder_id)
    )


def voucher_columns() -> Sequence[Sentence]:
    return [
        say("Sold"),
        say("Code"),
        say("Plan"),
        say("State"),
        say("Buyer"),
        say("Holder"),
        say("Use by"),
        say("First login"),
    ]


def voucher_cells(row: Any, ask: Ask) -> list[Cell]:
    voucher, linked = row.Voucher, ask.may("see_people")
    return [
        instant(voucher.sold_at),
        Cell(f"…{last_four(ask.work, voucher)}"),
        Cell(plan_words(row.Plan)),
        state(voucher.state),
        account(row.buyer, voucher.buyer_id, linked=linked),
        account(row.holder, voucher.holder_id, linked=linked),
        day(last_day(voucher.use_by)),
        instant(voucher.first_used_at),
    ]


def last_four(work: Work, voucher: Voucher) -> str:
    """The end of the code: the one part of it that leaves this function. A code that no key of ours opens is
    unreadable in one row, not a page that fails (`bando doctor` tells of it)."""
    try:
        return code_of(work, voucher)[-SHOWN:]
    except SealBroken:
        return "?" * SHOWN


def vouchers(ask: Ask) -> Page:
    shown = ask.query.get("show", "")
    rows = vouchers_with_plan()
    if shown in STATES:
        rows = rows.where(Voucher.state == shown)
    table = keyset(
        ask.work,
        rows,
        Voucher.id,
        query=ask.query,
        path="/vouchers",
        columns=voucher_columns(),
        cells=lambda row: voucher_cells(row, ask),
        key_of=lambda row: row.Voucher.id,
        empty=say("There are no vouchers here."),
    )
    return Page(say("Vouchers"), tables=[table], place="vouchers", tabs=tabs_of("/vouchers", STATES, shown))


DOORS = (Door("/vouchers", "see_vouchers", vouchers),)
