"""The access account of a subscription: made on first sight, with a name and a secret of its own."""

import secrets

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core.base.database import Work
from core.base.errors import NotReady
from core.billing.model import Subscription
from core.catalogue.model import HOTSPOT
from core.network.model import AccessAccount
from core.subscribers.model import Subscriber
from core.vouchers.mint import code_of
from core.vouchers.model import Voucher

USERNAME_LOOKUP = "access_username"
DRAWN_FROM = "23456789abcdefghjkmnpqrstuvwxyz"
"""No 0 and o, no 1, i and l: the customer reads it on a phone and types it into a box on the wall."""
DRAWN_SIGNS = 12
"""31^12 is 59 bits, for a password that can only be tried over the customer's own line (M31)."""
LINES_A_SUBSCRIBER = 50
"""A block of flats on one account; more is a loop of ours."""


def account_of(work: Work, subscription_id: int, *, lock: bool = False) -> AccessAccount | None:
    """The subscription's account, as it stands now."""
    statement = select(AccessAccount).where(AccessAccount.subscription_id == subscription_id)
    if lock:
        statement = statement.with_for_update(key_share=True).execution_options(populate_existing=True)
    return work.session.scalar(statement)


def open_account(work: Work, line: Subscription, wanted: dict[str, str | int | None]) -> AccessAccount:
    """The account of `line`, locked. Two jobs that open it at the same time open one.

    A home line is named by the subscriber's account number, further ones of the same person 1000015-2, -3. A
    voucher's name and secret are its code. NotReady where the voucher is not minted yet.
    """
    if line.plan.kind == HOTSPOT:
        code = _code(work, line)
        return _insert(work, line, username=code, secret=code, wanted=wanted) or _taken(line)
    number = work.session.get_one(Subscriber, line.subscriber_id).account_no
    secret = draw_secret()
    for nth in range(1, LINES_A_SUBSCRIBER + 1):
        username = number if nth == 1 else f"{number}-{nth}"
        account = _insert(work, line, username=username, secret=secret, wanted=wanted)
        if account is not None:
            return account
    return _taken(line)


def draw_secret() -> str:
    """A fresh password for a home line."""
    return "".join(secrets.choice(DRAWN_FROM) for _ in range(DRAWN_SIGNS))


def username_of(work: Work, account: AccessAccount) -> str:
    """The clear name, for routers and the customer's own eyes."""
    return work.keyring.unseal(
        account.username_sealed, table="access_accounts", column="username_sealed", row=account.id
    )


def secret_of(work: Work, account: AccessAccount) -> str:
    """The clear secret, for routers and the customer's own eyes."""
    return work.keyring.unseal(
        account.secret_sealed, table="access_accounts", column="secret_sealed", row=account.id
    )


def _insert(
    work: Work, line: Subscription, *, username: str, secret: str, wanted: dict[str, str | int | None]
) -> AccessAccount | None:
    """The account under this name; None where the name is another line's."""
    if _is_taken(work, line, username):
        return None
    account_id, seal = work.next_id("access_accounts"), work.keyring.seal
    work.session.execute(
        insert(AccessAccount)
        .values(
            id=account_id,
            subscription_id=line.id,
            service=line.plan.kind,
            username_sealed=seal(username, table="access_accounts", column="username_sealed", row=account_id),
            username_lookup=work.keyring.lookup(username, USERNAME_LOOKUP),
            secret_sealed=seal(secret, table="access_accounts", column="secret_sealed", row=account_id),
            **wanted,
        )
        .on_conflict_do_nothing()
    )
    # Ours, or that of a job which was faster; none where another line took the name in this very moment.
    return account_of(work, line.id, lock=True)


def _is_taken(work: Work, line: Subscription, username: str) -> bool:
    lookups = work.keyring.lookups(username, USERNAME_LOOKUP)
    found = work.session.scalar(
        select(AccessAccount.id).where(
            AccessAccount.username_lookup.in_(lookups), AccessAccount.subscription_id != line.id
        )
    )
    return found is not None


def _code(work: Work, line: Subscription) -> str:
    voucher = work.session.scalar(select(Voucher).where(Voucher.subscription_id == line.id))
    if voucher is None:
        raise NotReady(f"the voucher of subscription {line.id} is not minted yet")
    return code_of(work, voucher)


def _taken(line: Subscription) -> AccessAccount:
    raise RuntimeError(f"no free name for the access account of subscription {line.id}")
