"""Dated settings: from a day on, never before it, and never what cannot be."""

from datetime import date

import pytest

from core.base.clock import SetClock
from core.base.database import Database
from core.base.dated import dated
from core.base.errors import Refusal
from core.staff.audit import COMMAND_LINE
from core.staff.dated_by_staff import dated_lines, set_dated
from tests.core.billing.cycle_lines import nairobi


def test_a_rate_begins_at_the_midnight_of_its_day(database: Database, clock: SetClock) -> None:
    clock.at = nairobi("2027-06-10", "14:00")
    with database.work() as work:
        set_dated(work, COMMAND_LINE, name="tax.excise_bp", value=1_200, from_day=date(2027, 7, 1))
        set_dated(work, COMMAND_LINE, name="home.part_least_days", value=5, from_day=date(2027, 6, 10))
    with database.work() as work:
        assert dated(work, "tax.excise_bp", "home.part_least_days") == (1_500, 5)
        assert ("tax.excise_bp", 1_500, [(date(2027, 7, 1), 1_200)]) in dated_lines(work)
    for at, rate in (("2027-06-30T23:59", 1_500), ("2027-07-01T00:00", 1_200)):
        clock.at = nairobi(*at.split("T"))
        with database.work() as work:
            assert dated(work, "tax.excise_bp") == (rate,)


@pytest.mark.parametrize(
    ("name", "value", "day"),
    [
        ("tax.excise", 1_200, 10),
        ("tax.excise_bp", 10_001, 10),
        ("tax.excise_bp", -1, 10),
        ("quiet.from_hour", 25, 10),
        ("tax.excise_bp", 1_200, 9),
    ],
)
def test_what_cannot_be_is_refused(
    database: Database, clock: SetClock, name: str, value: int, day: int
) -> None:
    clock.at = nairobi("2027-06-10", "14:00")
    with database.work() as work, pytest.raises(Refusal):
        set_dated(work, COMMAND_LINE, name=name, value=value, from_day=date(2027, 6, day))
