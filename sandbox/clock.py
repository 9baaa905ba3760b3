"""The sandbox's clock: the machine's time plus the trial's offset, which only grows."""

import asyncio
import contextlib
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sandbox.store import write_atomically

_DURATION = re.compile(
    r"^P(?=.)(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,5})D)?"
    r"(?:T(?=.)(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,8})M)?(?:(?P<seconds>\d{1,9})S)?)?$",
    re.ASCII,
)
NAIROBI_AHEAD = timedelta(hours=3)  # East Africa Time has no summer time


class ClockWentBack(ValueError):
    """The trial's clock moves forward only."""


def parse_duration(text: str) -> timedelta:
    """An ISO 8601 duration of weeks, days, hours, minutes and seconds in whole numbers; ValueError otherwise.

    Years and months are refused: their length depends on where they start.
    """
    match = _DURATION.match(text)
    if match is None:
        raise ValueError(
            f"{text!r} is no ISO 8601 duration of weeks, days, hours, minutes and seconds (P35D, PT90M)"
        )
    return timedelta(**{unit: int(number) for unit, number in match.groupdict().items() if number})


def nairobi_wall(moment: datetime) -> datetime:
    """What a clock on a wall in Nairobi shows; only for writing it down, hence without a zone."""
    return (moment.astimezone(UTC) + NAIROBI_AHEAD).replace(tzinfo=None)


def digits14(moment: datetime) -> str:
    """`YYYYMMDDHHMMSS` in Nairobi time, as M-Pesa writes every moment."""
    return nairobi_wall(moment).strftime("%Y%m%d%H%M%S")


class TrialClock:
    """Aware UTC; whoever waits for a moment wakes when time or the trial gets there first."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._moved = asyncio.Event()
        self._awaited: list[datetime] = []
        self.offset_seconds = self._read()

    def now(self) -> datetime:
        return self.machine_now() + timedelta(seconds=self.offset_seconds)

    @staticmethod
    def machine_now() -> datetime:
        return datetime.now(UTC)

    def reread(self) -> None:
        """The demo's seed may have moved the file; a smaller offset than ours is ignored."""
        self._set(max(self.offset_seconds, self._read()))

    def set_offset(self, seconds: int) -> None:
        """Writes the file and wakes the waiting; raises ClockWentBack."""
        if seconds < max(self.offset_seconds, self._read()):
            raise ClockWentBack(f"the trial clock stands at {self.offset_seconds} s and moves forward only")
        write_atomically(self._file, f"{seconds}\n")
        self._set(seconds)

    @property
    def next_awaited(self) -> datetime | None:
        """The earliest moment somebody waits for, at which a move of the clock has to stop."""
        return min(self._awaited, default=None)

    async def until(self, moment: datetime, *, stop: bool = True) -> None:
        """Waits for a moment; without `stop` a move of the clock may jump over it."""
        if stop:
            self._awaited.append(moment)
        try:
            while (left := (moment - self.now()).total_seconds()) > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._moved.wait(), timeout=left)
        finally:
            if stop:
                self._awaited.remove(moment)

    def _set(self, seconds: int) -> None:
        if seconds == self.offset_seconds:
            return
        self.offset_seconds = seconds
        waiting, self._moved = self._moved, asyncio.Event()
        waiting.set()

    def _read(self) -> int:
        try:
            return int(self._file.read_text().strip() or "0")
        except FileNotFoundError:
            return 0
