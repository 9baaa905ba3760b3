"""The words of `bando report`: what is printed for people, and for spreadsheets."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from click.testing import CliRunner

from bando.cli import REPORT_NAMES, commands
from bando.reports import REPORTS, _aligned, _as_csv, _exact, _readable, report, table
from core.base.database import Database
from core.base.errors import Misconfigured
from core.base.money import Money
from core.billing.reports.debts import ageing
from core.billing.reports.mrr import recurring
from core.billing.reports.period import Period
from core.billing.reports.revenue import Earned
from core.ledger.queries import trial_balance_at
from tests.factories import a_home_plan, a_paid_purchase, a_subscriber

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))


def test_every_report_can_be_asked_for_and_is_described() -> None:
    assert tuple(REPORTS) == REPORT_NAMES


def test_money_and_shares_as_people_read_them_and_as_programs_do() -> None:
    row = Earned("Mtwapa", "pppoe", "Home 10", Money(337_331), Money(124_800), Money(-212_531))
    assert list(table([row], _readable))[1] == [
        "Mtwapa",
        "pppoe",
        "Home 10",
        "Ksh 3,373.31",
        "Ksh 1,248",
        "-Ksh 2,125.31",
    ]
    assert list(table([row], _exact))[1][3:] == ["3373.31", "1248.00", "-2125.31"]
    assert [_readable("rate_bp", value) for value in (9_833, -5, None)] == ["98.33 %", "-0.05 %", "-"]
    assert [_exact("rate_bp", value) for value in (9_833, None)] == ["98.33", ""]


@pytest.mark.parametrize("name", ["=1+1", "+254712345678", "-2", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_text_is_calculated_by_a_spreadsheet(name: str) -> None:
    @dataclass(frozen=True)
    class Row:
        name: str
        amount: Money

    (_, written) = table([Row(name, Money(-5))], _exact)
    assert written == [f"'{name}", "-0.05"]


def test_reports_with_parts_are_one_table(database: Database) -> None:
    with database.work() as work:
        a_paid_purchase(work, a_subscriber(work), a_home_plan(work))
        ages = _aligned(list(table(ageing(work, NOVEMBER), _readable)))
        moves = _as_csv(list(table(recurring(work, NOVEMBER), _exact)))
    assert ages[0].split() == ["overdue", "invoices", "subscribers", "open"]
    assert ages[-1].split() == ["receivable", "Ksh", "0"]
    assert moves == [
        "opening,0,0.00",
        "new,0,0.00",
        "back,0,0.00",
        "upgrade,0,0.00",
        "downgrade,0,0.00",
        "churn,0,0.00",
        "closing,0,0.00",
    ], "paid, and no router has said yes"


def test_the_trial_balance_is_both_sides_of_every_account(database: Database) -> None:
    with database.work() as work:
        a_paid_purchase(work, a_subscriber(work), a_home_plan(work))
        ends = work.now
        rows = _as_csv(list(table(trial_balance_at(work, ends + timedelta(seconds=1)), _exact)))
        assert trial_balance_at(work, ends).accounts == [], "what happens then is not within it"
    assert rows[:3] == [
        "code,kind,debit,credit",
        "clearing.mpesa,asset,1500.00,0.00",
        "receivable,asset,1500.00,1500.00",
    ]
    assert rows[-3:] == ["debit,3000.00", "credit,3000.00", "difference,0.00"]


def test_what_is_no_period_or_no_report_is_said_plainly() -> None:
    with pytest.raises(
        Misconfigured, match=r"--from 2026-11-02 --to 2026-11-01: a period ends after it begins"
    ):
        report("mrr", date(2026, 11, 2), date(2026, 11, 1), as_csv=False)
    for words in (
        ["mrr"],
        ["profit", "--from", "2026-11-01", "--to", "2026-11-30"],
        ["mrr", "--from", "soon"],
    ):
        found = CliRunner().invoke(commands, ["report", *words])
        assert found.exit_code == 2
        assert "Error:" in found.output
