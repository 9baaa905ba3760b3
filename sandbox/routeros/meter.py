"""The traffic of one session: integer arithmetic over the clock, exact however often it is read."""

from dataclasses import dataclass
from datetime import datetime, timedelta

_MICROSECOND = timedelta(microseconds=1)
# bits per byte x thousandths of load x microseconds per second
_SCALE = 8 * 1000 * 1_000_000
# What a line without a plan's rate carries, upload and download in bits per second.
LINE_BPS = (20_000_000, 20_000_000)
_PACKET_BYTES = 900
# A limit that is a century away is none; dates end too.
_FOREVER_MICROSECONDS = 100 * 366 * 86_400 * 1_000_000


@dataclass
class Meter:
    """Bytes counted so far, and going on since `since` at a load in thousandths of both rates."""

    upload_bps: int
    download_bps: int
    load_permille: int
    since: datetime
    _upload: int = 0
    _download: int = 0

    def upload(self, now: datetime) -> int:
        return self._upload + self._carried(self.upload_bps, now)

    def download(self, now: datetime) -> int:
        return self._download + self._carried(self.download_bps, now)

    def _carried(self, bps: int, now: datetime) -> int:
        return bps * self.load_permille * ((now - self.since) // _MICROSECOND) // _SCALE

    def change(self, now: datetime, *, load_permille: int, upload: int = 0, download: int = 0) -> None:
        """Count up to `now`, add bytes moved at once, and go on with another load."""
        self._upload, self._download = self.upload(now) + upload, self.download(now) + download
        self.since, self.load_permille = now, load_permille

    def reaches(
        self, now: datetime, *, upload: int = 0, download: int = 0, total: int = 0
    ) -> datetime | None:
        """Return the first moment from `now` on at which a byte limit is used up; 0 is no limit."""
        up, down = self.upload(now), self.download(now)
        moments = [
            self._after(now, limit - used, bps)
            for limit, used, bps in (
                (upload, up, self.upload_bps),
                (download, down, self.download_bps),
                (total, up + down, self.upload_bps + self.download_bps),
            )
            if limit
        ]
        return min((moment for moment in moments if moment is not None), default=None)

    def _after(self, now: datetime, remaining: int, bps: int) -> datetime | None:
        speed = bps * self.load_permille
        if remaining <= 0:
            return now
        if speed == 0:
            return None
        # One microsecond more, so that truncation never leaves the counter just below the limit.
        microseconds = -(-remaining * _SCALE // speed) + 1
        return now + timedelta(microseconds=microseconds) if microseconds < _FOREVER_MICROSECONDS else None

    def rate(self) -> str:
        """The speed now as a queue prints it, upload/download."""
        load = self.load_permille
        return f"{self.upload_bps * load // 1000}/{self.download_bps * load // 1000}"


def packets(count: int) -> int:
    return -(-count // _PACKET_BYTES)
