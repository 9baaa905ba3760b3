"""A change of plan that M-PESA pays: it happens when the money is there, once, at what was quoted or less."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core.base.money import Money
from core.billing.change_plan import change_next
from core.billing.credit import left_of
from core.billing.model import Invoice, Purchase, Subscription
from core.payments.change import pay_for_change, pay_for_payday
from core.payments.corrections import refund
from core.payments.gateway import Paid
from core.payments.settle import settle
from tests.core.billing.line_house import LineHouse
from tests.factories import AMINA, a_cashier, a_step, a_subscriber


@pytest.fixture
def lines(database: Any, clock: Any) -> LineHouse:
    return LineHouse(database, clock)


def asked(lines: LineHouse, line: int, shillings: int = 2_500, **changes: Any) -> int:
    """Asked for by prompt; the collection's id."""
    with lines.work() as work:
        purchase = pay_for_change(
            work,
            step=changes.get("step") or a_step(),
            buyer=a_subscriber(work),
            payer=AMINA,
            subscription_id=line,
            plan_id=lines.plan(work, shillings).id,
            push_after=timedelta(),
        )
        return int(work.scalar("SELECT id FROM collections WHERE purchase_id = :id", id=purchase.id))


def paid(lines: LineHouse, collection: int) -> None:
    with lines.work() as work:
        settle(work, collection, paid=None, cause="told")


def state(lines: LineHouse) -> str:
    with lines.work() as work:
        return str(work.scalar("SELECT state FROM purchases WHERE purpose <> 'term' ORDER BY id LIMIT 1"))


def test_whole_shillings_are_asked_and_the_rest_stays(lines: LineHouse) -> None:
    line = lines.line("2027-03-31")
    lines.at("2027-04-11")
    collection = asked(lines, line)
    assert lines.price(line) == 1_500
    for _ in range(2):
        paid(lines, collection)
    assert (lines.price(line), lines.own(line), state(lines)) == (2_500, 33, "served")
    assert (lines.invoices("change"), lines.credited()) == ([(166_667, 0, 0)], [100_000])


def test_the_same_key_twice_asks_once(lines: LineHouse) -> None:
    line, step = lines.line("2027-03-31"), a_step()
    lines.at("2027-04-11")
    assert asked(lines, line, step=step) == asked(lines, line, step=step)


def test_money_of_the_next_day_pays_for_fewer_days(lines: LineHouse) -> None:
    line = lines.line("2027-03-31")
    lines.at("2027-04-11")
    collection = asked(lines, line)
    lines.at("2027-04-13")
    paid(lines, collection)
    assert (lines.price(line), lines.own(line)) == (2_500, 66_700 - 60_000)


def test_money_that_comes_after_the_period_is_the_subscriber_s(lines: LineHouse) -> None:
    line = lines.line("2027-03-31")
    lines.at("2027-04-11")
    collection = asked(lines, line)
    lines.at("2027-05-01")
    paid(lines, collection)
    assert (lines.price(line), lines.own(line), state(lines)) == (1_500, 66_700, "unpaid")
    assert lines.credited() == []


def test_a_renewal_that_overtakes_the_change_makes_it_dearer(lines: LineHouse) -> None:
    line = lines.line("2027-03-31")
    lines.at("2027-04-11")
    collection = asked(lines, line)
    lines.renew(line)
    paid(lines, collection)
    assert (lines.price(line), lines.own(line)) == (1_500, 66_700)


def test_two_prompts_for_one_change_make_one(lines: LineHouse) -> None:
    line = lines.line("2027-03-31")
    lines.at("2027-04-11")
    first = asked(lines, line)
    lines.put(line, 66_667)
    lines.change(line, 2_500)
    paid(lines, first)
    assert (lines.price(line), lines.own(line)) == (2_500, 66_700)
    assert len(lines.invoices("change")) == 1


def test_a_prompt_for_the_old_bill_does_not_pay_the_new_plan(lines: LineHouse) -> None:
    from core.payments.complete import is_still_to_pay
    from tests.core.billing.cycle_lines import on
    from tests.factories import a_purchase

    line = lines.line("2027-03-15")
    on(lines.database, lines.clock, "2027-04-14")
    with lines.work() as work:
        found = work.session.get_one(Subscription, line)
        old = a_purchase(work, a_subscriber(work), found.plan, renews=found).id
        work.session.flush()
        change_next(work, line, lines.plan(work, 2_500).id)
    with lines.work() as work:
        assert not is_still_to_pay(work, work.session.get_one(Purchase, old))
        assert left_of(work, 2).minor == 0
        assert work.session.get_one(Invoice, 3).open_cents == 250_000


def test_the_bridge_to_another_payday_is_paid_once(lines: LineHouse) -> None:
    line = lines.line("2027-03-15")
    lines.at("2027-04-10")
    with lines.work() as work:
        pay_for_payday(
            work,
            step=a_step(),
            buyer=a_subscriber(work),
            payer=AMINA,
            subscription_id=line,
            anchor=1,
            push_after=timedelta(),
        )
    for _ in range(2):
        paid(lines, 1)
    # 16 April to 1 May: 16 of 30 days.
    assert (lines.paid_through(line), lines.get(line).anchor_day, lines.own(line)) == ("2027-05-01", 1, 0)
    assert lines.invoices("change") == [(80_000, 0, 0)]
    lines.renew(line)
    assert lines.paid_through(line) == "2027-06-01"


def test_money_that_was_taken_back_takes_the_change_back(lines: LineHouse) -> None:
    from core.billing.withdraw import withdraw_unused

    line = lines.line("2027-03-31")
    lines.at("2027-04-11")
    paid(lines, asked(lines, line))
    lines.at("2027-04-21")
    with lines.work() as work:
        purchase = work.session.scalars(
            select(Purchase).where(Purchase.purpose == "change").with_for_update()
        ).one()
        assert withdraw_unused(work, purchase, cause="reversed").used == 1
    assert (lines.price(line), lines.paid_through(line)) == (1_500, "2027-04-30")
    assert lines.own(line) == 33 + 83_333 - 50_000  # ten days of the difference stay owed when the money goes


@pytest.mark.parametrize("day", ["2027-04-11", "2027-04-21"])
def test_a_refund_of_what_a_change_cost_takes_the_change_back(lines: LineHouse, day: str) -> None:
    line = lines.line("2027-03-31")
    lines.at("2027-04-11")
    collection, receipt = asked(lines, line), Paid("UKM1AAAAAA", Money.shillings(667), "123456")
    with lines.work() as work:
        settle(work, collection, paid=receipt, cause="told")
    assert lines.price(line) == 2_500
    lines.at(day)
    with lines.work() as work:
        words = {"reference": "SGR7K2XQ9P", "reason": "did not want it after all"}
        refund(work, a_cashier(work), receipt_id=1, amount=receipt.amount, **words)
    assert (lines.price(line), lines.paid_through(line), lines.own(line)) == (1_500, "2027-04-30", 0)
