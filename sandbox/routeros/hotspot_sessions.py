"""Hotspot sessions: their rows, counters and limits, and what is added to the user when they end."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.routeros.cookies import Cookies
from sandbox.routeros.menus_hotspot import LIMITS
from sandbox.routeros.meter import LINE_BPS, Meter, packets
from sandbox.routeros.session_rows import QUEUE, free_name
from sandbox.routeros.spec import LiveSession
from sandbox.routeros.table import Row, Table
from sandbox.routeros.values import parse_duration_ms, parse_rate_limit, print_duration

if TYPE_CHECKING:
    from sandbox.routeros.device import Device

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
    # Where a limit stood at login: a change of the user's limits does not move the bound of a running
    # session.
    ends_at: datetime | None
    byte_limits: dict[str, int]
    profile: Mapping[str, str]
    active: Row | None = None
    rows: list[tuple[Table, Row]] = field(default_factory=list)


class HotspotSessions:
    """What is up, by the id of its row in `/ip/hotspot/active`."""

    def __init__(self, device: "Device") -> None:
        self._device = device
        self._up: dict[str, HotspotSession] = {}
        self._by_phone: dict[str, HotspotSession] = {}
        self.cookies = Cookies(device)

    def __iter__(self) -> Iterator[HotspotSession]:
        return iter(list(self._up.values()))

    def __len__(self) -> int:
        return len(self._up)

    def of_phone(self, mac: str) -> HotspotSession | None:
        return self._by_phone.get(mac.upper())

    def server_name(self) -> str:
        servers = self._device.table("/ip/hotspot").rows.values()
        return next((server.values["name"] for server in servers), "hs1")

    def used(self, user: Row, live: list[HotspotSession]) -> tuple[int, int, int]:
        """Milliseconds, uploaded and downloaded bytes of a user: earlier sessions plus those that are up."""
        now = self._device.now
        return (
            parse_duration_ms(user.values["uptime"]) + sum((now - s.started) // _SECOND * 1000 for s in live),
            int(user.values["bytes-in"]) + sum(s.meter.upload(now) for s in live),
            int(user.values["bytes-out"]) + sum(s.meter.download(now) for s in live),
        )

    def begin(
        self,
        user: Row,
        profile: Row,
        others: list[HotspotSession],
        password: str,
        mac: str,
        ip: str,
        login_by: str,
    ) -> None:
        device = self._device
        rates = parse_rate_limit(profile.values.get("rate-limit", ""))
        spent, up, down = self.used(user, others)
        used = dict(zip(LIMITS, (up, down, up + down), strict=True))
        lengths = []
        if limit := parse_duration_ms(user.values.get("limit-uptime", "0s")):
            lengths.append(limit - spent)
        if timeout := parse_duration_ms(profile.values.get("session-timeout", "0s")):
            lengths.append(timeout)
        session = HotspotSession(
            username=user.values["name"], password=password, mac=mac, address=ip, login_by=login_by,
            user_id=user.id, started=device.now, meter=Meter(*(rates or LINE_BPS), device.load_permille,
            device.now),
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
                "server": self.server_name(), "user": session.username, "address": session.address,
                "mac-address": session.mac, "login-by": session.login_by, "idle-time": "0s",
                "radius": "false",
                "keepalive-timeout": session.profile.get("keepalive-timeout", "none"),
                **{name: str(limit) for name, limit in session.byte_limits.items()},
            },
        )  # fmt: skip
        self._up[session.active.id] = self._by_phone[session.mac] = session
        if rates is not None:
            name = free_name(device.table("/queue/simple"), f"hotspot-{session.username}")
            limit = {"target": f"{session.address}/32", "max-limit": f"{rates[0]}/{rates[1]}"}
            put("/queue/simple", {**QUEUE, "name": name, **limit})
        if session.profile.get("address-list"):
            entry = {"list": session.profile["address-list"], "address": session.address, "disabled": "false"}
            device.list_address(
                put("/ip/firewall/address-list", {**entry, "timeout": "none-dynamic"}, live=False)
            )

    def counters(self, session: HotspotSession) -> Mapping[str, str]:
        now = self._device.now
        up, down = session.meter.upload(now), session.meter.download(now)
        out = {
            "uptime": self._device.since(session.started),
            "bytes-in": str(up), "bytes-out": str(down),
            "packets-in": str(packets(up)), "packets-out": str(packets(down)),
            "bytes": f"{up}/{down}", "packets": f"{packets(up)}/{packets(down)}",
            "rate": session.meter.rate(),
        }  # fmt: skip
        if session.ends_at is not None:
            out["session-time-left"] = print_duration(max(0, (session.ends_at - now) // _SECOND) * 1000)
        return out

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
        if session.active is None or session.active.id not in self._up:
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
        self._end(self._up[active.id], "admin reset")

    def end_of_phone(self, mac: str, reason: str) -> bool:
        """End the session of a phone; False if it has none."""
        session = self.of_phone(mac)
        if session is not None:
            self._end(session, reason)
        return session is not None

    def _end(self, session: HotspotSession, reason: str) -> None:
        """Take the session down and add what it used to its user, if that one still exists."""
        device = self._device
        if (user := device.table("/ip/hotspot/user").rows.get(session.user_id)) is not None:
            spent, up, down = self.used(user, [session])
            user.values.update(uptime=print_duration(spent), **_traffic(up, down))
            device.table("/ip/hotspot/user").announce(user)
        for table, row in session.rows:
            table.drop(row)
        if session.active is not None:
            self._up.pop(session.active.id, None)
            self._by_phone.pop(session.mac, None)
        if reason not in _KEEPS_COOKIE:
            self.cookies.forget(session.mac, "mac-cookie")
        device.log(
            "hotspot,account,info,debug", f"{session.username} ({session.address}): logged out: {reason}"
        )

    def live(self) -> list[LiveSession]:
        now = self._device.now
        return [
            LiveSession(
                "hotspot", s.username, s.mac, s.address, self._device.utc(s.started),
                (now - s.started) // _SECOND,
                s.meter.upload(now), s.meter.download(now), s.meter.upload_bps, s.meter.download_bps,
            )
            for s in self._up.values()
        ]  # fmt: skip


def _traffic(up: int, down: int) -> dict[str, str]:
    return {
        "bytes-in": str(up), "bytes-out": str(down),
        "packets-in": str(packets(up)), "packets-out": str(packets(down)),
    }  # fmt: skip
