"""What the hotspot remembers of a phone: MAC cookies and browser cookies, in one table with their
lifetimes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.routeros.table import Row, Table
from sandbox.routeros.values import parse_duration_ms, print_duration

if TYPE_CHECKING:
    from sandbox.routeros.device import Device


@dataclass(frozen=True)
class Cookie:
    """`kind` is `mac-cookie` or `cookie`, the words of `login-by`."""

    kind: str
    username: str
    password: str
    row: Row


class Cookies:
    def __init__(self, device: "Device") -> None:
        self._device = device
        self._kept: dict[tuple[str, str], Cookie] = {}

    def keep(self, username: str, password: str, mac: str, user_profile: Mapping[str, str]) -> None:
        """Remember a login by what the server's `login-by` and the user's profile allow."""
        server_profile = self.server_profile()
        methods = server_profile.get("login-by", "").split(",")
        if "mac-cookie" in methods and user_profile.get("add-mac-cookie") == "true":
            self._put("mac-cookie", username, password, mac, user_profile.get("mac-cookie-timeout", "3d"))
        if "cookie" in methods:
            self._put("cookie", username, password, mac, server_profile.get("http-cookie-lifetime", "3d"))

    def of(self, mac: str) -> Cookie | None:
        """Return the cookie a phone would come back with: the MAC cookie first, it needs no browser."""
        for kind in ("mac-cookie", "cookie"):
            cookie = self._kept.get((kind, mac.upper()))
            if cookie is not None and cookie.row.id in self._table.rows:
                return cookie
        return None

    def forget(self, mac: str, kind: str) -> None:
        if (cookie := self._kept.pop((kind, mac.upper()), None)) is not None:
            self._table.drop(cookie.row)

    def clear(self) -> None:
        for kind, mac in list(self._kept):
            self.forget(mac, kind)

    def _put(self, kind: str, username: str, password: str, mac: str, lifetime: str) -> None:
        self.forget(mac, kind)
        device = self._device
        ends = device.now + timedelta(milliseconds=parse_duration_ms(lifetime))
        values = {
            "user": username,
            "mac-address": mac,
            "mac-cookie": "true" if kind == "mac-cookie" else "false",
        }
        row = self._table.insert(values, live=lambda: {"expires-in": self._left(ends)}, dynamic=True)
        cookie = Cookie(kind, username, password, row)
        self._kept[kind, mac] = cookie
        device.agenda.at(ends, lambda: self._expire(cookie, mac))

    def _expire(self, cookie: Cookie, mac: str) -> None:
        if self._kept.get((cookie.kind, mac)) is cookie:
            self.forget(mac, cookie.kind)

    def _left(self, ends: datetime) -> str:
        return print_duration((ends - self._device.now) // timedelta(seconds=1) * 1000)

    @property
    def _table(self) -> Table:
        return self._device.table("/ip/hotspot/cookie")

    def server_profile(self) -> Mapping[str, str]:
        servers = self._device.table("/ip/hotspot").rows.values()
        profiles = self._device.table("/ip/hotspot/profile").rows
        return next(
            (profiles[s.values["profile"]].values for s in servers if s.values["profile"] in profiles), {}
        )
