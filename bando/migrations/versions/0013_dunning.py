"""Policies, steps, standstills and calendars"""

from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# Those of Islam follow the moon and are gazetted a few days before: these are the days expected.
YEARS = {
    2026: {"easter": date(2026, 4, 5), "fitr": date(2026, 3, 20), "azha": date(2026, 5, 27)},
    2027: {"easter": date(2027, 3, 28), "fitr": date(2027, 3, 10), "azha": date(2027, 5, 17)},
    2028: {"easter": date(2028, 4, 16), "fitr": date(2028, 2, 27), "azha": date(2028, 5, 5)},
    2029: {"easter": date(2029, 4, 1), "fitr": date(2029, 2, 15), "azha": date(2029, 4, 24)},
    2030: {"easter": date(2030, 4, 21), "fitr": date(2030, 2, 5), "azha": date(2030, 4, 13)},
}
FIXED = {
    (1, 1): "New Year's Day",
    (5, 1): "Labour Day",
    (6, 1): "Madaraka Day",
    (10, 10): "Mazingira Day",
    (10, 20): "Mashujaa Day",
    (12, 12): "Jamhuri Day",
    (12, 25): "Christmas Day",
    (12, 26): "Boxing Day",
}
RAMADAN_DAYS = 30
HOME_STEPS: tuple[tuple[object, ...], ...] = (
    # key, days after the last paid day, at, action, template, calendars, announces
    ("remind", -3, time(8), "remind", "line_reminder", [], None),
    ("last_day", 0, time(8), "remind", "line_last_day", [], None),
    ("prompt", 1, time(17), "prompt", None, ["ramadan"], None),
    ("prompt_again", 2, time(17), "prompt", None, ["ramadan"], None),
    ("slow", 2, time(0, 5), "slow", "line_slowed", [], None),
    ("tonight", 3, time(18), "remind", "line_stops_tonight", [], "suspend"),
    ("suspend", 4, time(0, 5), "suspend", "line_suspended", ["sundays", "holidays"], None),
    ("end", 60, time(0, 5), "end", None, [], None),
)


