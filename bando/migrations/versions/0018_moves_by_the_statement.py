"""Moves and steps of many lines are held to their lines by the statement, not row by row

A night moves tens of thousands of lines in one statement, and a foreign key looks each of them up and locks it again. A
line is ended and never taken out, so one look for all that a statement added is as strong.
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

LINES = """
CREATE FUNCTION never_taken_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a line is ended, never taken out' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER never_taken_out BEFORE DELETE OR TRUNCATE ON subscriptions
    FOR EACH STATEMENT EXECUTE FUNCTION never_taken_out();

CREATE FUNCTION has_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added WHERE (SELECT s.id FROM subscriptions s WHERE s.id = added.subscription_id) IS NULL
    ) THEN
        RAISE EXCEPTION '% names a line that there is not', TG_TABLE_NAME USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
"""


def upgrade() -> None:
    op.execute(LINES)
    for table in ("subscription_moves", "dunning_steps_taken"):
        op.execute(
            f"CREATE TRIGGER has_line AFTER INSERT ON {table} REFERENCING NEW TABLE AS added "
            "FOR EACH STATEMENT EXECUTE FUNCTION has_line()"
        )
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT fk_{table}_subscription_id")
