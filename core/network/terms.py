"""What routers should hold for a subscription of a state and a plan: plain values, no session."""

from core.billing.model import ACTIVE, AWAITING_NETWORK, ENDED, GRACE, PAUSED, SUSPENDED
from core.catalogue.model import HOTSPOT, Plan
from core.network.model import ABSENT, DISABLED, PRESENT

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

TWO_DAYS = 2 * 86_400

Terms = dict[str, str | int | None]


def terms_of(
    state: str,
    plan: Plan,
    *,
    slowed: bool = False,
    capped: bool = False,
    topup_bytes: int = 0,
    lasts_seconds: int = 0,
) -> Terms:
    """What routers should hold for a subscription of this state and plan: the columns of its access account. slowed:
    at the plan's slow speed, under a profile of its own beside the plan's. capped: its data is used up, which slows or
    stops it. topup_bytes: data that was bought on top. lasts_seconds: of time that runs, from its beginning to its end
    by the calendar, which outages move.

    The router counts time and bytes of a voucher over all its devices together, so its time limit is the term
    once for each device. Home lines have no limits: a secret's count one session only.
    """
    hotspot = plan.kind == HOTSPOT
    capped = capped and plan.data_cap_bytes is not None
    stopped = capped and plan.after_cap == "stop" and _DESIRED[state] == PRESENT
    slowed = slowed or (capped and plan.after_cap == "slow")
    term_seconds = plan.term_count * _TERM_SECONDS[plan.term_unit]
    if plan.until_midnight:
        term_seconds = TWO_DAYS  # its end is a clock's, never later than this after its beginning
    term_seconds = max(term_seconds, lasts_seconds)
    return {
        "desired": DISABLED if stopped else _DESIRED[state],
        "profile": f"bando-{plan.code}-slow" if slowed else f"bando-{plan.code}",
        "download_kbps": min(plan.slow_download_kbps, plan.download_kbps) if slowed else plan.download_kbps,
        "upload_kbps": min(plan.slow_upload_kbps, plan.upload_kbps) if slowed else plan.upload_kbps,
        "shared_devices": plan.shared_devices,
        "uptime_limit_seconds": term_seconds * plan.shared_devices if hotspot else None,
        "data_limit_bytes": plan.data_cap_bytes + topup_bytes
        if hotspot and plan.after_cap == "stop" and plan.data_cap_bytes is not None
        else None,
    }
