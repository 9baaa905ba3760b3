"""How plans are called on screens and in texts."""

from core.base.words import Sentence, counted, say
from core.catalogue.model import Plan

HOUR = 3600
DAY = 24 * HOUR
UNTIL_MIDNIGHT = say("until 24:00")


def term_label(term_unit: str, term_count: int) -> Sentence:
    """'24 hours' (never '1 day': a day is taken for a calendar day), '7 days', '1 month'."""
    if term_unit == "months":
        return counted("{count} month", "{count} months", term_count)
    if term_unit == "days":
        return counted("{count} day", "{count} days", term_count)
    if term_count % DAY == 0 and term_count > DAY:
        return counted("{count} day", "{count} days", term_count // DAY)
    if term_count % HOUR == 0:
        return counted("{count} hour", "{count} hours", term_count // HOUR)
    return counted("{count} minute", "{count} minutes", max(1, term_count // 60))


def plan_term(plan: Plan) -> Sentence:
    """The term of a plan in words: until when, where it ends with the day."""
    return UNTIL_MIDNIGHT if plan.until_midnight else term_label(plan.term_unit, plan.term_count)


DATA_UNITS = ((10**9, "GB"), (10**6, "MB"))
"""Data is sold by the thousand: 50 GB are 50,000,000,000 bytes."""


def data_label(count: int) -> str:
    """ "12.5 GB", "800 MB": rounded down, for nobody is promised more than there is."""
    unit, name = next((each for each in DATA_UNITS if count >= each[0]), DATA_UNITS[-1])
    whole, tenths = divmod(count * 10 // unit, 10)
    return f"{whole}.{tenths} {name}" if tenths else f"{whole} {name}"
