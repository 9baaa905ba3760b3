"""How RouterOS reads values as typed and prints them: durations, byte counts, rates, addresses, dates.

Each reader takes the text of an attribute and returns the text the router would print, or raises `ValueError`
(malformed) or `NotAChoice` (not one of the allowed words).
"""

import ipaddress
import re
from collections.abc import Callable
from datetime import UTC, datetime

Reader = Callable[[str], str]

_UNITS_MS = (("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1))
_LONGEST_MS = 2**32 * 1000
_COMPOUND = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?")
_CONSOLE = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(\d+):(\d{2}):(\d{2})")
_MAC = re.compile(r"[0-9A-F]{2}(:[0-9A-F]{2}){5}")
_RATE = re.compile(r"(\d+)([kMG]?)")
_BYTES = re.compile(r"(\d+)([kMGT]?)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class NotAChoice(ValueError):
    """The text is none of the words this property knows."""


def parse_duration_ms(text: str) -> int:
    """Return milliseconds of `1w2d3h4m5s`, `300ms`, `1w2d03:04:05`, `01:22:53` or plain seconds."""
    if text.isascii() and text.isdigit():
        return int(text) * 1000
    if text and (found := _COMPOUND.fullmatch(text)):
        return sum(int(n or 0) * unit for n, (_, unit) in zip(found.groups(), _UNITS_MS, strict=True))
    if found := _CONSOLE.fullmatch(text):
        return sum(int(n or 0) * unit for n, (_, unit) in zip(found.groups(), _UNITS_MS[:5], strict=True))
    raise ValueError(f"no duration: {text!r}")


def print_duration(milliseconds: int) -> str:
    """Return the compound form without zero parts; `0s` for nothing."""
    out = ""
    for letter, unit in _UNITS_MS:
        count, milliseconds = divmod(milliseconds, unit)
        out += f"{count}{letter}" if count else ""
    return out or "0s"


def print_date(moment: datetime, iso: bool) -> str:
    """Return `2023-05-01 20:52:13` or, of old, `may/01/2023 20:52:13`; the zone is UTC."""
    moment = moment.astimezone(UTC)
    if iso:
        return moment.strftime("%Y-%m-%d %H:%M:%S")
    return f"{_MONTHS[moment.month - 1]}/{moment:%d/%Y %H:%M:%S}"


def parse_rate_bps(text: str) -> int:
    """Return bits per second of `10M`, `512k` or `1000000`; k, M and G are decimal."""
    if not (found := _RATE.fullmatch(text)):
        raise ValueError(f"no rate: {text!r}")
    return int(found[1]) * {"": 1, "k": 1000, "M": 1_000_000, "G": 1_000_000_000}[found[2]]


def parse_rate_limit(text: str) -> tuple[int, int] | None:
    """Return (upload, download) in bits per second of a profile's `rate-limit`, None where it sets none.

    The first field is `rx[/tx]` seen from the router: rx is what the customer uploads. A missing tx
    copies rx.
    """
    fields = text.split()
    if not fields:
        return None
    upload, _, download = fields[0].partition("/")
    return parse_rate_bps(upload), parse_rate_bps(download or upload)


def text(value: str) -> str:
    return value


def name(value: str) -> str:
    if not value:
        raise ValueError("a name has at least one character")
    return value


def flag(value: str) -> str:
    if value in ("yes", "true"):
        return "true"
    if value in ("no", "false"):
        return "false"
    raise ValueError(f"neither yes nor no: {value!r}")


def integer(value: str) -> str:
    if not (value.isascii() and value.isdigit()):
        raise ValueError(f"no whole number: {value!r}")
    return str(int(value))


def byte_count(value: str) -> str:
    """Plain bytes, or with a binary suffix as the console takes it (`1G` = 2**30)."""
    if not (found := _BYTES.fullmatch(value)):
        raise ValueError(f"no byte count: {value!r}")
    return str(int(found[1]) << {"": 0, "k": 10, "M": 20, "G": 30, "T": 40}[found[2]])


def duration(value: str) -> str:
    """At most what fits in 32 bits of seconds, some 136 years."""
    if (milliseconds := parse_duration_ms(value)) > _LONGEST_MS:
        raise ValueError(f"too long: {value!r}")
    return print_duration(milliseconds)


def rate_limit(value: str) -> str:
    """Kept as typed; only checked."""
    parse_rate_limit(value)
    return value


def address(value: str) -> str:
    return str(ipaddress.IPv4Address(value))


def network(value: str) -> str:
    """An address, a prefix or a range `a-b`; a single address prints without `/32`."""
    first, dash, last = value.partition("-")
    if dash:
        return f"{address(first)}-{address(last)}"
    return str(ipaddress.IPv4Network(value, strict=False)).removesuffix("/32")


def ranges(value: str) -> str:
    """A pool's `ranges`: addresses, prefixes and ranges joined by commas."""
    return ",".join(network(part) for part in value.split(","))


def mac(value: str) -> str:
    upper = value.upper()
    if not _MAC.fullmatch(upper):
        raise ValueError(f"no MAC address: {value!r}")
    return upper


def choice(*words: str) -> Reader:
    def read(value: str) -> str:
        if value not in words:
            raise NotAChoice(value)
        return value

    return read


def either(reader: Reader, *words: str) -> Reader:
    """Special words besides what `reader` takes, such as `none` beside a duration."""
    return lambda value: value if value in words else reader(value)


def several(reader: Reader) -> Reader:
    return lambda value: ",".join(reader(part) for part in value.split(",")) if value else ""


def pair(reader: Reader) -> Reader:
    """`upload/download`; a single value stands for both."""

    def read(value: str) -> str:
        first, slash, second = value.partition("/")
        return f"{reader(first)}/{reader(second if slash else first)}"

    return read


def rate(value: str) -> str:
    return str(parse_rate_bps(value))


def pool_addresses(printed_ranges: str) -> list[tuple[int, int]]:
    """Return (first, last) address numbers of each part of a pool's printed `ranges`."""
    out = []
    for part in filter(None, printed_ranges.split(",")):
        first, dash, last = part.partition("-")
        if dash:
            out.append((int(ipaddress.IPv4Address(first)), int(ipaddress.IPv4Address(last))))
        else:
            block = ipaddress.IPv4Network(part)
            out.append((int(block[0]), int(block[-1])))
    return out
