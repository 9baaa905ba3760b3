"""Few lines are paid for by another account: the rest need no row in the index of payers, written with each move"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DROP INDEX ix_subscriptions_payer_id")
    op.execute(
        "CREATE INDEX ix_subscriptions_payer_id ON subscriptions (payer_id) WHERE payer_id IS NOT NULL"
    )
