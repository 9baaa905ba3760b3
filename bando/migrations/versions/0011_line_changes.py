"""Changes of plan and payday, pauses, days given, moves of site, the end of a line"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# The same pairs stand in core/billing/moves.py; a test holds the two together.
ALLOWED_MOVES = """
CREATE FUNCTION refuse_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'subscription %: % to % is no move', OLD.id, OLD.state, NEW.state USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER allowed_moves BEFORE UPDATE OF state ON subscriptions FOR EACH ROW
    WHEN (OLD.state <> NEW.state AND (OLD.state || ' ' || NEW.state) NOT IN (
        'awaiting_network active', 'awaiting_network suspended', 'awaiting_network ended',
        'active grace', 'active suspended', 'active paused', 'active ended',
        'grace active', 'grace suspended', 'grace ended',
        'suspended awaiting_network', 'suspended ended',
        'paused awaiting_network', 'paused ended'
    )) EXECUTE FUNCTION refuse_move();
"""


def upgrade() -> None:
    op.add_column("subscriptions", sa.Column("next_plan_from", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_subscriptions_next_plan_from",
        "subscriptions",
        ["next_plan_from"],
        postgresql_where=sa.text("next_plan_from IS NOT NULL"),
    )
    op.create_index(
        "ix_subscriptions_paused_until",
        "subscriptions",
        ["paused_until"],
        postgresql_where=sa.text("state = 'paused'"),
    )
    op.add_column("purchases", sa.Column("purpose", sa.Text(), server_default="term", nullable=False))
    op.add_column("purchases", sa.Column("anchor_day", sa.Integer()))
    for name, condition in (
        ("purpose", "purpose IN ('term', 'change', 'payday')"),
        ("anchor_day", "(purpose = 'payday') = (anchor_day IS NOT NULL)"),
    ):
        op.create_check_constraint(op.f(f"ck_purchases_{name}"), "purchases", condition)
    _plan_changes()
    _days_given()
    _site_moves()
    _endings()
    for table in ("plan_changes", "plan_change_parts", "days_given", "site_moves", "line_endings"):
        op.execute(
            f"CREATE TRIGGER written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION written_once()"
        )
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM bando_app")
    op.execute(ALLOWED_MOVES)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False)


def _at() -> sa.Column[object]:
    return sa.Column("at", sa.DateTime(timezone=True), nullable=False)


def _whole(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _keys(table: str, **columns: str) -> list[sa.Constraint]:
    return [
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
            for column, other in columns.items()
        ),
    ]


def _plan_changes() -> None:
    op.create_table(
        "plan_changes",
        _id(),
        _at(),
        sa.Column("kind", sa.Text(), nullable=False),
        _whole("subscription_id"),
        _whole("from_plan_id"),
        _whole("to_plan_id"),
        sa.Column("credit_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("charge_cents", sa.BigInteger(), server_default="0", nullable=False),
        _whole("purchase_id", nullable=True),
        _whole("by_staff_id", nullable=True),
        sa.CheckConstraint("kind IN ('now', 'next', 'kept', 'begun')", name=op.f("ck_plan_changes_kind")),
        *_keys(
            "plan_changes",
            subscription_id="subscriptions",
            from_plan_id="plans",
            to_plan_id="plans",
            purchase_id="purchases",
            by_staff_id="staff",
        ),
    )
    op.create_index(op.f("ix_plan_changes_subscription_id"), "plan_changes", ["subscription_id"])
    op.create_table(
        "plan_change_parts",
        _id(),
        _whole("change_id"),
        _whole("purchase_id"),
        _whole("invoice_id"),
        _whole("price_cents"),
        sa.Column("from_mark", sa.Integer(), nullable=False),
        sa.Column("to_mark", sa.Integer(), nullable=False),
        sa.Column("of_days", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "0 <= from_mark AND from_mark < to_mark AND to_mark <= of_days",
            name=op.f("ck_plan_change_parts_marks"),
        ),
        *_keys("plan_change_parts", change_id="plan_changes", purchase_id="purchases", invoice_id="invoices"),
    )
    op.create_index(op.f("ix_plan_change_parts_purchase_id"), "plan_change_parts", ["purchase_id"])


def _days_given() -> None:
    op.create_table(
        "days_given",
        _id(),
        _at(),
        sa.Column("kind", sa.Text(), nullable=False),
        _whole("subscription_id"),
        sa.Column("days", sa.Integer(), nullable=False),
        _whole("other_id", nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        _whole("by_staff_id", nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('goodwill', 'outage', 'handed')", name=op.f("ck_days_given_kind")),
        sa.CheckConstraint("days <> 0", name=op.f("ck_days_given_days")),
        sa.CheckConstraint("(kind = 'handed') = (other_id IS NOT NULL)", name=op.f("ck_days_given_other")),
        *_keys("days_given", subscription_id="subscriptions", other_id="subscriptions", by_staff_id="staff"),
        sa.UniqueConstraint("key", "subscription_id", name=op.f("uq_days_given_key")),
    )
    op.create_index(op.f("ix_days_given_subscription_id"), "days_given", ["subscription_id"])


def _site_moves() -> None:
    op.create_table(
        "site_moves",
        _id(),
        _at(),
        _whole("subscription_id"),
        _whole("from_site_id", nullable=True),
        _whole("to_site_id"),
        sa.Column("reason", sa.Text(), nullable=False),
        _whole("by_staff_id", nullable=True),
        *_keys(
            "site_moves",
            subscription_id="subscriptions",
            from_site_id="sites",
            to_site_id="sites",
            by_staff_id="staff",
        ),
    )
    op.create_index(op.f("ix_site_moves_subscription_id"), "site_moves", ["subscription_id"])


def _endings() -> None:
    op.create_table(
        "line_endings",
        _id(),
        _at(),
        _whole("subscription_id"),
        sa.Column("reason", sa.Text(), nullable=False),
        _whole("credited_cents"),
        _whole("charged_cents"),
        _whole("deposit_cents"),
        _whole("owed_cents"),
        _whole("own_cents"),
        _whole("by_staff_id", nullable=True),
        *_keys("line_endings", subscription_id="subscriptions", by_staff_id="staff"),
        sa.UniqueConstraint("subscription_id", name=op.f("uq_line_endings_subscription_id")),
    )
