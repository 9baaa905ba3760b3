"""What staff do to an account: its KRA PIN, money kept aside towards a plan, and a plan to be paid after the month."""

from sqlalchemy import select

from core.base.money import Money
from core.billing.model import Subscription
from core.catalogue.model import Plan, Site
from core.ledger.accounts import MPESA_CLEARING, receivable
from core.ledger.post import post
from core.payments.model import Installment
from core.staff.model import AuditEntry
from core.subscribers.model import Subscriber
from tests.admin.conftest import Browser, House, logged_in
from tests.admin.deeds import do, look
from tests.factories import a_home_line, a_home_plan, a_site, a_subscriber


def a_person_with(house: House, shillings: int) -> tuple[int, int, int]:
    """Somebody with own money, and a plan of 1,500 at a site: (person, plan, site)."""
    with house.work() as work:
        person, site, own = a_subscriber(work), a_site(work), Money.shillings(shillings)
        plan = a_home_plan(work, 1_500, sites=[site])
        sides = [(MPESA_CLEARING, own), (receivable(person.id), -own)]
        post(work, kind="payment", source="test:own", sides=sides)
        return person.id, plan.id, site.id


def audited(house: House) -> list[str]:
    with house.work() as work:
        return [
            what
            for what in work.session.scalars(select(AuditEntry.what).order_by(AuditEntry.id))
            if not what.endswith(("_seen", "logged_in"))
        ]


def test_a_pin_is_set_in_its_one_spelling(house: House, browser: Browser) -> None:
    person, _, _ = a_person_with(house, 10)
    support = logged_in(house, browser, "support")
    path = f"/subscribers/{person}/tax-pin"
    assert look(support, path, pin="12345").hidden == {}
    do(support, path, pin="a012345678z")
    with house.work() as work:
        assert work.session.get_one(Subscriber, person).tax_pin == "A012345678Z"
    assert audited(house) == ["tax_pin_set"]


def test_money_is_kept_aside_and_given_back(house: House, browser: Browser) -> None:
    person, plan, site = a_person_with(house, 1_000)
    support = logged_in(house, browser, "support")
    path = f"/subscribers/{person}/keep-aside"
    for wrong in ("", f"{plan}", f"{plan}:99999", "x:y"):
        assert look(support, path, plan=wrong).hidden == {}
    do(support, path, plan=f"{plan}:{site}")
    with house.work() as work:
        kept = work.session.scalars(select(Installment)).one()
        assert (kept.kept_cents, kept.state, kept.site_id) == (100_000, "open", site)
    do(support, f"/subscribers/{person}/give-up-saving")
    with house.work() as work:
        kept = work.session.scalars(select(Installment)).one()
        assert (kept.kept_cents, kept.state) == (0, "given_up")
    assert audited(house) == ["installments_begun", "installments_given_up"]


def test_our_office_alone_lets_a_line_pay_after_the_month(house: House, browser: Browser) -> None:
    person, plan, site = a_person_with(house, 10)
    with house.work() as work:
        owner = work.session.get_one(Subscriber, person)
        line = a_home_line(work, owner, work.session.get_one(Plan, plan)).id
        after = a_home_plan(work, 2_000, sites=[work.session.get_one(Site, site)], billing="postpaid").id
    support = logged_in(house, browser, "support")
    assert look(support, f"/lines/{line}/plan", plan="x").hidden == {}
    do(support, f"/lines/{line}/plan", plan=f"{after}")
    with house.work() as work:
        found = work.session.get_one(Subscription, line)
        assert (found.plan_id, found.next_plan_id) == (plan, after)
    assert audited(house) == ["line_plan_changed"]
