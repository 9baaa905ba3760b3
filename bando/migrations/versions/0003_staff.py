"""Staff, the audit trail, and the indexes that lists for staff are read by"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WRITTEN_ONCE = ("audit_log", "audit_seals", "incident_closings")

IN_ORDER = """
-- Taken before an entry's number is drawn: whoever has the lock alone has all entries before him complete.
CREATE FUNCTION audit_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(20261123);
    RETURN NULL;
END $$;
CREATE TRIGGER audit_in_order BEFORE INSERT ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_in_order();
"""

# Lists show newest first by id and go on from an id (keyset): each of their filters needs an index that ends in
# id. Search is by prefix, so its indexes compare bytes.
LISTS = """
CREATE INDEX ix_purchases_state_id ON purchases (state, id);
CREATE INDEX ix_purchases_paid_at ON purchases (paid_at) INCLUDE (plan_id, price_cents) WHERE paid_at IS NOT NULL;
CREATE INDEX ix_purchases_buyer_id_id ON purchases (buyer_id, id);
CREATE INDEX ix_purchases_beneficiary_id_id ON purchases (beneficiary_id, id);
CREATE INDEX ix_collections_state_id ON collections (state, id);
CREATE INDEX ix_receipts_received_at ON receipts (received_at) INCLUDE (amount_cents);
CREATE INDEX ix_receipts_number ON receipts (number);
CREATE INDEX ix_suspense_open ON suspense (id) WHERE resolved_at IS NULL;
CREATE INDEX ix_vouchers_state_id ON vouchers (state, id);
CREATE INDEX ix_vouchers_buyer_id_id ON vouchers (buyer_id, id);
CREATE INDEX ix_vouchers_holder_id_id ON vouchers (holder_id, id);
CREATE INDEX ix_notices_subscriber_id_id ON notices (subscriber_id, id);
CREATE INDEX ix_deliveries_open ON deliveries (id) WHERE finished_at IS NULL AND given_up_at IS NULL;
CREATE INDEX ix_deliveries_given_up ON deliveries (id) WHERE given_up_at IS NOT NULL;
CREATE INDEX ix_incidents_open ON incidents (id) WHERE closed_at IS NULL;
CREATE INDEX ix_subscribers_first_name ON subscribers (lower(first_name) text_pattern_ops);
CREATE INDEX ix_subscribers_last_name ON subscribers (lower(last_name) text_pattern_ops);
"""


def upgrade() -> None:
    _accounts()
    _audit()
    op.execute(IN_ORDER)
    for table in WRITTEN_ONCE:
        op.execute(
            f"CREATE TRIGGER written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION written_once()"
        )
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM bando_app")
    op.execute(LISTS)


def _accounts() -> None:
    op.create_table(
        "staff",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), server_default="en", nullable=False),
        sa.Column("theme", sa.Text(), server_default="auto", nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("totp_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("totp_last_step", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("trial", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('owner', 'finance', 'support', 'technician', 'viewer')", name=op.f("ck_staff_role")
        ),
        sa.CheckConstraint("theme IN ('auto', 'light', 'dark')", name=op.f("ck_staff_theme")),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_staff_email_is_lower_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("email", name=op.f("uq_staff_email")),
    )
    op.create_table(
        "staff_sessions",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_sessions_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_staff_sessions_token_hash")),
    )
    op.create_index("ix_staff_sessions_staff_id", "staff_sessions", ["staff_id"])
    op.create_table(
        "staff_login_tries",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("succeeded", sa.Boolean(), server_default="false", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_login_tries")),
    )
    op.create_index("ix_staff_login_tries_who_at", "staff_login_tries", ["who", "at"])
    op.create_index("ix_staff_login_tries_source_at", "staff_login_tries", ["source", "at"])


def _audit() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("whom", sa.Text(), nullable=True),
        sa.Column("whom_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "detail",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_audit_log_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_whom_whom_id_id", "audit_log", ["whom", "whom_id", "id"])
    op.create_index("ix_audit_log_staff_id_id", "audit_log", ["staff_id", "id"])
    op.create_table(
        "audit_seals",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("after_id", sa.BigInteger(), nullable=False),
        sa.Column("to_id", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_seals")),
        sa.UniqueConstraint("after_id", name=op.f("uq_audit_seals_after_id")),
    )
    op.create_table(
        "incident_closings",
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name=op.f("fk_incident_closings_incident_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_incident_closings_staff_id")),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_incident_closings")),
    )
