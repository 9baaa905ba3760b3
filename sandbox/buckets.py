"""A limit on how often something may happen, as providers set them: a rate, and a burst above it."""

from datetime import datetime


class Bucket:
    """Holds up to `burst` tokens and gains `rate` a second."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate, self._burst = rate, burst
        self._level = float(burst)
        self._seen: datetime | None = None

    def take(self, now: datetime) -> float:
        """0 when a token was there; otherwise the seconds until the next, and none is taken."""
        if self._seen is not None:
            gained = max(0.0, (now - self._seen).total_seconds()) * self._rate
            self._level = min(float(self._burst), self._level + gained)
        self._seen = now
        if self._level >= 1:
            self._level -= 1
            return 0.0
        return (1 - self._level) / self._rate
