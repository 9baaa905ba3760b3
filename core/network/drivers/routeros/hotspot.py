"""Hotspot users: `/ip/hotspot/user`, one a voucher, speed and number of devices in a user profile a plan."""

from core.network.driver import DesiredAccount, DesiredProfile, LiveSession
from core.network.drivers.routeros import values
from core.network.drivers.routeros.connection import Row
from core.network.drivers.routeros.menus import Menus, rate_limit
from core.network.drivers.routeros.traffic import hotspot_traffic


def _user(desired: DesiredAccount) -> dict[str, str]:
    # The limits count over all sessions of the user; 0 is none.
    return {
        "password": desired.secret,
        "profile": desired.profile.name,
        "limit-uptime": f"{desired.uptime_limit_seconds or 0}s",
        "limit-bytes-total": str(desired.data_limit_bytes or 0),
        "disabled": "no" if desired.state == "present" else "yes",
    }


def _profile(profile: DesiredProfile) -> dict[str, str]:
    # The MAC cookie lets a phone come back without the login page; it lasts the router's default of three
    # days.
    return {
        "rate-limit": rate_limit(profile),
        "shared-users": str(profile.shared_devices),
        "add-mac-cookie": "yes",
    }


def _session(row: Row) -> LiveSession:
    return LiveSession(
        service="hotspot",
        username=row.get("user", ""),
        address=row.get("address", ""),
        mac=row.get("mac-address", ""),
        uptime_seconds=values.seconds(row.get("uptime", "")),
    )


HOTSPOT = Menus(
    service="hotspot",
    accounts="/ip/hotspot/user",
    account=_user,
    account_readers={
        "disabled": values.flag,
        "limit-uptime": values.seconds,
        "limit-bytes-total": values.whole_number,
    },
    profiles="/ip/hotspot/user/profile",
    profile=_profile,
    profile_readers={"rate-limit": values.rate_limit, "add-mac-cookie": values.flag},
    inherited=(),
    live="/ip/hotspot/active",
    live_name="user",
    live_properties=("user", "address", "mac-address", "uptime"),
    session=_session,
    traffic=hotspot_traffic,
    cookies="/ip/hotspot/cookie",
)
