"""Where a router may be (M33): a typed address must not become a probe of our own network."""

import ipaddress
from collections.abc import Collection, Sequence

from core.base.errors import Refusal
from core.base.settings import Network
from core.base.words import say

LIVE_PORTS = frozenset({8728})
"""The API's port. A provider cannot have us knock at any port it likes; TLS (8729) is another driver's."""


def check_address(
    host: str, port: int, *, networks: Sequence[Network], live: bool, own_ports: Collection[int]
) -> str:
    """The address in its one plain spelling. Raises Refusal where no router may be there.

    Names are refused: one that is looked up twice may mean two places. In trial mode a router is on this
    machine (the sandbox); in live mode it is in one of `networks`, and never here.
    """
    try:
        address: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(host.strip())
    except ValueError:
        raise Refusal(say("A router is given by its IP address, such as 10.99.0.2.")) from None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if not 0 < port < 65_536 or port in own_ports or (live and port not in LIVE_PORTS):
        raise Refusal(say("Port {port} is not a router's API port.", port=port))
    if not live:
        if not address.is_loopback:
            raise Refusal(say("In trial mode a router can only be on this machine (127.0.0.1)."))
    elif _is_never_a_router(address) or not any(address in network for network in networks):
        raise Refusal(say("{host} is not in the networks where routers may be.", host=str(address)))
    return str(address)


def _is_never_a_router(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return (
        address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or (isinstance(address, ipaddress.IPv4Address) and address.is_reserved)
    )