def upgrade() -> None:
    _policies()
    _steps_taken()
    _promises()
    _standstills()
    _guards()
    op.create_index(
        "ix_subscriptions_slowed_at",
        "subscriptions",
        ["id"],
        postgresql_where=sa.text("slowed_at IS NOT NULL"),
    )
    op.drop_constraint(op.f("ck_consents_purpose"), "consents")
    op.create_check_constraint(
        op.f("ck_consents_purpose"), "consents", "purpose IN ('service', 'marketing', 'prompt')"
    )
    _seed()


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _policies() -> None:
    op.create_table(
        "dunning_policies",
        _id(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("plan_id", sa.BigInteger()),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("ended_on", sa.Date()),
        sa.Column("by_staff_id", sa.BigInteger()),
        sa.CheckConstraint("grace_days BETWEEN 0 AND 60", name=op.f("ck_dunning_policies_grace_days")),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_dunning_policies_plan_id")),
        sa.ForeignKeyConstraint(["by_staff_id"], ["staff.id"], name=op.f("fk_dunning_policies_by_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dunning_policies")),
    )
    op.create_table(
        "dunning_steps",
        _id(),
        sa.Column("policy_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("day_offset", sa.Integer(), nullable=False),
        sa.Column("at", sa.Time(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("template", sa.Text()),
        sa.Column("prefer", sa.Text()),
        sa.Column("calendars", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("announces", sa.Text()),
        sa.CheckConstraint(
            "action IN ('remind', 'prompt', 'slow', 'suspend', 'end')", name=op.f("ck_dunning_steps_action")
        ),
        sa.CheckConstraint("day_offset BETWEEN -60 AND 400", name=op.f("ck_dunning_steps_day_offset")),
        sa.ForeignKeyConstraint(
            ["policy_id"], ["dunning_policies.id"], name=op.f("fk_dunning_steps_policy_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dunning_steps")),
        sa.UniqueConstraint("policy_id", "key", name=op.f("uq_dunning_steps_policy_id")),
    )
    op.create_table(
        "calendar_days",
        _id(),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("weekday", sa.Integer()),
        sa.Column("from_day", sa.Date()),
        sa.Column("to_day", sa.Date()),
        sa.Column("from_minute", sa.Integer(), server_default="0", nullable=False),
        sa.Column("until_minute", sa.Integer(), server_default="1440", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name=op.f("ck_calendar_days_weekday")),
        sa.CheckConstraint(
            "(weekday IS NULL) = (from_day IS NOT NULL AND to_day IS NOT NULL)",
            name=op.f("ck_calendar_days_which"),
        ),
        sa.CheckConstraint(
            "0 <= from_minute AND from_minute < until_minute AND until_minute <= 1440",
            name=op.f("ck_calendar_days_minutes"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_days")),
    )


def _steps_taken() -> None:
    op.create_table(
        "dunning_steps_taken",
        _id(),
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        sa.Column("day_zero", sa.Date(), nullable=False),
        sa.Column("step_key", sa.Text(), nullable=False),
        sa.Column("step_id", sa.BigInteger(), nullable=False),
        _instant("at"),
        sa.Column("missed", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_dunning_steps_taken_subscription_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dunning_steps_taken")),
        sa.UniqueConstraint(
            "subscription_id", "day_zero", "step_key", name=op.f("uq_dunning_steps_taken_subscription_id")
        ),
    )
    op.create_index("ix_dunning_steps_taken_step_id_at", "dunning_steps_taken", ["step_id", "at"])
    op.execute(
        "CREATE TRIGGER written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON dunning_steps_taken "
        "FOR EACH STATEMENT EXECUTE FUNCTION written_once()"
    )
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON dunning_steps_taken FROM bando_app")


def _promises() -> None:
    op.create_table(
        "promises",
        _id(),
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        _instant("made_at"),
        _instant("until_at"),
        sa.Column("by_staff_id", sa.BigInteger()),
        sa.CheckConstraint("made_at < until_at", name=op.f("ck_promises_until_at")),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_promises_subscription_id")
        ),
        sa.ForeignKeyConstraint(["by_staff_id"], ["staff.id"], name=op.f("fk_promises_by_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promises")),
    )
    op.create_index("ix_promises_subscription_id_made_at", "promises", ["subscription_id", "made_at"])
    op.create_index("ix_promises_until_at", "promises", ["until_at"])


def _standstills() -> None:
    op.create_table(
        "standstills",
        _id(),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), server_default="", nullable=False),
        sa.Column("site_id", sa.BigInteger()),
        _instant("from_at"),
        _instant("to_at", nullable=True),
        sa.CheckConstraint("scope IN ('all', 'site', 'gateway')", name=op.f("ck_standstills_scope")),
        sa.CheckConstraint("(scope = 'site') = (site_id IS NOT NULL)", name=op.f("ck_standstills_site")),
        sa.CheckConstraint("from_at <= to_at", name=op.f("ck_standstills_to_at")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_standstills_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standstills")),
    )
    op.create_index(
        "uq_standstills_open",
        "standstills",
        ["scope", "about"],
        unique=True,
        postgresql_where=sa.text("to_at IS NULL"),
    )
    op.create_index("ix_standstills_to_at", "standstills", ["to_at"])


def _guards() -> None:
    op.create_table(
        "cut_holds",
        _id(),
        sa.Column("action", sa.Text(), nullable=False),
        _instant("at"),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("lines_on", sa.Integer(), nullable=False),
        _instant("released_at", nullable=True),
        sa.Column("by_staff_id", sa.BigInteger()),
        sa.CheckConstraint("action IN ('suspend', 'end')", name=op.f("ck_cut_holds_action")),
        sa.ForeignKeyConstraint(["by_staff_id"], ["staff.id"], name=op.f("fk_cut_holds_by_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cut_holds")),
    )
    op.create_index(
        "uq_cut_holds_open",
        "cut_holds",
        ["action"],
        unique=True,
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_table(
        "clock_marks",
        sa.Column("boot_id", sa.Text(), nullable=False),
        _instant("machine_at"),
        _instant("told_at"),
        sa.Column("boot_seconds", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("boot_id", name=op.f("pk_clock_marks")),
    )
    op.create_table(
        "clock_doubts",
        _id(),
        _instant("since"),
        sa.Column("why", sa.Text(), nullable=False),
        _instant("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_doubts")),
    )
    op.create_index(
        "uq_clock_doubts_open",
        "clock_doubts",
        [sa.text("(ended_at IS NULL)")],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _seed() -> None:
    """The policy "home", Sundays, the public holidays of Kenya, and the hour at which a fast is broken."""
    policies = sa.table("dunning_policies", sa.column("name"), sa.column("from_day"), sa.column("grace_days"))
    home = op.get_bind().scalar(
        sa.insert(policies)
        .values(name="home", from_day=date(2020, 1, 1), grace_days=3)
        .returning(sa.column("id"))
    )
    names = ("key", "day_offset", "at", "action", "template", "calendars", "announces")
    columns: list[sa.ColumnClause[Any]] = [sa.column("policy_id"), *(sa.column(name) for name in names)]
    columns[names.index("calendars") + 1] = sa.column("calendars", sa.ARRAY(sa.Text()))
    op.bulk_insert(
        sa.table("dunning_steps", *columns),
        [{"policy_id": home, **dict(zip(names, step, strict=True))} for step in HOME_STEPS],
    )
    rows = ("calendar", "weekday", "from_day", "to_day", "from_minute", "until_minute", "note")
    op.bulk_insert(
        sa.table("calendar_days", *(sa.column(name) for name in rows)),
        [dict(zip(rows, row, strict=True)) for row in _calendars()],
    )


def _calendars() -> Iterator[tuple[str, int | None, date | None, date | None, int, int, str]]:
    yield "sundays", 7, None, None, 0, 1440, "Sunday"
    for year, moving in YEARS.items():
        days = {date(year, month, day): name for (month, day), name in FIXED.items()}
        days[moving["easter"] - timedelta(days=2)] = "Good Friday"
        days[moving["easter"] + timedelta(days=1)] = "Easter Monday"
        days[moving["fitr"]] = "Idd-ul-Fitr (expected)"
        days[moving["azha"]] = "Idd-ul-Azha (expected)"
        for day, name in sorted(days.items()):
            yield "holidays", None, day, day, 0, 1440, name
            after = day + timedelta(days=1)
            if day.isoweekday() == 7 and after not in days:
                yield "holidays", None, after, after, 0, 1440, f"{name}, the Monday after"
        first = moving["fitr"] - timedelta(days=RAMADAN_DAYS)
        yield (
            "ramadan",
            None,
            first,
            moving["fitr"],
            18 * 60,
            19 * 60,
            "Ramadan (expected), the fast is broken",
        )
