"""Billing's jobs: thin, each opens a Work and calls a verb."""

from datetime import UTC, datetime

from core.base.clock_guard import is_clock_doubted
from core.base.database import OpensWork
from core.base.log import logger
from core.billing import dark_days, data, mailed
from core.billing.cycle import advance, begin_run, pay_postpaid
from core.billing.dark_hotspot import stretch
from core.billing.dunning import LINES_A_RUN, take_steps
from core.billing.dunning_model import GATEWAY, SITE
from core.billing.ending import write_statement
from core.billing.events import BillsRaised, CycleGoesOn
from core.billing.expire import LINES_A_SWEEP, sweep
from core.billing.line_clock import follow_dates
from core.billing.serve import start_at_login, start_paid_time
from core.billing.standstill import begin_standstill, end_standstill


def begin_granted(deps: OpensWork, *, subscription_id: int, at: int) -> None:
    """A router has the access since `at` (epoch seconds)."""
    with deps.work() as work:
        start_paid_time(work, subscription_id=subscription_id, at=datetime.fromtimestamp(at, UTC))


def begin_logged_in(deps: OpensWork, *, subscription_id: int, at: int, site_id: int = 0) -> None:
    """The first login was at `at` (epoch seconds), at that site (0: not known)."""
    with deps.work() as work:
        instant = datetime.fromtimestamp(at, UTC)
        start_at_login(work, subscription_id=subscription_id, at=instant, site_id=site_id or None)


def close_the_day(deps: OpensWork) -> None:
    """The night's sweep, five minutes past midnight: the hour at which home lines change. Lost days come back first."""
    give_dark_days(deps)
    end_what_is_over(deps)
    take_dunning_steps(deps)


def give_dark_days(deps: OpensWork) -> None:
    """Days that our side kept dark, repeated while a run is full. Not by a clock that is doubted."""
    while True:
        with deps.work() as work:
            given = 0 if is_clock_doubted(work) else dark_days.give_dark_days(work)
        if given:
            logger("billing").info("dark_days_given", lines=given)
        if given < dark_days.LINES_AT_ONCE:
            return


def end_what_is_over(deps: OpensWork) -> None:
    """The sweep of each minute, repeated while it is full. Not by a clock that is doubted."""
    while True:
        with deps.work() as work:
            moved = {} if is_clock_doubted(work) else sweep(work)
            if moved:
                follow_dates(work)
        if any(moved.values()):
            logger("billing").info("swept", **moved)
        if max(moved.values(), default=0) < LINES_A_SWEEP:
            return


def take_dunning_steps(deps: OpensWork) -> None:
    """The steps of each minute, repeated while a run is full. Not by a clock that is doubted."""
    while True:
        with deps.work() as work:
            taken = {} if is_clock_doubted(work) else take_steps(work)
        if any(taken.values()):
            logger("billing").info("dunned", **taken)
        if max(taken.values(), default=0) < LINES_A_RUN:
            return


def dun_in_the_morning(deps: OpensWork) -> None:
    """The hour of reminders. A stop of the trial's clock, as the next two; the minute's job does the same."""
    take_dunning_steps(deps)


def dun_in_the_afternoon(deps: OpensWork) -> None:
    """The hour of prompts."""
    take_dunning_steps(deps)


def dun_in_the_evening(deps: OpensWork) -> None:
    """The hour at which people are told that it stops tonight."""
    take_dunning_steps(deps)


def write_final_statement(deps: OpensWork, *, subscription_id: int) -> None:
    """A line was ended by dunning: what it owes and what comes back."""
    with deps.work() as work:
        write_statement(work, subscription_id)


def note_site_down(deps: OpensWork, *, site_id: int, at: int) -> None:
    """A site is down since `at` (epoch seconds): its lines' steps stand still."""
    with deps.work() as work:
        begin_standstill(work, scope=SITE, about=str(site_id), at=datetime.fromtimestamp(at, UTC))


def note_site_up(deps: OpensWork, *, site_id: int, at: int) -> None:
    """A site is up again since `at`: hotspot time that ran there ends later."""
    with deps.work() as work:
        end_standstill(work, scope=SITE, about=str(site_id), at=datetime.fromtimestamp(at, UTC))
        stretch(work)


def note_gateway_down(deps: OpensWork, *, gateway: str, at: int) -> None:
    """Nobody can pay by a gateway since `at`: all steps stand still."""
    with deps.work() as work:
        begin_standstill(work, scope=GATEWAY, about=gateway, at=datetime.fromtimestamp(at, UTC))


def note_gateway_up(deps: OpensWork, *, gateway: str, at: int) -> None:
    """The gateway answers again since `at`."""
    with deps.work() as work:
        end_standstill(work, scope=GATEWAY, about=gateway, at=datetime.fromtimestamp(at, UTC))


def give_new_data(deps: OpensWork) -> None:
    """Midnight: whose data was used up has a new period's, repeated while there are more."""
    while True:
        with deps.work() as work:
            if data.lift_caps(work) < data.LINES_A_CHUNK:
                return


CHUNKS_A_JOB = 20
"""Of 10,000 lines each, about a second a chunk: a job has less than three minutes."""


def raise_bills(deps: OpensWork) -> None:
    """The night's run of the cycle. Not by a clock that is doubted."""
    with deps.work() as work:
        run_id = None if is_clock_doubted(work) else begin_run(work)
    if run_id is not None:
        go_on_with_bills(deps, run_id=run_id)


def catch_up_bills(deps: OpensWork) -> None:
    """Each hour: a run that was broken off, and lines that somebody held or that came back meanwhile."""
    raise_bills(deps)


def go_on_with_bills(deps: OpensWork, *, run_id: int) -> None:
    """A share of a run; what is left is another job."""
    if not advance(deps, run_id, chunks=CHUNKS_A_JOB):
        with deps.work() as work:
            work.record(CycleGoesOn(run_id))


def pay_postpaid_bill(deps: OpensWork, *, invoice_id: int) -> None:
    """Money that its owner has with us pays a postpaid line's bill when it is raised."""
    with deps.work() as work:
        pay_postpaid(work, invoice_id=invoice_id)


PAGES_A_JOB = 50
"""Of 300 bills each, about a tenth of a second a page."""


def mail_bills(deps: OpensWork, *, run_id: int, after_id: int, page: int) -> None:
    """The bills of a run that is over, as mails; what is left after a share of them is another job."""
    last = page + PAGES_A_JOB
    while page < last:
        with deps.work() as work:
            done = mailed.mail_bills(work, run_id=run_id, after_id=after_id, page=page)
        if done.after_id is None:
            return
        after_id, page = done.after_id, page + 1
    with deps.work() as work:
        work.record(BillsRaised(run_id, after_id=after_id, page=page))


def mail_credit_note(deps: OpensWork, *, credit_note_id: int) -> None:
    """A credit note as a mail, for whoever wants papers so."""
    with deps.work() as work:
        mailed.mail_credit_note(work, credit_note_id=credit_note_id)
