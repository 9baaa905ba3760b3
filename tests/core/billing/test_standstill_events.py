"""What networks and gateways say of themselves reaches billing by the switchboard."""

from collections.abc import Callable

import pytest

from core.base.clock import SetClock
from core.base.database import Database, Routes
from core.base.events import Event
from core.billing.dunning_model import Standstill
from core.billing.events import GatewayDown, GatewayUp, SiteDown, SiteUp
from core.switchboard import routes
from tests.core.billing.cycle_lines import nairobi
from tests.core.billing.lives import Lives
from tests.factories import a_site


@pytest.mark.parametrize("scope", ["site", "gateway"])
def test_down_and_up_again(open_database: Callable[[Routes], Database], clock: SetClock, scope: str) -> None:
    clock.at = nairobi("2027-03-15", "14:05")
    house = Lives(open_database(routes), clock)
    with house.work() as work:
        site_id = a_site(work, "Mtwapa").id
    down, up = nairobi("2027-03-15", "14:00"), nairobi("2027-03-15", "16:00")
    words: list[tuple[Event, Event]] = [
        (SiteDown(site_id, int(down.timestamp())), SiteUp(site_id, int(up.timestamp()))),
        (GatewayDown("mpesa", int(down.timestamp())), GatewayUp("mpesa", int(up.timestamp()))),
    ]
    begins, ends = words[scope == "gateway"]

    def said(event: Event) -> list[tuple[str, object, object]]:
        with house.work() as work:
            work.record(event)
        house.run()
        house.run()
        with house.work() as work:
            return [(row.scope, row.from_at, row.to_at) for row in work.session.query(Standstill)]

    assert said(begins) == [(scope, down, None)]
    clock.at = up
    assert said(ends) == [(scope, down, up)]
