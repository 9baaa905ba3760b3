"""PPPoE: homes that dial, sessions that outlive changes of their account, and redials."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.routeros.meter import LINE_BPS, Meter, packets
from sandbox.routeros.session_rows import QUEUE, free_name, interface_of
from sandbox.routeros.spec import Attempt, LiveSession
from sandbox.routeros.table import Row, Table
from sandbox.routeros.values import parse_duration_ms, parse_rate_limit

if TYPE_CHECKING:
    from sandbox.routeros.device import Device


@dataclass
class Home:
    """A customer's box. It wants to be online and keeps dialling until somebody hangs it up."""

    username: str
    password: str
    mac: str
    session: "PppoeSession | None" = None
    # Counts the dials planned, so that only the last plan is carried out.
    plans: int = 0
    real_due: float | None = None


@dataclass(eq=False)
class PppoeSession:
    home: Home
    interface: str
    address: str
    started: datetime
    meter: Meter
    secret_id: str
    session_id: str
    byte_limits: tuple[int, int]
    ends_at: datetime | None = None
    active: Row | None = None
    rows: list[tuple[Table, Row]] = field(default_factory=list)


class PppoeServer:
    def __init__(self, device: "Device") -> None:
        self._device = device
        self.homes: dict[tuple[str, str], Home] = {}
        self.sessions: dict[str, PppoeSession] = {}
        self._lines: Counter[str] = Counter()

    # -- homes ---------------------------------------------------------------

    def dial(self, username: str, password: str, mac: str) -> Attempt:
        """Let a home dial now. Refused or not, it goes on trying until `hang_up`."""
        home = self.homes.setdefault((username, mac), Home(username, password, mac))
        home.password = password
        if home.session is not None:
            self._end(home.session, "peer is not responding")
        return self._dial(home)

    def wait_for_line(self, username: str, password: str, mac: str) -> None:
        """Note a home that dials while the router is dark; it gets through when the power is back."""
        self.homes.setdefault((username, mac), Home(username, password, mac)).password = password

    def hang_up(self, username: str, mac: str = "") -> bool:
        """Switch off the home's box, or all boxes of that name; False if there is none."""
        gone = [key for key in self.homes if key[0] == username and mac in ("", key[1])]
        for key in gone:
            home = self.homes.pop(key)
            if home.session is not None:
                self._end(home.session, "hung-up")
        return bool(gone)

    def _dial(self, home: Home) -> Attempt:
        device = self._device
        home.real_due = None
        attempt = self._answer(home)
        if not attempt.ok:
            device.log("pppoe,ppp,error", f"<{home.mac}>: {attempt.text}")
            # Nothing that could turn the refusal into a yes happens before the clock is looked at again.
            again = device.horizon + timedelta(microseconds=1)
            self._dial_later(home, device.spec.retry_seconds, not_before=again)
        return attempt

    def _dial_later(self, home: Home, seconds: float, not_before: datetime | None = None) -> None:
        device = self._device
        home.plans += 1
        if device.spec.redial_in_real_time:
            home.real_due = time.monotonic() + seconds
            return
        plan = home.plans
        moment = device.now + timedelta(seconds=seconds)
        device.agenda.at(max(moment, not_before or moment), lambda: self._redial(home, plan))

    def _redial(self, home: Home, plan: int) -> None:
        if plan == home.plans and home.session is None and self.homes.get((home.username, home.mac)) is home:
            self._dial(home)

    def redial_in_real_time(self) -> None:
        if not self._device.spec.redial_in_real_time:
            return
        now = time.monotonic()
        for home in list(self.homes.values()):
            if home.real_due is not None and home.real_due <= now:
                self._redial(home, home.plans)

    def line_is_back(self) -> None:
        for home in self.homes.values():
            self._dial_later(home, self._device.spec.redial_seconds)

    # -- sessions ---------------------------------------------------------------

    def _answer(self, home: Home) -> Attempt:
        device = self._device
        secret = device.table("/ppp/secret").named(home.username)
        refused = f"user {home.username} authentication failed"
        if not device.spec.pppoe:
            return Attempt(False, "no PPPoE server answers")
        if (
            secret is None
            or secret.values["disabled"] == "true"
            or secret.values["password"] != home.password
            or secret.values["service"] not in ("any", "pppoe")
            or secret.values["caller-id"].upper() not in ("", home.mac.upper())
        ):
            return Attempt(False, refused)
        profile = device.table("/ppp/profile").rows.get(secret.values["profile"])
        if profile is None:
            return Attempt(False, f"{refused} - profile not found")
        if self._lines[home.username] and profile.values["only-one"] == "yes":
            return Attempt(False, f"user {home.username} is already active")
        address = self._address(home, secret, profile)
        if address is None:
            return Attempt(False, "could not determine remote address")
        self._begin(home, secret, profile, address)
        return Attempt(True, address=address)

    def _address(self, home: Home, secret: Row, profile: Row) -> str | None:
        wanted = secret.values.get("remote-address") or profile.values.get("remote-address")
        if wanted is None or not wanted.startswith("*"):
            return wanted
        pool = self._device.table("/ip/pool").rows.get(wanted)
        return None if pool is None else self._device.pools.lease(pool, "PPP", home.username)

    def _begin(self, home: Home, secret: Row, profile: Row, address: str) -> None:
        device = self._device
        rates = parse_rate_limit(profile.values.get("rate-limit", ""))
        session = PppoeSession(
            home=home,
            interface=free_name(device.table("/interface"), f"pppoe-{home.username}"),
            address=address,
            started=device.now,
            meter=Meter(*(rates or LINE_BPS), device.load_permille, device.now),
            secret_id=secret.id,
            session_id=f"0x{next(device.session_numbers):x}",
            byte_limits=(int(secret.values["limit-bytes-in"]), int(secret.values["limit-bytes-out"])),
        )
        home.session = session
        self._lines[home.username] += 1
        self._put_rows(session, secret, profile, rates)
        if (timeout := profile.values.get("session-timeout")) and (length := parse_duration_ms(timeout)):
            session.ends_at = session.started + timedelta(milliseconds=length)
        self._expect_end(session)
        device.log("pppoe,ppp,info,account", f"{home.username} logged in, {address} from {home.mac}")
        device.log("pppoe,ppp,info", f"{session.interface}: connected")

    def _put_rows(
        self, session: PppoeSession, secret: Row, profile: Row, rates: tuple[int, int] | None
    ) -> None:
        device, home, name = self._device, session.home, session.interface

        def put(path: str, values: dict[str, str], live: bool = True) -> Row:
            counters = (lambda: self._counters(session)) if live else None
            row = device.table(path).insert(values, live=counters, dynamic=True)
            session.rows.append((device.table(path), row))
            return row

        interface = put("/interface", interface_of(name, device.print_now()))
        if rates is not None:
            limit = f"{rates[0]}/{rates[1]}"
            put("/queue/simple", {**QUEUE, "name": name, "target": interface.id, "max-limit": limit})
        if profile.values.get("address-list"):
            entry = {
                "list": profile.values["address-list"],
                "address": session.address,
                "timeout": "none-dynamic",
            }
            device.list_address(put("/ip/firewall/address-list", {**entry, "disabled": "false"}, live=False))
        active = {
            "name": home.username, "service": "pppoe", "caller-id": home.mac, "address": session.address,
            "encoding": "", "session-id": session.session_id, "radius": "false",
            "limit-bytes-in": secret.values["limit-bytes-in"],
            "limit-bytes-out": secret.values["limit-bytes-out"],
        }  # fmt: skip
        if "comment" in secret.values:
            active["comment"] = secret.values["comment"]
        session.active = device.table("/ppp/active").insert(
            active, live=lambda: {"uptime": device.since(session.started)}, dynamic=True
        )
        session.rows.append((device.table("/ppp/active"), session.active))
        self.sessions[session.active.id] = session

    def _counters(self, session: PppoeSession) -> Mapping[str, str]:
        """Counters of interface and queue in one: rx is what the customer uploads."""
        up, down = session.meter.upload(self._device.now), session.meter.download(self._device.now)
        return {
            "rx-byte": str(up), "tx-byte": str(down), "rx-packet": str(packets(up)),
            "tx-packet": str(packets(down)),
            "bytes": f"{up}/{down}", "packets": f"{packets(up)}/{packets(down)}",
            "rate": session.meter.rate(),
        }  # fmt: skip

    def _expect_end(self, session: PppoeSession) -> None:
        """Note the moment at which a limit of this one session is reached."""
        now = self._device.now
        by_bytes = session.meter.reaches(now, upload=session.byte_limits[0], download=session.byte_limits[1])
        moments = [moment for moment in (session.ends_at, by_bytes) if moment is not None]
        if moments:
            moment = min(moments)
            self._device.agenda.at(moment, lambda: self._end_when_due(session, moment))

    def _end_when_due(self, session: PppoeSession, moment: datetime) -> None:
        if session.home.session is not session:
            return
        up, down = session.meter.upload(moment), session.meter.download(moment)
        used_up = any(
            limit and used >= limit for limit, used in zip(session.byte_limits, (up, down), strict=True)
        )
        if used_up or (session.ends_at is not None and moment >= session.ends_at):
            self._end(session, "traffic limit reached" if used_up else "session timeout")
            self._dial_later(session.home, self._device.spec.redial_seconds)

    def carry(self, session: PppoeSession, load_permille: int, upload: int, download: int) -> None:
        session.meter.change(self._device.now, load_permille=load_permille, upload=upload, download=download)
        self._expect_end(session)

    def kick(self, active: Row) -> None:
        """End the session of a removed active row; its home notices and dials again."""
        session = self.sessions[active.id]
        self._end(session, "admin-reset")
        self._dial_later(session.home, self._device.spec.redial_seconds)

    def _end(self, session: PppoeSession, reason: str) -> None:
        device = self._device
        session.home.session = None
        self._lines[session.home.username] -= 1
        device.pools.release(session.address)
        for table, row in session.rows:
            table.drop(row)
        if session.active is not None:
            self.sessions.pop(session.active.id, None)
        if (secret := device.table("/ppp/secret").rows.get(session.secret_id)) is not None:
            secret.values["last-logged-out"] = device.print_now()
            secret.values["last-caller-id"] = session.home.mac
            secret.values["last-disconnect-reason"] = reason
            device.table("/ppp/secret").announce(secret)
        device.log("pppoe,ppp,info", f"{session.interface}: terminating... - {reason}")
        device.log("pppoe,ppp,info,account", f"{session.home.username} logged out")

    def lose_power(self) -> None:
        for session in list(self.sessions.values()):
            self._end(session, "nas-reboot")
        for home in self.homes.values():
            home.real_due = None

    def live(self) -> list[LiveSession]:
        now = self._device.now
        return [
            LiveSession(
                "pppoe", s.home.username, s.home.mac, s.address, self._device.utc(s.started),
                int((now - s.started).total_seconds()), s.meter.upload(now), s.meter.download(now),
                s.meter.upload_bps, s.meter.download_bps,
            )
            for s in self.sessions.values()
        ]  # fmt: skip
