"""What the database itself refuses, who may do what, and the doorbell of the outbox"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = ("journal_entries", "postings", "subscription_moves", "collection_moves", "settings_history")
"""Nobody changes these, whatever role."""
NEVER_REWRITTEN = (*APPEND_ONLY, "inbox", "inbox_bodies", "evidence", "outbox", "ticks")
"""The program may add to these and read them, no more."""

JOURNAL = """
-- An entry's postings are written by one statement and sum to zero in one currency; nothing is added later.
CREATE FUNCTION postings_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM added GROUP BY entry_id
        HAVING sum(amount_cents) <> 0 OR count(DISTINCT currency) > 1
    ) THEN
        RAISE EXCEPTION 'the postings of a journal entry do not sum to zero' USING ERRCODE = 'check_violation';
    END IF;
    -- Counted entry by entry over the index: a set-based run adds hundreds of thousands at once.
    IF EXISTS (
        SELECT 1 FROM (SELECT entry_id, count(*) AS sides FROM added GROUP BY entry_id) a
        WHERE a.sides <> (SELECT count(*) FROM postings p WHERE p.entry_id = a.entry_id)
    ) THEN
        RAISE EXCEPTION 'a journal entry is complete once it is written' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER postings_balance AFTER INSERT ON postings
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION postings_balance();

CREATE FUNCTION entry_has_postings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM postings WHERE entry_id = NEW.id) THEN
        RAISE EXCEPTION 'a journal entry without postings' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER entry_has_postings AFTER INSERT ON journal_entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION entry_has_postings();

CREATE FUNCTION written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is written once: mistakes are reversed, not changed', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
"""

DOORBELL = """
CREATE FUNCTION ring_doorbell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('bando_deliveries', '');
    RETURN NULL;
END $$;
CREATE TRIGGER ring_doorbell AFTER INSERT ON deliveries FOR EACH STATEMENT EXECUTE FUNCTION ring_doorbell();
"""

ACCOUNTS = """
INSERT INTO accounts (code, kind) VALUES
    ('clearing.mpesa', 'asset'), ('clearing.bank', 'asset'), ('cash', 'asset'), ('suspense', 'liability'),
    ('tax.vat', 'liability'), ('tax.excise', 'liability'),
    ('revenue.pppoe', 'income'), ('revenue.hotspot', 'income'),
    ('discounts', 'expense'), ('bad_debt', 'expense'), ('refunds', 'liability');
"""

RECEIVABLES = """
CREATE FUNCTION open_receivable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO accounts (code, kind, subscriber_id)
    SELECT 'receivable:' || id, 'asset', id FROM added;
    RETURN NULL;
END $$;
CREATE TRIGGER open_receivable AFTER INSERT ON subscribers
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION open_receivable();
"""

ROLES = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'bando_app') THEN
        RAISE EXCEPTION 'the role bando_app is missing: create it (LOGIN, owning nothing) before bando migrate';
    END IF;
END $$;
GRANT USAGE ON SCHEMA public TO bando_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO bando_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO bando_app;
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM bando_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO bando_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO bando_app;
"""


def upgrade() -> None:
    op.execute("CREATE TABLE inbox_bodies_default PARTITION OF inbox_bodies DEFAULT")
    op.execute("CREATE SEQUENCE account_serials START 100001")
    op.execute(JOURNAL)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION written_once()"
        )
    op.execute(DOORBELL)
    op.execute(ACCOUNTS)
    op.execute(RECEIVABLES)
    op.execute(ROLES)
    for table in NEVER_REWRITTEN:
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM bando_app")
