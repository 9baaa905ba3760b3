"""What RouterOS prints, as values: texts of the same value differ by version, so values are compared, not
texts.

Every reader takes the printed text, empty for an unset property, and raises ValueError for what it cannot
read.
"""

import re
from collections.abc import Callable, Mapping

Reader = Callable[[str], object]

_COMPOUND = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?", re.ASCII)
_CONSOLE = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(\d{1,3}):(\d{2}):(\d{2})", re.ASCII)
_SECONDS = (604_800, 86_400, 3_600, 60, 1)
_RATE = re.compile(r"(\d+)([kMG]?)", re.ASCII)
_RATE_UNITS = {"": 1, "k": 1_000, "M": 1_000_000, "G": 1_000_000_000}
_LONGEST_TEXT = 64


def text(printed: str) -> str:
    return printed


def flag(printed: str) -> bool:
    """true/false; RouterOS 3 printed yes/no, and that is what may be sent."""
    if printed in ("true", "yes"):
        return True
    if printed in ("false", "no", ""):
        return False
    raise ValueError("neither yes nor no")


def is_yes(printed: str | None) -> bool:
    """Whether a flag of a row is set; what cannot be read is not."""
    return printed in ("true", "yes")


def whole_number(printed: str) -> int:
    """A count; unset is 0."""
    if not printed:
        return 0
    if len(printed) > _LONGEST_TEXT or not (printed.isascii() and printed.isdigit()):
        raise ValueError("no whole number")
    return int(printed)


def seconds(printed: str) -> int:
    """1w2d3h4m5s, 1w2d03:04:05, 01:22:53 or plain seconds, in whole seconds; unset, none and never are 0."""
    if printed in ("", "none", "never", "immediately"):
        return 0
    if len(printed) > _LONGEST_TEXT:
        raise ValueError("no duration")
    if printed.isascii() and printed.isdigit():
        return int(printed)
    found = _COMPOUND.fullmatch(printed) or _CONSOLE.fullmatch(printed)
    if found is None:
        raise ValueError("no duration")
    parts = found.groups()[: len(_SECONDS)]
    return sum(int(count or 0) * unit for count, unit in zip(parts, _SECONDS, strict=True))


def rate_limit(printed: str) -> tuple[int, int] | None:
    """A profile's rate-limit as (customer's upload, customer's download) in bit/s; None where it sets none.

    It is `rx[/tx]` seen from the router: rx is what the customer sends. A missing tx copies rx. Bursts and
    priorities, which we never set, make it unequal to anything of ours.
    """
    if not printed:
        return None
    upload, _, download = printed.partition("/")
    return _bits(upload), _bits(download or upload)


def _bits(rate: str) -> int:
    found = _RATE.fullmatch(rate)
    if found is None or len(rate) > _LONGEST_TEXT:
        raise ValueError("no rate")
    return int(found[1]) * _RATE_UNITS[found[2]]


def differing(
    wanted: Mapping[str, str], row: Mapping[str, str], readers: Mapping[str, Reader]
) -> dict[str, str]:
    """The wanted properties whose value the row does not have. Without a reader, a property is a text."""
    return {
        name: value
        for name, value in wanted.items()
        if not _same(readers.get(name, text), value, row.get(name))
    }


def _same(reader: Reader, wanted: str, printed: str | None) -> bool:
    try:
        return reader(wanted) == reader(printed or "")
    except ValueError:
        return False
