"""The plans on sale, held for a few seconds, so that leafing through the menu asks no database."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from core.catalogue.queries import Offer

LIFE = timedelta(seconds=15)
"""How long a new price may take to reach the menu. What is paid is read afresh at the confirmation."""


class OfferBook:
    """One a process; shared by its threads (each entry is replaced whole)."""

    def __init__(self, life: timedelta = LIFE) -> None:
        self._life = life
        self._pages: dict[str, tuple[datetime, tuple[Offer, ...]]] = {}

    def known(self, kind: str, now: datetime) -> tuple[Offer, ...] | None:
        """The offers of `kind`, or None when they are to be read again."""
        page = self._pages.get(kind)
        if page is None or not page[0] <= now < page[0] + self._life:
            return None
        return page[1]

    def learn(self, kind: str, offers: Sequence[Offer], now: datetime) -> tuple[Offer, ...]:
        self._pages[kind] = (now, tuple(offers))
        return self._pages[kind][1]
