"""Who is calling: the address behind a request, by the trusted proxy's hop, and whether it stands on a list."""

import ipaddress
from collections.abc import Sequence

from core.base.settings import Network


def is_listed(address: str, networks: Sequence[Network]) -> bool:
    """Whether an address lies in one of the networks."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in networks)


def caller(peer: str, forwarded_for: str, proxies: Sequence[Network]) -> str:
    """The calling address: the peer, or the nearest hop that a trusted proxy names, never the first one."""
    if not is_listed(peer, proxies):
        return peer
    return forwarded_for.split(",")[-1].strip()[:64] or peer
