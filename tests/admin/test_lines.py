"""What staff do to a line, with a reason each and an audit entry; and who may not."""

from typing import Any

import pytest
from sqlalchemy import select

from core.billing.model import Subscription
from core.billing.serve import start_paid_time
from core.staff.model import AuditEntry
from tests.admin.conftest import Browser, House, logged_in
from tests.admin.pages import Read
from tests.factories import JUMA, a_home_plan, a_paid_purchase, a_site, a_subscriber


@pytest.fixture
def line(house: House) -> Any:
    """A home line that was paid and runs, on a plan that is sold at two sites."""
    with house.work() as work:
        sites = [a_site(work, "Kilifi"), a_site(work, "Malindi")]
        purchase = a_paid_purchase(
            work, a_subscriber(work, JUMA, name="Juma"), a_home_plan(work, sites=sites[:1])
        )
        purchase.plan.sites.append(sites[1])
        found = work.session.get_one(Subscription, purchase.subscription_id)
        start_paid_time(work, subscription_id=found.id, at=work.now)
        return found


def act(browser: Browser, line: Subscription, what: str, reason: str = "asked for by phone") -> int:
    return browser.post(f"/lines/{line.id}/{what}", reason=reason).status_code


def now(house: House, line: Subscription) -> Subscription:
    with house.work() as work:
        return work.session.get_one(Subscription, line.id)


def audited(house: House) -> list[str]:
    with house.work() as work:
        rows = work.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
        return [row.what for row in rows if row.what in ("line_paused", "line_resumed", "line_moved")]


def test_a_line_is_paused_brought_back_and_moved(house: House, owner: Browser, line: Any) -> None:
    with house.work() as work:
        other = work.scalar("SELECT id FROM sites WHERE name = 'Malindi'")
    page = f"/subscribers/{line.subscriber_id}/lines"
    text = Read(owner.get(page).text).text
    assert "Home 10" in text
    assert "Move to Malindi" in text
    assert act(owner, line, f"move/{other}") == 303
    assert act(owner, line, f"move/{other}") == 409
    assert act(owner, line, "pause", " ") == 409
    assert act(owner, line, "pause") == 303
    assert (now(house, line).state, now(house, line).site_id) == ("paused", other)
    assert act(owner, line, "pause") == 409
    assert "Bring it back" in owner.get(page).text
    assert act(owner, line, "resume") == 303
    assert audited(house) == ["line_moved", "line_paused", "line_resumed"]


def test_who_may_only_look_gets_no_button(house: House, browser: Browser, line: Any) -> None:
    technician = logged_in(house, browser, "technician")
    assert "End the line for good" not in technician.get(f"/subscribers/{line.subscriber_id}/lines").text
    assert act(technician, line, "pause") == 403
    assert now(house, line).state == "active"
