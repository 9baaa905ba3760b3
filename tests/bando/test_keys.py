"""The rotation of keys on real rows: while others write, killed half-way, and with what cannot be opened."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import LargeBinary, select, text

from bando.keys import LOOKUPS, rotate, rotate_here, rows_on_old_keys, secret_columns
from bando.models import Base
from core.base.clock import SetClock
from core.base.database import Database, Work
from core.base.errors import Misconfigured
from core.base.keymarks import check_keys
from core.base.secrets import Keyring, SealBroken
from core.billing.model import Purchase, Subscription
from core.catalogue.model import Plan, Site
from core.messaging.model import Notice
from core.network.accounts import USERNAME_LOOKUP, secret_of, username_of
from core.network.model import AccessAccount, Router
from core.payments.ask import CALLBACK_LOOKUP
from core.payments.model import Collection, GatewayToken
from core.subscribers.model import Subscriber
from core.switchboard import routes
from core.vouchers.mint import LOOKUP, code_of, mint
from core.vouchers.model import Voucher

OLD, NEW, STRANGE = "a1" * 32, "b2" * 32, "c3" * 32
NOT_SECRET = {
    "inbox.body_hash",
    "inbox_bodies.body",
    "evidence.body",
    "key_marks.key_id",
    "key_marks.sealed",
    "staff_sessions.token_hash",
    "sms_codes.code_hash",  # these two live for ten minutes, and no rotation waits for them
    "link_tokens.token_hash",
    "audit_seals.hash",
    "payer_names.name_hash",  # keyed; a name whose key is gone is forgotten, and learned at the next payment
}
"""Bytes that the rotation has nothing to do with: digests without a key, raw bodies, its own marks."""

Open = Callable[..., Database]


@pytest.fixture
def opened(database_urls: tuple[str, str], clock: SetClock) -> Iterator[Open]:
    """The same database, with other keys."""
    databases: list[Database] = []

    def open_with(*keys: str) -> Database:
        keyring = Keyring(keys)
        databases.append(Database(database_urls[1], clock=clock, keyring=keyring, routes=routes, pool_size=2))
        return databases[-1]

    yield open_with
    for database in databases:
        database.engine.dispose()


def buy(work: Work, number: int) -> None:
    """One of everything that holds a secret."""
    plan, site = work.session.scalars(select(Plan)).one(), work.session.scalars(select(Site)).one()
    person = Subscriber(account_no=str(10_000_000 + number), created_at=work.now)
    work.session.add(person)
    work.session.flush()
    line = Subscription(subscriber_id=person.id, plan_id=plan.id, site_id=site.id, created_at=work.now)
    purchase = Purchase(
        channel="ussd",
        session=f"s{number}",
        step="1",
        buyer_id=person.id,
        beneficiary_id=person.id,
        plan_id=plan.id,
        price_cents=2_000,
        term_unit="days",
        term_count=1,
        request_id="r",
        created_at=work.now,
    )
    work.session.add_all([line, purchase])
    work.session.flush()
    mint(work, subscription_id=line.id, buyer_id=person.id, holder_id=person.id)
    work.session.add_all([_account(work, line.id, number), _collection(work, purchase.id, number)])
    work.session.add_all([_router(work, site.id, number), _notice(work, number), _token(work, number)])


def _seal(work: Work, table: str, column: str, row: int, clear: str) -> bytes:
    return work.keyring.seal(clear, table=table, column=column, row=row)


def _account(work: Work, line: int, number: int) -> AccessAccount:
    row = work.next_id("access_accounts")
    return AccessAccount(
        id=row,
        subscription_id=line,
        service="pppoe",
        username_sealed=_seal(work, "access_accounts", "username_sealed", row, f"user{number}"),
        username_lookup=work.keyring.lookup(f"user{number}", USERNAME_LOOKUP),
        secret_sealed=_seal(work, "access_accounts", "secret_sealed", row, f"secret{number}"),
        profile="p",
        download_kbps=1,
        upload_kbps=1,
        shared_devices=1,
        desired="present",
    )


def _collection(work: Work, purchase: int, number: int) -> Collection:
    row = work.next_id("collections")
    return Collection(
        id=row,
        purchase_id=purchase,
        gateway="mpesa",
        payer=f"2547{number:08}",
        amount_cents=2_000,
        reference=f"R{number}",
        callback_lookup=work.keyring.lookup(f"token{number}", CALLBACK_LOOKUP),
        callback_sealed=_seal(work, "collections", "callback_sealed", row, f"token{number}"),
        created_at=work.now,
        push_due_at=work.now,
    )


def _router(work: Work, site: int, number: int) -> Router:
    row = work.next_id("routers")
    return Router(
        id=row,
        site_id=site,
        name=f"r{number}",
        host="10.0.0.1",
        port=8728,
        username="bando",
        password_sealed=_seal(work, "routers", "password_sealed", row, f"password{number}"),
        serves_pppoe=True,
        serves_hotspot=True,
    )


def _notice(work: Work, number: int) -> Notice:
    row = work.next_id("notices")
    return Notice(
        id=row,
        channel="sms",
        address=f"2547{number:08}",
        template="t",
        language="en",
        values_sealed=_seal(work, "notices", "values_sealed", row, f"values{number}"),
        dedupe_key=f"d{number}",
        created_at=work.now,
    )


def _token(work: Work, number: int) -> GatewayToken:
    row = work.next_id("gateway_tokens")
    sealed = _seal(work, "gateway_tokens", "token_sealed", row, f"bearer{number}") if number % 2 else None
    return GatewayToken(id=row, gateway=f"g{number}", token_sealed=sealed)


def furnish(database: Database, people: int) -> None:
    with database.work() as work:
        check_keys(work)
        plan = Plan(
            code="p",
            name="Home 5",
            kind="pppoe",
            price_cents=2_000,
            term_unit="days",
            term_count=1,
            download_kbps=1,
            upload_kbps=1,
            starts="grant",
            created_at=work.now,
        )
        work.session.add_all([plan, Site(name="Town")])
        work.session.flush()
        for number in range(people):
            buy(work, number)


def read_all(database: Database) -> int:
    """Open every secret and find every look-up; how many people there were."""
    with database.work() as work:
        keys = work.keyring
        for voucher in work.session.scalars(select(Voucher)).all():
            assert voucher.code_lookup in keys.lookups(code_of(work, voucher), LOOKUP)
        accounts = work.session.scalars(select(AccessAccount).order_by(AccessAccount.id)).all()
        for account in accounts:
            name = username_of(work, account)
            assert account.username_lookup in keys.lookups(name, USERNAME_LOOKUP)
            assert secret_of(work, account) == name.replace("user", "secret")
        for collection in work.session.scalars(select(Collection)):
            token = _open(work, "collections", "callback_sealed", collection.id, collection.callback_sealed)
            assert collection.callback_lookup in keys.lookups(token, CALLBACK_LOOKUP)
            assert token == collection.reference.replace("R", "token")
        for router in work.session.scalars(select(Router)):
            assert _open(
                work, "routers", "password_sealed", router.id, router.password_sealed
            ) == router.name.replace("r", "password")
        for notice in work.session.scalars(select(Notice)):
            clear = _open(work, "notices", "values_sealed", notice.id, notice.values_sealed)
            assert clear == notice.dedupe_key.replace("d", "values")
        for token_row in work.session.scalars(
            select(GatewayToken).where(GatewayToken.token_sealed.is_not(None))
        ):
            clear = _open(work, "gateway_tokens", "token_sealed", token_row.id, token_row.token_sealed)
            assert clear == token_row.gateway.replace("g", "bearer")
        return len(accounts)


def _open(work: Work, table: str, column: str, row: int, sealed: bytes | None) -> str:
    assert sealed is not None
    return work.keyring.unseal(sealed, table=table, column=column, row=row)


def test_every_secret_column_is_known_to_the_rotation() -> None:
    known = {
        f"{table.name}.{column.name}" for table, columns in secret_columns().items() for column in columns
    }
    binary = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    assert known | NOT_SECRET == binary
    for table, columns in secret_columns().items():
        assert "id" in table.primary_key.columns, f"{table.name}: secrets are bound to an id"
        held = {column.name for column in columns}
        for name in held:
            if name.endswith("_lookup"):
                assert (table.name, name) in LOOKUPS, f"say from what {table.name}.{name} is hashed"
                assert LOOKUPS[table.name, name][0] in held


def test_everything_is_rewritten_and_the_old_key_can_go(opened: Open) -> None:
    furnish(opened(OLD), 5)
    both, lines = opened(NEW, OLD), list[str]()
    with both.work() as work:
        assert rows_on_old_keys(work)["vouchers"] == 5
        assert rows_on_old_keys(work)["gateway_tokens"] == 2
    rotate(both, lines.append)
    assert "vouchers: 5 rows sealed anew" in lines
    assert "gateway_tokens: 2 rows sealed anew" in lines
    assert lines[-1].startswith("Nothing is under an old key")
    alone = opened(NEW)
    assert read_all(alone) == 5
    with alone.work() as work:
        assert rows_on_old_keys(work) == {}
        check_keys(work)
    with pytest.raises(Misconfigured), opened(OLD).work() as work:
        check_keys(work)


def test_a_second_rotation_rewrites_nothing(opened: Open) -> None:
    furnish(opened(OLD), 2)
    both = opened(NEW, OLD)
    rotate(both)
    with both.work() as work:
        before = work.scalar("SELECT string_agg(code_sealed::text, '' ORDER BY id) FROM vouchers")
    lines: list[str] = []
    rotate(both, lines.append)
    assert "vouchers: 0 rows sealed anew" in lines
    with both.work() as work:
        assert work.scalar("SELECT string_agg(code_sealed::text, '' ORDER BY id) FROM vouchers") == before


def test_rotation_while_others_write_and_read(opened: Open) -> None:
    furnish(opened(OLD), 20)
    program, rotator = opened(NEW, OLD), opened(NEW, OLD)
    rotated, errors, written = threading.Event(), list[Exception](), list[int]()

    def serve() -> None:
        try:
            while not rotated.is_set() or len(written) < 10:
                with program.work() as work:
                    buy(work, 1_000 + len(written))
                written.append(read_all(program))
        except Exception as error:
            errors.append(error)

    server = threading.Thread(target=serve)
    server.start()
    try:
        rotate(rotator)
    finally:
        rotated.set()
        server.join()
    assert errors == []
    assert read_all(opened(NEW)) == 20 + len(written)


DYING = """
import os, signal, sys
from contextlib import contextmanager
import bando.keys
from core.base.clock import MachineClock
from core.base.database import Database
from core.base.secrets import Keyring
from core.switchboard import routes

