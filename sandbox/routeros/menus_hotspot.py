"""Menus of the hotspot: properties, defaults and refusals as the command trees of 7.20/7.23 list them."""

from sandbox.routeros import values as v
from sandbox.routeros.menus_ppp import COMMENT, DISABLED
from sandbox.routeros.table import EDITABLE, LIVE_ROWS, Menu, Property

NO_USAGE = {"uptime": "0s", "bytes-in": "0", "bytes-out": "0", "packets-in": "0", "packets-out": "0"}
LIMITS = ("limit-bytes-in", "limit-bytes-out", "limit-bytes-total")
COUNTERS = ("bytes-in", "bytes-out", "packets-in", "packets-out")
_DURATION_OR_NONE = v.either(v.duration, "none")
_SERVER = Property("server", None, refers="/ip/hotspot", words=("all",))
_METHOD = v.choice("cookie", "http-chap", "http-pap", "https", "mac", "mac-cookie", "trial")

HOTSPOT = Menu(
    "/ip/hotspot",
    (
        Property("name", v.name, required=True),
        Property("interface", None, required=True, refers="/interface"),
        Property("address-pool", None, "none", refers="/ip/pool", words=("none",)),
        Property("profile", None, "default", refers="/ip/hotspot/profile"),
        Property("idle-timeout", _DURATION_OR_NONE, "5m"),
        Property("keepalive-timeout", _DURATION_OR_NONE, "none"),
        Property("login-timeout", _DURATION_OR_NONE, "none"),
        Property("addresses-per-mac", v.either(v.integer, "unlimited"), "2"),
        DISABLED,
        COMMENT,
    ),
    printed=("invalid", "HTTPS", "proxy-status"),
    initial={"invalid": "false", "HTTPS": "false", "proxy-status": "running"},
    unique=("name",),
    taken="failure: server with the same name already exists",
)

SERVER_PROFILE = Menu(
    "/ip/hotspot/profile",
    (
        Property("name", v.name, required=True),
        Property("hotspot-address", v.address, "0.0.0.0"),  # noqa: S104 - the router's word for "none"
        Property("dns-name", default=""),
        Property("html-directory", default="hotspot"),
        Property("html-directory-override", default=""),
        Property("install-hotspot-queue", v.flag, "false"),
        Property("rate-limit", v.rate_limit, ""),
        Property("http-proxy", default="0.0.0.0:0"),
        Property("smtp-server", v.address, "0.0.0.0"),  # noqa: S104 - as above
        Property("login-by", v.several(_METHOD), "cookie,http-chap"),
        Property("http-cookie-lifetime", v.duration, "3d"),
        Property("ssl-certificate", default="none"),
        Property("https-redirect", v.flag, "true"),
        Property("split-user-domain", v.flag, "false"),
        Property("trial-uptime-limit", v.duration),
        Property("trial-uptime-reset", v.duration),
        Property("trial-user-profile", None, refers="/ip/hotspot/user/profile"),
        Property("mac-auth-mode", v.choice("mac-as-username", "mac-as-username-and-password")),
        Property("mac-auth-password"),
        Property("use-radius", v.flag, "false"),
        Property("radius-accounting", v.flag),
        Property("radius-interim-update", v.either(v.duration, "received")),
        Property("radius-default-domain"),
        Property("radius-location-id"),
        Property("radius-location-name"),
        Property("radius-mac-format"),
        Property("nas-port-type"),
    ),
    printed=("default",),
    initial={"default": "false"},
    unique=("name",),
    taken="failure: profile with the same name already exists",
)

HOTSPOT_USER = Menu(
    "/ip/hotspot/user",
    (
        Property("server", None, "all", refers="/ip/hotspot", words=("all",)),
        Property("name", v.name, required=True),
        Property("password"),
        Property("address", v.address),
        Property("mac-address", v.mac),
        Property("profile", None, "default", refers="/ip/hotspot/user/profile"),
        Property("limit-uptime", v.duration),
        *(Property(name, v.byte_count) for name in LIMITS),
        Property("routes"),
        Property("email"),
        DISABLED,
        COMMENT,
    ),
    printed=("uptime", *COUNTERS, "dynamic", "default"),
    commands=EDITABLE | {"reset-counters"},
    unique=("server", "name"),
    taken="failure: already have user with this name for this server",
    initial={**NO_USAGE, "dynamic": "false", "default": "false"},
    print_flags=frozenset(["bytes", "packets"]),
)

