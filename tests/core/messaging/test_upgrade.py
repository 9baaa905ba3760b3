"""The migration to the ladder keeps what was under way: texts, their costs, and who had opted out."""

from collections.abc import Iterator

import pytest
from alembic import command
from sqlalchemy import Connection, create_engine, make_url, text

from bando.embedded import Servers
from bando.migrate import configuration

OLD_NOTICES = """
INSERT INTO notices (channel, address, template, language, values_sealed, dedupe_key, state, attempts,
                     carrier_message_id, parts, cost, created_at, sent_at, delivered_at)
VALUES
    ('sms', '254712345678', 'voucher', 'en', 'x', 'a', 'sent', 2, 'ATXid_1', 1, 'KES 0.8000', :at, :at, NULL),
    ('sms', '254712345678', 'voucher', 'en', 'x', 'b', 'delivered', 1, 'ATXid_2', 2, '0', :at, :at, :at),
    ('sms', '254712345678', 'voucher', 'en', 'x', 'c', 'queued', 1, NULL, NULL, NULL, :at, NULL, NULL),
    ('sms', '254712345678', 'voucher', 'en', 'x', 'd', 'queued', 0, NULL, NULL, NULL, :at, NULL, NULL)
"""
OLD_PEOPLE = """
WITH person AS (INSERT INTO subscribers (account_no, created_at) VALUES ('1000015', :at), ('1000023', :at)
                RETURNING id, account_no)
INSERT INTO addresses (subscriber_id, channel, external_id, marketing_stopped_at, created_at)
SELECT id, 'msisdn', '25471234' || account_no, CASE account_no WHEN '1000015' THEN CAST(:at AS timestamptz) END, :at
FROM person
"""


@pytest.fixture
def old(servers: Servers) -> Iterator[Connection]:
    """The owner's connection to a database as it was before the ladder."""
    owner, name = make_url(servers.owner_url), "before_the_ladder"
    engine = create_engine(servers.superuser_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} OWNER {owner.username}")
    here = create_engine(owner.set(database=name))
    with here.begin() as connection:
        command.upgrade(configuration(connection), "0005")
        yield connection
    here.dispose()
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    engine.dispose()


def test_what_was_under_way_goes_on(old: Connection) -> None:
    at = "2026-11-22T07:00:00Z"
    old.execute(text(OLD_NOTICES), {"at": at})
    old.execute(text(OLD_PEOPLE), {"at": at})
    command.upgrade(configuration(old), "0006")
    tries = old.execute(
        text(
            "SELECT n.dedupe_key, t.number, t.state, t.carrier_message_id, t.cost_cents, n.cost_cents "
            "FROM notice_tries t JOIN notices n ON n.id = t.notice_id ORDER BY n.id"
        )
    )
    assert [tuple(row) for row in tries] == [
        ("a", 2, "sent", "ATXid_1", 80, 80),
        ("b", 1, "delivered", "ATXid_2", 0, 0),
        ("c", 1, "away", None, 0, 0),
    ]
    consents = old.execute(
        text(
            "SELECT s.account_no, c.purpose, c.given_at IS NULL FROM consents c "
            "JOIN subscribers s ON s.id = c.subscriber_id"
        )
    )
    assert [tuple(row) for row in consents] == [("1000015", "marketing", True)]
    # The program of before is still running: what it writes fits.
    old.execute(
        text(
            OLD_NOTICES.replace("'a'", "'e'")
            .replace("'b'", "'f'")
            .replace("'c'", "'g'")
            .replace("'d'", "'h'")
        ),
        {"at": at},
    )
