"""The hotspot: hosts, logins with their refusals, sessions with their limits, and cookies (see `cookies.py`).

Only PAP logins are judged here. The sentences of refusals are those of the router's default `errors.txt`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from sandbox.routeros import traps
from sandbox.routeros.hotspot_sessions import HotspotSession, HotspotSessions
from sandbox.routeros.menus_hotspot import LIMITS, NO_USAGE
from sandbox.routeros.spec import Attempt
from sandbox.routeros.table import Row
from sandbox.routeros.traps import Trap
from sandbox.routeros.values import parse_duration_ms

if TYPE_CHECKING:
    from sandbox.routeros.device import Device

INVALID = "invalid username or password"


class HotspotServer:
    def __init__(self, device: "Device") -> None:
        self._device = device
        self.sessions = HotspotSessions(device)
        self.hosts: dict[str, Row] = {}

    # -- phones ---------------------------------------------------------------

    def join(self, mac: str, ip: str) -> Row:
        """A phone joins the Wi-Fi: an unauthorised host. The same phone with another address moves."""
        mac = mac.upper()
        host = self.hosts.get(mac)
        if host is None:
            seen = self._device.now
            values = {
                "mac-address": mac, "address": ip, "to-address": ip, "server": self.sessions.server_name(),
                "found-by": "ARP 1",
                "DHCP": "true", "dynamic": "true", "bypassed": "false", "keepalive-timeout": "2m",
                "idle-time": "0s",
            }  # fmt: skip
            host = self._device.table("/ip/hotspot/host").insert(
                values, live=lambda: self._host_counters(mac, seen), dynamic=True
            )
            self.hosts[mac] = host
        host.values["address"] = host.values["to-address"] = ip
        return host

    def leave(self, mac: str) -> bool:
        """The phone walks away: its session ends, its MAC cookie stays. False if it was not there."""
        host = self.hosts.get(mac.upper())
        if host is not None:
            self.sessions.end_of_phone(mac, "keepalive timeout")
            self._forget_host(host)
        return host is not None

    def come_back(self, mac: str, ip: str) -> Attempt:
        """The phone is there again and opens a page: logged in by a cookie if the router knows one."""
        self.join(mac, ip)
        if (session := self.sessions.of_phone(mac)) is not None:
            return Attempt(True, address=session.address)
        cookie = self.sessions.cookies.of(mac)
        if cookie is None:
            return Attempt(False, f"you are not logged in (ip {ip})")
        attempt = self.login(cookie.username, cookie.password, mac, ip, cookie.kind)
        if not attempt.ok:
            self.sessions.cookies.forget(mac, cookie.kind)
        return attempt

    def logout(self, mac: str) -> bool:
        """The customer presses "log off"; False if no session was up."""
        return self.sessions.end_of_phone(mac, "user request")

    # -- login ---------------------------------------------------------------

    def login(self, username: str, password: str, mac: str, ip: str, login_by: str = "http-pap") -> Attempt:
        """Judge a login and, if all is well, open the session."""
        device, mac = self._device, mac.upper()
        if not device.spec.hotspot:
            return Attempt(False, "no hotspot here")
        self.join(mac, ip)
        user = self._user(username)
        if user is None and self.sessions.cookies.server_profile().get("use-radius") == "true":
            # A name that is not in the table is asked for over RADIUS, and nobody answers here.
            return self._refuse(username, ip, "RADIUS server is not responding")
        if user is None or user.values["disabled"] == "true" or user.values.get("password", "") != password:
            return self._refuse(username, ip, INVALID)
        profile = device.table("/ip/hotspot/user/profile").rows.get(user.values["profile"])
        if profile is None:
            return self._refuse(username, ip, INVALID)
        if user.values.get("mac-address", mac) != mac:
            return self._refuse(
                username, ip, f"user {username} is not allowed to log in from this MAC address"
            )
        others = [s for s in self.sessions if s.username == username and s.mac != mac]
        mine = [s for s in self.sessions if s.username == username and s.mac == mac]
        if (text := self._used_up(user, others + mine)) is not None:
            return self._refuse(username, ip, f"user {username} has reached {text}")
        shared = profile.values["shared-users"]
        if shared not in ("unlimited", "0") and len(others) >= int(shared):
            return self._refuse(username, ip, f"no more sessions are allowed for user {username}")
        self.sessions.end_of_phone(mac, "login again")
        self.sessions.begin(user, profile, others, password, mac, ip, login_by)
        return Attempt(True, address=ip)

    def login_by_command(self, attributes: Mapping[str, str]) -> None:
        """`/ip/hotspot/active/login`: log a waiting host in from outside. Refusals come as traps."""
        known = {"user", "password", "ip", "mac-address", "domain"}
        for name in attributes:
            if name not in known:
                raise self._device.manners.unknown_parameter(name)
        for name in ("user", "ip"):
            if not attributes.get(name):
                raise traps.missing_value(name)
        ip = attributes["ip"]
        host = next((h for h in self.hosts.values() if h.values["address"] == ip), None)
        if host is None or attributes.get("mac-address", "").upper() not in ("", host.values["mac-address"]):
            raise Trap(f"unknown host IP {ip}")
        mac = host.values["mac-address"]
        attempt = self.login(attributes["user"], attributes.get("password", ""), mac, ip)
        if not attempt.ok:
            raise Trap(attempt.text)

    def _user(self, username: str) -> Row | None:
        """The user for our server, else the one for all servers; the trial's template is nobody."""
        users = [
            u for u in self._device.table("/ip/hotspot/user").rows.values() if u.values["name"] == username
        ]
        users = [u for u in users if u.values["default"] != "true"]
        return min(users, key=lambda u: u.values["server"] == "all", default=None)

    def _refuse(self, username: str, ip: str, text: str) -> Attempt:
        self._device.log("hotspot,info,debug", f"{username} ({ip}): login failed: {text}")
        return Attempt(False, text)

    def _used_up(self, user: Row, live: list[HotspotSession]) -> str | None:
        spent, up, down = self.sessions.used(user, live)
        uptime = parse_duration_ms(user.values.get("limit-uptime", "0s"))
        if uptime and spent >= uptime:
            return "uptime limit"
        for name, used in zip(LIMITS, (up, down, up + down), strict=True):
            limit = int(user.values.get(name, "0"))
            if limit and used >= limit:
                return "traffic limit"
        return None

    def _host_counters(self, mac: str, seen: datetime) -> Mapping[str, str]:
        session = self.sessions.of_phone(mac)
        counted = NO_USAGE if session is None else self.sessions.counters(session)
        return {
            **counted,
            "uptime": self._device.since(seen),
            "authorized": "false" if session is None else "true",
        }

    def remove_host(self, host: Row) -> None:
        """A command removed the host row: the phone has to begin again."""
        self.sessions.end_of_phone(host.values["mac-address"], "admin reset")
        self._forget_host(host)

    def _forget_host(self, host: Row) -> None:
        self._device.table("/ip/hotspot/host").drop(host)
        self.hosts.pop(host.values["mac-address"], None)

    def lose_power(self) -> None:
        for session in self.sessions:
            self.sessions.end_of_phone(session.mac, "keepalive timeout")
        self.hosts.clear()
        self.sessions.cookies.clear()
