"""What time it is. Verbs read `work.now`; only edges hold a Clock.

In live mode the clock is the machine's. In trial mode it may run ahead of it: the offset stands in a file that
the sandbox writes, forward only. The seed and tests set a clock of their own.
"""

import time as machine
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

NAIROBI = ZoneInfo("Africa/Nairobi")
"""The provider's calendar: used for calendar rules and for showing, never for storing."""


class Clock(Protocol):
    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class MachineClock:
    """The machine's own clock; the only one that live mode accepts."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class TrialClock:
    """The machine's clock plus the offset (whole seconds) that stands in a file; no file means no offset."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._offset = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._read()

    def _read(self) -> timedelta:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return self._offset
        mark = (stat.st_mtime_ns, stat.st_ino)
        if mark != self._seen:
            try:
                seconds = int(self._path.read_text().strip() or "0")
            except (ValueError, FileNotFoundError):
                return self._offset
            self._offset = max(self._offset, timedelta(seconds=seconds))
            self._seen = mark
        return self._offset


@dataclass(frozen=True, slots=True)
class MachineReading:
    """What the machine itself says of the time, whatever a trial makes of it: its clock, and beside it the seconds
    since it was started (sleep included), which nobody sets. boot_id: which start that was."""

    at: datetime
    boot_id: str
    boot_seconds: int


def read_machine() -> MachineReading:
    """The machine's clock and its time since the start, read together."""
    try:
        boot_id = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        boot_id = "unknown"
    return MachineReading(datetime.now(UTC), boot_id, int(machine.clock_gettime(machine.CLOCK_BOOTTIME)))


class SetClock:
    """A clock that stands where it was put: for the seed's history and for tests."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        self.at += by


def nairobi_day(at: datetime) -> date:
    """The calendar day in Nairobi on which the instant `at` falls."""
    return at.astimezone(NAIROBI).date()


def start_of_day(day: date) -> datetime:
    """The instant, in UTC, at which `day` begins in Nairobi."""
    return datetime.combine(day, time(), NAIROBI).astimezone(UTC)


def last_day(paid_through: datetime) -> date:
    """The last whole day of service for an access that ends at the instant `paid_through` (exclusive)."""
    return nairobi_day(paid_through - timedelta(microseconds=1))
