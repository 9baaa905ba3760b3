"""Names under which a number pays: the same, another, none, and one that no key of ours can compare any more."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from core.base.clock import SetClock
from core.base.database import Database
from core.base.secrets import Keyring
from core.subscribers.changes import restore_number
from core.subscribers.hear import sim_changed
from core.subscribers.jobs import forget_old_codes, part_other_name
from core.subscribers.meet import find, meet
from core.subscribers.model import PayerName
from core.subscribers.payer_names import KEPT, PARTED_AFTER, note_payer_name
from core.switchboard import routes
from tests.factories import AMINA

OTHER_KEY = "fedcba9876543210" * 4


def tell(database: Database, *names: str) -> PayerName | None:
    """Each name comes with a payment of its own; what is kept after the last."""
    for name in names:
        with database.work() as work:
            note_payer_name(work, msisdn=AMINA, name=name)
    with database.work() as work:
        return work.session.query(PayerName).one_or_none()


@pytest.fixture
def amina(database: Database) -> int:
    with database.work() as work:
        return meet(work, msisdn=AMINA).id


@pytest.mark.parametrize(
    ("first", "second", "differs"),
    [
        ("AMINA", "amina", False),
        ("AMINA", " Amina  WANJIKU", False),
        ("AMINA", "Ámina", True),
        ("AMINA", "BRIAN", True),
        ("AMINA", "", False),
        ("AMINA", "B", False),
        ("AMINA", "B****", False),
        ("AMINA", "254712000111", False),
    ],
)
def test_names_are_compared_by_their_first_word(
    database: Database, amina: int, first: str, second: str, differs: bool
) -> None:
    row = tell(database, first, second)
    assert row is not None
    assert (row.other_at is not None) == differs


@pytest.mark.parametrize("name", ["", "A", "***", "0712 345 678", "🙂🙂"])
def test_what_cannot_be_compared_is_not_learnt(database: Database, amina: int, name: str) -> None:
    assert tell(database, name) is None


def test_the_setting_turns_it_off(database: Database, amina: int) -> None:
    with database.work() as work:
        work.session.execute(
            text(
                "INSERT INTO settings_history (name, starts_at, value, set_at, set_by) "
                "VALUES ('number.parts_on_other_name', :now, '0', :now, 'test')"
            ),
            {"now": work.now},
        )
    row = tell(database, "AMINA", "BRIAN")
    assert row is not None
    assert row.other_at is None


def test_it_is_parted_in_its_time_and_never_before(database: Database, clock: SetClock, amina: int) -> None:
    row = tell(database, "AMINA", "BRIAN", "BRIAN")
    assert row is not None
    clock.advance(PARTED_AFTER - timedelta(seconds=1))
    part_other_name(database, payer_name_id=row.id)
    with database.work() as work:
        assert find(work, msisdn=AMINA) is not None
        assert work.scalar("SELECT count(*) FROM outbox WHERE event = 'PayerNameChanged'") == 1
    clock.advance(timedelta(seconds=1))
    part_other_name(database, payer_name_id=row.id)
    part_other_name(database, payer_name_id=row.id)
    with database.work() as work:
        assert find(work, msisdn=AMINA) is None


def test_who_gets_a_number_or_gets_it_back_pays_under_a_name_of_his_own(
    database: Database, amina: int
) -> None:
    tell(database, "AMINA")
    with database.work() as work:
        sim_changed(work, msisdn=AMINA)
        meet(work, msisdn=AMINA)
    row = tell(database, "BRIAN")
    assert row is not None
    assert row.other_at is None
    with database.work() as work:
        restore_number(work, number=AMINA, subscriber_id=amina, asked_by="staff:1")
    row = tell(database, "AMINA")
    assert row is not None
    assert row.other_at is None


def test_a_rotated_key_still_compares_and_a_lost_one_accuses_nobody(
    database: Database, database_urls: tuple[str, str], clock: SetClock, keyring: Keyring, amina: int
) -> None:
    tell(database, "AMINA")
    old = "0123456789abcdef" * 4
    for keys, name, differs in (
        ([OTHER_KEY, old], "BRIAN", True),
        ([OTHER_KEY, old], "AMINA", False),  # hashed anew, under the first key
        ([OTHER_KEY], "BRIAN", True),
        (["a1" * 32], "BRIAN", False),
    ):
        other = Database(database_urls[1], clock=clock, keyring=Keyring(keys), routes=routes)
        row = tell(other, name)
        other.engine.dispose()
        assert row is not None
        assert (row.other_at is not None) == differs


def test_names_of_long_ago_are_forgotten(database: Database, clock: SetClock, amina: int) -> None:
    tell(database, "AMINA")
    clock.advance(KEPT)
    forget_old_codes(database)
    assert tell(database) is not None
    clock.advance(timedelta(days=1))
    forget_old_codes(database)
    assert tell(database) is None
