"""What staff order by a form: done once, and above a limit only when a second person agreed"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "staff_orders",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("once", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("about_id", sa.BigInteger(), nullable=False),
        sa.Column("asked", postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("pays_out", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("stake_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger()),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("answer", sa.Text()),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "state IN ('waiting', 'agreed', 'done', 'refused')", name=op.f("ck_staff_orders_state")
        ),
        sa.CheckConstraint("char_length(reason) BETWEEN 4 AND 500", name=op.f("ck_staff_orders_reason")),
        sa.CheckConstraint(
            "decided_by <> asked_by OR state = 'refused'", name=op.f("ck_staff_orders_second")
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_staff_orders_asked_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_staff_orders_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_orders")),
        sa.UniqueConstraint("once", name=op.f("uq_staff_orders_once")),
    )
    op.create_index("ix_staff_orders_asked_by_asked_at", "staff_orders", ["asked_by", "asked_at"])
    op.create_index(
        "uq_staff_orders_open",
        "staff_orders",
        ["kind", "about", "about_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('waiting', 'agreed')"),
    )
    op.execute("REVOKE DELETE, TRUNCATE ON staff_orders FROM bando_app")
