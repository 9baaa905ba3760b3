"""A router in memory behind our port: what it holds, who is connected, and whether it answers."""

from dataclasses import dataclass, field, replace
from threading import Lock

from core.base.errors import Rejected, Unreachable
from core.network.driver import (
    FOREIGN,
    Applied,
    DesiredAccount,
    DesiredProfile,
    LiveSession,
    RouterAddress,
    RouterFacts,
    Service,
    SessionTraffic,
)

Name = tuple[Service, str]


@dataclass
class FakeSession:
    profile: DesiredProfile
    uptime_seconds: int = 0
    number: str = "*1"
    carried_bytes: int = 0


@dataclass
class FakeRouter:
    """One router. A session keeps the profile under which it was dialled until somebody ends it."""

    on: bool = True
    refuses: Rejected | None = None
    accounts: dict[Name, DesiredAccount] = field(default_factory=dict)
    foreign: set[Name] = field(default_factory=set)
    sessions: dict[Name, FakeSession] = field(default_factory=dict)
    writes: int = 0
    listings: int = 0

    def dial(self, service: Service, username: str, secret: str) -> bool:
        """A home dials or a phone logs in."""
        held = self.accounts.get((service, username))
        if not self.on or held is None or held.state != "present" or held.secret != secret:
            return False
        self.sessions[service, username] = FakeSession(held.profile)
        return True

    def reset(self) -> None:
        """Replaced by an empty one."""
        self.accounts.clear()
        self.sessions.clear()


class FakeRouterDriver:
    """The port over routers in memory, by router id. `applied` is what was asked, in order."""

    def __init__(self) -> None:
        self.routers: dict[int, FakeRouter] = {}
        self.applied: list[tuple[int, DesiredAccount]] = []
        self._one_at_a_time = Lock()

    def router(self, router_id: int) -> FakeRouter:
        return self.routers.setdefault(router_id, FakeRouter())

    def apply(self, address: RouterAddress, desired: DesiredAccount) -> Applied:
        with self._one_at_a_time:
            router = self._answering(address)
            self.applied.append((address.router_id, desired))
            name: Name = (desired.service, desired.username)
            if name in router.foreign:
                if desired.state == "absent":
                    return Applied(changed=False, sessions_ended=0)
                raise Rejected("an account of this name stands on the router", code=FOREIGN)
            held = router.accounts.get(name)
            changed = held is not None if desired.state == "absent" else held != desired
            if desired.state == "absent":
                router.accounts.pop(name, None)
            else:
                router.accounts[name] = replace(desired)
            router.writes += changed
            session = router.sessions.get(name)
            ends = session is not None and (desired.state != "present" or session.profile != desired.profile)
            if ends:
                del router.sessions[name]
            return Applied(changed=changed, sessions_ended=int(ends))

    def holds(self, address: RouterAddress, service: Service) -> frozenset[int]:
        router = self._answering(address)
        router.listings += 1
        return frozenset(
            held.account_id
            for (kind, _), held in router.accounts.items()
            if kind == service and held.state == "present"
        )

    def sessions(self, address: RouterAddress, service: Service | None = None) -> list[LiveSession]:
        return [
            LiveSession(kind, username, "10.0.0.2", "AA:BB:CC:00:11:22", session.uptime_seconds)
            for (kind, username), session in self._answering(address).sessions.items()
            if service in (None, kind)
        ]

    def traffic(self, address: RouterAddress) -> list[SessionTraffic]:
        router = self._answering(address)
        router.listings += 1
        return [
            SessionTraffic(kind, username, session.number, session.uptime_seconds, session.carried_bytes)
            for (kind, username), session in router.sessions.items()
        ]

    def probe(self, address: RouterAddress) -> RouterFacts:
        self._answering(address)
        return RouterFacts(version="7.18.2 (stable)", identity=address.name, uptime_seconds=60)

    def _answering(self, address: RouterAddress) -> FakeRouter:
        router = self.router(address.router_id)
        if not router.on:
            raise Unreachable("no answer")
        if router.refuses is not None:
            raise router.refuses
        return router
