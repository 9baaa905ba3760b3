"""A line ends with a final statement: nothing that was not served is kept, nothing that was served is forgotten."""

import pytest

from core.base.clock import SetClock
from core.base.database import Database
from core.base.errors import Refusal
from core.base.money import Money
from core.billing.credit import credit
from core.billing.ending import end_line, write_statement
from core.billing.invoice import UNTAXED, InvoiceLineDraft, issue
from core.billing.line_model import LineEnding
from core.billing.model import Subscription
from core.billing.moves import move
from core.billing.moving import move_line
from core.billing.pause import resume
from core.billing.serve import lock_line
from core.ledger.accounts import DEPOSITS
from core.ledger.post import lock_subscriber
from core.payments.complete import complete
from core.payments.own_money import use_money
from tests.core.billing.cycle_lines import on
from tests.core.billing.line_house import LineHouse
from tests.core.billing.test_pause import paused
from tests.factories import a_cashier, a_home_plan, a_purchase, a_site, a_subscriber


@pytest.fixture
def house(database: Database, clock: SetClock) -> LineHouse:
    return LineHouse(database, clock)


def ended(house: LineHouse, line: int) -> LineEnding:
    with house.work() as work:
        lock_subscriber(work, work.session.get_one(Subscription, line).account_holder_id)
        return end_line(work, line, reason="moved to Garissa")


def test_unserved_days_come_back_as_own_money(house: LineHouse) -> None:
    line = house.line("2027-03-31")
    house.at("2027-04-10")
    statement = ended(house, line)
    assert (statement.credited_cents, statement.own_cents, statement.owed_cents) == (100_000, 100_000, 0)
    assert (house.get(line).state, house.own(line)) == ("ended", 100_000)
    assert house.said("AccessEnded") == 1
    with pytest.raises(Refusal):
        ended(house, line)


def test_months_ahead_and_changed_plans_come_back_too(house: LineHouse) -> None:
    line = house.line("2027-03-31")
    house.renew(line)
    house.at("2027-04-11")
    house.put(line, 200_000)
    house.change(line, 2_500)
    house.at("2027-04-20")
    statement = ended(house, line)
    assert statement.credited_cents == 83_333 + 250_000


