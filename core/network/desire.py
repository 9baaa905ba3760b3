"""What routers should hold for a subscription, computed from its state and its plan."""

from sqlalchemy import func, select, update

from core.base.database import Work
from core.billing.model import (
    ACTIVE,
    AWAITING_NETWORK,
    ENDED,
    GRACE,
    PAUSED,
    SUSPENDED,
    Subscription,
    SubscriptionMove,
)
from core.catalogue.model import HOTSPOT, Plan
from core.network.accounts import account_of, open_account
from core.network.model import ABSENT, DISABLED, PRESENT, AccessAccount, RouterAccount
from core.network.placement import place

_DESIRED = {
    AWAITING_NETWORK: PRESENT,
    ACTIVE: PRESENT,
    GRACE: PRESENT,
    SUSPENDED: DISABLED,
    PAUSED: DISABLED,
    ENDED: ABSENT,
}
_TERM_SECONDS = {"seconds": 1, "days": 86_400, "months": 31 * 86_400}
"""A month as its longest: the router's limit is a hard stop behind the calendar's, never before it."""

Terms = dict[str, str | int | None]


def desire(work: Work, *, subscription_id: int) -> list[int]:
    """Bring the access account up to date and return the ids of the routers that are behind it.

    The revision grows only where something has changed, or where the subscription waits for the network's yes
    anew: a line that was off and is paid again gets its yes even when the routers never heard that it was
    off.
    """
    account = account_of(work, subscription_id, lock=True)
    line = work.session.get_one(Subscription, subscription_id, populate_existing=True)
    terms = terms_of(line.state, line.plan)
    if account is None:
        if terms["desired"] == ABSENT:
            return []
        account = open_account(work, line, {**terms, "asked_move_id": _asked(work, line)})
        # Whoever opened it at the same time may have seen an older state.
        work.session.refresh(line)
        terms = terms_of(line.state, line.plan)
    _revise(work, account, terms, _asked(work, line))
    place(work, account, line)
    work.session.flush()
    return list(
        work.session.scalars(
            select(RouterAccount.router_id)
            .where(RouterAccount.account_id == account.id, RouterAccount.applied_revision < account.revision)
            .order_by(RouterAccount.router_id)
        )
    )


def terms_of(state: str, plan: Plan) -> Terms:
    """What routers should hold for a subscription of this state and plan: the columns of its access account.

    The router counts time and bytes of a voucher over all its devices together, so its time limit is the term
    once for each device. Home lines have no limits: a secret's count one session only.
    """
    hotspot = plan.kind == HOTSPOT
    term_seconds = plan.term_count * _TERM_SECONDS[plan.term_unit]
    return {
        "desired": _DESIRED[state],
        "profile": f"bando-{plan.code}",
        "download_kbps": plan.download_kbps,
        "upload_kbps": plan.upload_kbps,
        "shared_devices": plan.shared_devices,
        "uptime_limit_seconds": term_seconds * plan.shared_devices if hotspot else None,
        "data_limit_bytes": plan.data_cap_bytes if hotspot and plan.after_cap == "stop" else None,
    }


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
