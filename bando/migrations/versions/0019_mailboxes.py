"""Mailboxes that a person or staff have given for bills"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

KINDS = (
    "'chat_linked', 'chat_unlinked', 'number_added', 'number_removed', 'account_moved', 'number_restored', "
    "'email_set', 'email_removed', 'email_noted'"
)


def upgrade() -> None:
    op.drop_constraint(op.f("ck_contact_changes_kind"), "contact_changes", type_="check")
    op.create_check_constraint(op.f("ck_contact_changes_kind"), "contact_changes", f"kind IN ({KINDS})")
    op.execute(
        "CREATE INDEX ix_addresses_mailbox ON addresses (subscriber_id) "
        "WHERE channel = 'email' AND unlinked_at IS NULL"
    )
