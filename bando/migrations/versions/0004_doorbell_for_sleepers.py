"""NOTIFY only a relay that sleeps (docs/decisions/0015), and how far the gateways' lists were read"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# A sleeping relay holds this lock alone. Whoever records an event tries to share it: that fails only while the
# relay sleeps, and only then is the bell rung, for NOTIFY makes all transactions that ring wait for one another.
DOORBELL = """
CREATE OR REPLACE FUNCTION ring_doorbell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock_shared(20261124) THEN
        PERFORM pg_notify('bando_deliveries', '');
    END IF;
    RETURN NULL;
END $$;
"""


def upgrade() -> None:
    op.execute(DOORBELL)
    op.add_column("gateway_tokens", sa.Column("pulled_until", sa.DateTime(timezone=True), nullable=True))
