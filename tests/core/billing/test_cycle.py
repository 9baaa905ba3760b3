"""The billing cycle: who is billed, for which days, at which price; once, without a gap, and with whose money."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import event, select, text

from core.base.clock import SetClock
from core.base.database import Database
from core.base.events import revive
from core.base.money import Money
from core.billing import cycle, jobs
from core.billing.account import own_money
from core.billing.corrections import write_off
from core.billing.credit import credit
from core.billing.cycle_model import CycleRun
from core.billing.model import ACTIVE, ENDED, GRACE, PAUSED, SUSPENDED, Invoice, Subscription
from core.billing.moves import move
from core.billing.tax import TaxRates, taxes_inside
from core.ledger.queries import account_balance, balance, trial_balance
from tests.core.billing.cycle_lines import a_line, bills, dated, nairobi, on, put_money
from tests.factories import (
    JUMA,
    OTIENO,
    a_home_plan,
    a_hotspot_plan,
    a_paid_purchase,
    a_subscriber,
)


def said(database: Database, kind: str) -> list[dict[str, int]]:
    with database.work() as work:
        statement = text("SELECT payload FROM outbox WHERE event = :kind ORDER BY id")
        return list(work.session.scalars(statement, {"kind": kind}))


def test_a_prepaid_line_is_billed_three_days_before_its_last_day(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        line = a_line(work, a_home_plan(work), "2026-11-15")
    assert on(database, clock, "2026-12-11", "23:59") == []
    (bill,) = on(database, clock, "2026-12-12")
    assert (bill.title, bill.kind, bill.subscription_id) == ("INV-2026-000001", "bill", line.id)
    assert (bill.period_from, bill.period_to) == (date(2026, 12, 16), date(2027, 1, 15))
    assert bill.due_at == nairobi("2026-12-16", "00:00")
    assert (bill.total_cents, bill.open_cents, bill.purchase_id) == (150_000, 150_000, None)
    assert (bill.net_cents, bill.excise_cents, bill.vat_cents) == (112_443, 16_867, 20_690)
    with database.work() as work:
        site = work.session.get_one(Subscription, line.id).site_id
        assert account_balance(work, f"revenue.pppoe:{site}").minor == -112_443
        assert balance(work, line.subscriber_id).minor == 150_000
        assert own_money(work, line.subscriber_id).minor == 0
        assert trial_balance(work).minor == 0
        (said_line,) = work.session.get_one(Invoice, bill.id).lines
        assert (said_line.description, said_line.total_cents) == ("Home 10, 1 month", 150_000)
        parts = said_line.net_cents, said_line.excise_cents, said_line.vat_cents
        assert parts == (112_443, 16_867, 20_690)


def test_the_event_is_the_one_that_an_invoice_by_hand_records(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        a_line(work, a_home_plan(work), "2026-11-15")
    (bill,) = on(database, clock, "2026-12-12")
    (payload,) = said(database, "InvoiceIssued")
    assert revive("InvoiceIssued", payload).__dict__ == {"invoice_id": bill.id}


def test_a_second_run_bills_nobody_again(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        a_line(work, a_home_plan(work), "2026-11-15")
    assert len(on(database, clock, "2026-12-12")) == 1
    assert len(on(database, clock, "2026-12-12", "01:00")) == 1
    assert len(on(database, clock, "2026-12-17")) == 1, "in grace, with the same bill open"
    with database.work() as work:
        runs = work.session.scalars(select(CycleRun)).all()
        assert [(run.state, run.bills, run.total_cents) for run in runs] == [("done", 1, 150_000)]


def test_given_days_move_no_second_bill_into_the_world(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        line = a_line(work, a_home_plan(work), "2026-11-15")
    on(database, clock, "2026-12-12")
    with database.work() as work:
        line = work.session.get_one(Subscription, line.id)
        assert line.paid_through is not None
        line.paid_through += timedelta(days=1)
    assert len(on(database, clock, "2026-12-13")) == 1


def test_a_period_whose_bill_was_lowered_and_given_up_is_not_billed_again(
    database: Database, clock: SetClock
) -> None:
    with database.work() as work:
        a_line(work, a_home_plan(work), "2026-11-15")
    (bill,) = on(database, clock, "2026-12-12")
    clock.at = nairobi("2026-12-17", "09:00")
    with database.work() as work:
        credit(work, bill.id, amount=Money(2_500), reason="twelve dark hours", source="test")
        write_off(work, None, invoice_id=bill.id, reason="has left town")
    jobs.end_what_is_over(database)
    assert len(on(database, clock, "2026-12-17", "10:10")) == 1


@pytest.mark.parametrize("state", [SUSPENDED, PAUSED, ENDED])
def test_who_is_off_gets_no_bill(database: Database, clock: SetClock, state: str) -> None:
    with database.work() as work:
        line = a_line(work, a_home_plan(work), "2026-11-15", state=ACTIVE if state == PAUSED else state)
        if state == PAUSED:
            move(work, line, PAUSED, "test")
    assert on(database, clock, "2026-12-12") == []
    with database.work() as work:
        assert work.session.scalars(select(CycleRun)).all() == [], "a run that has nothing to do is no run"


def test_grace_hotspot_and_the_free_tier(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        graced = a_line(work, a_home_plan(work), "2026-10-20", state=GRACE)
        a_paid_purchase(work, a_subscriber(work, JUMA), a_hotspot_plan(work))
        free = a_home_plan(work)
        a_line(work, free, "2026-11-15", owner=a_subscriber(work, OTIENO))
        free.price_cents = 0
    found = on(database, clock, "2026-12-12")
    assert [bill.subscription_id for bill in found] == [graced.id]


@pytest.mark.parametrize(
    ("granted", "run_on", "periods"),
    [
        ("2026-12-31", "2027-01-28", [("2027-02-01", "2027-02-28")]),
        ("2027-01-31", "2027-02-25", [("2027-03-01", "2027-03-31")]),
        ("2027-12-31", "2028-01-28", [("2028-02-01", "2028-02-29")]),
        ("2028-01-29", "2028-02-26", [("2028-03-01", "2028-03-29")]),
    ],
)
def test_anchors_at_the_end_of_months(
    database: Database, clock: SetClock, granted: str, run_on: str, periods: list[tuple[str, str]]
) -> None:
    with database.work() as work:
        a_line(work, a_home_plan(work), granted)
    found = on(database, clock, run_on)
    assert [(str(bill.period_from), str(bill.period_to)) for bill in found] == periods


def test_calendar_months_cost_their_days(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        plan = a_home_plan(work, fixed_anchor=31)
        whole = a_line(work, plan, "2026-11-15")
        whole.paid_through = nairobi("2026-12-01", "00:00")
        joined = a_line(work, plan, "2026-11-15", owner=a_subscriber(work, JUMA))
        joined.paid_through = nairobi("2026-11-16", "00:00")
    found = {bill.subscription_id: bill for bill in on(database, clock, "2026-11-27")}
    assert (str(found[whole.id].period_to), found[whole.id].total_cents) == ("2026-12-31", 150_000)
    assert (str(found[joined.id].period_from), str(found[joined.id].period_to)) == (
        "2026-11-16",
        "2026-11-30",
    )
    assert found[joined.id].total_cents == 75_000


def test_the_next_plan_is_billed_from_the_next_period_on(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        line = a_line(work, a_home_plan(work), "2026-11-15")
        line.next_plan_id = a_home_plan(work, 1_000, name="Home 5").id
    (bill,) = on(database, clock, "2026-12-12")
    assert bill.total_cents == 100_000
    with database.work() as work:
        assert work.session.get_one(Invoice, bill.id).lines[0].description == "Home 5, 1 month"
        assert work.session.get_one(Subscription, line.id).next_plan_id is not None, (
            "paying it changes the plan"
        )


def test_rates_are_those_of_the_day_and_parts_add_up(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        a_line(work, a_home_plan(work, 2_499), "2026-11-15")
        dated(work, "tax.excise_bp", 0)
        dated(work, "tax.vat_bp", 1_725)
    (bill,) = on(database, clock, "2026-12-12")
    parts = taxes_inside(Money.shillings(2_499), TaxRates(0, 1_725))
    assert (bill.net_cents, bill.excise_cents, bill.vat_cents) == (parts.net.minor, 0, parts.vat.minor)
    with database.work() as work:
        sides = work.scalar("SELECT count(*) FROM postings WHERE entry_id = :id", id=bill.entry_id)
        assert sides == 3, "nothing is posted to a tax that is off"


def test_a_payer_of_many_lines_has_all_bills_on_his_account(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        landlord = a_subscriber(work)
        landlord.tax_pin = "P051234567X"
        plan = a_home_plan(work)
        for phone in (JUMA, OTIENO):
            a_line(work, plan, "2026-11-15", owner=a_subscriber(work, phone)).payer_id = landlord.id
    found = on(database, clock, "2026-12-12")
    assert [(bill.subscriber_id, bill.buyer_pin) for bill in found] == [(landlord.id, "P051234567X")] * 2
    with database.work() as work:
        assert balance(work, landlord.id).minor == 300_000


def test_money_that_is_there_is_said_so_that_nobody_is_dunned_for_it(
    database: Database, clock: SetClock
) -> None:
    with database.work() as work:
        plan = a_home_plan(work)
        rich = a_line(work, plan, "2026-11-15")
        put_money(work, rich.subscriber_id, 1_500, "rich")
        poor = a_line(work, plan, "2026-11-15", owner=a_subscriber(work, JUMA))
        put_money(work, poor.subscriber_id, 1_499, "poor")
        proud = a_line(work, plan, "2026-11-15", owner=a_subscriber(work, OTIENO))
        put_money(work, proud.subscriber_id, 1_500, "proud")
        proud.renews = False
    assert len(on(database, clock, "2026-12-12")) == 3
    assert said(database, "BillCovered") == [{"subscription_id": rich.id}]
    with database.work() as work:
        waiting = (
            "SELECT listener FROM deliveries d JOIN outbox o ON o.id = outbox_id WHERE event = 'BillCovered'"
        )
        assert work.scalar(waiting) == "payments.renew_due_line"


def test_a_debt_that_its_period_has_left_behind_stops_no_bill(database: Database, clock: SetClock) -> None:
    """Paid from 90 % on: the month was bought, 100 stay owed, and the next month is billed."""
    with database.work() as work:
        line = a_line(work, a_home_plan(work), "2026-11-15")
    (first,) = on(database, clock, "2026-12-12")
    with database.work() as work:
        purchase = a_paid_purchase(work, a_subscriber(work, JUMA), a_hotspot_plan(work))
        work.session.execute(
            text("UPDATE invoices SET purchase_id = NULL WHERE purchase_id = :id"), {"id": purchase.id}
        )
        bill = work.session.get_one(Invoice, first.id)
        bill.purchase_id, bill.open_cents = purchase.id, 10_000
        work.session.get_one(Subscription, line.id).paid_through = nairobi("2027-01-16", "00:00")
    found = on(database, clock, "2027-01-12")
    assert [str(bill.period_from) for bill in found] == ["2026-12-16", "2027-01-16"]


def test_postpaid_is_billed_when_it_is_over_and_stays_on(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        plan = a_home_plan(work, billing="postpaid")
        line = a_line(work, plan, "2026-11-15")
        put_money(work, line.subscriber_id, 400)
    assert on(database, clock, "2026-12-15", "23:59") == []
    (bill,) = on(database, clock, "2026-12-16")
    assert (str(bill.period_from), str(bill.period_to)) == ("2026-11-16", "2026-12-15")
    assert bill.due_at == nairobi("2026-12-31", "00:00")
    jobs.pay_postpaid_bill(database, invoice_id=said(database, "PostpaidBilled")[0]["invoice_id"])
    jobs.pay_postpaid_bill(database, invoice_id=bill.id)
    with database.work() as work:
        line = work.session.get_one(Subscription, line.id)
        assert line.paid_through == nairobi("2027-01-16", "00:00")
        assert work.session.get_one(Invoice, bill.id).open_cents == 110_000
        assert own_money(work, line.subscriber_id).minor == 0
    again = on(database, clock, "2027-01-16")
    assert [str(bill.period_from) for bill in again] == ["2026-11-16", "2026-12-16"]


def test_postpaid_that_was_forgotten_is_billed_period_by_period(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        slow = a_home_plan(work, 1_000, billing="postpaid")
        line = a_line(work, a_home_plan(work, billing="postpaid", fixed_anchor=31), "2026-10-15")
        line.paid_through, line.next_plan_id = nairobi("2026-11-01", "00:00"), slow.id
    found = on(database, clock, "2027-01-01")
    assert [(str(bill.period_from), str(bill.period_to), bill.total_cents) for bill in found] == [
        ("2026-10-16", "2026-10-31", 77_419),
        ("2026-11-01", "2026-11-30", 100_000),
        ("2026-12-01", "2026-12-31", 100_000),
    ]
    with database.work() as work:
        line = work.session.get_one(Subscription, line.id)
        assert (line.plan_id, line.next_plan_id) == (slow.id, None)
        (run,) = work.session.scalars(select(CycleRun)).all()
        assert (run.state, run.bills, run.round) == ("done", 3, 5)
    assert {"subscription_id": line.id} in said(database, "AccessChanged")


def many(database: Database, count: int) -> list[int]:
    """So many lines that are due on 12 December."""
    with database.work() as work:
        first = a_line(work, a_home_plan(work), "2026-11-15")
        work.session.execute(
            text(
                "INSERT INTO subscriptions (subscriber_id, plan_id, site_id, state, paid_through, anchor_day, "
                "created_at) SELECT subscriber_id, plan_id, site_id, state, paid_through, anchor_day, created_at "
                "FROM subscriptions, generate_series(2, :count) WHERE id = :id"
            ),
            {"id": first.id, "count": count},
        )
        return list(work.session.scalars(select(Subscription.id).order_by(Subscription.id)))


def numbers(database: Database) -> list[int]:
    return [bill.number for bill in bills(database)]


def test_many_lines_are_few_statements_in_chunks(database: Database, clock: SetClock) -> None:
    lines = many(database, 95)
    clock.at = nairobi("2026-12-12")
    with database.work() as work:
        run_id = cycle.begin_run(work)
    assert run_id is not None
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *said: statements.append(said[2]))
    assert not cycle.advance(database, run_id, chunks=4, size=10)
    assert len(statements) <= 4 * 5 + 4
    assert numbers(database) == list(range(1, 41))
    assert cycle.advance(database, run_id, chunks=100, size=10)
    assert [bill.subscription_id for bill in bills(database)] == lines
    assert numbers(database) == list(range(1, 96))
    with database.work() as work:
        run = work.session.get_one(CycleRun, run_id)
        assert (run.state, run.bills, run.total_cents, run.chunks) == ("done", 95, 95 * 150_000, 10)


def test_two_machines_bill_everybody_once(database: Database, clock: SetClock) -> None:
    lines = many(database, 120)
    clock.at = nairobi("2026-12-12")
    together = Barrier(2)
    failed: list[Exception] = []

    def machine() -> None:
        try:
            together.wait(10)
            with database.work() as work:
                run_id = cycle.begin_run(work)
            if run_id is not None:
                cycle.advance(database, run_id, chunks=100, size=7)
        except Exception as error:
            failed.append(error)

    machines = [Thread(target=machine) for _ in range(2)]
    for each in machines:
        each.start()
    for each in machines:
        each.join(60)
    assert failed == []
    assert sorted(bill.subscription_id or 0 for bill in bills(database)) == lines
    assert numbers(database) == list(range(1, 121))
    with database.work() as work:
        assert [run.state for run in work.session.scalars(select(CycleRun))] == ["done"]
        assert trial_balance(work).minor == 0


def test_a_chunk_that_rolls_back_gives_its_numbers_back(database: Database, clock: SetClock) -> None:
    lines = many(database, 6)
    clock.at = nairobi("2026-12-12")
    with database.work() as work:
        run_id = cycle.begin_run(work) or 0
        assert cycle.bill_chunk(work, run_id, round_number=1, upto=lines[1]) == 2
    with database.work() as work:
        assert cycle.bill_chunk(work, run_id, round_number=1, upto=lines[4]) == 3
        work.session.rollback()
    assert numbers(database) == [1, 2]
    assert cycle.advance(database, run_id, chunks=10)
    assert numbers(database) == [1, 2, 3, 4, 5, 6]


def test_a_line_that_somebody_holds_is_billed_by_the_next_round(database: Database, clock: SetClock) -> None:
    lines = many(database, 3)
    clock.at = nairobi("2026-12-12")
    with database.work() as work:
        run_id = cycle.begin_run(work) or 0
    with database.work() as holding:
        holding.session.get_one(Subscription, lines[1], with_for_update={"of": Subscription})
        with database.work() as work:
            assert cycle.bill_chunk(work, run_id, round_number=1, upto=lines[2]) == 2
    assert cycle.advance(database, run_id, chunks=10)
    assert [bill.subscription_id for bill in bills(database)] == [lines[0], lines[2], lines[1]]
    assert numbers(database) == [1, 2, 3]
