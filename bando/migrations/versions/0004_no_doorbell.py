"""No NOTIFY for each delivery: the relay looks for itself (docs/decisions/0015)"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DROP TRIGGER ring_doorbell ON deliveries")
    op.execute("DROP FUNCTION ring_doorbell()")
