"""The hotspot: hosts, logins with their refusals, sessions with their limits, and cookies (see `cookies.py`).

Only PAP logins are judged here. The sentences of refusals are those of the router's default `errors.txt`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.routeros import traps
from sandbox.routeros.cookies import Cookies
from sandbox.routeros.menus_hotspot import LIMITS, NO_USAGE
from sandbox.routeros.meter import LINE_BPS, Meter, packets
from sandbox.routeros.pppoe import DYNAMIC_QUEUE
from sandbox.routeros.spec import Attempt, LiveSession
from sandbox.routeros.table import Row, Table
from sandbox.routeros.traps import Trap
from sandbox.routeros.values import parse_duration_ms, parse_rate_limit, print_duration

if TYPE_CHECKING:
    from sandbox.routeros.device import Device

INVALID = "invalid username or password"
_SECOND = timedelta(seconds=1)
# Ends of a session that leave the MAC cookie in place, so that the phone comes back without a login page.
_KEEPS_COOKIE = ("keepalive timeout", "login again")


@dataclass(eq=False)
class HotspotSession:
    username: str
    password: str
    mac: str
    address: str
    login_by: str
    user_id: str
    started: datetime
    meter: Meter
    # Where a limit stood at login: a change of the user's limits does not move the bound of a running session.
    ends_at: datetime | None
    byte_limits: dict[str, int]
    profile: Mapping[str, str]
    active: Row | None = None
    rows: list[tuple[Table, Row]] = field(default_factory=list)


class HotspotServer:
    def __init__(self, device: "Device") -> None:
        self._device = device
        self.sessions: dict[str, HotspotSession] = {}
        self.hosts: dict[str, Row] = {}
        self.cookies = Cookies(device)

    # -- phones ------------------------------------------------------------------------------------------------

    def join(self, mac: str, ip: str) -> Row:
        """A phone joins the Wi-Fi: an unauthorised host. The same phone with another address moves."""
        mac = mac.upper()
        host = self.hosts.get(mac)
        if host is None:
            seen = self._device.now
            values = {
                "mac-address": mac, "address": ip, "to-address": ip, "server": self._server(), "found-by": "ARP 1",
                "DHCP": "true", "dynamic": "true", "bypassed": "false", "keepalive-timeout": "2m", "idle-time": "0s",
            }  # fmt: skip
            host = self._device.table("/ip/hotspot/host").insert(
                values, live=lambda: self._host_counters(mac, seen), dynamic=True
            )
            self.hosts[mac] = host
        host.values["address"] = host.values["to-address"] = ip
        return host

    def leave(self, mac: str) -> bool:
        """The phone walks away; its session ends after a moment, its MAC cookie stays. False if it was not there."""
        host = self.hosts.get(mac.upper())
        if host is not None:
            self._end_of(mac, "keepalive timeout")
            self._forget_host(host)
        return host is not None

    def come_back(self, mac: str, ip: str) -> Attempt:
        """The phone is there again and opens a page: logged in by a cookie if the router knows one."""
        self.join(mac, ip)
        if (session := self._session_of(mac)) is not None:
            return Attempt(True, address=session.address)
        cookie = self.cookies.of(mac)
        if cookie is None:
            return Attempt(False, f"you are not logged in (ip {ip})")
        attempt = self.login(cookie.username, cookie.password, mac, ip, cookie.kind)
        if not attempt.ok:
            self.cookies.forget(mac, cookie.kind)
        return attempt

    def logout(self, mac: str) -> bool:
        """The customer presses "log off"; False if no session was up."""
        return self._end_of(mac, "user request")

    # -- login -------------------------------------------------------------------------------------------------

    def login(self, username: str, password: str, mac: str, ip: str, login_by: str = "http-pap") -> Attempt:
        """Judge a login and, if all is well, open the session."""
        device, mac = self._device, mac.upper()
        if not device.spec.hotspot:
            return Attempt(False, "no hotspot here")
        self.join(mac, ip)
        user = self._user(username)
        if user is None or user.values["disabled"] == "true" or user.values.get("password", "") != password:
            return self._refuse(username, ip, INVALID)
        profile = device.table("/ip/hotspot/user/profile").rows.get(user.values["profile"])
        if profile is None:
            return self._refuse(username, ip, INVALID)
        if user.values.get("mac-address", mac) != mac:
            return self._refuse(username, ip, f"user {username} is not allowed to log in from this MAC address")
        others = [s for s in self.sessions.values() if s.username == username and s.mac != mac]
        if (text := self._used_up(user, others)) is not None:
            return self._refuse(username, ip, f"user {username} has reached {text}")
        shared = profile.values["shared-users"]
        if shared not in ("unlimited", "0") and len(others) >= int(shared):
            return self._refuse(username, ip, f"no more sessions are allowed for user {username}")
        self._end_of(mac, "login again")
        self._begin(user, profile, others, password, mac, ip, login_by)
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
        users = [u for u in self._device.table("/ip/hotspot/user").rows.values() if u.values["name"] == username]
        users = [u for u in users if u.values["default"] != "true"]
        return min(users, key=lambda u: u.values["server"] == "all", default=None)

    def _refuse(self, username: str, ip: str, text: str) -> Attempt:
        self._device.log("hotspot,info,debug", f"{username} ({ip}): login failed: {text}")
        return Attempt(False, text)

    def _used(self, user: Row, live: list[HotspotSession]) -> tuple[int, int, int]:
        """Milliseconds, uploaded and downloaded bytes of a user: earlier sessions plus those that are up."""
        now = self._device.now
        return (
            parse_duration_ms(user.values["uptime"]) + sum((now - s.started) // _SECOND * 1000 for s in live),
            int(user.values["bytes-in"]) + sum(s.meter.upload(now) for s in live),
            int(user.values["bytes-out"]) + sum(s.meter.download(now) for s in live),
        )

    def _used_up(self, user: Row, others: list[HotspotSession]) -> str | None:
        spent, up, down = self._used(user, others)
        uptime = parse_duration_ms(user.values.get("limit-uptime", "0s"))
        if uptime and spent >= uptime:
            return "uptime limit"
        for name, used in zip(LIMITS, (up, down, up + down), strict=True):
            limit = int(user.values.get(name, "0"))
            if limit and used >= limit:
                return "traffic limit"
        return None

    # -- sessions ------------------------------------------------------------------------------------------------

    def _begin(
        self, user: Row, profile: Row, others: list[HotspotSession], password: str, mac: str, ip: str, login_by: str
    ) -> None:
        device = self._device
        rates = parse_rate_limit(profile.values.get("rate-limit", ""))
        spent, up, down = self._used(user, others)
        used = dict(zip(LIMITS, (up, down, up + down), strict=True))
        lengths = [parse_duration_ms(user.values.get("limit-uptime", "0s")) - spent]
        if not parse_duration_ms(user.values.get("limit-uptime", "0s")):
            lengths = []
        if timeout := parse_duration_ms(profile.values.get("session-timeout", "0s")):
            lengths.append(timeout)
        session = HotspotSession(
            username=user.values["name"], password=password, mac=mac, address=ip, login_by=login_by,
            user_id=user.id, started=device.now, meter=Meter(*(rates or LINE_BPS), device.load_permille, device.now),
            ends_at=device.now + timedelta(milliseconds=min(lengths)) if lengths else None,
            byte_limits={n: int(user.values[n]) - used[n] for n in LIMITS if int(user.values.get(n, "0"))},
            profile=dict(profile.values),
        )  # fmt: skip
        self._put_rows(session, rates)
        self._expect_end(session)
        self.cookies.keep(session.username, password, mac, session.profile)
        device.log("hotspot,account,info,debug", f"{session.username} ({ip}): logged in")

    def _put_rows(self, session: HotspotSession, rates: tuple[int, int] | None) -> None:
        device = self._device

        def put(path: str, values: dict[str, str], live: bool = True) -> Row:
            counters = (lambda: self.counters(session)) if live else None
            row = device.table(path).insert(values, live=counters, dynamic=True)
            session.rows.append((device.table(path), row))
            return row

        session.active = put(
            "/ip/hotspot/active",
            {
                "server": self._server(), "user": session.username, "address": session.address,
                "mac-address": session.mac, "login-by": session.login_by, "idle-time": "0s", "radius": "false",
                "keepalive-timeout": session.profile.get("keepalive-timeout", "none"),
                **{name: str(limit) for name, limit in session.byte_limits.items()},
            },
        )  # fmt: skip
        self.sessions[session.active.id] = session
        if rates is not None:
            names = (f"<hotspot-{session.username}{n}>" for n in ("", *(f"-{n}" for n in range(1, 1000))))
            queues = device.table("/queue/simple")
            name = next(name for name in names if queues.named(name) is None)
            limit = {"target": f"{session.address}/32", "max-limit": f"{rates[0]}/{rates[1]}"}
            put("/queue/simple", {**DYNAMIC_QUEUE, "name": name, **limit})
        if session.profile.get("address-list"):
            entry = {"list": session.profile["address-list"], "address": session.address, "disabled": "false"}
            device.list_address(put("/ip/firewall/address-list", {**entry, "timeout": "none-dynamic"}, live=False))

    def counters(self, session: HotspotSession) -> Mapping[str, str]:
        now = self._device.now
        up, down = session.meter.upload(now), session.meter.download(now)
        out = {
            "uptime": self._device.since(session.started),
            "bytes-in": str(up), "bytes-out": str(down),
            "packets-in": str(packets(up)), "packets-out": str(packets(down)),
            "bytes": f"{up}/{down}", "packets": f"{packets(up)}/{packets(down)}", "rate": session.meter.rate(),
        }  # fmt: skip
        if session.ends_at is not None:
            out["session-time-left"] = print_duration(max(0, (session.ends_at - now) // _SECOND) * 1000)
        return out

    def _host_counters(self, mac: str, seen: datetime) -> Mapping[str, str]:
        session = self._session_of(mac)
        counted = NO_USAGE if session is None else self.counters(session)
        return {**counted, "uptime": self._device.since(seen), "authorized": "false" if session is None else "true"}

    def _bytes_end(self, session: HotspotSession, now: datetime) -> datetime | None:
        # A used-up remainder of 0 would read as "no limit"; 1 byte is over at once all the same.
        in_, out, total = (max(1, session.byte_limits[n]) if n in session.byte_limits else 0 for n in LIMITS)
        return session.meter.reaches(now, upload=in_, download=out, total=total)

    def _expect_end(self, session: HotspotSession) -> None:
        moments = [m for m in (session.ends_at, self._bytes_end(session, self._device.now)) if m is not None]
        if moments:
            moment = min(moments)
            self._device.agenda.at(moment, lambda: self._end_when_due(session, moment))

    def _end_when_due(self, session: HotspotSession, moment: datetime) -> None:
        if session.active is None or session.active.id not in self.sessions:
            return
        if self._bytes_end(session, moment) == moment:
            self._end(session, "traffic limit reached")
        elif session.ends_at is not None and moment >= session.ends_at:
            self._end(session, "session timeout")

    def carry(self, session: HotspotSession, load_permille: int, upload: int, download: int) -> None:
        session.meter.change(self._device.now, load_permille=load_permille, upload=upload, download=download)
        self._expect_end(session)

    def kick(self, active: Row) -> None:
        """A command removed the active row: the session ends and the MAC cookie goes with it."""
        self._end(self.sessions[active.id], "admin reset")

    def remove_host(self, host: Row) -> None:
        self._end_of(host.values["mac-address"], "admin reset")
        self._forget_host(host)

    def _end_of(self, mac: str, reason: str) -> bool:
        session = self._session_of(mac)
        if session is not None:
            self._end(session, reason)
        return session is not None

    def _end(self, session: HotspotSession, reason: str) -> None:
        """Take the session down and add what it used to its user, if that one still exists."""
        device = self._device
        if (user := device.table("/ip/hotspot/user").rows.get(session.user_id)) is not None:
            spent, up, down = self._used(user, [session])
            user.values.update(uptime=print_duration(spent), **_traffic(up, down))
        for table, row in session.rows:
            table.drop(row)
        if session.active is not None:
            self.sessions.pop(session.active.id, None)
        if reason not in _KEEPS_COOKIE:
            self.cookies.forget(session.mac, "mac-cookie")
        device.log(
            "hotspot,account,info,debug", f"{session.username} ({session.address}): logged out: {reason}"
        )

    def _session_of(self, mac: str) -> HotspotSession | None:
        return next((s for s in self.sessions.values() if s.mac == mac.upper()), None)

    def _server(self) -> str:
        servers = self._device.table("/ip/hotspot").rows.values()
        return next((server.values["name"] for server in servers), "hs1")

    def _forget_host(self, host: Row) -> None:
        self._device.table("/ip/hotspot/host").drop(host)
        self.hosts.pop(host.values["mac-address"], None)

    def lose_power(self) -> None:
        for session in list(self.sessions.values()):
            self._end(session, "keepalive timeout")
        self.hosts.clear()
        self.cookies.clear()

    def live(self) -> list[LiveSession]:
        now = self._device.now
        return [
            LiveSession(
                "hotspot", s.username, s.mac, s.address, self._device.utc(s.started), (now - s.started) // _SECOND,
                s.meter.upload(now), s.meter.download(now), s.meter.upload_bps, s.meter.download_bps,
            )
            for s in self.sessions.values()
        ]  # fmt: skip


def _traffic(up: int, down: int) -> dict[str, str]:
    return {
        "bytes-in": str(up), "bytes-out": str(down),
        "packets-in": str(packets(up)), "packets-out": str(packets(down)),
    }  # fmt: skip
