"""Who looked up other people's accounts"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "foreign_looks",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_foreign_looks_subscriber_id_subscribers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_foreign_looks")),
    )
    op.create_index("ix_foreign_looks_subscriber_id_at", "foreign_looks", ["subscriber_id", "at"])
    op.execute("REVOKE UPDATE, TRUNCATE ON foreign_looks FROM bando_app")