def test_days_of_a_bill_that_was_bought_in_part_come_back_at_their_own_price(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    on(house.database, house.clock, "2027-04-14")
    house.put(line, 100_000)
    with house.work() as work:
        use_money(work, work.session.get_one(Subscription, line).subscriber_id, why="test")
    assert (house.paid_through(line), house.own(line)) == ("2027-05-05", 0), "20 of 30 days"
    house.at("2027-04-25")
    assert ended(house, line).credited_cents == 50_000, "10 of them, at 50 a day"


def test_days_that_an_offer_code_lowered_come_back_at_the_lower_price(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    on(house.database, house.clock, "2027-04-14")
    house.put(line, 120_000)
    with house.work() as work:
        found = work.session.get_one(Subscription, line)
        owner = found.subscriber_id
        lowered = a_purchase(work, a_subscriber(work), found.plan, renews=found)
        lowered.price_cents, lowered.discount_cents = 120_000, 30_000
        work.session.flush()
        complete(work, lowered, customer_id=owner)
    assert house.invoices("bill") == [(150_000, 0, 30_000)]
    house.at("2027-04-30")
    assert ended(house, line).credited_cents == 60_000, "half of what was paid"


def test_a_moved_payday_leaves_the_days_before_it_as_they_were_charged(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    house.put(line, 80_000)
    house.at("2027-03-20")
    assert house.move_payday(line, 1) == 80_000  # 16 of 30 days
    assert ended(house, line).credited_cents == 80_000 + 125_806, "the bridge, and 26 of 31 days"


def test_days_that_waited_in_a_pause_come_back(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    paused(house, line, "2027-04-10")
    house.at("2027-05-02")
    assert ended(house, line).credited_cents == 24_194  # 5 of 31 days


def test_days_that_wait_for_the_router_after_a_pause_come_back_too(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    paused(house, line, "2027-04-10")
    house.at("2027-04-12")
    with house.work() as work:
        resume(work, line, cause="asked for")
    house.at("2027-04-14")  # a day before the old last day: five days wait all the same
    assert ended(house, line).credited_cents == 24_194


def test_grace_that_was_used_stays_owed(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    on(house.database, house.clock, "2027-04-14")
    house.at("2027-04-17")
    statement = ended(house, line)
    assert (statement.credited_cents, statement.owed_cents) == (140_000, 10_000)
    assert house.invoices("bill") == [(150_000, 10_000, 140_000)]


def test_grace_that_no_bill_covers_is_charged(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    house.at("2027-04-17")
    statement = ended(house, line)
    assert (statement.charged_cents, statement.owed_cents) == (10_000, 10_000)
    assert house.invoices("final") == [(10_000, 10_000, 0)]


def test_a_postpaid_line_pays_for_its_last_days(house: LineHouse) -> None:
    line = house.line("2027-03-31", billing="postpaid")
    before = house.own(line)
    house.at("2027-04-10")
    statement = ended(house, line)
    assert (before, statement.charged_cents, house.own(line)) == (150_000, 50_000, 100_000), (
        "the advance pays"
    )


def test_days_of_a_calendar_month_cost_their_part_of_the_whole_month(house: LineHouse) -> None:
    line = house.line("2027-04-15", billing="postpaid", fixed_anchor=31)
    house.at("2027-04-20")
    assert ended(house, line).charged_cents == 25_000, "16 to 20 April of 30 days"


def test_a_bill_that_was_lowered_is_not_charged_again(house: LineHouse) -> None:
    line = house.line("2027-03-15", billing="postpaid")
    bill = on(house.database, house.clock, "2027-04-16")[0]
    with house.work() as work:
        credit(work, bill.id, amount=Money.shillings(25), reason="twelve dark hours", source="test:credit")
    house.at("2027-04-20")
    assert ended(house, line).charged_cents == 25_000, "16 to 20 April alone"


def test_the_deposit_comes_back_and_pays_what_is_owed(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    with house.work() as work:
        owner = work.session.get_one(Subscription, line).subscriber_id
        lock_subscriber(work, owner)
        draft = InvoiceLineDraft("Deposit", Money(200_000), None, DEPOSITS, taxed=UNTAXED)
        issue(work, kind="fee", subscriber_id=owner, lines=[draft], subscription_id=line, paid=False)
    house.put(line, 150_000)
    with house.work() as work:
        from core.billing.account import pay_oldest_due

        pay_oldest_due(work, owner, source="test")
    house.at("2027-04-17")
    statement = ended(house, line)
    assert statement.deposit_cents == 200_000
    assert (statement.owed_cents, statement.own_cents) == (0, 140_000)  # 2,000 - 500 open - 100 of grace


def test_what_never_began_comes_back_whole(house: LineHouse) -> None:
    from tests.factories import a_paid_purchase

    with house.work() as work:
        owner = a_subscriber(work)
        line = a_paid_purchase(work, owner, a_home_plan(work)).subscription_id
    assert line is not None
    assert ended(house, line).own_cents == 150_000


def test_a_line_that_dunning_ended_gets_its_statement_once(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    on(house.database, house.clock, "2027-04-14")
    house.cut_off(line, "2027-04-19")
    house.at("2027-06-14")
    with house.work() as work:
        move(work, lock_line(work, line), "ended", "not paid for too long")
    for _ in range(2):
        with house.work() as work:
            write_statement(work, line)
    assert house.invoices("bill") == [(150_000, 15_000, 135_000)]  # 16 to 18 April were used


def test_a_bill_that_was_lowered_is_not_charged_again_at_the_end(house: LineHouse) -> None:
    line = house.line("2027-03-15", billing="postpaid")
    (bill,) = on(house.database, house.clock, "2027-04-16")
    with house.work() as work:
        lock_subscriber(work, bill.subscriber_id)
        credit(work, bill.id, amount=Money(2_500), reason="twelve dark hours", source="test")
    house.at("2027-04-20")
    assert ended(house, line).charged_cents == 25_000  # 16 to 20 April, of 30 days


def test_grace_stays_owed_though_the_line_is_paid_and_never_came_back(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    on(house.database, house.clock, "2027-04-13")
    house.cut_off(line, "2027-04-19")
    house.put(line, 150_000)
    with house.work() as work:
        use_money(work, work.session.get_one(Subscription, line).subscriber_id, why="test")
    assert house.get(line).state == "awaiting_network"
    statement = ended(house, line)
    assert (statement.credited_cents, statement.charged_cents) == (150_000, 15_000)  # 16 to 18 April
    assert (statement.owed_cents, house.own(line)) == (0, 135_000)


def test_money_for_an_ended_line_opens_another(house: LineHouse) -> None:
    line = house.line("2027-03-31")
    with house.work() as work:
        found = work.session.get_one(Subscription, line)
        asked = a_purchase(work, a_subscriber(work), found.plan, renews=found)
        purchase_id = asked.id
    ended(house, line)
    with house.work() as work:
        from core.billing.model import Purchase
        from core.payments.complete import complete

        purchase = work.session.get_one(Purchase, purchase_id)
        complete(work, purchase, customer_id=purchase.buyer_id)
        assert purchase.subscription_id != line


def test_a_line_moves_to_another_site(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    with house.work() as work:
        other = a_site(work, "Malindi")
        with pytest.raises(Refusal):
            move_line(work, a_cashier(work), subscription_id=line, site_id=other.id, reason="moved house")
        plan = lock_line(work, line).plan
        plan.sites.append(other)
        work.session.flush()
        move_line(work, a_cashier(work), subscription_id=line, site_id=other.id, reason="moved house")
    assert house.get(line).site_id == other.id
    assert house.paid_through(line) == "2027-04-15"
    house.renew(line)
    with house.work() as work:
        codes = work.session.connection().exec_driver_sql(
            "SELECT DISTINCT code FROM postings p JOIN accounts a ON a.id = p.account_id WHERE code LIKE 'revenue%%'"
        )
        assert {row[0] for row in codes} == {f"revenue.pppoe:{house.site_id}", f"revenue.pppoe:{other.id}"}
