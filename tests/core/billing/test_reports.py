"""Reports: what each counts, and that its money is the journal's, over lives that the verbs have lived."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from core.base.clock import SetClock, nairobi_day
from core.base.database import Database, Work
from core.base.money import Money
from core.base.msisdn import Msisdn
from core.billing import jobs
from core.billing.corrections import goodwill, write_off
from core.billing.credit import credit, left_of
from core.billing.model import ACTIVE, GRACE, PAUSED, SUSPENDED, Invoice, Subscription
from core.billing.moves import move
from core.billing.reports.cash import expected_cash
from core.billing.reports.debts import ageing, collection_rate
from core.billing.reports.growth import arpu, churn, growth, revenue_in
from core.billing.reports.leakage import leakage
from core.billing.reports.messages import cost_of_messages
from core.billing.reports.mrr import Moved, Recurring, recurring
from core.billing.reports.period import Period, each, share_bp
from core.billing.reports.revenue import revenue_by_site, taxes
from core.billing.serve import start_paid_time
from core.catalogue.model import Plan
from core.catalogue.price_model import PlanFee
from core.ledger.post import lock_subscriber
from core.messaging.model import Notice, NoticeTry
from core.payments.own_money import use_money
from core.subscribers.model import Subscriber
from tests.core.billing.cycle_lines import a_line, nairobi, put_money
from tests.factories import (
    AMINA,
    JUMA,
    OTIENO,
    a_bill,
    a_cashier,
    a_home_plan,
    a_hotspot_plan,
    a_paid_purchase,
    a_subscriber,
)

DECEMBER = Period(date(2026, 12, 1), date(2026, 12, 31))
NET_1500, NET_3000, NET_50 = 112_443, 224_888, 3_748


def account(work: Work, like: str, period: Period, *, from_the_first: bool = False) -> int:
    """What moved on the accounts that are called so within the period, debit positive."""
    return int(
        work.scalar(
            "SELECT coalesce(sum(p.amount_cents), 0)::bigint FROM postings p JOIN accounts a ON a.id = p.account_id "
            "JOIN journal_entries e ON e.id = p.entry_id WHERE a.code LIKE :like AND e.at < :ends "
            "AND (:all OR e.at >= :begins)",
            like=like,
            all=from_the_first,
            **period.instants,
        )
    )


def a_paid_line(work: Work, plan: Any, phone: Msisdn, granted: str) -> Subscription:
    """Paid and invoiced, and granted on a day: its moves are of that day."""
    work.now = nairobi(granted, "14:05")
    purchase = a_paid_purchase(work, a_subscriber(work, phone), plan)
    assert purchase.subscription_id is not None
    start_paid_time(work, subscription_id=purchase.subscription_id, at=work.now)
    work.session.flush()
    return work.session.get_one(Subscription, purchase.subscription_id)


def moved_on(work: Work, line: Subscription, state: str, at: str) -> None:
    work.now = nairobi(at)
    move(work, line, state, "test")
    work.session.flush()


# -- MRR


def test_what_moved_the_recurring_revenue(database: Database) -> None:
    with database.work() as work:
        small, large = a_home_plan(work), a_home_plan(work, 3_000)
        stays = a_paid_line(work, small, Msisdn("254712000001"), "2026-11-20")
        leaves = a_paid_line(work, large, Msisdn("254712000002"), "2026-11-20")
        back = a_paid_line(work, small, Msisdn("254712000003"), "2026-10-20")
        moved_on(work, back, GRACE, "2026-11-21")
        moved_on(work, back, SUSPENDED, "2026-11-25")
        a_paid_line(work, large, Msisdn("254712000004"), "2026-12-05")
        moved_on(work, back, "awaiting_network", "2026-12-09")
        moved_on(work, back, ACTIVE, "2026-12-09")
        moved_on(work, leaves, PAUSED, "2026-12-10")
        assert stays.state == ACTIVE
        found = recurring(work, DECEMBER)
    assert found == Recurring(
        opening=Moved(2, Money(NET_1500 + NET_3000)),
        new=Moved(1, Money(NET_3000)),
        back=Moved(1, Money(NET_1500)),
        upgrade=Moved(0, Money(0)),
        downgrade=Moved(0, Money(0)),
        churn=Moved(1, Money(-NET_3000)),
        closing=Moved(3, Money(2 * NET_1500 + NET_3000)),
    )


def test_a_second_line_and_a_changed_plan_are_upgrade_and_downgrade(database: Database) -> None:
    with database.work() as work:
        small, large = a_home_plan(work), a_home_plan(work, 3_000)
        a_paid_line(work, small, AMINA, "2026-11-20")
        changes = a_paid_line(work, large, JUMA, "2026-11-20")
        a_paid_line(work, small, AMINA, "2026-12-05")
        work.session.execute(
            text(
                "INSERT INTO plan_changes (at, kind, subscription_id, from_plan_id, to_plan_id) "
                "VALUES (:at, 'begun', :line, :large, :small)"
            ),
            {"at": nairobi("2026-12-21"), "line": changes.id, "large": large.id, "small": small.id},
        )
        changes.plan_id = small.id
        work.session.flush()
        found = recurring(work, DECEMBER)
        assert recurring(work, DECEMBER.before).closing == found.opening, "the past keeps its plans"
    assert (found.opening.amount.minor, found.closing.amount.minor) == (NET_1500 + NET_3000, 3 * NET_1500)
    assert found.upgrade == Moved(1, Money(NET_1500))
    assert found.downgrade == Moved(1, Money(NET_1500 - NET_3000))


@pytest.mark.parametrize(
    ("term", "net_of_a_month"),
    [
        ({"term_unit": "months", "term_count": 3}, 37_481),
        ({"term_unit": "days", "term_count": 10}, 342_014),
        ({"term_unit": "days", "term_count": 73}, 46_851),
    ],
)
def test_a_term_is_brought_to_a_month(database: Database, term: dict[str, Any], net_of_a_month: int) -> None:
    with database.work() as work:
        a_paid_line(work, a_home_plan(work, **term), AMINA, "2026-12-20")
        assert recurring(work, DECEMBER).new == Moved(1, Money(net_of_a_month))


def test_a_price_change_leaves_the_past_alone_and_a_bill_counts_when_its_days_begin(
    database: Database,
) -> None:
    with database.work() as work:
        plan = a_home_plan(work)
        line = a_paid_line(work, plan, AMINA, "2026-11-20")
        work.now = nairobi("2026-12-17")
        plan.price_cents = 300_000
        a_bill(work, line, price=Money.shillings(3_000))
        before, within = (Period(date(2026, 12, 17), date(2026, 12, last)) for last in (20, 21))
        assert recurring(work, before).upgrade == Moved(0, Money(0))
        assert recurring(work, within).upgrade == Moved(1, Money(NET_3000 - NET_1500))


def test_a_line_that_nobody_has_billed_yet_is_worth_its_plan(database: Database) -> None:
    with database.work() as work:
        work.now = nairobi("2026-12-05")
        a_line(work, a_home_plan(work, billing="postpaid"), "2026-12-05")
        assert recurring(work, DECEMBER).new == Moved(1, Money(NET_1500))


def test_months_of_lines_that_share_a_payday_are_whole(database: Database) -> None:
    with database.work() as work:
        work.now = nairobi("2026-12-05")
        line = a_line(work, a_home_plan(work, fixed_anchor=31), "2026-12-05")
        days = (date(2026, 12, 6), date(2026, 12, 31))
        a_bill(work, line, price=Money(125_806), period=days, due_at=work.now)  # 26 of 31 days
        found = recurring(work, DECEMBER).new.amount.minor
    assert abs(found - NET_1500) <= 1, "one cent of rounding of 26 days"


# -- churn, growth, ARPU


def test_churn_growth_and_arpu(database: Database) -> None:
    with database.work() as work:
        plan = a_home_plan(work)
        a_paid_line(work, plan, AMINA, "2026-11-20")
        leaves = a_paid_line(work, plan, JUMA, "2026-11-20")
        moved_on(work, leaves, PAUSED, "2026-12-10")
        work.now = nairobi("2026-12-12", "10:00")
        a_paid_purchase(work, a_subscriber(work, OTIENO), a_hotspot_plan(work))
        lost, grown = churn(work, DECEMBER), growth(work, DECEMBER)
        home, total = arpu(work, DECEMBER.before)[0], arpu(work, DECEMBER)[-1]
    assert (lost.subscribers, lost.lost, lost.lost_bp) == (2, 1, 5_000)
    assert (lost.lost_recurring, lost.lost_recurring_bp) == (Money(NET_1500), 5_000)
    assert (grown.subscribers_before, grown.subscribers, grown.subscribers_bp) == (2, 1, -5_000)
    assert (grown.revenue_before, grown.revenue, grown.revenue_bp) == (
        Money(2 * NET_1500),
        Money(NET_50),
        -9_833,
    )
    assert (home.kind, home.subscribers, home.arpu) == ("pppoe", 2, Money(NET_1500))
    # The voucher that nobody has used yet is revenue, and served nobody.
    assert (total.kind, total.revenue, total.subscribers) == ("all", Money(NET_50), 2)


def test_an_empty_house_has_reports_too(database: Database) -> None:
    with database.work() as work:
        assert churn(work, DECEMBER).lost_bp is None
        assert collection_rate(work, DECEMBER).rate_bp is None
        assert ageing(work, DECEMBER).open.is_zero
        assert expected_cash(work, DECEMBER).expected.is_zero
        assert leakage(work, DECEMBER).days == 0
        assert (taxes(work, DECEMBER), revenue_by_site(work, DECEMBER), cost_of_messages(work, DECEMBER)) == (
            [],
            [],
            [],
        )


def test_a_deposit_is_among_the_documents_and_no_revenue(database: Database) -> None:
    with database.work() as work:
        plan = a_home_plan(work)
        work.session.add(PlanFee(plan_id=plan.id, kind="deposit", cents=200_000))
        a_paid_line(work, plan, AMINA, "2026-12-05")
        (taxed,) = taxes(work, DECEMBER)
        assert taxed.net.minor == -account(work, "revenue.%", DECEMBER) + 200_000
        assert -account(work, "deposits", DECEMBER) == 200_000


# -- debts


def test_ages_of_what_is_open_count_from_the_day_after_the_last(database: Database) -> None:
    with database.work() as work:
        line = a_paid_line(work, a_home_plan(work), AMINA, "2026-11-20")
        a_bill(work, line)  # due when the 20th of December is over
        found = {
            day: [age.invoices for age in ageing(work, Period(day, day)).ages]
            for day in (
                date(2026, 12, 20),
                date(2026, 12, 21),
                date(2026, 12, 27),
                date(2026, 12, 28),
                date(2027, 1, 19),
                date(2027, 1, 20),
                date(2027, 2, 18),
                date(2027, 2, 19),
            )
        }
    places = [ages.index(1) for ages in found.values()]
    assert places == [0, 1, 1, 2, 2, 3, 3, 4]


def test_the_collection_rate_of_what_was_due(database: Database) -> None:
    with database.work() as work:
        line = a_paid_line(work, a_home_plan(work), AMINA, "2026-11-20")
        other = a_paid_line(work, a_home_plan(work), JUMA, "2026-11-20")
        paid, kept = a_bill(work, line), a_bill(work, other)
        work.now = nairobi("2026-12-19")
        put_money(work, line.subscriber_id, 1_500)
        use_money(work, line.subscriber_id, why="test")
        work.now = nairobi("2027-01-05")
        write_off(work, None, invoice_id=kept.id, reason="has left town")
        december, january = (
            collection_rate(work, Period(date(2026, 12, 1), last))
            for last in (date(2026, 12, 31), date(2027, 1, 31))
        )
    assert paid.kind == "bill"
    assert (december.invoices, december.charged, december.paid) == (
        2,
        Money.shillings(3_000),
        Money.shillings(1_500),
    )
    assert (december.open, december.written_off, december.rate_bp) == (
        Money.shillings(1_500),
        Money(0),
        5_000,
    )
    assert (january.open, january.written_off, january.rate_bp) == (Money(0), Money.shillings(1_500), 5_000)


def test_a_final_bill_was_open_until_it_was_taken_back(database: Database) -> None:
    with database.work() as work:
        work.now = nairobi("2026-12-10")
        line = a_line(work, a_home_plan(work, billing="postpaid"), "2026-12-10")
        last = a_bill(work, line, kind="final", due_at=work.now)
        work.now = nairobi("2027-01-05")
        credit(work, last.id, reason="it was agreed so", source="test")
        found, later = (ageing(work, Period(day, day)) for day in (date(2026, 12, 31), date(2027, 1, 5)))
        december = collection_rate(work, DECEMBER)
    assert (found.open, found.own_money) == (Money.shillings(1_500), Money(0))
    assert (later.open, later.own_money) == (Money(0), Money(0))
    assert (december.open, december.paid) == (Money.shillings(1_500), Money(0))


# -- leakage, cash, messages


def test_grace_that_nobody_pays_leaks_until_it_is_paid(database: Database) -> None:
    with database.work() as work:
        line = a_paid_line(work, a_home_plan(work, 365), AMINA, "2026-11-20")
        moved_on(work, line, GRACE, "2026-12-21")
        moved_on(work, line, SUSPENDED, "2026-12-24")
        leaking = leakage(work, DECEMBER)
        part_of_it = leakage(work, Period(date(2026, 12, 22), date(2026, 12, 22)))
        bill = a_bill(work, line)
        bill.issued_at = nairobi("2026-12-17")
        work.session.flush()
        billed = leakage(work, DECEMBER)
        work.now = nairobi("2026-12-28")
        credit(work, bill.id, reason="it has ended", source="test")
        taken_back = leakage(work, DECEMBER)
        moved_on(work, line, "awaiting_network", "2026-12-30")
        returned = leakage(work, DECEMBER)
        as_it_stood = leakage(work, Period(date(2026, 12, 1), date(2026, 12, 29)))
    assert (leaking.lines, leaking.days, leaking.days_worth) == (1, 3, Money.shillings(36))
    assert (part_of_it.days, part_of_it.days_worth) == (1, Money.shillings(12))
    assert (billed.days, taken_back.days, returned.days, as_it_stood.days) == (0, 3, 0, 3)


def test_days_that_have_not_been_do_not_leak(database: Database) -> None:
    with database.work() as work:
        line = a_paid_line(work, a_home_plan(work, 365), AMINA, "2026-11-20")
        moved_on(work, line, GRACE, "2026-12-21")
        work.now = nairobi("2026-12-23", "09:00")
        found = leakage(work, DECEMBER)
    assert (found.lines, found.days, found.days_worth) == (1, 2, Money.shillings(24))


def test_an_advance_for_a_postpaid_line_is_no_sale_that_was_forgotten(database: Database) -> None:
    with database.work() as work:
        a_paid_line(work, a_home_plan(work, billing="postpaid"), AMINA, "2026-12-05")
        assert leakage(work, DECEMBER).sales == 0


def test_what_the_days_to_come_should_bring(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        line = a_paid_line(work, a_home_plan(work), AMINA, "2026-11-20")
        billed = a_paid_line(work, a_home_plan(work, 3_000), JUMA, "2026-11-20")
        work.now = nairobi("2026-11-21", "12:00")
        a_paid_purchase(work, a_subscriber(work, OTIENO), a_hotspot_plan(work, 280))
        work.now = nairobi("2026-12-18")
        a_bill(work, billed)
        put_money(work, line.subscriber_id, 500)
        ahead = Period(date(2026, 12, 18), date(2027, 1, 16))
        found = expected_cash(work, ahead)
        soon = expected_cash(work, Period(date(2026, 12, 18), date(2026, 12, 19)))
    assert (found.open, found.renewals, found.postpaid) == (
        Money.shillings(3_000),
        Money.shillings(1_500),
        Money(0),
    )
    assert (found.rate_bp, found.own_money) == (10_000, Money.shillings(500)), "all that was due was paid"
    assert found.hotspot == Money.shillings(300), "280 in four weeks are 300 in thirty days"
    assert found.expected == Money.shillings(3_000 + 1_500 - 500 + 300)
    assert (soon.open, soon.renewals) == (Money(0), Money(0))


def test_what_messages_cost_a_sale(database: Database) -> None:
    with database.work() as work:
        work.now = nairobi("2026-12-05")
        for phone in (AMINA, JUMA):
            a_paid_purchase(work, a_subscriber(work, phone), a_hotspot_plan(work))
        person = a_subscriber(work, AMINA)
        for number, (channel, cents) in enumerate([("sms", 80), ("sms", 160), ("whatsapp", 60)]):
            notice = Notice(
                subscriber_id=person.id,
                channel=channel,
                address=AMINA.digits,
                template="test",
                language="en",
                values_sealed=b"",
                dedupe_key=f"test:{number}",
                created_at=work.now,
            )
            work.session.add(notice)
            work.session.flush()
            work.session.add(
                NoticeTry(
                    notice_id=notice.id,
                    number=1,
                    channel=channel,
                    address=AMINA.digits,
                    state="sent",
                    cost_cents=cents,
                    begun_at=work.now,
                    sent_at=work.now,
                )
            )
        work.session.flush()
        sms, whatsapp, everything = cost_of_messages(work, DECEMBER)
    assert (sms.channel, sms.notices, sms.cost, sms.a_sale) == ("sms", 2, Money(240), Money(120))
    assert (whatsapp.channel, whatsapp.cost) == ("whatsapp", Money(60))
    assert (everything.channel, everything.cost, everything.a_sale) == ("all", Money(300), Money(150))
    assert everything.share_bp == 300


# -- the journal


PEOPLE = [Msisdn(f"25471200010{number}") for number in range(4)]
ACTS = ("buy", "hotspot", "pay", "overpay", "part", "credit", "write_off", "goodwill", "day", "week", "week")


_lives = count(1)


class Life:
    """A few people, whatever they and the staff do; and what was open when each day was over."""

    def __init__(self, database: Database, clock: SetClock) -> None:
        self.database, self.clock = database, clock
        self.open: dict[date, int] = {}
        self.serial = next(_lives) * 1_000
        with database.work() as work:
            self.home, self.hotspot = a_home_plan(work).id, a_hotspot_plan(work).id
            self.cashier = a_cashier(work)

    def do(self, act: str, who: int) -> None:
        self.serial += 1
        days = {"day": 1, "week": 9}.get(act)
        if days:
            for _ in range(days):
                self.sleep()
            return
        with self.database.work() as work:
            getattr(self, f"_{act}")(work, a_subscriber(work, PEOPLE[who]).id)

    def sleep(self) -> None:
        """To ten o'clock of the next day; the jobs of the night and the morning have run."""
        with self.database.work() as work:
            self.open[nairobi_day(work.now)] = int(
                work.scalar("SELECT coalesce(sum(open_cents), 0)::bigint FROM invoices")
            )
        day = nairobi_day(self.clock.at) + timedelta(days=1)
        for hour in ("00:05", "18:00"):
            self.clock.at = nairobi(day.isoformat(), hour)
            jobs.end_what_is_over(self.database)
            jobs.take_dunning_steps(self.database)
            jobs.raise_bills(self.database)

    def _line(self, work: Work, who: int) -> Subscription | None:
        return work.session.scalar(
            select(Subscription).where(
                Subscription.subscriber_id == who,
                Subscription.plan_id == self.home,
                Subscription.state != "ended",
            )
        )

    def _buy(self, work: Work, who: int) -> None:
        if self._line(work, who) is None:
            self._purchase(work, who, self.home)
        else:
            self._money(work, who, 1_500)

    def _purchase(self, work: Work, who: int, plan_id: int) -> None:
        person, plan = work.session.get_one(Subscriber, who), work.session.get_one(Plan, plan_id)
        purchase = a_paid_purchase(work, person, plan)
        assert purchase.subscription_id is not None
        start_paid_time(work, subscription_id=purchase.subscription_id, at=work.now)

    def _hotspot(self, work: Work, who: int) -> None:
        self._purchase(work, who, self.hotspot)

    def _money(self, work: Work, who: int, shillings: int) -> None:
        lock_subscriber(work, who)
        put_money(work, who, shillings, source=f"life:{self.serial}")
        use_money(work, who, why=f"life:{self.serial}")
        line = self._line(work, who)
        if line is not None:
            work.session.flush()
            start_paid_time(work, subscription_id=line.id, at=work.now)

    def _pay(self, work: Work, who: int) -> None:
        self._money(work, who, 1_500)

    def _overpay(self, work: Work, who: int) -> None:
        self._money(work, who, 3_700)

    def _part(self, work: Work, who: int) -> None:
        self._money(work, who, 1_000)

    def _an_invoice(self, work: Work, who: int, *, is_open: bool) -> Invoice | None:
        wanted = select(Invoice).where(Invoice.subscriber_id == who).order_by(Invoice.id.desc()).limit(1)
        return work.session.scalar(wanted.where(Invoice.open_cents > 0) if is_open else wanted)

    def _credit(self, work: Work, who: int) -> None:
        invoice = self._an_invoice(work, who, is_open=False)
        if invoice is not None:
            lock_subscriber(work, who)
            amount = min(left_of(work, invoice.id), Money(33_333))
            if amount.is_positive:
                credit(work, invoice.id, amount=amount, reason="a dark day", source=f"life:{self.serial}")

    def _write_off(self, work: Work, who: int) -> None:
        invoice = self._an_invoice(work, who, is_open=True)
        if invoice is not None:
            write_off(work, self.cashier, invoice_id=invoice.id, reason="has left town")

    def _goodwill(self, work: Work, who: int) -> None:
        goodwill(
            work,
            self.cashier,
            subscriber_id=who,
            amount=Money(5_050),
            reason="a bad week",
            key=f"life:{self.serial}",
        )


