"""A bill that was lowered is a bill still: only one that was wholly taken back makes room for another of its period"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DROP INDEX uq_invoices_bill")
    op.execute(
        "CREATE UNIQUE INDEX uq_invoices_bill ON invoices (subscription_id, period_from) "
        "WHERE kind = 'bill' AND credited_cents < total_cents"
    )
