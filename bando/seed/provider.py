"""What the trial's provider sells and where: two sites, three routers, eight plans at the market's prices."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.base.database import Work
from core.base.settings import Network
from core.catalogue.model import HOTSPOT, PPPOE, Plan, Site
from core.network.register import register_router

SITES = ("Baraka", "Mtwapa")
HOUR, DAY = 3_600, 86_400


@dataclass(frozen=True, slots=True)
class RouterSeed:
    """A router of the trial; the sandbox plays it at `port` = the sandbox's own port and `port_offset`."""

    name: str
    site: str
    port_offset: int
    version: str
    pppoe: bool
    hotspot: bool


ROUTERS = (
    RouterSeed("baraka-hotspot", "Baraka", 11, "7.18.2", pppoe=False, hotspot=True),
    RouterSeed("baraka-home", "Baraka", 12, "7.20.8", pppoe=True, hotspot=False),
    RouterSeed("mtwapa", "Mtwapa", 13, "6.49.10", pppoe=True, hotspot=True),
)

# code, name, shillings, term unit, count, download and upload in kbit/s
HOTSPOT_PLANS = (
    ("hs-1h", "1 hour", 10, HOUR, 5_000, 2_000),
    ("hs-3h", "3 hours", 20, 3 * HOUR, 5_000, 2_000),
    ("hs-24h", "24 hours", 50, DAY, 5_000, 2_000),
    ("hs-7d", "7 days", 250, 7 * DAY, 6_000, 3_000),
    ("hs-30d", "30 days", 800, 30 * DAY, 6_000, 3_000),
)
HOME_PLANS = (
    ("home5", "Home 5Mbps", 1_500, 5_000, 2_500),
    ("home10", "Home 10Mbps", 2_000, 10_000, 5_000),
    ("home20", "Home 20Mbps", 2_500, 20_000, 10_000),
)


def open_provider(
    work: Work,
    *,
    routers: Sequence[dict[str, Any]],
    networks: Sequence[Network],
    own_ports: Sequence[int],
) -> None:
    """Write sites, plans and routers; `routers` are the world file's rows."""
    sites = {name: Site(name=name) for name in SITES}
    work.session.add_all(sites.values())
    everywhere = list(sites.values())
    for code, name, shillings, seconds, down, up in HOTSPOT_PLANS:
        work.session.add(
            Plan(
                code=code,
                name=name,
                kind=HOTSPOT,
                price_cents=shillings * 100,
                term_unit="seconds",
                term_count=seconds,
                download_kbps=down,
                upload_kbps=up,
                starts="first_login",
                state="on_sale",
                created_at=work.now,
                sites=everywhere,
            )
        )
    for code, name, shillings, down, up in HOME_PLANS:
        work.session.add(
            Plan(
                code=code,
                name=name,
                kind=PPPOE,
                price_cents=shillings * 100,
                term_unit="months",
                term_count=1,
                download_kbps=down,
                upload_kbps=up,
                starts="grant",
                state="on_sale",
                created_at=work.now,
                sites=everywhere,
            )
        )
    work.session.flush()
    for row in routers:
        register_router(
            work,
            name=row["name"],
            site_id=sites[row["site"]].id,
            host="127.0.0.1",
            port=row["port"],
            username=row["username"],
            password=row["password"],
            serves_pppoe=row["pppoe"],
            serves_hotspot=row["hotspot"],
            networks=networks,
            live=False,
            own_ports=own_ports,
        )
