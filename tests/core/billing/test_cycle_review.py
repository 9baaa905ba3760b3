"""A run that is looked at first: what it would bill, who is left out and why, what is strange; the yes and the no."""

from typing import Any

import pytest
from sqlalchemy import select, text

from core.base.clock import SetClock, nairobi_day
from core.base.database import Database, Work
from core.base.errors import Refusal
from core.billing import cycle, jobs
from core.billing.cycle_decide import approve_run, refuse_run
from core.billing.cycle_model import CycleRun
from core.billing.cycle_review import Review, review_of
from core.billing.model import PAUSED, SUSPENDED, Subscription
from core.billing.moves import move
from core.billing.unbilled import unbilled
from core.staff.audit import COMMAND_LINE, Actor
from tests.core.billing.cycle_lines import a_line, bills, dated, nairobi, on
from tests.factories import JUMA, OTIENO, a_home_plan, a_paid_purchase, a_subscriber


def review(database: Database) -> Review:
    with database.work() as work:
        return review_of(work, cycle.terms_of(work, nairobi_day(work.now)))


def runs(database: Database) -> list[tuple[str, int]]:
    with database.work() as work:
        found = work.session.scalars(select(CycleRun).order_by(CycleRun.id))
        return [(run.state, run.bills) for run in found]


def with_a_yes(database: Database, clock: SetClock) -> int:
    """A run that waits, with one line due."""
    with database.work() as work:
        dated(work, "billing.cycle_needs_yes", 1)
        a_line(work, a_home_plan(work), "2026-11-15")
    assert on(database, clock, "2026-12-12") == []
    with database.work() as work:
        return work.session.scalars(select(CycleRun.id)).one()


