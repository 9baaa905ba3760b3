"""More accounts of the journal (revenue by kind and site), and what corrects it"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Site 0 stands for what holds everywhere, as vouchers do. A site's name may be seen again after it was removed in
# a test or a restore: its accounts stay, for the journal refers to them.
ACCOUNTS = """
INSERT INTO accounts (code, kind) VALUES ('deposits', 'liability'), ('installments', 'liability');

CREATE FUNCTION open_revenue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO accounts (code, kind)
    SELECT 'revenue.' || sold.kind || ':' || added.id, 'income'
    FROM added, (VALUES ('pppoe'), ('hotspot'), ('fee')) AS sold (kind)
    ON CONFLICT (code) DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER open_revenue AFTER INSERT ON sites
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION open_revenue();

INSERT INTO accounts (code, kind)
SELECT 'revenue.' || sold.kind || ':' || site.id, 'income'
FROM (SELECT 0 AS id UNION ALL SELECT id FROM sites) AS site,
    (VALUES ('pppoe'), ('hotspot'), ('fee')) AS sold (kind);
"""

# The sum of an account is read from the index alone.
STATEMENTS = """
DROP INDEX ix_postings_account_id_id;
CREATE INDEX ix_postings_account_id_id ON postings (account_id, id) INCLUDE (amount_cents);
"""


def upgrade() -> None:
    op.execute(ACCOUNTS)
    op.execute(STATEMENTS)
    op.add_column(
        "invoice_lines", sa.Column("discount_cents", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column("purchases", sa.Column("bill_id", sa.BigInteger()))
    op.create_foreign_key(op.f("fk_purchases_bill_id"), "purchases", "invoices", ["bill_id"], ["id"])
    _receipts()
    _corrections()
    _disputes()
    _installments()


def _receipts() -> None:
    op.add_column("receipts", sa.Column("reversed_at", sa.DateTime(timezone=True)))
    op.add_column(
        "receipts", sa.Column("refunded_cents", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.create_check_constraint(
        op.f("ck_receipts_refunded"), "receipts", "refunded_cents BETWEEN 0 AND amount_cents"
    )


def _corrections() -> None:
    op.create_table(
        "corrections",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger()),
        sa.Column("receipt_id", sa.BigInteger()),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text()),
        sa.Column("by_staff_id", sa.BigInteger()),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('reversal', 'write_off', 'recovery', 'refund', 'transfer', 'resolution', 'goodwill')",
            name=op.f("ck_corrections_kind"),
        ),
        sa.CheckConstraint("char_length(reason) BETWEEN 4 AND 500", name=op.f("ck_corrections_reason")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_corrections_subscriber_id")
        ),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_corrections_invoice_id")),
        sa.ForeignKeyConstraint(["by_staff_id"], ["staff.id"], name=op.f("fk_corrections_by_staff_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entries.id"], name=op.f("fk_corrections_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
    )
    op.create_index(op.f("ix_corrections_subscriber_id"), "corrections", ["subscriber_id"])
    op.create_index(op.f("ix_corrections_entry_id"), "corrections", ["entry_id"])
    op.create_index(
        "ix_corrections_invoice_id",
        "corrections",
        ["invoice_id"],
        postgresql_where=sa.text("invoice_id IS NOT NULL"),
    )
    op.execute(
        "CREATE TRIGGER written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON corrections "
        "FOR EACH STATEMENT EXECUTE FUNCTION written_once()"
    )
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON corrections FROM bando_app")


def _disputes() -> None:
    op.create_table(
        "disputes",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_staff_id", sa.BigInteger()),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_disputes_invoice_id")),
        sa.ForeignKeyConstraint(["by_staff_id"], ["staff.id"], name=op.f("fk_disputes_by_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disputes")),
    )
    op.create_index(
        "uq_disputes_open",
        "disputes",
        ["invoice_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _installments() -> None:
    op.create_table(
        "installments",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger(), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger()),
        sa.Column("kept_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("purchase_id", sa.BigInteger()),
        sa.CheckConstraint("state IN ('open', 'bought', 'given_up')", name=op.f("ck_installments_state")),
        sa.CheckConstraint(
            "kept_cents >= 0 AND (state = 'open' OR kept_cents = 0)", name=op.f("ck_installments_kept")
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_installments_subscriber_id")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_installments_plan_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_installments_site_id")),
        sa.ForeignKeyConstraint(["purchase_id"], ["purchases.id"], name=op.f("fk_installments_purchase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installments")),
    )
    op.create_index(
        "uq_installments_open",
        "installments",
        ["subscriber_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
