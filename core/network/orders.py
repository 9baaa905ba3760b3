"""The two ends of one call to a router: claim what it is to hold, and record that it holds it.

Each is one statement and a transaction by itself, for these two are run for every sale and every router. The
account's row is locked first, as everywhere; what was waited for is judged as it is when the lock is had.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from core.base.database import RECORDED, Work
from core.network.driver import DesiredAccount, DesiredProfile, RouterAddress, Service, State
from core.network.events import AccessGranted
from core.network.model import ABSENT, PRESENT
from core.network.routers import SEEN_EVERY

CLAIM = timedelta(seconds=90)
"""Longer than any orderly apply. After a worker's death the account waits so long to be taken up again."""

_LOCKED = """
    WITH account AS MATERIALIZED (
        SELECT * FROM access_accounts WHERE id = %(account_id)s FOR NO KEY UPDATE
    ), row AS MATERIALIZED (
        SELECT r.* FROM account JOIN router_accounts r ON r.account_id = account.id
        WHERE r.router_id = %(router_id)s FOR NO KEY UPDATE OF r
    )"""
_CLAIM = f"""{_LOCKED}, claimed AS (
        UPDATE router_accounts r SET claimed_until = %(until)s
        FROM row JOIN account ON account.id = row.account_id JOIN routers ON routers.id = row.router_id
        WHERE r.account_id = row.account_id AND r.router_id = row.router_id
          AND row.applied_revision < account.revision
          AND (row.claimed_until IS NULL OR row.claimed_until <= %(now)s)
          AND (row.retry_at IS NULL OR row.retry_at <= %(now)s)
          AND routers.away_since IS NULL
        RETURNING row.withdrawn, routers.*
    )
    SELECT account.subscription_id, account.revision, claimed.withdrawn, account.desired, account.service,
        account.username_sealed, account.secret_sealed, account.profile, account.download_kbps,
        account.upload_kbps, account.shared_devices, account.uptime_limit_seconds, account.data_limit_bytes,
        claimed.driver, claimed.name, claimed.host, claimed.port, claimed.username, claimed.password_sealed,
        (SELECT request_id FROM purchases p WHERE p.subscription_id = account.subscription_id
         ORDER BY p.id DESC LIMIT 1) AS request_id
    FROM claimed, account
"""  # noqa: S608
_NOTE_HELD = f"""{_LOCKED}, seen AS (
        UPDATE routers SET last_seen_at = %(now)s
        WHERE id = %(router_id)s AND (last_seen_at IS NULL OR last_seen_at <= %(seen_before)s)
    ), noted AS (
        UPDATE router_accounts r SET claimed_until = NULL, retry_at = NULL, last_error = NULL, failures = 0,
            applied_revision = CASE WHEN still.wanted THEN %(revision)s ELSE 0 END,
            acknowledged_at = CASE WHEN still.wanted THEN %(now)s ELSE r.acknowledged_at END
        FROM row JOIN account ON account.id = row.account_id, LATERAL (
            SELECT account.revision = %(revision)s AND row.withdrawn = %(withdrawn)s AS wanted) AS still
        WHERE r.account_id = row.account_id AND r.router_id = row.router_id
        RETURNING still.wanted
    ), occasion AS (
        UPDATE access_accounts a SET granted_revision = %(revision)s, granted_at = %(now)s
        FROM account, noted
        WHERE a.id = account.id AND noted.wanted AND %(is_present)s
          AND coalesce(account.granted_revision, 0) < %(revision)s
        RETURNING a.id
    ), {RECORDED}
    SELECT wanted FROM noted
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Order:
    """One claimed piece of work, with all that the call needs. request_id: of the purchase that it is part of."""

    account_id: int
    router_id: int
    subscription_id: int
    revision: int
    withdrawn: bool
    driver: str
    address: RouterAddress
    desired: DesiredAccount
    request_id: str | None


def claim(work: Work, *, account_id: int, router_id: int) -> Order | None:
    """Take the account up for this router. None where the router has followed, is away or refuses for now, or
    where another worker is at it.
    """
    row = work.at_once(
        _CLAIM,
        {"account_id": account_id, "router_id": router_id, "now": work.now, "until": work.now + CLAIM},
    )
    if row is None:
        return None
    subscription_id, revision, withdrawn, state, service, username, secret, profile, down, up, devices = row[
        :11
    ]
    seconds, data, driver, name, host, port, login, password, request_id = row[11:]
    unseal = work.keyring.unseal
    return Order(
        account_id=account_id,
        router_id=router_id,
        subscription_id=subscription_id,
        revision=revision,
        withdrawn=withdrawn,
        driver=driver,
        address=RouterAddress(
            router_id=router_id,
            name=name,
            host=host,
            port=port,
            username=login,
            password=unseal(password, table="routers", column="password_sealed", row=router_id),
        ),
        desired=DesiredAccount(
            account_id=account_id,
            service=cast(Service, service),
            username=unseal(username, table="access_accounts", column="username_sealed", row=account_id),
            secret=unseal(secret, table="access_accounts", column="secret_sealed", row=account_id),
            profile=DesiredProfile(profile, download_kbps=down, upload_kbps=up, shared_devices=devices),
            state=cast(State, ABSENT if withdrawn else state),
            uptime_limit_seconds=seconds,
            data_limit_bytes=data,
        ),
        request_id=request_id,
    )


def note_held(work: Work, order: Order) -> bool:
    """Record that the router holds the order; True where something else is wanted meanwhile. The first router
    that holds what grants says so for all."""
    work.request_id = order.request_id or work.request_id
    said = AccessGranted(order.subscription_id, int(work.now.timestamp()))
    values = {
        **work.recording([said]),
        "account_id": order.account_id,
        "router_id": order.router_id,
        "revision": order.revision,
        "withdrawn": order.withdrawn,
        "is_present": order.desired.state == PRESENT,
        "seen_before": work.now - SEEN_EVERY,
    }
    return work.at_once(_NOTE_HELD, values) == (False,)