def test_what_would_be_billed_is_what_is_billed(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        ten, five = a_home_plan(work), a_home_plan(work, 1_000, fixed_anchor=31)
        a_line(work, ten, "2026-11-15")
        a_line(work, five, "2026-11-15", owner=a_subscriber(work, JUMA)).paid_through = nairobi(
            "2026-12-01", "00:00"
        )
    clock.at = nairobi("2026-12-12")
    found = review(database)
    assert (found.bills, found.cents) == (2, 250_000)
    raised = on(database, clock, "2026-12-12")
    assert [(each.plan_id, each.cents, each.excise_cents, each.vat_cents) for each in found.sums] == [
        (plan.id, bill.total_cents, bill.excise_cents, bill.vat_cents)
        for plan, bill in zip((ten, five), raised, strict=True)
    ]
    assert review(database).bills == 0


def test_everybody_who_is_left_out_is_told_with_the_reason(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        plan = a_home_plan(work)
        a_line(work, plan, "2026-11-15")
        off = a_line(work, plan, "2026-11-15", owner=a_subscriber(work, JUMA), state=SUSPENDED)
        away = a_line(work, plan, "2026-11-15", owner=a_subscriber(work, OTIENO))
        move(work, away, PAUSED, "test")
        later = a_line(work, plan, "2026-12-05", owner=a_subscriber(work, JUMA))
        leaving = a_line(work, plan, "2026-11-14", owner=a_subscriber(work, JUMA))
        leaving.ended_at = leaving.paid_through
    on(database, clock, "2026-12-12")
    left = {each.why: each.examples for each in review(database).left_out}
    assert left == {
        "open_bill": [bills(database)[0].subscription_id],
        "suspended": [off.id],
        "paused": [away.id],
        "not_due": [later.id],
        "ending": [leaving.id],
    }


def test_the_strangest_come_first(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        plan = a_home_plan(work)
        usual = a_line(work, plan, "2026-11-15")
        first = a_line(work, plan, "2026-11-15", owner=a_subscriber(work, JUMA))
        work.session.execute(
            text("UPDATE purchases SET state = 'unpaid' WHERE subscription_id = :id"), {"id": first.id}
        )
        moved = a_line(work, plan, "2026-11-15", owner=a_subscriber(work, OTIENO))
        moved.next_plan_id = a_home_plan(work, 4_500, name="Home 50").id
        late = a_line(work, plan, "2026-06-15", owner=a_subscriber(work, JUMA))
    clock.at = nairobi("2026-12-12")
    found = review(database).strangest
    assert [(odd.subscription_id, odd.why) for odd in found] == [
        (moved.id, ["price"]),
        (late.id, ["late"]),
        (first.id, ["first"]),
    ]
    assert usual.id not in [odd.subscription_id for odd in found]


def test_a_run_waits_for_its_yes(database: Database, clock: SetClock) -> None:
    run_id = with_a_yes(database, clock)
    assert runs(database) == [("waiting", 0)]
    jobs.catch_up_bills(database)
    assert bills(database) == []
    with database.work() as work:
        kept = work.session.get_one(CycleRun, run_id).review
        assert kept is not None
        assert Review.from_json(kept).bills == 1
        approve_run(work, COMMAND_LINE, run_id=run_id)
        approve_run(work, COMMAND_LINE, run_id=run_id)
        assert work.scalar("SELECT count(*) FROM outbox WHERE event = 'CycleGoesOn'") == 1
        assert work.scalar("SELECT what FROM audit_log") == "cycle_approved"
    jobs.go_on_with_bills(database, run_id=run_id)
    assert runs(database) == [("done", 1)]
    with pytest.raises(Refusal), database.work() as work:
        refuse_run(work, COMMAND_LINE, run_id=run_id, reason="too late for that")


def test_a_refused_run_is_the_last_of_its_day(database: Database, clock: SetClock) -> None:
    run_id = with_a_yes(database, clock)
    with database.work() as work:
        refuse_run(work, COMMAND_LINE, run_id=run_id, reason="the price list is wrong")
    jobs.catch_up_bills(database)
    jobs.go_on_with_bills(database, run_id=run_id)
    assert runs(database) == [("refused", 0)]
    assert on(database, clock, "2026-12-13") == []
    assert runs(database) == [("refused", 0), ("waiting", 0)]
    on(database, clock, "2026-12-14")
    assert runs(database) == [("refused", 0), ("lapsed", 0), ("waiting", 0)]


@pytest.mark.parametrize(
    ("actor", "reason"), [(Actor(1, "support", "desk"), "no reason is good enough"), (COMMAND_LINE, " no ")]
)
def test_not_everybody_decides_and_not_without_a_reason(
    database: Database, clock: SetClock, actor: Actor, reason: str
) -> None:
    run_id = with_a_yes(database, clock)
    with pytest.raises(Refusal), database.work() as work:
        refuse_run(work, actor, run_id=run_id, reason=reason)
    assert runs(database) == [("waiting", 0)]


def served(work: Work, state: str = "active", **plan: Any) -> Subscription:
    line = a_line(work, a_home_plan(work, **plan), "2026-11-15", state=state)
    work.session.execute(
        text("UPDATE purchases SET state = 'unpaid'")
    )  # the factory sells without an invoice
    return line


def test_unbilled_is_none_where_the_cycle_ran(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        line = served(work)
    clock.at = nairobi("2026-12-17", "00:00")
    with database.work() as work:
        assert [(row.why, row.subscription_id, str(row.since)) for row in unbilled(work)] == [
            ("no_bill", line.id, "2026-12-16")
        ]
    on(database, clock, "2026-12-17")
    with database.work() as work:
        assert unbilled(work) == []


def test_unbilled_finds_grace_that_was_used_and_a_postpaid_period(
    database: Database, clock: SetClock
) -> None:
    with database.work() as work:
        graced = served(work, SUSPENDED)
        graced.dark_since = nairobi("2026-12-19", "00:05")
        dark = served(work, SUSPENDED)
        dark.dark_since = nairobi("2026-12-16", "00:00")
        postpaid = served(work, billing="postpaid")
    clock.at = nairobi("2026-12-25")
    with database.work() as work:
        assert {row.subscription_id for row in unbilled(work)} == {graced.id, postpaid.id}
    on(database, clock, "2026-12-25")
    with database.work() as work:
        assert {row.subscription_id for row in unbilled(work)} == {graced.id}


def test_unbilled_finds_a_purchase_without_its_invoice(database: Database) -> None:
    with database.work() as work:
        purchase = a_paid_purchase(work, a_subscriber(work), a_home_plan(work))
        assert unbilled(work) == []
        work.session.execute(text("UPDATE invoices SET purchase_id = NULL"))
        assert [(row.why, row.purchase_id) for row in unbilled(work)] == [("no_invoice", purchase.id)]
