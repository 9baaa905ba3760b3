"""What this area tells the world. Instants are epoch seconds."""

from dataclasses import dataclass

from core.base.events import Event


@dataclass(frozen=True)
class AccessGranted(Event):
    """A router holds the access, read back at the instant `at`. Said once for each change that grants."""

    subscription_id: int
    at: int


@dataclass(frozen=True)
class FirstLogin(Event):
    """Somebody logged in for the first time at the instant `at`, on access whose time runs from there. site_id: where;
    0 is not known."""

    subscription_id: int
    at: int
    site_id: int = 0


@dataclass(frozen=True)
class RouterReturned(Event):
    """A router answers and is behind what it should hold."""

    router_id: int
