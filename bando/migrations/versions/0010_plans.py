"""Prices of a day, offers and fees of plans, free tiers; data allowances and what was used of them"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# The newest word about a day holds. A plan of which nothing was ever said costs what stands in its row.
PLAN_PRICE = """
CREATE FUNCTION plan_price(plan bigint, day date) RETURNS bigint
LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(
        (SELECT price_cents FROM plan_prices WHERE plan_id = plan AND from_day <= day
         ORDER BY from_day DESC, id DESC LIMIT 1),
        (SELECT price_cents FROM plans WHERE id = plan)
    )
$$
"""


def upgrade() -> None:
    _prices()
    _offers_and_fees()
    _free_grants()
    _data()
    op.execute(PLAN_PRICE)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False)


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def _prices() -> None:
    op.create_table(
        "plan_prices",
        _id(),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("price_cents", sa.BigInteger(), nullable=False),
        _at("set_at"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_staff_id", sa.BigInteger()),
        sa.CheckConstraint(
            "price_cents >= 0 AND mod(price_cents, 100) = 0",
            name=op.f("ck_plan_prices_price_in_whole_shillings"),
        ),
        _refers("plan_prices", "plan_id", "plans"),
        _refers("plan_prices", "by_staff_id", "staff"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_prices")),
    )
    op.create_index("ix_plan_prices_plan_id_from_day", "plan_prices", ["plan_id", "from_day", "id"])
    op.create_table(
        "plan_moves",
        _id(),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        _at("at"),
        sa.Column("from_state", sa.Text()),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_staff_id", sa.BigInteger()),
        _refers("plan_moves", "plan_id", "plans"),
        _refers("plan_moves", "by_staff_id", "staff"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_moves")),
    )
    op.create_index(op.f("ix_plan_moves_plan_id"), "plan_moves", ["plan_id"])
    for table in ("plan_prices", "plan_moves"):
        op.execute(
            f"CREATE TRIGGER written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION written_once()"
        )
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM bando_app")


def _offers_and_fees() -> None:
    op.create_table(
        "plan_offers",
        _id(),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger()),
        _at("from_at"),
        _at("until_at"),
        sa.Column("price_cents", sa.BigInteger(), nullable=False),
        _at("set_at"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_staff_id", sa.BigInteger()),
        sa.CheckConstraint(
            "price_cents > 0 AND mod(price_cents, 100) = 0",
            name=op.f("ck_plan_offers_price_in_whole_shillings"),
        ),
        sa.CheckConstraint("from_at <= until_at", name=op.f("ck_plan_offers_until_at")),
        _refers("plan_offers", "plan_id", "plans"),
        _refers("plan_offers", "site_id", "sites"),
        _refers("plan_offers", "by_staff_id", "staff"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_offers")),
    )
    op.create_index(op.f("ix_plan_offers_plan_id"), "plan_offers", ["plan_id"])
    op.create_table(
        "plan_fees",
        _id(),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('installation', 'equipment', 'deposit')", name=op.f("ck_plan_fees_kind")
        ),
        sa.CheckConstraint("cents > 0 AND mod(cents, 100) = 0", name=op.f("ck_plan_fees_in_whole_shillings")),
        _refers("plan_fees", "plan_id", "plans"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_fees")),
        sa.UniqueConstraint("plan_id", "kind", name=op.f("uq_plan_fees_plan_id")),
    )
    op.add_column("purchases", sa.Column("fees", postgresql.JSONB(astext_type=sa.Text())))
    op.drop_constraint(op.f("ck_purchases_price"), "purchases")
    op.create_check_constraint(op.f("ck_purchases_price"), "purchases", "price_cents >= 0")


def _free_grants() -> None:
    op.create_table(
        "free_grants",
        _id(),
        sa.Column("subscriber_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("purchase_id", sa.BigInteger(), nullable=False),
        _refers("free_grants", "subscriber_id", "subscribers"),
        _refers("free_grants", "site_id", "sites"),
        _refers("free_grants", "purchase_id", "purchases"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_free_grants")),
        sa.UniqueConstraint("subscriber_id", "site_id", "day", name=op.f("uq_free_grants_subscriber_id")),
    )


def _data() -> None:
    op.add_column("subscriptions", sa.Column("capped_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_subscriptions_capped_at",
        "subscriptions",
        ["id"],
        postgresql_where=sa.text("capped_at IS NOT NULL"),
    )
    op.create_table(
        "data_periods",
        _id(),
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        _at("begins_at"),
        _at("ends_at"),
        sa.Column("allowance_bytes", sa.BigInteger(), nullable=False),
        sa.Column("used_bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("from_plan_bytes", sa.BigInteger(), server_default="0", nullable=False),
        _at("told_80_at", nullable=True),
        _at("told_100_at", nullable=True),
        sa.CheckConstraint("begins_at < ends_at", name=op.f("ck_data_periods_ends_at")),
        sa.CheckConstraint(
            "from_plan_bytes BETWEEN 0 AND least(allowance_bytes, used_bytes)",
            name=op.f("ck_data_periods_from_plan_bytes"),
        ),
        _refers("data_periods", "subscription_id", "subscriptions"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_periods")),
        sa.UniqueConstraint("subscription_id", "begins_at", name=op.f("uq_data_periods_subscription_id")),
    )
    op.create_table(
        "data_topups",
        _id(),
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        sa.Column("purchase_id", sa.BigInteger(), nullable=False),
        sa.Column("period_id", sa.BigInteger()),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("used_bytes", sa.BigInteger(), server_default="0", nullable=False),
        _at("bought_at"),
        sa.CheckConstraint("used_bytes BETWEEN 0 AND bytes", name=op.f("ck_data_topups_used_bytes")),
        _refers("data_topups", "subscription_id", "subscriptions"),
        _refers("data_topups", "purchase_id", "purchases"),
        _refers("data_topups", "period_id", "data_periods"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_topups")),
        sa.UniqueConstraint("purchase_id", name=op.f("uq_data_topups_purchase_id")),
    )
    op.create_index(op.f("ix_data_topups_subscription_id"), "data_topups", ["subscription_id"])
    op.create_table(
        "data_counters",
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("counter_bytes", sa.BigInteger(), nullable=False),
        _at("at"),
        sa.CheckConstraint("counter_bytes >= 0", name=op.f("ck_data_counters_counter_bytes")),
        _refers("data_counters", "subscription_id", "subscriptions"),
        sa.PrimaryKeyConstraint("subscription_id", "session", name=op.f("pk_data_counters")),
    )
    op.create_index("ix_data_counters_at", "data_counters", ["at"])
