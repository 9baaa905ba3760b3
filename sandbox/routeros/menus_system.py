"""Menus of queues, firewall lists, interfaces and the router itself."""

import ipaddress

from sandbox.routeros import values as v
from sandbox.routeros.menus_ppp import COMMENT, DISABLED
from sandbox.routeros.table import EDITABLE, SINGLE_ROW, Menu, Property

_RATES = v.pair(v.rate)


def _target(value: str) -> str:
    """A queue's target always prints with its prefix length: `10.0.0.5/32`."""
    return str(ipaddress.IPv4Network(value, strict=False))


SIMPLE_QUEUE = Menu(
    "/queue/simple",
    (
        Property("name", v.name),
        Property("target", v.several(_target), required=True, refers="/interface"),
        Property("dst"),
        Property("parent", None, "none", refers="/queue/simple", words=("none",)),
        Property("packet-marks", default=""),
        Property("priority", v.pair(v.integer), "8/8"),
        Property("queue", v.pair(v.name), "default-small/default-small"),
        Property("limit-at", _RATES, "0/0"),
        Property("max-limit", _RATES, "0/0"),
        Property("burst-limit", _RATES, "0/0"),
        Property("burst-threshold", _RATES, "0/0"),
        Property("burst-time", v.pair(v.duration), "0s/0s"),
        Property("bucket-size", default="0.1/0.1"),
        Property("time", empty_clears=True),
        DISABLED,
        COMMENT,
    ),
    printed=("rate", "bytes", "packets", "dropped", "dynamic", "invalid"),
    commands=EDITABLE | {"move", "reset-counters"},
    unique=("name",),
    taken="failure: already have such name",
    initial={
        "rate": "0/0",
        "bytes": "0/0",
        "packets": "0/0",
        "dropped": "0/0",
        "dynamic": "false",
        "invalid": "false",
    },
    print_flags=frozenset(["stats", "bytes", "packets", "rate"]),
)


def _list_entry(value: str) -> str:
    """An address, prefix or range; what looks like a host name is kept as it is."""
    try:
        return v.network(value)
    except ValueError:
        if not value or any(c.isspace() for c in value) or value.replace(".", "").replace("/", "").isdigit():
            raise
        return value


ADDRESS_LIST = Menu(
    "/ip/firewall/address-list",
    (
        Property("list", v.name, required=True),
        Property("address", _list_entry, required=True),
        Property("timeout", v.either(v.duration, "none-dynamic", "none-static")),
        DISABLED,
        COMMENT,
    ),
    printed=("creation-time", "dynamic"),
    unique=("list", "address"),
    taken="failure: already have such entry",
)

INTERFACE = Menu(
    "/interface",
    (Property("name", v.name, required=True), Property("mtu", v.either(v.integer, "auto")), DISABLED,
    COMMENT),
    printed=(
        "default-name", "type", "actual-mtu", "l2mtu", "mac-address", "last-link-up-time", "link-downs",
        "rx-byte", "tx-byte", "rx-packet", "tx-packet", "rx-drop", "tx-drop", "tx-queue-drop",
        "rx-error", "tx-error", "running", "dynamic", "slave",
    ),
    commands=EDITABLE - {"add"},
    unique=("name",),
    taken="failure: already have interface with such name",
    print_flags=frozenset(["stats", "stats-detail", "bytes", "packets"]),
)  # fmt: skip

SERVICE = Menu(
    "/ip/service",
    (
        Property("name", v.name),
        Property("port", v.integer),
        Property("address", v.several(v.network), ""),
        Property("certificate"),
        Property("tls-version", v.choice("any", "only-1.2")),
        Property("vrf", default="main", since=(7,)),
        Property("max-sessions", v.integer, "20", since=(7, 16)),
        DISABLED,
    ),
    printed=("invalid",),
    commands=EDITABLE - {"add", "remove", "unset", "comment"},
    unique=("name",),
)

RESOURCE = Menu(
    "/system/resource",
    (),
    printed=(
        "uptime", "version", "build-time", "factory-software", "free-memory", "total-memory", "cpu",
        "cpu-count",
        "cpu-frequency", "cpu-load", "free-hdd-space", "total-hdd-space", "write-sect-since-reboot",
        "write-sect-total", "bad-blocks", "architecture-name", "board-name", "platform",
    ),
    commands=SINGLE_ROW - {"set"},
    single=True,
)  # fmt: skip

IDENTITY = Menu("/system/identity", (Property("name", v.name),), commands=SINGLE_ROW, single=True)

LOG = Menu(
    "/log",
    (),
    printed=("time", "topics", "message"),
    commands=frozenset(["find", "get", "print", "getall", "listen", "info", "warning", "error"]),
)

USER_AAA = Menu(
    "/user/aaa",
    (
        Property("use-radius", v.flag, "false"),
        Property("accounting", v.flag, "true"),
        Property("interim-update", v.duration, "0s"),
        Property("default-group", default="read"),
        Property("exclude-groups", default=""),
    ),
    commands=SINGLE_ROW,
    single=True,
)

MENUS = (SIMPLE_QUEUE, ADDRESS_LIST, INTERFACE, SERVICE, RESOURCE, IDENTITY, LOG, USER_AAA)
