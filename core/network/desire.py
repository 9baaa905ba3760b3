"""What routers should hold for a subscription, computed from its state and its plan."""

from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import joinedload

from core.base.database import Work
from core.billing.data import topup_bytes
from core.billing.model import AWAITING_NETWORK, Subscription, SubscriptionMove
from core.network.accounts import account_of, open_account
from core.network.fresh import open_voucher
from core.network.model import ABSENT, AccessAccount, RouterAccount
from core.network.placement import place
from core.network.terms import Terms, terms_of


@dataclass(frozen=True, slots=True)
class Behind:
    """An access account, and the ids of the routers that do not hold yet what is wanted of it."""

    account_id: int
    router_ids: tuple[int, ...]


def desire(work: Work, *, subscription_id: int) -> Behind | None:
    """Bring the access account up to date. None where there is none and none is wanted.

    The revision grows only where something has changed, or where the subscription waits for the network's yes
    anew: a line that was off and is paid again gets its yes even when the routers never heard that it was
    off.
    """
    fresh = open_voucher(work, subscription_id=subscription_id)
    if fresh is not None:
        return Behind(*fresh)
    account = account_of(work, subscription_id, lock=True)
    line = work.session.get_one(
        Subscription, subscription_id, options=[joinedload(Subscription.plan)], populate_existing=True
    )
    terms = _terms(work, line)
    if account is None:
        if terms["desired"] == ABSENT:
            return None
        account = open_account(work, line, {**terms, "asked_move_id": _asked(work, line)})
        # Whoever opened it at the same time may have seen an older state.
        work.session.refresh(line)
        terms = _terms(work, line)
    _revise(work, account, terms, _asked(work, line))
    place(work, account, line)
    work.session.flush()
    behind = work.session.scalars(
        select(RouterAccount.router_id)
        .where(RouterAccount.account_id == account.id, RouterAccount.applied_revision < account.revision)
        .order_by(RouterAccount.router_id)
    )
    return Behind(account.id, tuple(behind))


def _terms(work: Work, line: Subscription) -> Terms:
    return terms_of(
        line.state,
        line.plan,
        slowed=line.slowed_at is not None,
        capped=line.capped_at is not None,
        topup_bytes=topup_bytes(work, line.id) if line.plan.data_cap_bytes is not None else 0,
        lasts_seconds=_lasts_seconds(line),
    )


def _lasts_seconds(line: Subscription) -> int:
    if line.starts_at is None or line.paid_through is None:
        return 0
    return int((line.paid_through - line.starts_at).total_seconds())


def _revise(work: Work, account: AccessAccount, terms: Terms, asked: int | None) -> None:
    asked_again = asked is not None and asked > (account.asked_move_id or 0)
    changed = {name: value for name, value in terms.items() if getattr(account, name) != value}
    if not changed and not asked_again:
        return
    for name, value in changed.items():
        setattr(account, name, value)
    account.asked_move_id = asked or account.asked_move_id
    account.revision += 1
    # A refusal of what was wanted before says nothing about what is wanted now.
    work.session.execute(
        update(RouterAccount)
        .where(RouterAccount.account_id == account.id)
        .values(retry_at=None, failures=0)
        .execution_options(synchronize_session=False)
    )


def _asked(work: Work, line: Subscription) -> int | None:
    """The move by which the subscription began to wait for the network, if it does."""
    if line.state != AWAITING_NETWORK:
        return None
    return work.session.scalar(
        select(func.max(SubscriptionMove.id)).where(
            SubscriptionMove.subscription_id == line.id, SubscriptionMove.to_state == AWAITING_NETWORK
        )
    )
