"""The network's jobs, as the switchboard names them. Each may run twice, also at the same time."""

from core.network.converge import catch_up_router, converge_subscription
from core.network.credentials import send_first_credentials
from core.network.follow import NetworkDeps
from core.network.logins import watch_all
from core.network.probe import probe_all
from core.network.usage import read_all
from core.vouchers.send import send_first

__all__ = [
    "NetworkDeps",
    "catch_up",
    "converge",
    "probe_routers",
    "read_usage",
    "send_credentials",
    "watch_logins",
]


def converge(deps: NetworkDeps, *, subscription_id: int) -> None:
    """What the routers should hold for this subscription has changed."""
    converge_subscription(deps, subscription_id=subscription_id)


def catch_up(deps: NetworkDeps, *, router_id: int) -> None:
    """The router answers again, or is behind."""
    catch_up_router(deps, router_id=router_id)


def probe_routers(deps: NetworkDeps) -> None:
    """Each minute: routers that are away or behind."""
    probe_all(deps)


def watch_logins(deps: NetworkDeps) -> None:
    """Each minute: first logins at the hotspots."""
    watch_all(deps)


def read_usage(deps: NetworkDeps) -> None:
    """Every five minutes: what lines whose data has an end have used."""
    read_all(deps)


def send_credentials(deps: NetworkDeps, *, subscription_id: int, at: int) -> None:
    """A router has the access since `at`: now what opens it is worth sending, a voucher's code, or a new home
    line's user name and password."""
    with deps.work() as work:
        if not send_first(work, subscription_id=subscription_id):
            send_first_credentials(work, subscription_id=subscription_id)
