"""The tax authority's marks on documents, and the document that goes with a notice"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fiscal_marks",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("control_unit", sa.Text(), nullable=False),
        sa.Column("receipt_number", sa.Text(), nullable=False),
        sa.Column("scan", sa.Text(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('invoice', 'credit_note')", name=op.f("ck_fiscal_marks_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fiscal_marks")),
        sa.UniqueConstraint("kind", "document_id", name=op.f("uq_fiscal_marks_kind")),
    )
    op.add_column("notices", sa.Column("document", sa.Text()))
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON fiscal_marks FROM bando_app")
