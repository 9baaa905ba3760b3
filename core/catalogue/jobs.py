"""The catalogue's job: thin, it opens a Work and calls a verb."""

from core.base.database import OpensWork
from core.base.log import logger
from core.catalogue import prices


def put_prices_on(deps: OpensWork) -> None:
    """Midnight: what plans cost from this day on."""
    with deps.work() as work:
        changed = prices.put_prices_on(work)
    if changed:
        logger("catalogue").info("prices_put_on", plans=len(changed))
