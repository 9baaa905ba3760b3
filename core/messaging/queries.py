"""Reads for staff: what messages cost, and what they say at their longest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text

from core.base.database import Work
from core.base.gsm7 import segments
from core.base.i18n import LANGUAGES
from core.base.settings import Brand
from core.messaging.template import Template, preview
from core.messaging.templates import TEMPLATES

_COSTS = text(
    """
    SELECT CAST(sent_at AT TIME ZONE 'Africa/Nairobi' AS date) AS day, channel, count(*) AS messages,
        sum(parts)::bigint AS parts, sum(cost_cents)::bigint AS cents, count(*) FILTER (WHERE again) AS again
    FROM notice_tries WHERE sent_at >= :since GROUP BY 1, 2 ORDER BY 1 DESC, 2
    """
)


@dataclass(frozen=True, slots=True)
class DayCost:
    """What one channel took on one day of Nairobi. again: of the messages, those that may have been a second copy,
    because the one before was not confirmed."""

    day: date
    channel: str
    messages: int
    parts: int
    cents: int
    again: int


@dataclass(frozen=True, slots=True)
class Wording:
    """A template in one language with its longest values. units, parts: as an SMS."""

    name: str
    form: Template
    language: str
    text: str
    units: int
    parts: int


def costs_by_day(work: Work, since: datetime) -> Sequence[DayCost]:
    """Newest day first. It reads one covering index of the messages since then."""
    return [DayCost(*row) for row in work.session.execute(_COSTS, {"since": since})]


def wordings(brand: Brand) -> Sequence[Wording]:
    """Every template in every language, as the longest text that is promised to fit one SMS."""
    found = []
    for name, form in TEMPLATES.items():
        for language in LANGUAGES:
            said = preview(form, brand, language)
            cut = segments(said)
            found.append(Wording(name, form, language, said, cut.units, cut.parts))
    return found
