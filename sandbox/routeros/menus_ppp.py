"""Menus of PPP, pools and RADIUS: properties, defaults and refusals as the command trees of 7.20/7.23
list them.
"""

from sandbox.routeros import values as v
from sandbox.routeros.table import LIVE_ROWS, SINGLE_ROW, Menu, Property

COMMENT = Property("comment", empty_clears=True)
DISABLED = Property("disabled", v.flag, "false")
USAGE_LIMIT = ("limit-bytes-in", "limit-bytes-out")

_DEFAULT_CHOICE = v.choice("default", "yes", "no")

PPP_PROFILE = Menu(
    "/ppp/profile",
    (
        Property("name", v.name, required=True),
        Property("local-address", v.address, refers="/ip/pool"),
        Property("remote-address", v.address, refers="/ip/pool"),
        Property("bridge-learning", _DEFAULT_CHOICE, "default"),
        Property("session-timeout", v.duration),
        Property("idle-timeout", v.duration),
        Property("use-ipv6", v.choice("default", "yes", "no", "required"), "yes"),
        Property("use-mpls", v.choice("default", "yes", "no", "required"), "default"),
        Property("use-compression", _DEFAULT_CHOICE, "default"),
        Property("use-encryption", v.choice("default", "yes", "no", "required"), "default"),
        Property("only-one", _DEFAULT_CHOICE, "default"),
        Property("change-tcp-mss", _DEFAULT_CHOICE, "default"),
        Property("use-upnp", _DEFAULT_CHOICE, "default"),
        Property("rate-limit", v.rate_limit),
        Property("address-list", default=""),
        Property("dns-server", v.several(v.address)),
        Property("wins-server", v.several(v.address)),
        Property("parent-queue", None, refers="/queue/simple", words=("none",)),
        Property("queue-type"),
        Property("insert-queue-before"),
        Property("interface-list"),
        Property("incoming-filter"),
        Property("outgoing-filter"),
        Property("remote-ipv6-prefix-pool"),
        Property("dhcpv6-pd-pool"),
        Property("on-up", default=""),
        Property("on-down", default=""),
        COMMENT,
    ),
    printed=("default",),
    initial={"default": "false"},
    unique=("name",),
    taken="failure: profile with the same name already exists",
)

PPP_SECRET = Menu(
    "/ppp/secret",
    (
        Property("name", v.name, required=True),
        Property("service", v.choice("any", "async", "isdn", "l2tp", "pppoe", "pptp", "ovpn", "sstp"), "any"),
        Property("caller-id", default=""),
        Property("password", default=""),
        Property("profile", None, "default", refers="/ppp/profile"),
        Property("local-address", v.address),
        # An address only: a pool's name belongs in the profile, and an empty text is refused.
        Property("remote-address", v.address),
        Property("remote-ipv6-prefix"),
        Property("routes", default=""),
        Property("ipv6-routes", default=""),
        *(Property(name, v.byte_count, "0") for name in USAGE_LIMIT),
        DISABLED,
        COMMENT,
    ),
    printed=("last-logged-out", "last-caller-id", "last-disconnect-reason"),
    unique=("name",),
    taken="failure: secret with the same name already exists",
)

PPP_ACTIVE = Menu(
    "/ppp/active",
    (),
    printed=(
        "name", "service", "caller-id", "address", "uptime", "encoding", "session-id",
        "limit-bytes-in", "limit-bytes-out", "radius", "comment",
    ),
    commands=LIVE_ROWS,
)  # fmt: skip

PPP_AAA = Menu(
    "/ppp/aaa",
    (
        Property("use-radius", v.flag, "false"),
        Property("accounting", v.flag, "true"),
        Property("interim-update", v.duration, "0s"),
        Property("use-circuit-id-in-nas-port-id", v.flag, "false"),
        Property("enable-ipv6-accounting", v.flag, "false"),
    ),
    commands=SINGLE_ROW,
    single=True,
)

IP_POOL = Menu(
    "/ip/pool",
    (
        Property("name", v.name, required=True),
        Property("ranges", v.ranges, required=True),
        Property("next-pool", None, refers="/ip/pool", words=("none",)),
        COMMENT,
    ),
    unique=("name",),
    taken="failure: pool with such name exists",
)

IP_POOL_USED = Menu("/ip/pool/used", (), printed=("pool", "address", "owner", "info"), commands=LIVE_ROWS)

RADIUS = Menu(
    "/radius",
    (
        Property(
            "service", v.several(v.choice("ppp", "login", "hotspot", "wireless", "dhcp", "ipsec", "dot1x"))
        ),
        Property("called-id", default=""),
        Property("domain", default=""),
        Property("address", v.address, required=True),
        Property("secret", default=""),
        Property("authentication-port", v.integer, "1812"),
        Property("accounting-port", v.integer, "1813"),
        Property("timeout", v.duration, "300ms"),
        Property("accounting-backup", v.flag, "false"),
        Property("realm", default=""),
        Property("src-address", v.address),
        Property("protocol", v.choice("udp", "radsec"), "udp"),
        Property("certificate", default="none"),
        Property(
            "require-message-auth",
            v.choice("no", "yes-for-request-resp"),
            "yes-for-request-resp",
            since=(7, 15),
        ),
        DISABLED,
        COMMENT,
    ),
)

RADIUS_INCOMING = Menu(
    "/radius/incoming",
    (Property("accept", v.flag, "false"), Property("port", v.integer, "3799")),
    commands=SINGLE_ROW,
    single=True,
)

MENUS = (PPP_PROFILE, PPP_SECRET, PPP_ACTIVE, PPP_AAA, IP_POOL, IP_POOL_USED, RADIUS, RADIUS_INCOMING)
