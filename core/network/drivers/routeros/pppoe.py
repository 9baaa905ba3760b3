"""Home lines: `/ppp/secret`. There is no rate on a secret, so the speed lives in a profile a plan."""

from core.network.driver import DesiredAccount, DesiredProfile, LiveSession
from core.network.drivers.routeros import values
from core.network.drivers.routeros.connection import Row
from core.network.drivers.routeros.menus import Menus, rate_limit
from core.network.drivers.routeros.traffic import pppoe_traffic


def _secret(desired: DesiredAccount) -> dict[str, str]:
    return {
        "password": desired.secret,
        "service": "pppoe",
        "profile": desired.profile.name,
        "disabled": "no" if desired.state == "present" else "yes",
    }


def _profile(profile: DesiredProfile) -> dict[str, str]:
    return {"rate-limit": rate_limit(profile)}


def _session(row: Row) -> LiveSession:
    return LiveSession(
        service="pppoe",
        username=row.get("name", ""),
        address=row.get("address", ""),
        mac=row.get("caller-id", ""),
        uptime_seconds=values.seconds(row.get("uptime", "")),
    )


# A profile without addresses gives a caller none: the provider's own set-up of them stands in `default`.
PPPOE = Menus(
    service="pppoe",
    accounts="/ppp/secret",
    account=_secret,
    account_readers={"disabled": values.flag},
    profiles="/ppp/profile",
    profile=_profile,
    profile_readers={"rate-limit": values.rate_limit},
    inherited=("local-address", "remote-address", "dns-server"),
    live="/ppp/active",
    live_name="name",
    live_properties=("name", "service", "address", "caller-id", "uptime"),
    session=_session,
    traffic=pppoe_traffic,
    cookies=None,
)
