"""Money that somebody sent to the paybill by hand."""

from datetime import timedelta
from typing import Any

import pytest

from core.base.clock import last_day
from core.base.money import Money
from core.billing import jobs as billing
from core.billing.model import ACTIVE, AWAITING_NETWORK, ENDED, GRACE, SUSPENDED, Purchase, Subscription
from core.billing.serve import start_paid_time
from core.catalogue.model import Plan
from core.catalogue.price_model import PlanFee
from core.ledger.accounts import receivable
from core.ledger.post import lock_subscriber, post
from core.ledger.queries import balance
from core.payments import jobs
from core.payments.keep import release_money
from core.payments.model import Receipt, SuspenseItem
from tests.core.payments import said
from tests.factories import AMINA, JUMA, a_home_line, a_home_plan, a_subscriber


def owner_with_line(house: Any, **line: Any) -> tuple[Any, Any]:
    with house.work() as work:
        owner = a_subscriber(work)
        return owner, a_home_line(work, owner, a_home_plan(work), **line)


def renewals(house: Any) -> list[str]:
    return [purchase.state for purchase in house.all(Purchase) if purchase.channel == "money"]


def test_three_thousand_on_a_line_of_fifteen_hundred_is_two_months(house: Any) -> None:
    owner, _ = owner_with_line(house)
    house.tell_c2b(said.c2b(owner.account_no, shillings="3000.00"))
    house.run()
    assert renewals(house) == ["served", "served"]
    assert f"{last_day(house.line().paid_through):%d %b %Y}" == "22 Feb 2027"
    assert (
        house.own_money(owner.id) == -1_500 + 1_500
    )  # the first month was sold without money by the factory
    assert house.texts() == ["receipt"]  # one sum, one text, with the last of both months


@pytest.mark.parametrize("state", [ACTIVE, GRACE, SUSPENDED, AWAITING_NETWORK])
def test_a_line_renews_whatever_state_it_is_in(house: Any, state: str) -> None:
    owner, line = owner_with_line(house, state=state)
    house.tell_c2b(said.c2b(owner.account_no, shillings="3000.00"))
    house.run()
    is_on = state in (ACTIVE, GRACE)
    assert renewals(house) == ["served" if is_on else "paid"] * 2
    with house.work() as work:
        start_paid_time(work, subscription_id=line.id, at=work.now + timedelta(hours=1))
    assert (house.line().state, renewals(house)) == ("active", ["served", "served"])


def owner_with_credit(house: Any, shillings: int) -> tuple[Any, Any]:
    """An owner to whom the provider owes money, by goodwill: nothing was received that could renew at once."""
    owner, line = owner_with_line(house)
    with house.work() as work:
        lock_subscriber(work, owner.id)
        money = Money.shillings(shillings)
        money += balance(work, owner.id)  # the factory sold the running month without money
        post(
            work,
            kind="goodwill",
            source=f"test:goodwill:{owner.id}",
            sides=[("discounts", money), (receivable(owner.id), -money)],
        )
    return owner, line


def test_a_line_that_is_due_renews_from_its_owners_money(house: Any) -> None:
    owner, _ = owner_with_credit(house, 1_500)
    house.clock.at = house.line().paid_through
    billing.end_what_is_over(house)
    house.run()
    billing.end_what_is_over(house)
    house.run()
    assert (house.line().state, renewals(house)) == ("active", ["served"])
    assert f"{last_day(house.line().paid_through):%d %b %Y}" == "22 Jan 2027"
    assert (house.own_money(owner.id), house.texts()[-1]) == (0, "line_renewed_itself")


def test_a_line_that_is_due_goes_into_grace_where_its_owners_money_is_short(house: Any) -> None:
    owner, _ = owner_with_credit(house, 100)
    house.clock.at = house.line().paid_through
    billing.end_what_is_over(house)
    house.run()
    assert (house.line().state, renewals(house), house.own_money(owner.id)) == ("grace", [], 100)


@pytest.mark.parametrize(
    ("sold", "shillings", "bought"),
    [("on_sale", 1_500, True), ("retired", 1_500, False), ("on_sale", 1_400, False)],
)
def test_money_for_an_ended_line_opens_a_new_one_if_its_plan_is_sold(
    house: Any, sold: str, shillings: int, bought: bool
) -> None:
    owner, ended = owner_with_line(house, state=ENDED)
    with house.work() as work:
        work.session.get_one(Plan, ended.plan_id).state = sold
        work.session.add(PlanFee(plan_id=ended.plan_id, kind="installation", cents=250_000))  # paid long ago
    house.tell_c2b(said.c2b(owner.account_no, shillings=shillings))
    house.run()
    jobs.use_money(house, receipt_id=1)
    house.after(seconds=30)
    assert house.line(1).state == ENDED
    if not bought:
        assert (renewals(house), house.own_money(owner.id), house.texts()) == ([], shillings, ["money_kept"])
        return
    assert (renewals(house), house.own_money(owner.id)) == (["paid"], 0)
    new = house.line(2)
    assert (new.state, new.plan_id, new.site_id) == (AWAITING_NETWORK, ended.plan_id, ended.site_id)
    assert house.texts() == ["router_down_home"], "the money is here, and no day of it runs"
    with house.work() as work:
        start_paid_time(work, subscription_id=new.id, at=work.now)
    house.run()
    assert house.texts()[-1] == "receipt"


