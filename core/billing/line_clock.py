"""What happens to lines on a date that was agreed before: the next plan begins, a pause ends."""

from core.base.database import Work
from core.billing.pause import end_due_pauses
from core.billing.plan_of_line import begin_due_plans


def follow_dates(work: Work) -> dict[str, int]:
    """Do what is due now; how many lines each concerned. Twice moves nothing twice."""
    return {"plans_begun": begin_due_plans(work), "pauses_ended": end_due_pauses(work)}