class Dying(Database):
    left = int(sys.argv[3])
    @contextmanager
    def work(self, request_id=None):
        with super().work(request_id) as work:
            yield work
            work.session.flush()
            Dying.left -= 1
            if Dying.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

bando.keys.ROWS_A_TRANSACTION = 1
keyring = Keyring(sys.argv[2].split(","))
bando.keys.rotate(Dying(sys.argv[1], clock=MachineClock(), keyring=keyring, routes=routes))
"""


@pytest.mark.parametrize("transactions", [5, 12])
def test_a_rotation_killed_between_two_rows_is_taken_up_again(
    opened: Open, database_urls: tuple[str, str], transactions: int
) -> None:
    furnish(opened(OLD), 4)
    killed = subprocess.run(
        [sys.executable, "-c", DYING, database_urls[1], f"{NEW},{OLD}", str(transactions)],
        check=False,
        timeout=60,
    )
    assert killed.returncode == -signal.SIGKILL
    both = opened(NEW, OLD)
    with both.work() as work:
        left = sum(rows_on_old_keys(work).values())
    assert 0 < left < 4 * 5 + 2
    assert read_all(both) == 4
    rotate(both)
    assert read_all(opened(NEW)) == 4


def test_a_row_that_somebody_holds_is_waited_for(opened: Open) -> None:
    furnish(opened(OLD), 3)
    program, rotator = opened(NEW, OLD), opened(NEW, OLD)
    held, waited_for = threading.Event(), threading.Event()

    def hold() -> None:
        with program.work() as work:
            work.session.execute(text("SELECT FROM vouchers WHERE id = 2 FOR UPDATE"))
            held.set()
            watcher = opened(NEW, OLD)
            while not waited_for.is_set():
                with watcher.work() as look:
                    if look.scalar("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
                        waited_for.set()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    lines: list[str] = []
    rotate(rotator, lines.append)
    holder.join()
    assert waited_for.is_set()
    assert "vouchers: 3 rows sealed anew" in lines
    assert read_all(opened(NEW)) == 3


def test_what_no_key_opens_is_left_and_named_and_keeps_the_old_key(opened: Open) -> None:
    old = opened(OLD)
    furnish(old, 3)
    with old.work() as work:
        work.session.execute(
            text(
                "UPDATE vouchers a SET code_sealed = b.code_sealed FROM vouchers b "
                "WHERE a.id = 2 AND b.id = 1"
            )
        )
    both, lines = opened(NEW, OLD), list[str]()
    rotate(both, lines.append)
    assert "vouchers: 2 rows sealed anew; 1 could not be (rows 2)" in lines
    assert lines[-1].startswith("The old keys are still needed (1 in vouchers)")
    with both.work() as work:
        assert work.scalar("SELECT count(*) FROM key_marks") == 2
        with pytest.raises(SealBroken):
            code_of(work, work.session.get_one(Voucher, 2))


def test_a_wrong_key_rewrites_nothing(opened: Open) -> None:
    furnish(opened(OLD), 2)
    with pytest.raises(Misconfigured, match="written with another key"):
        rotate(opened(STRANGE))
    assert read_all(opened(OLD)) == 2
    with opened(OLD).work() as work:
        assert rows_on_old_keys(work) == {}
        assert work.scalar("SELECT count(*) FROM key_marks") == 1


def test_the_command_rotates_the_database_of_the_settings(
    opened: Open, database_urls: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish(opened(OLD), 1)
    for name in [name for name in os.environ if name.startswith("BANDO_")]:
        monkeypatch.delenv(name)
    with pytest.raises(Misconfigured, match="BANDO_DATABASE_URL"):
        list(rotate_here())
    monkeypatch.setenv("BANDO_SECRET_KEY", f"{NEW}, {OLD}")
    monkeypatch.setenv("BANDO_DATABASE_URL", database_urls[1])
    monkeypatch.setenv("BANDO_DATABASE_OWNER_URL", database_urls[0])
    assert list(rotate_here())[-1].startswith("Nothing is under an old key")
    assert read_all(opened(NEW)) == 1
