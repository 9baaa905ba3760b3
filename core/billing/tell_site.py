"""A text to everybody at a site: an outage and its end, work on the network, an offer (threats, M41).

Staff fill in a form of fixed sentences, so that each fits one SMS in every language and no text of ours leads astray.
Who is told, and who has said no, is decided where the notices are queued.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from sqlalchemy import select, text

from core.base.clock import nairobi_day
from core.base.database import Work
from core.base.dated import dated
from core.base.errors import Refusal
from core.base.money import Money, show_money
from core.base.words import Sentence, say
from core.catalogue.labels import term_label
from core.catalogue.model import HOTSPOT, Plan, Site
from core.messaging.batch import Reach, queue_batch, reach
from core.messaging.template import Purpose, Value
from core.messaging.templates import TEMPLATES
from core.staff.acts import demand
from core.staff.audit import Actor, note

KINDS = ("outage", "outage_over", "planned_work", "offer")
"""The templates that go to many."""
_Kind = TypeVar("_Kind", Site, Plan)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_ONCE = re.compile(r"[0-9a-f]{16}")

NO_KIND = say("There is no such message.")
NO_TIME = say("Write the time as 14:05.")
NO_DAY = say("Choose a day that is not past.")
NO_PLAN = say("Choose a plan that is sold at this site.")
NOBODY = say("There is nobody to tell.")
OLD_FORM = say("This form is old. Begin again.")

# News of what people have goes to those whose time runs there; an offer to whoever belongs there or ever bought there.
_PEOPLE = text(
    """
    SELECT s.id FROM subscribers s JOIN (
        SELECT id FROM subscribers WHERE site_id = :site AND NOT :served
        UNION SELECT subscriber_id FROM subscriptions
            WHERE site_id = :site AND (NOT :served OR state IN ('active', 'grace'))
        UNION SELECT p.beneficiary_id FROM purchases p JOIN subscriptions l ON l.id = p.subscription_id
            WHERE p.site_id = :site AND (NOT :served OR l.state IN ('active', 'grace'))
    ) there ON there.id = s.id
    WHERE s.status = 'active' ORDER BY s.id
    """
)


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is to be told at a site: a template of KINDS and its values."""

    kind: str
    site_id: int
    values: Mapping[str, Value]


def read_announcement(work: Work, form: Mapping[str, str]) -> Announcement:
    """What the form's fields say: kind, site, since, until, day, plan, last_day. Raises Refusal.

    Sites, plans and prices come from our rows (law 8); days are written as 2026-12-14.
    """
    kind = form.get("kind", "")
    if kind not in KINDS:
        raise Refusal(NO_KIND)
    site = _row(work, Site, form.get("site", ""))
    if site is None:
        raise Refusal(NO_KIND)
    values: dict[str, Value] = {"site": site.name}
    for name in TEMPLATES[kind].longest:
        if name in ("since", "until"):
            values[name] = _time(form.get(name, ""))
        elif name in ("day", "last_day"):
            values[name] = _day(work, form.get(name, ""))
        elif name == "plan":
            plan = _row(work, Plan, form.get("plan", ""))
            sold = plan is not None and plan.state == "on_sale" and site in plan.sites
            if plan is None or not sold:
                raise Refusal(NO_PLAN)
            values["plan"], values["price"] = _called(plan), show_money(Money(plan.price_cents))
    return Announcement(kind, site.id, values)


def reach_of(work: Work, said: Announcement) -> list[Reach]:
    """Who would be told as things stand, by language and channel."""
    return reach(work, template=said.kind, people=_people(work, said))


def tell_site(work: Work, actor: Actor, *, said: Announcement, once: str, typed: str) -> int:
    """Queue it for everybody; how many. typed: the number of people, by hand, as the second yes. once: drawn for the
    form; the same form sent twice tells nobody twice. Raises Refusal."""
    demand(actor, "tell_many")
    if not _ONCE.fullmatch(once):
        raise Refusal(OLD_FORM)
    count = sum(part.people for part in reach_of(work, said))
    if not count:
        raise Refusal(NOBODY)
    (alone_up_to,) = dated(work, "tell_many.alone_up_to")
    if count > alone_up_to:
        raise Refusal(
            say("That is more than {count} people: a second person must agree first.", count=alone_up_to)
        )
    if typed.strip() != str(count):
        raise Refusal(say("To say yes type the number of people: {count}.", count=count))
    people = _people(work, said)
    told = queue_batch(work, reason=f"site:{once}", template=said.kind, values=said.values, people=people)
    if told:
        note(
            work,
            actor,
            "many_told",
            whom="site",
            whom_id=said.site_id,
            detail={"template": said.kind, "people": told},
        )
    return told


def _people(work: Work, said: Announcement) -> list[int]:
    served = TEMPLATES[said.kind].purpose is not Purpose.MARKETING
    return list(work.session.scalars(_PEOPLE, {"site": said.site_id, "served": served}))


def _row(work: Work, kind: type[_Kind], typed: str) -> _Kind | None:
    if not (typed.isascii() and typed.isdigit() and len(typed) < 19):
        return None
    return work.session.scalar(select(kind).where(kind.id == int(typed)))


def _time(typed: str) -> str:
    if not _TIME.fullmatch(typed):
        raise Refusal(NO_TIME)
    return typed


def _day(work: Work, typed: str) -> str:
    try:
        found = date.fromisoformat(typed)
    except ValueError:
        raise Refusal(NO_DAY) from None
    if found < nairobi_day(work.now):
        raise Refusal(NO_DAY)
    return f"{found:%d/%m/%Y}"


def _called(plan: Plan) -> Sentence | str:
    if plan.kind == HOTSPOT:
        return say("WiFi {term}", term=term_label(plan.term_unit, plan.term_count))
    return plan.name
