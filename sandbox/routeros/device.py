"""One router without its network sockets: its tables, its clock, its log and its sessions."""

import itertools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from sandbox.routeros import builtin, menus_hotspot, menus_ppp, menus_system
from sandbox.routeros.agenda import Agenda
from sandbox.routeros.hotspot import HotspotServer
from sandbox.routeros.pools import Pools
from sandbox.routeros.pppoe import PppoeServer
from sandbox.routeros.spec import Faults, RouterSpec
from sandbox.routeros.table import Row, Table
from sandbox.routeros.traps import Manners, Trap
from sandbox.routeros.values import parse_duration_ms, print_date, print_duration

# Lines kept in the log; a real router's memory log is as short.
LOG_LINES = 1000
# Thousandths of the plan's rate that a customer uses on average.
USUAL_LOAD_PERMILLE = 30
FIRST_SESSION_ID = 0x81100000


class Device:
    """The router's state. Everything that reads or changes it calls `advance` first."""

    def __init__(self, spec: RouterSpec, clock: Callable[[], datetime], faults: Faults) -> None:
        self.spec = spec
        self.clock = clock
        self.faults = faults
        self.manners = Manners(spec.version, spec.categories)
        self.agenda = Agenda()
        # `now` is the moment being lived through, `horizon` the moment the clock shows.
        self.now = self.horizon = self.booted_at = clock()
        self.load_permille = USUAL_LOAD_PERMILLE
        self.session_numbers = itertools.count(FIRST_SESSION_ID)
        self.tables: dict[str, Table] = {}
        for menu in (*menus_ppp.MENUS, *menus_hotspot.MENUS, *menus_system.MENUS):
            self.tables[menu.path] = Table(menu, self.manners, self.tables.__getitem__)
        self.pools = Pools(self.table("/ip/pool"), self.table("/ip/pool/used"))
        self.pppoe = PppoeServer(self)
        self.hotspot = HotspotServer(self)
        # What happens when somebody removes a row of these menus by command, instead of its plain removal.
        self.removals: dict[str, Callable[[Row], None]] = {
            "/ppp/active": self.pppoe.kick,
            "/ip/hotspot/active": self.hotspot.sessions.kick,
            "/ip/hotspot/host": self.hotspot.remove_host,
        }
        builtin.furnish(self)

    def table(self, path: str) -> Table:
        return self.tables[path]

    # -- time ---------------------------------------------------------------

    def advance(self) -> None:
        """Live through everything that is due by the clock, each thing at its own moment."""
        self.horizon = max(self.clock(), self.horizon)
        while (due := self.agenda.pop_due(self.horizon)) is not None:
            self.now = max(self.now, due[0])
            due[1]()
        self.now = self.horizon
        self.pppoe.redial_in_real_time()
        builtin.spoil_comments(self, self.faults.code_page_comment)

    def since(self, moment: datetime) -> str:
        """Time from `moment` until now as an uptime prints: whole seconds."""
        return print_duration((self.now - moment) // timedelta(seconds=1) * 1000)

    def print_now(self) -> str:
        return print_date(self.now, self.manners.iso_dates)

    def log(self, topics: str, message: str) -> None:
        lines = self.table("/log")
        lines.insert({"time": self.print_now(), "topics": topics, "message": message})
        while len(lines.rows) > LOG_LINES:
            lines.drop(next(iter(lines.rows.values())))

    def resource(self) -> Mapping[str, str]:
        busy = len(self.pppoe.sessions) + len(self.hotspot.sessions)
        return {"uptime": self.since(self.booted_at), "cpu-load": str(min(100, 2 + busy // 20))}

    # -- rows that need more than being stored ---------------------------------------------------------------

    def note_added(self, path: str, row: Row) -> None:
        """Complete a row that a command has just added."""
        if path == "/ip/firewall/address-list":
            self.list_address(row)
        elif path == "/queue/simple" and "name" not in row.values:
            numbers = itertools.count(1)
            name = next(f"queue{n}" for n in numbers if self.table(path).named(f"queue{n}") is None)
            self.table(path).store(row, {**row.values, "name": name})

    def list_address(self, row: Row) -> None:
        """Give an address-list entry its creation time and, with a timeout, its end."""
        row.values["creation-time"] = self.print_now()
        timeout = row.values.get("timeout", "none-static")
        row.dynamic = timeout != "none-static"
        row.values["dynamic"] = "true" if row.dynamic else "false"
        if timeout.startswith("none-"):
            row.values.pop("timeout", None)
            return
        ends = self.now + timedelta(milliseconds=parse_duration_ms(timeout))

        def live() -> Mapping[str, str]:
            return {"timeout": print_duration((ends - self.now) // timedelta(seconds=1) * 1000)}

        def expire() -> None:
            if row.live is live:
                self.table("/ip/firewall/address-list").drop(row)

        row.live = live
        self.agenda.at(ends, expire)

    def remove(self, path: str, row: Row) -> None:
        """Remove a row as a command does, with what hangs on it; a trap where the router refuses."""
        if (removal := self.removals.get(path)) is not None:
            removal(row)
            return
        if row.values.get("default") == "true":
            raise Trap("failure: default item can not be removed")
        if path in ("/queue/simple", "/interface") and (row.dynamic or path == "/interface"):
            raise Trap(
                "failure: can not remove dynamic item" if row.dynamic else "failure: can not remove interface"
            )
        self.table(path).drop(row)

    # -- the whole router ---------------------------------------------------------------

    def lose_power(self) -> None:
        """End all sessions without a word; rows that are not configuration are gone."""
        self.advance()
        self.pppoe.lose_power()
        self.hotspot.lose_power()
        self.agenda.clear()
        self.pools.clear()
        for table in self.tables.values():
            for row in [row for row in table.rows.values() if row.dynamic]:
                table.drop(row)
        log = self.table("/log")
        for row in list(log.rows.values()):
            log.drop(row)

    def boot(self) -> None:
        """Start again; the homes notice that the line is back and dial."""
        self.horizon = max(self.clock(), self.horizon)
        self.now = self.booted_at = self.horizon
        self.log("system,info", "router rebooted")
        self.pppoe.line_is_back()

    def utc(self, moment: datetime) -> str:
        return moment.astimezone(UTC).isoformat()
