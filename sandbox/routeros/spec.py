"""What one simulated router is, and what can be made to go wrong with it."""

from dataclasses import KW_ONLY, dataclass


@dataclass(frozen=True)
class RouterSpec:
    """A router at a site. `port` 0 takes a free one.

    `old_login` makes it ask for the challenge of versions before 6.43. `categories` adds the category
    word to traps.
    A home's PPPoE box dials again `redial_seconds` after it lost its line and `retry_seconds` after a
    refusal,
    measured by the injected clock or, with `redial_in_real_time`, by the machine's.
    `login_sentence_bytes` caps a sentence before login; the vendor has such a cap but does not publish it.
    """

    name: str
    site: str
    _: KW_ONLY
    host: str = "127.0.0.1"
    port: int
    version: str = "7.18.2"
    username: str
    password: str
    pppoe: bool = True
    hotspot: bool = True
    old_login: bool = False
    categories: bool = True
    redial_seconds: float = 1.0
    retry_seconds: float = 10.0
    redial_in_real_time: bool = False
    login_sentence_bytes: int = 4096


@dataclass
class Faults:
    """What is wrong with a router now; every field may be changed at any moment.

    slow_seconds       seconds before each answer, logins included
    silent             sentences are read, never acted on and never answered
    cut                a command is carried out, its answer torn in mid-sentence and the connection lost
    fatal              the reason of a `!fatal` sent instead of acting on a command, then the connection
    is closed
    refusing           connections are reset as soon as they are made, those open are lost with the next
    sentence
    max_sessions       connections beyond this number are closed at once (overrides `/ip/service`)
    read_only          the account may not write: `not enough permissions (9)`
    code_page_comment  comments of the rows made by hand hold Windows-1252 bytes that are not UTF-8
    on_command         restricts slow_seconds, silent, cut and fatal to commands that start so
    (`/ppp/secret/add`)
    """

    slow_seconds: float = 0.0
    silent: bool = False
    cut: bool = False
    fatal: str = ""
    refusing: bool = False
    max_sessions: int | None = None
    read_only: bool = False
    code_page_comment: bool = False
    on_command: str = ""

    def touch(self, command: str) -> bool:
        return command.startswith(self.on_command)


@dataclass(frozen=True)
class Attempt:
    """How a dial-in or a hotspot login ended. `text` is the router's sentence when it said no."""

    ok: bool
    text: str = ""
    address: str = ""


@dataclass(frozen=True)
class LiveSession:
    """A session that is up: `kind` is pppoe or hotspot, rates in bits per second, `started` ISO 8601 UTC."""

    kind: str
    username: str
    mac: str
    address: str
    started: str
    uptime_seconds: int
    upload_bytes: int
    download_bytes: int
    upload_bps: int
    download_bps: int