def test_money_opens_no_second_line_beside_one_that_is_there(house: Any) -> None:
    owner, _ = owner_with_line(house, state=ENDED)
    with house.work() as work:
        a_home_line(work, owner, a_home_plan(work, 2_000))
    house.tell_c2b(said.c2b(owner.account_no, shillings=1_500))
    house.run()
    assert [purchase.term_unit for purchase in house.all(Purchase) if purchase.channel == "money"] == ["days"]
    assert len(house.all(Subscription)) == 2


def test_too_little_is_kept_until_it_suffices(house: Any) -> None:
    owner, _ = owner_with_line(house)
    house.tell_c2b(said.c2b(owner.account_no, shillings="100"))
    house.run()
    assert (renewals(house), house.texts()) == ([], ["money_kept"])
    house.tell_c2b(said.c2b(owner.account_no, shillings="1400", receipt="UKM2BBBBBB"))
    house.run()
    assert renewals(house) == ["served"]
    assert house.own_money(owner.id) == 0


def test_money_of_somebody_without_a_line_is_kept(house: Any) -> None:
    with house.work() as work:
        owner = a_subscriber(work)
    house.tell_c2b(said.c2b(owner.account_no, shillings="1500"))
    house.run()
    assert (house.own_money(owner.id), house.texts()) == (1_500, ["money_kept"])


def test_the_job_twice_renews_once_and_tells_no_tales(house: Any) -> None:
    owner, _ = owner_with_line(house)
    house.tell_c2b(said.c2b(owner.account_no, shillings="1500"))
    house.run()
    jobs.use_money(house, receipt_id=1)
    house.run()
    assert (renewals(house), house.texts()) == (["served"], ["receipt"])


def test_more_than_a_year_stays_the_subscribers(house: Any) -> None:
    owner, _ = owner_with_line(house)
    house.tell_c2b(said.c2b(owner.account_no, shillings="21000"))
    house.run()
    assert len(renewals(house)) == 12
    assert house.own_money(owner.id) == 3_000


@pytest.mark.parametrize(
    "typed", ["{no}", " {spaced} ", "ACC {no}", "{phone}", "+{digits}", "acct. no: {no}"]
)
def test_an_account_as_people_type_it(house: Any, typed: str) -> None:
    with house.work() as work:
        owner = a_subscriber(work)
        a_subscriber(work, JUMA)
    no = owner.account_no
    typed = typed.format(no=no, spaced=f"{no[:3]} {no[3:]}", phone=AMINA.local, digits=AMINA.digits)
    house.tell_c2b(said.c2b(typed))
    house.run()
    assert house.own_money(owner.id) == 50


@pytest.mark.parametrize("typed", ["", "Mama Njeri", "1000016", "0733000999", "%", "\u0000"])
def test_an_account_of_nobody_waits_in_suspense(house: Any, typed: str) -> None:
    with house.work() as work:
        a_subscriber(work)
    house.tell_c2b(said.c2b(typed))
    house.tell_c2b(said.c2b(typed, shillings=50))
    house.run()
    assert house.books() == {"clearing.mpesa": 5_000, "suspense": -5_000}
    assert [found.reason for found in house.all(SuspenseItem)] == ["no account is named"]
    assert house.texts() == []


def test_suspended_money_whose_owner_is_found_comes_from_suspense(house: Any) -> None:
    house.tell_c2b(said.c2b("Mama Njeri"))
    house.run()
    with house.work() as work:
        owner = a_subscriber(work)
        lock_subscriber(work, owner.id)
        release_money(work, work.session.get_one(Receipt, 1), subscriber_id=owner.id)
    assert house.books() == {"clearing.mpesa": 5_000, f"receivable:{owner.id}": -5_000}
    assert house.all(SuspenseItem)[0].resolved_to == owner.id


def test_the_same_receipt_with_another_account_changes_nothing(house: Any) -> None:
    with house.work() as work:
        amina, juma = a_subscriber(work), a_subscriber(work, JUMA)
    house.tell_c2b(said.c2b(amina.account_no))
    house.tell_c2b(said.c2b(juma.account_no))
    house.run()
    assert (house.own_money(amina.id), house.own_money(juma.id), house.clearing()) == (50, 0, 50)
