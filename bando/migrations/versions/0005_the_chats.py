"""Chats and numbers of a person: how each was proved, when it was heard, what changes and when

Forward only, and the program that runs meanwhile goes on: what it writes leaves the new columns empty.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENTS = (
    "main_since",
    "seen_at",
    "last_inbound_at",
    "off_at",
    "cooling_until",
    "unlinked_at",
)

# Nobody noted until now when a number was heard: all count as heard when the house was last awake, so that no
# subscriber of years is greeted as new on the day of the upgrade.
HEARD = """
UPDATE addresses SET seen_at = (SELECT recorded_at FROM outbox ORDER BY id DESC LIMIT 1) WHERE channel = 'msisdn'
"""


def upgrade() -> None:
    for name in MOMENTS:
        op.add_column("addresses", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("addresses", sa.Column("number", sa.Text(), nullable=True))
    op.add_column("addresses", sa.Column("also", sa.Text(), server_default="", nullable=False))
    op.add_column("addresses", sa.Column("linked_how", sa.Text(), nullable=True))
    op.add_column("addresses", sa.Column("unlinked_why", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_addresses_unlinked_is_not_primary"),
        "addresses",
        "NOT (is_primary AND unlinked_at IS NOT NULL)",
    )
    op.create_index("ix_addresses_channel_external_id", "addresses", ["channel", "external_id"])
    op.create_index(
        "ix_addresses_channel_also", "addresses", ["channel", "also"], postgresql_where=sa.text("also <> ''")
    )
    op.create_index(
        "ix_addresses_number", "addresses", ["number"], postgresql_where=sa.text("number IS NOT NULL")
    )
    op.execute(HEARD)
    _codes()
    _changes()


def _codes() -> None:
    op.create_table(
        "sms_codes",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("bound_to", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("code_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("spent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_codes")),
    )
    op.create_index("ix_sms_codes_number_created_at", "sms_codes", ["number", "created_at"])
    op.create_index("ix_sms_codes_bound_to_created_at", "sms_codes", ["bound_to", "created_at"])
    op.create_table(
        "link_tokens",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_link_tokens_token_hash")),
    )


def _changes() -> None:
    op.create_table(
        "contact_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("from_number", sa.Text(), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('chat_linked', 'chat_unlinked', 'number_added', 'number_removed', 'account_moved', "
            "'number_restored')",
            name=op.f("ck_contact_changes_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_contact_changes_subscriber_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_changes")),
    )
    op.create_index(op.f("ix_contact_changes_subscriber_id"), "contact_changes", ["subscriber_id"])
