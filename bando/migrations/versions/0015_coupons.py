"""Offer codes: what they take off, their uses, and how many somebody typed in a day"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "coupons",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("percent_bp", sa.Integer()),
        sa.Column("cents", sa.BigInteger()),
        sa.Column("plan_id", sa.BigInteger()),
        sa.Column("site_id", sa.BigInteger()),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uses_in_all", sa.Integer(), nullable=False),
        sa.Column("uses_a_person", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_staff_id", sa.BigInteger()),
        sa.Column("retired_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("code ~ '^[A-Z0-9]{5,9}$'", name=op.f("ck_coupons_code")),
        sa.CheckConstraint("num_nonnulls(percent_bp, cents) = 1", name=op.f("ck_coupons_one_of_two")),
        sa.CheckConstraint("percent_bp BETWEEN 1 AND 10000", name=op.f("ck_coupons_percent_bp")),
        sa.CheckConstraint(
            "cents > 0 AND mod(cents, 100) = 0", name=op.f("ck_coupons_cents_in_whole_shillings")
        ),
        sa.CheckConstraint("from_at < until_at", name=op.f("ck_coupons_until_at")),
        sa.CheckConstraint("uses_in_all BETWEEN 1 AND 10000", name=op.f("ck_coupons_uses_in_all")),
        sa.CheckConstraint("uses_a_person BETWEEN 1 AND 100", name=op.f("ck_coupons_uses_a_person")),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_coupons_plan_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_coupons_site_id")),
        sa.ForeignKeyConstraint(["by_staff_id"], ["staff.id"], name=op.f("fk_coupons_by_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupons")),
        sa.UniqueConstraint("code", name=op.f("uq_coupons_code")),
    )
    op.create_table(
        "coupon_uses",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("coupon_id", sa.BigInteger(), nullable=False),
        sa.Column("purchase_id", sa.BigInteger(), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("cents > 0", name=op.f("ck_coupon_uses_cents")),
        sa.ForeignKeyConstraint(["coupon_id"], ["coupons.id"], name=op.f("fk_coupon_uses_coupon_id")),
        sa.ForeignKeyConstraint(["purchase_id"], ["purchases.id"], name=op.f("fk_coupon_uses_purchase_id")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_coupon_uses_subscriber_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_uses")),
        sa.UniqueConstraint("purchase_id", name=op.f("uq_coupon_uses_purchase_id")),
    )
    op.create_index(op.f("ix_coupon_uses_coupon_id"), "coupon_uses", ["coupon_id"])
    op.execute(
        "CREATE TRIGGER written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON coupon_uses "
        "FOR EACH STATEMENT EXECUTE FUNCTION written_once()"
    )
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON coupon_uses FROM bando_app")
    op.create_table(
        "coupon_tries",
        sa.Column("subscriber_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_coupon_tries_subscriber_id")
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "day", name=op.f("pk_coupon_tries")),
    )
    op.add_column(
        "purchases", sa.Column("discount_cents", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.create_check_constraint(op.f("ck_purchases_discount"), "purchases", "discount_cents >= 0")
