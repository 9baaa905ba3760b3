"""What can be bought, at which price, and that one step buys once."""

import pytest

from core.base.database import Database
from core.base.errors import Refusal
from core.billing.model import ENDED, Purchase
from core.billing.purchase import begin_purchase, purchase_at
from tests.factories import (
    JUMA,
    a_home_line,
    a_home_plan,
    a_hotspot_plan,
    a_purchase,
    a_site,
    a_step,
    a_subscriber,
)


def test_price_and_term_are_those_of_the_moment(database: Database) -> None:
    with database.work() as work:
        plan = a_hotspot_plan(work, 50, hours=24)
        purchase = a_purchase(work, a_subscriber(work), plan)
        plan.price_cents, plan.term_count = 9_900, 60
    with database.work() as work:
        found = work.session.get_one(Purchase, purchase.id)
        assert (found.price_cents, found.term_unit, found.term_count) == (5_000, "seconds", 86_400)


def test_one_step_is_one_purchase_and_a_second_friend_another(database: Database) -> None:
    step = a_step()
    with database.work() as work:
        buyer, plan = a_subscriber(work), a_hotspot_plan(work)
        asked = {"buyer_id": buyer.id, "beneficiary_id": buyer.id, "plan_id": plan.id}
        first, again = begin_purchase(work, step=step, **asked)
        assert not again
        assert purchase_at(work, step) is first
        assert begin_purchase(work, step=step, **asked) == (first, True)
        assert begin_purchase(work, step=a_step(session=step.session, step="2"), **asked)[0] is not first


@pytest.mark.parametrize("state", ["draft", "retired"])
def test_what_is_not_on_sale_is_refused(database: Database, state: str) -> None:
    with database.work() as work, pytest.raises(Refusal, match="no longer sold"):
        a_purchase(work, a_subscriber(work), a_hotspot_plan(work, state=state))


def test_a_line_renews_on_its_own_plan_even_when_that_is_no_longer_sold(database: Database) -> None:
    with database.work() as work:
        owner, plan = a_subscriber(work), a_home_plan(work)
        line = a_home_line(work, owner, plan)
        plan.state = "retired"
        work.session.flush()
        assert a_purchase(work, owner, plan, renews=line).subscription_id == line.id


@pytest.mark.parametrize("cheap", ["home", "hotspot"])
def test_a_line_does_not_renew_at_the_price_of_another_plan(database: Database, cheap: str) -> None:
    with database.work() as work:
        owner = a_subscriber(work)
        line = a_home_line(work, owner, a_home_plan(work, 2_500))
        other = a_home_plan(work, 500) if cheap == "home" else a_hotspot_plan(work, 5)
        with pytest.raises(Refusal):
            a_purchase(work, owner, other, renews=line)


def test_an_ended_line_or_somebody_elses_is_not_renewed(database: Database) -> None:
    with database.work() as work:
        owner, plan = a_subscriber(work), a_home_plan(work)
        ended = a_home_line(work, owner, plan, state=ENDED)
        other = a_home_line(work, a_subscriber(work, JUMA), plan)
        for line in (ended, other):
            with pytest.raises(Refusal, match="has ended"):
                a_purchase(work, owner, plan, renews=line)


def test_where_a_home_line_is_wanted(database: Database) -> None:
    with database.work() as work:
        buyer = a_subscriber(work)
        sites = [a_site(work), a_site(work)]
        one, two = a_home_plan(work, sites=sites[:1]), a_home_plan(work, sites=sites)
        asked = {"buyer_id": buyer.id, "beneficiary_id": buyer.id}
        assert begin_purchase(work, step=a_step(), plan_id=one.id, **asked)[0].site_id == sites[0].id
        found = begin_purchase(work, step=a_step(), plan_id=two.id, site_id=sites[1].id, **asked)[0]
        assert found.site_id == sites[1].id
        for site_id in (None, 999_999):
            with pytest.raises(Refusal, match="not sold there"):
                begin_purchase(work, step=a_step(), plan_id=two.id, site_id=site_id, **asked)


def test_a_voucher_holds_everywhere(database: Database) -> None:
    with database.work() as work:
        assert a_purchase(work, a_subscriber(work), a_hotspot_plan(work)).site_id is None