USER_PROFILE = Menu(
    "/ip/hotspot/user/profile",
    (
        Property("name", v.name, required=True),
        Property("address-pool", None, "none", refers="/ip/pool", words=("none",)),
        Property("session-timeout", v.duration),
        Property("idle-timeout", _DURATION_OR_NONE, "none"),
        Property("keepalive-timeout", _DURATION_OR_NONE, "2m"),
        Property("status-autorefresh", _DURATION_OR_NONE, "1m"),
        Property("shared-users", v.either(v.integer, "unlimited"), "1"),
        Property("add-mac-cookie", v.flag, "true"),
        Property("mac-cookie-timeout", v.duration, "3d"),
        Property("rate-limit", v.rate_limit),
        Property("address-list", default=""),
        Property("parent-queue", None, refers="/queue/simple", words=("none",)),
        Property("queue-type"),
        Property("insert-queue-before"),
        Property("incoming-filter"),
        Property("outgoing-filter"),
        Property("incoming-packet-mark"),
        Property("outgoing-packet-mark"),
        Property("open-status-page", v.choice("always", "http-login"), "always"),
        Property("transparent-proxy", v.flag, "false"),
        Property("on-login", default=""),
        Property("on-logout", default=""),
        Property("advertise", v.flag, "false"),
    ),
    printed=("default",),
    initial={"default": "false"},
    unique=("name",),
    taken="failure: profile with the same name already exists",
)

HOTSPOT_ACTIVE = Menu(
    "/ip/hotspot/active",
    (),
    printed=(
        "server", "user", "domain", "address", "mac-address", "login-by", "uptime", "idle-time",
        "idle-timeout",
        "keepalive-timeout", "session-time-left", *LIMITS, *COUNTERS, "radius", "comment",
    ),
    commands=LIVE_ROWS | {"login"},
)  # fmt: skip

HOTSPOT_HOST = Menu(
    "/ip/hotspot/host",
    (),
    printed=(
        "mac-address", "address", "to-address", "server", "uptime", "idle-time", "keepalive-timeout",
        *COUNTERS,
        "found-by", "DHCP", "dynamic", "authorized", "bypassed", "comment",
    ),
    commands=LIVE_ROWS,
)  # fmt: skip

HOTSPOT_COOKIE = Menu(
    "/ip/hotspot/cookie",
    (),
    printed=("user", "domain", "mac-address", "expires-in", "mac-cookie"),
    commands=LIVE_ROWS,
)

WALLED_GARDEN = Menu(
    "/ip/hotspot/walled-garden",
    (
        Property("action", v.choice("allow", "deny"), "allow"),
        _SERVER,
        Property("src-address", v.network),
        Property("method"),
        Property("dst-host", empty_clears=True),
        Property("dst-port", empty_clears=True),
        Property("path", empty_clears=True),
        DISABLED,
        COMMENT,
    ),
    printed=("hits", "dst-address", "dynamic"),
    initial={"hits": "0", "dynamic": "false"},
    commands=EDITABLE | {"move", "reset-counters"},
)

WALLED_GARDEN_IP = Menu(
    "/ip/hotspot/walled-garden/ip",
    (
        Property("action", v.choice("accept", "drop", "reject"), "accept"),
        _SERVER,
        Property("src-address", v.network),
        Property("src-address-list"),
        Property("dst-address", v.network),
        Property("dst-address-list"),
        Property("dst-host", empty_clears=True),
        Property("dst-port", empty_clears=True),
        Property("protocol", empty_clears=True),
        DISABLED,
        COMMENT,
    ),
    printed=("invalid", "dynamic"),
    initial={"invalid": "false", "dynamic": "false"},
    commands=EDITABLE | {"move"},
)

IP_BINDING = Menu(
    "/ip/hotspot/ip-binding",
    (
        Property("mac-address", v.mac),
        Property("address", v.network),
        Property("to-address", v.network),
        Property("server", None, "all", refers="/ip/hotspot", words=("all",)),
        Property("type", v.choice("regular", "bypassed", "blocked"), "regular"),
        DISABLED,
        COMMENT,
    ),
    commands=EDITABLE | {"move"},
    unique=("mac-address", "address", "server"),
    taken="failure: such client already exists",
)

MENUS = (
    HOTSPOT, SERVER_PROFILE, HOTSPOT_USER, USER_PROFILE, HOTSPOT_ACTIVE, HOTSPOT_HOST, HOTSPOT_COOKIE,
    WALLED_GARDEN, WALLED_GARDEN_IP, IP_BINDING,
)  # fmt: skip
