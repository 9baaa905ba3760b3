"""Runs of the billing cycle, and the rules of bills as functions of the database: calendar, proration, tax

Each function says in SQL what core/billing/periods.py, proration.py and tax.py say of one line; a property test holds
the two together. plan_price is the one place where the cycle asks what a plan costs on a day.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

CALENDAR = """
CREATE OR REPLACE FUNCTION add_months(day date, months integer, anchor integer) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT least(first + (anchor - 1), (first + interval '1 month')::date - 1)
    FROM (SELECT (date_trunc('month', day::timestamp) + make_interval(months => months))::date AS first) AS month
$$;

CREATE OR REPLACE FUNCTION next_anchor_day(after date, anchor integer) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN add_months(after, 0, anchor) > after THEN add_months(after, 0, anchor)
                ELSE add_months(after, 1, anchor) END
$$;

-- The line's own anchor, or the day where it really stands when given or part-paid days moved it off.
CREATE OR REPLACE FUNCTION anchor_at(last date, anchor integer) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN add_months(last, 0, anchor) = last THEN anchor ELSE extract(day FROM last)::integer END
$$;

-- The last day of the period that follows the day `last`. fixed: the plan's common payday, if it has one.
CREATE OR REPLACE FUNCTION period_end(last date, unit text, count integer, anchor integer, fixed integer) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN unit = 'days' THEN last + count
                WHEN fixed IS NOT NULL THEN add_months(next_anchor_day(last, fixed), count - 1, fixed)
                ELSE add_months(last, count, anchor_at(last, anchor)) END
$$;

-- The day before the period whose last day is `last`: what period_end began from.
CREATE OR REPLACE FUNCTION period_before(last date, unit text, count integer, anchor integer, fixed integer)
RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN unit = 'days' THEN last - count
                WHEN fixed IS NOT NULL THEN add_months(next_anchor_day(last - 1, fixed), -count, fixed)
                ELSE add_months(last, -count, anchor_at(last, anchor)) END
$$;
"""

MONEY = """
-- round_half_up(price * mark / whole), for prices that are not negative.
CREATE OR REPLACE FUNCTION share_of(price bigint, mark integer, whole integer) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT (2 * price * mark + whole) / (2 * whole) $$;

-- What the days after `after` up to and with `last` cost of a period that ends on `last` or later. Lines with a payday
-- of their own buy whole periods; with a common one they pay for their days of it.
CREATE OR REPLACE FUNCTION price_of_period(
    price bigint, after date, last date, unit text, count integer, fixed integer
) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN unit <> 'months' OR fixed IS NULL THEN price
                ELSE share_of(price, last - before, whole - before)
                   - share_of(price, after - before, whole - before) END
    FROM (SELECT add_months(next_anchor_day(last - 1, fixed), -count, fixed) AS before,
                 next_anchor_day(last - 1, fixed) AS whole) AS period
$$;

-- Taxes inside a price, in whole cents, half up; rates in basis points. The net takes the last cent.
CREATE OR REPLACE FUNCTION excise_inside(price bigint, excise_bp integer, vat_bp integer) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT (2 * price * excise_bp * 10000 + whole) / (2 * whole)
    FROM (SELECT (10000 + excise_bp)::bigint * (10000 + vat_bp) AS whole) AS rates
$$;
CREATE OR REPLACE FUNCTION vat_inside(price bigint, vat_bp integer) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT (2 * price * vat_bp + 10000 + vat_bp) / (2 * (10000 + vat_bp))
$$;
"""

PRICE = """
-- What a plan costs a period that begins on `day`, in cents, unless prices by day stand already.
DO $do$
BEGIN
    IF to_regprocedure('plan_price(bigint, date)') IS NULL THEN
        CREATE FUNCTION plan_price(plan bigint, day date) RETURNS bigint
        LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT price_cents FROM plans WHERE id = plan $$;
    END IF;
END $do$;
"""

DAYS = """
CREATE OR REPLACE FUNCTION nairobi_day(at timestamptz) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT (at AT TIME ZONE 'Africa/Nairobi')::date $$;

-- The last whole day of what ends at the instant `at`, and the instant at which a day is over.
CREATE OR REPLACE FUNCTION last_day(at timestamptz) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT (at AT TIME ZONE 'Africa/Nairobi' - interval '1 microsecond')::date
$$;
CREATE OR REPLACE FUNCTION through(day date) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT (day + 1)::timestamp AT TIME ZONE 'Africa/Nairobi' $$;
"""


def upgrade() -> None:
    op.create_table(
        "cycle_runs",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("round", sa.Integer(), server_default="1", nullable=False),
        sa.Column("after_id", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("round_bills", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("chunks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("bills", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("total_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("covered", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("review", postgresql.JSONB(astext_type=sa.Text())),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("decided_by", sa.BigInteger()),
        sa.Column("reason", sa.Text()),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'refused', 'lapsed')", name=op.f("ck_cycle_runs_state")
        ),
        sa.CheckConstraint("is_open = (state IN ('waiting', 'running'))", name=op.f("ck_cycle_runs_open")),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_cycle_runs_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cycle_runs")),
    )
    op.create_index(
        "uq_cycle_runs_open", "cycle_runs", ["is_open"], unique=True, postgresql_where=sa.text("is_open")
    )
    for functions in (CALENDAR, MONEY, PRICE, DAYS):
        op.execute(functions)
