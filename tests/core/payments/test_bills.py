"""Bills that are open when money comes: bought by the purchase that pays them, once, in part, or for many lines."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from core.base.clock import last_day
from core.base.money import Money
from core.base.settings import Brand
from core.billing import jobs as billing
from core.billing.account import own_money, standing
from core.billing.corrections import write_off
from core.billing.credit import credit
from core.billing.model import GRACE, SUSPENDED, Invoice, Purchase, Subscription
from core.billing.queries import home_line
from core.catalogue.price_model import PlanFee
from core.messaging.model import Notice
from core.messaging.words import words_of
from core.payments import jobs
from core.payments.installments import begin_installments, give_up
from tests.core.payments import said
from tests.factories import (
    AMINA,
    JUMA,
    OTIENO,
    a_bill,
    a_collection,
    a_home_line,
    a_home_plan,
    a_subscriber,
)

CHECKOUT = "ws_CO_000001"


def billed(house: Any, **line: Any) -> tuple[Any, Any]:
    """An owner and the line, whose next month is billed: 1,500."""
    with house.work() as work:
        owner = a_subscriber(work)
        found = a_home_line(work, owner, a_home_plan(work), **line)
        a_bill(work, found)
        return owner, found


def pay(house: Any, owner: Any, shillings: int, receipt: str = "UKM1AAAAAA") -> None:
    house.tell_c2b(said.c2b(owner.account_no, shillings=f"{shillings}.00", receipt=receipt))
    house.run()


def invoices(house: Any) -> list[tuple[str, int, int, bool]]:
    """(kind, total, open, whether a purchase bought it), in shillings"""
    return [
        (found.kind, found.total_cents // 100, found.open_cents // 100, found.purchase_id is not None)
        for found in house.all(Invoice)
    ]


def own(house: Any, subscriber_id: int) -> int:
    with house.work() as work:
        return own_money(work, subscriber_id).minor // 100


def paid_through(house: Any, number: int = 1) -> str:
    return f"{last_day(house.line(number).paid_through):%d %b %Y}"


def test_a_prompt_buys_the_bill_that_is_open_and_no_second_invoice_is_issued(house: Any) -> None:
    owner, line = billed(house)
    with house.work() as work:
        a_collection(work, work.session.get_one(Subscription, line.id).plan, renews=line.id)
    house.run()
    house.tell_stk(said.stk(CHECKOUT, shillings=1_500))
    house.run()
    assert invoices(house) == [("bill", 1_500, 0, True)]
    assert (paid_through(house), own(house, owner.id)) == ("22 Jan 2027", 0)
    assert house.texts() == ["receipt"]
    house.books()


def test_the_price_of_a_renewal_is_what_is_open_of_its_bill_in_whole_shillings(house: Any) -> None:
    owner, line = billed(house)
    with house.work() as work:
        credit(work, 1, amount=Money(83_333), reason="outage", source="a")
        found = home_line(work, owner.id)
        assert found is not None
        assert found.price_cents == 66_667
        begun = a_collection(work, work.session.get_one(Subscription, line.id).plan, renews=line.id)
        assert begun.amount_cents == 66_700
    house.run()
    assert house.gateway.orders[0].amount == Money(66_700)
    house.tell_stk(said.stk(CHECKOUT, shillings=667))
    house.run()
    assert (paid_through(house), invoices(house)) == ("22 Jan 2027", [("bill", 1_500, 0, True)])
    with house.work() as work:
        assert own_money(work, owner.id) == Money(33)
    assert house.texts() == ["receipt"]


def test_a_bill_that_something_else_paid_meanwhile_is_not_bought_twice(house: Any) -> None:
    """The quote was for what a credit note had left of the bill: it buys no second month at that price."""
    owner, line = billed(house)
    with house.work() as work:
        credit(work, 1, amount=Money(100_000), reason="outage", source="a")
        a_collection(work, work.session.get_one(Subscription, line.id).plan, renews=line.id)
    house.run()
    pay(house, owner, 500, receipt="UKM2BBBBBB")
    assert paid_through(house) == "22 Jan 2027"
    house.tell_stk(said.stk(CHECKOUT, shillings=500))
    house.run()
    assert [found.state for found in house.all(Purchase) if found.channel == "ussd"][-1] == "unpaid"
    # It is the customer's own, and buys what 500 buys of the next month at its price.
    assert paid_through(house) == "01 Feb 2027"
    house.books()


@pytest.mark.parametrize("state", [GRACE, SUSPENDED])
def test_bare_money_buys_the_bill_of_a_line_that_is_late(house: Any, state: str) -> None:
    owner, _ = billed(house, state=state)
    pay(house, owner, 1_500)
    assert invoices(house) == [("bill", 1_500, 0, True)]
    assert house.line().state == ("active" if state == GRACE else "awaiting_network")
    assert own(house, owner.id) == 0


def test_a_bill_is_bought_from_own_money_when_it_is_due(house: Any) -> None:
    owner, line = billed(house)
    with house.work() as work:
        found = work.session.get_one(Subscription, line.id)
        found.renews = False
    pay(house, owner, 40)
    assert invoices(house) == [("bill", 1_500, 1_500, False)]
    with house.work() as work:
        work.session.get_one(Subscription, line.id).renews = True
        credit(work, 1, amount=Money(146_000), reason="goodwill", source="a")
    house.clock.at = house.line().paid_through
    billing.end_what_is_over(house)
    house.run()
    assert (house.line().state, invoices(house)) == ("active", [("bill", 1_500, 0, True)])
    assert house.texts()[-1] == "line_renewed_itself"


def test_a_prompt_and_bare_money_at_the_same_time_buy_a_month_each(house: Any) -> None:
    owner, line = billed(house)
    with house.work() as work:
        a_collection(work, work.session.get_one(Subscription, line.id).plan, renews=line.id)
    house.run()
    house.tell_stk(said.stk(CHECKOUT, shillings=1_500))
    house.tell_c2b(said.c2b(owner.account_no, shillings="1500.00", receipt="UKM2BBBBBB"))
    jobs.read_callback(house, inbox_id=2)
    with ThreadPoolExecutor(2) as threads:
        for found in [
            threads.submit(jobs.read_callback, house, inbox_id=1),
            threads.submit(jobs.use_money, house, receipt_id=1),
        ]:
            found.result()
    house.run()
    # Whichever came first bought the bill; the other's money bought the next month.
    assert [(kind, rest) for kind, _, rest, _ in invoices(house)] == [("bill", 0), ("sale", 0)]
    assert (paid_through(house), own(house, owner.id)) == ("22 Feb 2027", 0)
    house.books()


# -- part payments (section 4): a line of 1,500


def test_1400_buys_the_full_month_and_100_stays_owed(house: Any) -> None:
    owner, _ = billed(house)
    pay(house, owner, 1_400)
    assert (paid_through(house), invoices(house)) == ("22 Jan 2027", [("bill", 1_500, 100, True)])
    assert house.texts() == ["receipt_owing"]
    with house.work() as work:
        assert standing(work, owner.id) == (Money(10_000), Money(0))
    # What is owed is paid first by the next money, and the month after it is again bought from nine tenths on.
    pay(house, owner, 1_500, receipt="UKM2BBBBBB")
    assert invoices(house) == [("bill", 1_500, 0, True), ("sale", 1_500, 100, True)]
    assert paid_through(house) == "22 Feb 2027"


def test_1400_before_any_bill_is_raised(house: Any) -> None:
    with house.work() as work:
        owner = a_subscriber(work)
        a_home_line(work, owner, a_home_plan(work))
    pay(house, owner, 1_400)
    assert (paid_through(house), invoices(house)) == ("22 Jan 2027", [("sale", 1_500, 100, True)])
    assert house.all(Invoice)[0].due_at == house.line().paid_through


def test_1000_buys_20_of_30_days(house: Any) -> None:
    owner, _ = billed(house)  # the bill's month has 30 days
    pay(house, owner, 1_000)
    assert (paid_through(house), invoices(house)) == ("11 Jan 2027", [("bill", 1_500, 0, True)])
    assert (own(house, owner.id), house.texts()) == (0, ["receipt_part"])
    assert house.all(Invoice)[0].credited_cents == 50_000


def test_what_is_above_whole_days_is_kept(house: Any) -> None:
    owner, _ = billed(house)
    pay(house, owner, 1_010)
    assert (paid_through(house), own(house, owner.id)) == ("11 Jan 2027", 10)


def test_100_buys_nothing_and_is_kept(house: Any) -> None:
    owner, _ = billed(house)
    pay(house, owner, 100)
    assert (paid_through(house), own(house, owner.id), house.texts()) == ("22 Dec 2026", 100, ["money_kept"])
    pay(house, owner, 1_400, receipt="UKM2BBBBBB")
    assert (paid_through(house), own(house, owner.id)) == ("22 Jan 2027", 0)


def test_the_job_twice_and_at_the_same_time_spends_once(house: Any) -> None:
    owner, _ = billed(house)
    pay(house, owner, 1_400)
    with ThreadPoolExecutor(3) as threads:
        for found in [threads.submit(jobs.use_money, house, receipt_id=1) for _ in range(3)]:
            found.result()
    assert invoices(house) == [("bill", 1_500, 100, True)]
    assert house.texts() == ["receipt_owing"]


# -- a payer of many lines


def landlord_of(house: Any, *phones: Any) -> tuple[Any, list[Any]]:
    with house.work() as work:
        landlord = a_subscriber(work, OTIENO, name="Otieno")
        plan = a_home_plan(work)
        lines = []
        for days, phone in enumerate(phones):
            tenant = a_subscriber(work, phone)
            line = a_home_line(work, tenant, plan, granted_at=work.now - timedelta(days=3 - days))
            line.payer_id = landlord.id
            lines.append(line)
        return landlord, lines


def test_one_payment_pays_many_lines_oldest_due_first(house: Any) -> None:
    landlord, lines = landlord_of(house, AMINA, JUMA)
    with house.work() as work:
        for line in lines:
            a_bill(work, work.session.get_one(Subscription, line.id))
    pay(house, landlord, 2_500)
    # The first line's month, and 20 of 30 days of the second's.
    assert invoices(house) == [("bill", 1_500, 0, True), ("bill", 1_500, 0, True)]
    assert [paid_through(house, number) for number in (1, 2)] == ["19 Jan 2027", "09 Jan 2027"]
    told = {(notice.subscriber_id, notice.template) for notice in house.all(Notice)}
    tenants = [line.subscriber_id for line in lines]
    assert told == {(landlord.id, "receipt_lines"), *((tenant, "line_paid_for") for tenant in tenants)}
    assert own(house, landlord.id) == 0
    house.books()


def test_a_payer_s_money_renews_ahead_the_line_that_ends_first(house: Any) -> None:
    landlord, _ = landlord_of(house, AMINA, JUMA)
    pay(house, landlord, 4_500)
    assert [paid_through(house, number) for number in (1, 2)] == ["19 Feb 2027", "20 Jan 2027"]


def test_a_tenant_who_pays_by_prompt_pays_the_payer_s_bill_and_sees_no_balance(house: Any) -> None:
    landlord, (line,) = landlord_of(house, AMINA)
    with house.work() as work:
        found = work.session.get_one(Subscription, line.id)
        a_bill(work, found)
        a_collection(work, found.plan, renews=line.id)
    house.run()
    house.tell_stk(said.stk(CHECKOUT, shillings=1_500))
    house.run()
    assert invoices(house) == [("bill", 1_500, 0, True)]
    assert [(n.subscriber_id, n.template) for n in house.all(Notice)] == [
        (line.subscriber_id, "receipt_payer")
    ]
    assert (own(house, landlord.id), own(house, line.subscriber_id)) == (0, 0)


def test_a_line_that_is_due_is_paid_from_its_payer_s_money(house: Any) -> None:
    landlord, (line,) = landlord_of(house, AMINA)
    with house.work() as work:
        work.session.get_one(Subscription, line.id).renews = False
    pay(house, landlord, 1_500)
    with house.work() as work:
        work.session.get_one(Subscription, line.id).renews = True
    house.clock.at = house.line().paid_through
    billing.end_what_is_over(house)
    house.run()
    told = {(notice.subscriber_id, notice.template) for notice in house.all(Notice)}
    assert told >= {(landlord.id, "line_renewed_itself"), (line.subscriber_id, "line_paid_for")}
    assert (house.line().state, own(house, landlord.id)) == ("active", 0)


# -- postpaid


def test_a_period_that_was_used_is_paid_and_adds_no_time(house: Any) -> None:
    with house.work() as work:
        owner = a_subscriber(work)
        line = a_home_line(work, owner, a_home_plan(work, billing="postpaid"))
        a_bill(work, line)
        a_collection(work, line.plan, renews=line.id)
    house.run()
    before = paid_through(house)
    house.tell_stk(said.stk(CHECKOUT, shillings=1_500))
    house.run()
    assert (invoices(house), paid_through(house)) == ([("bill", 1_500, 0, True)], before)


# -- installments


def test_money_kept_aside_buys_nothing_else_until_it_covers_the_plan(house: Any) -> None:
    with house.work() as work:
        owner = a_subscriber(work)
        a_home_line(work, owner, a_home_plan(work))
        plan = a_home_plan(work, 6_000, name="Home 50")
        begin_installments(work, subscriber_id=owner.id, plan_id=plan.id, site_id=plan.sites[0].id)
    pay(house, owner, 2_000, receipt="UKM1AAAAAA")
    pay(house, owner, 3_000, receipt="UKM2BBBBBB")
    assert (own(house, owner.id), house.books()["installments"]) == (0, -500_000)
    assert (paid_through(house), house.texts()) == ("22 Dec 2026", ["money_aside", "money_aside"])
    jobs.use_money(house, receipt_id=2)
    assert house.books()["installments"] == -500_000
    pay(house, owner, 1_200, receipt="UKM3CCCCCC")
    assert "installments" not in house.books()
    assert (own(house, owner.id), invoices(house)) == (200, [("sale", 6_000, 0, True)])
    assert house.line(2).state == "awaiting_network"


def test_the_price_that_is_told_is_what_must_be_saved_with_its_fees(house: Any) -> None:
    with house.work() as work:
        owner = a_subscriber(work)
        plan = a_home_plan(work, 6_000)
        work.session.add(PlanFee(plan_id=plan.id, kind="installation", cents=50_000))
        begin_installments(work, subscriber_id=owner.id, plan_id=plan.id, site_id=plan.sites[0].id)
    pay(house, owner, 2_000)
    told = house.all(Notice)[-1]
    with house.work() as work:
        assert "which costs Ksh 6,500." in words_of(work, told, Brand()).text


def test_who_saves_for_the_plan_of_a_line_saves_for_its_next_month(house: Any) -> None:
    with house.work() as work:
        owner = a_subscriber(work)
        plan = a_home_plan(work)
        work.session.add(PlanFee(plan_id=plan.id, kind="installation", cents=50_000))
        a_home_line(work, owner, plan)
        begin_installments(work, subscriber_id=owner.id, plan_id=plan.id, site_id=plan.sites[0].id)
    before = last_day(house.line().paid_through)
    pay(house, owner, 700, receipt="UKM1AAAAAA")
    pay(house, owner, 800, receipt="UKM2BBBBBB")
    assert (own(house, owner.id), invoices(house)) == (0, [("sale", 1_500, 0, True)])
    assert len(house.all(Subscription)) == 1
    assert (last_day(house.line().paid_through) - before).days in (30, 31)


def test_what_was_kept_aside_comes_back(house: Any) -> None:
    with house.work() as work:
        owner = a_subscriber(work)
        plan = a_home_plan(work, 6_000)
        begin_installments(work, subscriber_id=owner.id, plan_id=plan.id)
    pay(house, owner, 2_000)
    with house.work() as work:
        assert give_up(work, subscriber_id=owner.id) == Money.shillings(2_000)
    assert own(house, owner.id) == 2_000


# -- money that names an invoice


def test_money_that_names_an_invoice_pays_it_even_when_it_was_written_off(house: Any) -> None:
    owner, _ = billed(house)
    pay(house, owner, 1_400)
    with house.work() as work:
        write_off(work, None, invoice_id=1, reason="small debts of March")
        number = work.session.get_one(Invoice, 1).title
    house.tell_c2b(said.c2b(number.lower(), shillings="100.00", receipt="UKM2BBBBBB"))
    house.run()
    assert "bad_debt" not in house.books()
    assert (own(house, owner.id), house.texts()[-1]) == (0, "debt_paid")
