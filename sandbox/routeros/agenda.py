"""What will happen on a router at which moment; carried out, in order, whenever the clock is looked at."""

import heapq
import itertools
from collections.abc import Callable
from datetime import datetime

Action = Callable[[], None]


class Agenda:
    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Action]] = []
        self._serial = itertools.count()

    def at(self, moment: datetime, action: Action) -> None:
        """Note an action. It has to check by itself whether it still applies when its moment comes."""
        heapq.heappush(self._heap, (moment, next(self._serial), action))

    def pop_due(self, now: datetime) -> tuple[datetime, Action] | None:
        if not self._heap or self._heap[0][0] > now:
            return None
        moment, _, action = heapq.heappop(self._heap)
        return moment, action

    def clear(self) -> None:
        self._heap.clear()
