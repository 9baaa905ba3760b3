"""Have the people of steps told: a batch a job, by day, and only whom it still concerns then."""

from collections.abc import Sequence

from core.base.database import Work
from core.base.dated import dated
from core.billing.events import StepsTaken
from core.messaging.quiet import until_day

A_BATCH = 100
"""People who are told by one job."""


def tell(work: Work, taken: Sequence[int]) -> None:
    """Have the people of these steps (ids, in order) told as soon as it is day."""
    if not taken:
        return
    from_hour, until_hour = dated(work, "quiet.from_hour", "quiet.until_hour")
    wait = until_day(work.now, from_hour=from_hour, until_hour=until_hour)
    batches = [taken[at : at + A_BATCH] for at in range(0, len(taken), A_BATCH)]
    work.record_all([StepsTaken(batch[0], batch[-1]) for batch in batches], after=wait)
