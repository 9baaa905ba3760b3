"""Whole lives in any order: bought, renewed, changed, paused, paid late, twice and in part, taken back, given up and
ended, over month ends and years. The books agree, and paid time delivered is paid time sold.

The suite lives the same few each time. BANDO_LIVES=500 lives so many others, longer ones, with years in them.
"""

import os
from collections.abc import Callable
from datetime import timedelta

import psycopg
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from core.base.clock import SetClock
from core.base.database import Database, Routes
from core.billing.unbilled import unbilled
from core.switchboard import routes
from tests.conftest import sweep
from tests.core.billing.cycle_lines import nairobi
from tests.core.billing.lives import Lives
from tests.core.billing.lives_books import off_though_paid, wrongs
from tests.core.billing.lives_staff import Staff

LIVES = int(os.environ.get("BANDO_LIVES", "0"))
JUMPS = [0.1, 1, 1, 3, 5, 12, 16, 31, 45, *([75, 200, 366] if LIVES else [])]


class Life(Staff):
    """People, staff, and the time that passes; after each thing all that must hold is looked at."""

    @rule(is_there=st.booleans())
    def router(self, is_there: bool) -> None:
        self.house.router_is_there = is_there
        self.house.settle()

    @rule(days=st.sampled_from(JUMPS))
    def time_passes(self, days: float) -> None:
        self.house.until(self.house.clock.at + timedelta(days=days))

    # -- what holds

    @invariant()
    def the_books_agree(self) -> None:
        with self.house.work() as work:
            assert wrongs(work) == {}

    @invariant()
    def nobody_is_off_who_has_paid(self) -> None:
        with self.house.work() as work:
            assert off_though_paid(work) == []

    @invariant()
    def nothing_is_unbilled(self) -> None:
        with self.house.work() as work:
            assert unbilled(work) == []


def test_lives_in_any_order(
    open_database: Callable[[Routes], Database], broom: psycopg.Connection, clock: SetClock
) -> None:
    """Each life has a house of its own, so that it can be lived again as it was."""

    def new_house(begins: str) -> Lives:
        sweep(broom)
        clock.at = nairobi(begins, "14:05")
        return Lives(open_database(routes), clock)

    class InAHouseOfItsOwn(Life):
        def __init__(self) -> None:
            super().__init__(new_house)

    run_state_machine_as_test(
        InAHouseOfItsOwn,
        settings=settings(
            max_examples=LIVES or 4,
            stateful_step_count=40 if LIVES else 18,
            derandomize=not LIVES,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
