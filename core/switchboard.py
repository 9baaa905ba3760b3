"""Which event starts which job, and what runs on the clock: the whole wiring on one page."""

from collections.abc import Sequence

from core.base.database import Route
from core.base.events import Event


def routes(event: type[Event]) -> Sequence[Route]:
    """The listeners of an event, as the outbox notes them."""
    return ()
