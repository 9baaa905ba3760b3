"""What PPPoE and the hotspot have in common on a router, and where they differ."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.network.driver import DesiredAccount, DesiredProfile, LiveSession, Service, SessionTraffic
from core.network.drivers.routeros.connection import RouterConnection, Row
from core.network.drivers.routeros.values import Reader

PROFILE_PREFIX = "bando-"
"""Profiles of this prefix are ours; no other one is ever touched."""


def rate_limit(profile: DesiredProfile) -> str:
    """Upload first: the router's `rx` is what the customer sends. Both swapped is the usual mistake."""
    return f"{profile.upload_kbps}k/{profile.download_kbps}k"


@dataclass(frozen=True)
class Menus:
    """One service. account, profile: the properties that we set, as sent. readers: those that are no plain
    texts.

    live_name: the property of a live row that holds the account's name. cookies: the menu of remembered
    logins. inherited: what a new profile takes over from the router's own profile `default`. traffic: what the
    sessions of this service have carried.
    """

    service: Service
    accounts: str
    account: Callable[[DesiredAccount], dict[str, str]]
    account_readers: Mapping[str, Reader]
    profiles: str
    profile: Callable[[DesiredProfile], dict[str, str]]
    profile_readers: Mapping[str, Reader]
    inherited: tuple[str, ...]
    live: str
    live_name: str
    live_properties: tuple[str, ...]
    session: Callable[[Row], LiveSession]
    traffic: Callable[[RouterConnection], list[SessionTraffic]]
    cookies: str | None