@settings(
    max_examples=3, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 3)), min_size=6, max_size=14))
def test_the_money_of_every_report_is_the_journal_s(
    database: Database, clock: SetClock, acts: list[tuple[str, int]]
) -> None:
    life, first = Life(database, clock), nairobi_day(clock.at)
    for act, who in acts:
        life.do(act, who)
    life.sleep()
    last = max(life.open)
    middle = first + (last - first) / 2
    with database.work() as work:
        for period in (
            Period(first, last),
            Period(first, middle),
            Period(middle, last),
            Period(middle, middle),
        ):
            _holds(work, period)
        for day, cents in list(life.open.items())[:: max(1, len(life.open) // 5)]:
            found = ageing(work, Period(day, day))
            assert found.open.minor == cents, day
            assert found.open - found.own_money == found.receivable
            assert found.receivable.minor == account(
                work, "receivable:%", Period(day, day), from_the_first=True
            )
        halves = [recurring(work, Period(first, middle)), recurring(work, _after(middle, last))]
        assert halves[0].closing == halves[1].opening


def _after(middle: date, last: date) -> Period:
    return Period(middle + timedelta(days=1), max(last, middle + timedelta(days=1)))


def _holds(work: Work, period: Period) -> None:
    earned = -account(work, "revenue.%", period)
    assert sum(row.net.minor for row in revenue_by_site(work, period)) == earned
    assert revenue_in(work, period).minor == earned
    assert [row.revenue.minor for row in arpu(work, period) if row.kind == "all"] in ([earned], [])
    taxed = taxes(work, period)
    assert sum(row.excise.minor for row in taxed) == -account(work, "tax.excise", period)
    assert sum(row.vat.minor for row in taxed) == -account(work, "tax.vat", period)
    assert sum(row.net.minor for row in taxed) == earned
    lost = leakage(work, period)
    assert lost.bad_debt.minor == account(work, "bad_debt", period)
    assert lost.goodwill.minor == account(work, "discounts", period)
    assert lost.sales == 0
    moved = recurring(work, period)
    steps = (moved.opening, moved.new, moved.back, moved.upgrade, moved.downgrade, moved.churn)
    assert Money.total(step.amount for step in steps) == moved.closing.amount
    assert (
        moved.opening.subscribers + moved.new.subscribers + moved.back.subscribers - moved.churn.subscribers
        == moved.closing.subscribers
    )
    paid = collection_rate(work, period)
    assert paid.paid + paid.open + paid.written_off == paid.charged
    assert list(_floats([moved, paid, lost, taxed])) == []


def _floats(found: Any) -> Iterator[Any]:
    if isinstance(found, float):
        yield found
    elif isinstance(found, list):
        for one in found:
            yield from _floats(one)
    elif is_dataclass(found):
        for one in fields(found):
            yield from _floats(getattr(found, one.name))


# -- periods


def test_periods_and_shares() -> None:
    period = Period(date(2026, 2, 1), date(2026, 2, 28))
    assert (period.days, period.before) == (28, Period(date(2026, 1, 4), date(2026, 1, 31)))
    assert period.begins == datetime.fromisoformat("2026-01-31T21:00:00+00:00")
    assert (share_bp(1, 3), share_bp(2, 3), share_bp(0, 3), share_bp(1, 0)) == (3_333, 6_667, 0, None)
    assert (each(100, 3), each(-50, 100), each(5, 0)) == (33, -1, 0)
    for first, last in (("2026-02-02", "2026-02-01"), ("2000-01-01", "2026-01-01")):
        with pytest.raises(ValueError, match=r"period|report"):
            Period(date.fromisoformat(first), date.fromisoformat(last))
