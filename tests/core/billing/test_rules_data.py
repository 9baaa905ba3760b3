"""Data by example: what a change of plan does to a line whose data is used up."""

import pytest

from core.base.clock import SetClock
from core.base.database import Database
from core.billing.data import count_usage
from tests.core.billing.line_house import LineHouse

GB = 10**9


@pytest.mark.parametrize(
    ("changes", "is_slow"),
    [
        ({}, False),  # data without an end
        ({"data_cap_bytes": 80 * GB, "after_cap": "slow"}, False),
        ({"data_cap_bytes": 50 * GB, "after_cap": "slow"}, True),
    ],
)
def test_a_line_whose_data_is_used_up_is_fast_at_once_on_a_plan_with_more(
    database: Database, clock: SetClock, changes: dict[str, object], is_slow: bool
) -> None:
    house = LineHouse(database, clock)
    line = house.line("2027-03-15", data_cap_bytes=50 * GB, after_cap="slow")
    house.at("2027-04-01")
    with house.work() as work:
        count_usage(work, subscription_id=line, session="one", counter_bytes=60 * GB, at=work.now)
    assert house.get(line).capped_at is not None
    before = house.said("AccessChanged")
    house.put(line, 150_000)
    house.change(line, 2_500, **changes)
    assert house.price(line) == 2_500
    assert (house.get(line).capped_at is not None) is is_slow
    assert house.said("AccessChanged") > before
