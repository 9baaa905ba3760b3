"""How plans are called on screens and in texts."""

from core.base.words import Sentence, counted

HOUR = 3600
DAY = 24 * HOUR


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
