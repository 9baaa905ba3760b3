"""The ladder: each try of a notice on a channel, batches, consent by purpose, and notices that wait to be read"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STATES = "'queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'unknown', 'waiting'"

# What is under way is told of by reports later. The carrier's words were "KES 0.8000". The columns
# notices.carrier_message_id and notices.cost stay for the program that is still running; nobody reads them now.
TRIES_SO_FAR = """
INSERT INTO notice_tries (notice_id, number, channel, address, state, carrier_message_id, parts, cost_cents, error,
                          begun_at, sent_at, confirmed_at)
SELECT id, greatest(attempts, 1), channel, address,
    CASE WHEN state IN ('sending', 'sent', 'delivered', 'failed', 'unknown') THEN state ELSE 'away' END,
    carrier_message_id, coalesce(parts, 1),
    coalesce(round(substring(cost FROM '^KES ([0-9]+[.]?[0-9]*)$')::numeric * 100), 0)::bigint,
    last_error, coalesce(sent_at, created_at), sent_at, delivered_at
FROM notices WHERE attempts > 0;
UPDATE notices n SET cost_cents = t.cost_cents FROM notice_tries t WHERE t.notice_id = n.id AND t.cost_cents > 0;
"""
OPTED_OUT = """
INSERT INTO consents (subscriber_id, purpose, withdrawn_at, how, wording)
SELECT subscriber_id, 'marketing', min(marketing_stopped_at), 'sms', 'opt-out'
FROM addresses WHERE marketing_stopped_at IS NOT NULL GROUP BY subscriber_id;
REVOKE UPDATE, DELETE, TRUNCATE ON consents FROM bando_app;
"""


def upgrade() -> None:
    _batches()
    _notices()
    _tries()
    _consents()
    op.execute(TRIES_SO_FAR)
    op.execute(OPTED_OUT)


def _batches() -> None:
    op.create_table(
        "notice_batches",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("values_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("people", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_batches")),
        sa.UniqueConstraint("reason", name=op.f("uq_notice_batches_reason")),
    )


def _notices() -> None:
    op.add_column("notices", sa.Column("batch_id", sa.BigInteger(), nullable=True))
    op.add_column("notices", sa.Column("bulk", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("notices", sa.Column("prefer", sa.Text(), nullable=True))
    op.add_column("notices", sa.Column("cost_cents", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("notices", sa.Column("read_at", sa.DateTime(timezone=True), nullable=True))
    op.alter_column("notices", "values_sealed", nullable=True)
    op.create_foreign_key(op.f("fk_notices_batch_id"), "notices", "notice_batches", ["batch_id"], ["id"])
    op.drop_constraint(op.f("ck_notices_state"), "notices")
    op.create_check_constraint(op.f("ck_notices_state"), "notices", f"state IN ({STATES})")
    op.create_check_constraint(
        op.f("ck_notices_values"), "notices", "(values_sealed IS NULL) = (batch_id IS NOT NULL)"
    )
    unread = sa.text("state IN ('waiting', 'unknown')")
    op.create_index("ix_notices_to_be_read", "notices", ["subscriber_id", "id"], postgresql_where=unread)
    op.create_index("ix_notices_undelivered", "notices", ["id"], postgresql_where=unread)
    op.create_index(
        "ix_notices_of_batch",
        "notices",
        ["batch_id", "id"],
        postgresql_where=sa.text("bulk AND state IN ('queued', 'sending')"),
    )


def _tries() -> None:
    op.create_table(
        "notice_tries",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("window_open", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("again", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("state", sa.Text(), server_default="sending", nullable=False),
        sa.Column("carrier_message_id", sa.Text(), nullable=True),
        sa.Column("parts", sa.Integer(), server_default="1", nullable=False),
        sa.Column("cost_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("again_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('sending', 'sent', 'delivered', 'read', 'failed', 'unknown', 'away', 'closed')",
            name=op.f("ck_notice_tries_state"),
        ),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_notice_tries_notice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_tries")),
        sa.UniqueConstraint("notice_id", "number", name=op.f("uq_notice_tries_notice_id")),
    )
    op.create_index(op.f("ix_notice_tries_carrier_message_id"), "notice_tries", ["carrier_message_id"])
    op.create_index(
        "ix_notice_tries_sent_at",
        "notice_tries",
        ["sent_at"],
        postgresql_include=["channel", "parts", "cost_cents", "again"],
        postgresql_where=sa.text("sent_at IS NOT NULL"),
    )
    op.create_index(
        "ix_notice_tries_sending", "notice_tries", ["address"], postgresql_where=sa.text("state = 'sending'")
    )


def _consents() -> None:
    op.create_table(
        "consents",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.CheckConstraint("purpose IN ('service', 'marketing')", name=op.f("ck_consents_purpose")),
        sa.CheckConstraint("(given_at IS NULL) <> (withdrawn_at IS NULL)", name=op.f("ck_consents_one_time")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_consents_subscriber_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index("ix_consents_subscriber_id_purpose_id", "consents", ["subscriber_id", "purpose", "id"])
