"""Why a policy of dunning was written"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dunning_policies", sa.Column("reason", sa.Text()))
