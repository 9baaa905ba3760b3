"""Bills before they are paid: what a line's next period is, its invoice, credit notes and the money set against it"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _people_and_plans()
    _lines()
    _invoices()
    _credit_notes()
    _allocations()


def _people_and_plans() -> None:
    op.add_column("subscribers", sa.Column("tax_pin", sa.Text()))
    for column in (
        sa.Column("billing", sa.Text(), server_default="prepaid", nullable=False),
        sa.Column("role", sa.Text(), server_default="access", nullable=False),
        sa.Column("carries_over", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("fixed_anchor", sa.Integer()),
        sa.Column("until_midnight", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("slow_download_kbps", sa.Integer(), server_default="512", nullable=False),
        sa.Column("slow_upload_kbps", sa.Integer(), server_default="512", nullable=False),
    ):
        op.add_column("plans", column)
    op.drop_constraint(op.f("ck_plans_price_in_whole_shillings"), "plans")
    for name, condition in (
        ("price_in_whole_shillings", "price_cents >= 0 AND mod(price_cents, 100) = 0"),
        ("billing", "billing IN ('prepaid', 'postpaid')"),
        ("role", "role IN ('access', 'topup')"),
        ("topup_has_bytes", "role <> 'topup' OR data_cap_bytes > 0"),
        ("fixed_anchor", "fixed_anchor BETWEEN 1 AND 31"),
    ):
        op.create_check_constraint(op.f(f"ck_plans_{name}"), "plans", condition)


def _lines() -> None:
    for column in (
        sa.Column("payer_id", sa.BigInteger()),
        sa.Column("next_plan_id", sa.BigInteger()),
        sa.Column("renews", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("grace_days", sa.Integer()),
        sa.Column("lent_through", sa.DateTime(timezone=True)),
        sa.Column("slowed_at", sa.DateTime(timezone=True)),
        sa.Column("paused_at", sa.DateTime(timezone=True)),
        sa.Column("paused_days_left", sa.Integer()),
        sa.Column("paused_until", sa.DateTime(timezone=True)),
        sa.Column("forgiven_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
    ):
        op.add_column("subscriptions", column)
    op.create_foreign_key(
        op.f("fk_subscriptions_payer_id"), "subscriptions", "subscribers", ["payer_id"], ["id"]
    )
    op.create_foreign_key(
        op.f("fk_subscriptions_next_plan_id"), "subscriptions", "plans", ["next_plan_id"], ["id"]
    )
    op.create_index(op.f("ix_subscriptions_payer_id"), "subscriptions", ["payer_id"])


def _invoices() -> None:
    for column in (
        sa.Column("kind", sa.Text(), server_default="sale", nullable=False),
        sa.Column("subscription_id", sa.BigInteger()),
        sa.Column("period_from", sa.Date()),
        sa.Column("period_to", sa.Date()),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("open_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("credited_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("buyer_pin", sa.Text()),
    ):
        op.add_column("invoices", column)
    for part in ("net_cents", "excise_cents", "vat_cents"):
        op.add_column("invoice_lines", sa.Column(part, sa.BigInteger()))
    op.create_foreign_key(
        op.f("fk_invoices_subscription_id"), "invoices", "subscriptions", ["subscription_id"], ["id"]
    )
    for name, condition in (
        ("kind", "kind IN ('sale', 'bill', 'change', 'fee', 'final')"),
        ("open", "open_cents >= 0 AND open_cents + credited_cents <= total_cents"),
        ("period", "kind <> 'bill' OR (subscription_id IS NOT NULL AND period_from <= period_to)"),
    ):
        op.create_check_constraint(op.f(f"ck_invoices_{name}"), "invoices", condition)
    op.create_index(
        "uq_invoices_bill",
        "invoices",
        ["subscription_id", "period_from"],
        unique=True,
        postgresql_where=sa.text("kind = 'bill' AND credited_cents = 0"),
    )
    still_open = sa.text("open_cents > 0")
    op.create_index(
        "ix_invoices_open", "invoices", ["subscriber_id", "due_at", "id"], postgresql_where=still_open
    )
    op.create_index(
        "ix_invoices_subscription_open", "invoices", ["subscription_id"], postgresql_where=still_open
    )


def _credit_notes() -> None:
    op.create_table(
        "credit_notes",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.Column("excise_cents", sa.BigInteger(), nullable=False),
        sa.Column("vat_cents", sa.BigInteger(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), server_default="KES", nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_staff_id", sa.BigInteger()),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "total_cents = net_cents + excise_cents + vat_cents", name=op.f("ck_credit_notes_parts_add_up")
        ),
        sa.CheckConstraint("total_cents > 0", name=op.f("ck_credit_notes_total")),
        sa.ForeignKeyConstraint(["series"], ["invoice_series.series"], name=op.f("fk_credit_notes_series")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_credit_notes_invoice_id")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_credit_notes_subscriber_id")
        ),
        sa.ForeignKeyConstraint(["by_staff_id"], ["staff.id"], name=op.f("fk_credit_notes_by_staff_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entries.id"], name=op.f("fk_credit_notes_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_notes")),
        sa.UniqueConstraint("series", "number", name=op.f("uq_credit_notes_series")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_credit_notes_entry_id")),
    )
    op.create_index(op.f("ix_credit_notes_invoice_id"), "credit_notes", ["invoice_id"])
    op.create_index(op.f("ix_credit_notes_subscriber_id"), "credit_notes", ["subscriber_id"])


def _allocations() -> None:
    op.create_table(
        "allocations",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("cents <> 0", name=op.f("ck_allocations_not_empty")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_allocations_invoice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocations")),
        sa.UniqueConstraint("source", name=op.f("uq_allocations_source")),
    )
    op.create_index(op.f("ix_allocations_invoice_id"), "allocations", ["invoice_id"])
    for table in ("allocations", "credit_notes"):
        op.execute(
            f"CREATE TRIGGER written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION written_once()"
        )
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM bando_app")
