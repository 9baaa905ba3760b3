"""The port: what a kind of router must be able to do for us, in our words.

Every call may raise Unreachable (no answer: again later) or Rejected (it answered and refused; `code` says in
which of the ways that the driver knows). Error texts are short, printable and hold no name, code or secret of
a customer: they are stored and shown to staff.
"""

from dataclasses import dataclass, field
from typing import Literal, Protocol

Service = Literal["pppoe", "hotspot"]
State = Literal["present", "disabled", "absent"]

FOREIGN, PERMISSION, LOGIN, NOT_HELD = "foreign", "permission", "login", "not_held"
"""Codes of Rejected: an account of that name is somebody else's; our user on the router lacks a right; the
router does not know our password; it said yes and holds something else."""


@dataclass(frozen=True, slots=True)
class RouterAddress:
    """Where a router is and how we log in."""

    router_id: int
    name: str
    host: str
    port: int
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DesiredProfile:
    """What all accounts of a plan share. Speeds in kbit/s as the customer sees them."""

    name: str
    download_kbps: int
    upload_kbps: int
    shared_devices: int


@dataclass(frozen=True, slots=True)
class DesiredAccount:
    """What one router should hold for one access account.

    uptime_limit_seconds, data_limit_bytes: where the router itself stops, over all sessions; None: nowhere.
    """

    account_id: int
    service: Service
    username: str = field(repr=False)
    secret: str = field(repr=False)
    profile: DesiredProfile
    state: State
    uptime_limit_seconds: int | None = None
    data_limit_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """changed: something had to be written. sessions_ended: live sessions that no longer held."""

    changed: bool
    sessions_ended: int


@dataclass(frozen=True, slots=True)
class LiveSession:
    """Somebody who is connected now. address and mac are empty where the router does not tell."""

    service: Service
    username: str = field(repr=False)
    address: str
    mac: str
    uptime_seconds: int


@dataclass(frozen=True, slots=True)
class SessionTraffic:
    """What a session has carried since it began, both directions together.

    session: its name on the router, which another may bear once this one is over.
    """

    service: Service
    username: str = field(repr=False)
    session: str
    uptime_seconds: int
    carried_bytes: int


@dataclass(frozen=True, slots=True)
class RouterFacts:
    """What a router says of itself."""

    version: str
    identity: str
    uptime_seconds: int


class RouterDriver(Protocol):
    """One kind of router. Calls from several threads are fine; one router is spoken to by one at a time."""

    def apply(self, address: RouterAddress, desired: DesiredAccount) -> Applied:
        """Make it so, read it back, end live sessions that no longer hold. Where it holds, write nothing."""
        ...

    def holds(self, address: RouterAddress, service: Service) -> frozenset[int]:
        """The account ids of ours that can log in on the router, by one listing."""
        ...

    def sessions(self, address: RouterAddress, service: Service | None = None) -> list[LiveSession]:
        """Everybody who is connected now, ours or not, over one service or over all."""
        ...

    def traffic(self, address: RouterAddress) -> list[SessionTraffic]:
        """What everybody who is connected now has carried, in a few listings however many they are."""
        ...

    def probe(self, address: RouterAddress) -> RouterFacts:
        """Whether it answers, and who it is."""
        ...
