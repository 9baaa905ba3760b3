"""A text to everybody at a site: the form, a look at what it says and costs, and a second yes with the number typed."""

import secrets
from collections.abc import Mapping, Sequence

from sqlalchemy import select

from admin.desk import Ask, Door
from admin.pages.money import plan_words
from admin.show import Cell, Elsewhere, Page, Tab, Table, Text, number
from core.base.dated import dated
from core.base.errors import Refusal
from core.base.gsm7 import GSM7_ALONE, segments
from core.base.i18n import LANGUAGES
from core.base.money import Money, show_money
from core.base.words import Sentence, say
from core.billing.tell_site import KINDS, Announcement, reach_of, read_announcement, tell_site
from core.catalogue.model import Plan, Site
from core.messaging.batch import Reach
from core.messaging.carrier import SMS, WHATSAPP
from core.messaging.codes import CHANNEL_NAMES
from core.messaging.template import Purpose, compose, settle
from core.messaging.templates import TEMPLATES

NAMES: dict[str, Sentence] = {
    "outage": say("Internet is down"),
    "outage_over": say("Internet is back"),
    "planned_work": say("Work on the network"),
    "offer": say("Offer"),
}
FIELDS: dict[str, tuple[Sentence, str]] = {
    "since": (say("From what time"), "time"),
    "until": (say("Until what time"), "time"),
    "day": (say("On what day"), "date"),
    "last_day": (say("Last day of the offer"), "date"),
}
"""Values of the templates that are typed: what they are called, and the kind of their input."""
FOR_WHOM = {
    Purpose.SERVICE: say("It goes to everybody whose WiFi runs at the site, from 08:00 to 20:00."),
    Purpose.MARKETING: say("It goes to everybody of the site who wants offers, from 08:00 to 20:00."),
}
KEPT = ("kind", "site", "plan", *FIELDS)


def form(ask: Ask) -> Page:
    kind = ask.query.get("kind", KINDS[0])
    done = ask.query.get("done", "")
    told = say("It is on its way to {count} people.", count=int(done)) if _is_number(done) else None
    return _form(ask, kind if kind in KINDS else KINDS[0], {}, done=told)


def preview(ask: Ask) -> Page:
    """What would be sent, to how many, at which cost; nothing is sent yet."""
    try:
        said = read_announcement(ask.work, ask.form)
    except Refusal as refusal:
        return _form(ask, _kind(ask), ask.form, problem=refusal.sentence)
    return _preview(ask, said, once=secrets.token_hex(8))


def send(ask: Ask) -> Page | Elsewhere:
    """The second yes."""
    try:
        said = read_announcement(ask.work, ask.form)
    except Refusal as refusal:
        return _form(ask, _kind(ask), ask.form, problem=refusal.sentence)
    once = ask.form.get("once", "")
    try:
        told = tell_site(ask.work, ask.actor, said=said, once=once, typed=ask.form.get("people", ""))
    except Refusal as refusal:
        return _preview(ask, said, once=once, problem=refusal.sentence)
    return Elsewhere(f"/tell?kind={said.kind}&done={told}")


def _kind(ask: Ask) -> str:
    kind = ask.form.get("kind", "")
    return kind if kind in KINDS else KINDS[0]


def _form(
    ask: Ask,
    kind: str,
    filled: Mapping[str, str],
    *,
    problem: Sentence | None = None,
    done: Sentence | None = None,
) -> Page:
    wanted = TEMPLATES[kind].longest
    return Page(
        say("Tell a site"),
        template="many.html",
        place="tell",
        tabs=[Tab(words, f"/tell?kind={name}", here=name == kind) for name, words in NAMES.items()],
        lead=FOR_WHOM[TEMPLATES[kind].purpose],
        done=done,
        values={
            "kind": kind,
            "problem": problem,
            "filled": filled,
            "sites": ask.work.session.execute(select(Site.id, Site.name).order_by(Site.name)).all(),
            "plans": _plans(ask) if "plan" in wanted else None,
            "fields": [(name, *FIELDS[name]) for name in wanted if name in FIELDS],
        },
    )


def _plans(ask: Ask) -> list[tuple[int, Text, str]]:
    rows = ask.work.session.scalars(
        select(Plan).where(Plan.state == "on_sale").order_by(Plan.price_cents, Plan.id)
    )
    return [(plan.id, plan_words(plan), show_money(Money(plan.price_cents))) for plan in rows]


def _preview(ask: Ask, said: Announcement, *, once: str, problem: Sentence | None = None) -> Page:
    reached = reach_of(ask.work, said)
    by_sms, template = dated(ask.work, "cost.sms_part", "cost.whatsapp_template")
    cents, rows = 0, []
    for language, name in LANGUAGES.items():
        text = _text(ask, said, language)
        cut = segments(text)
        here = [part for part in reached if part.language == language]
        cost = sum(_cost(part, cut.parts, by_sms, template) for part in here)
        cents += cost
        rows.append(_row(name, text, cut.units, cut.parts, here, cost))
    people = sum(part.people for part in reached)
    return Page(
        say("Tell a site"),
        template="many_preview.html",
        place="tell",
        lead=FOR_WHOM[TEMPLATES[said.kind].purpose],
        facts=[
            (say("Message"), Cell(NAMES[said.kind])),
            (say("Site"), Cell(str(said.values["site"]))),
            (say("People"), Cell(f"{people:,}")),
            (say("Cost at most"), Cell(show_money(Money(cents)))),
        ],
        tables=[
            Table(
                columns=[
                    *(say("Language"), say("Text"), say("Length"), say("Parts")),
                    *(say("People"), say("Ways"), say("Cost at most")),
                ],
                rows=rows,
                empty=say("There are no messages."),
            )
        ],
        values={
            "problem": problem,
            "people": people,
            "hidden": {name: ask.form[name] for name in KEPT if name in ask.form} | {"once": once},
            "kind": said.kind,
        },
    )


def _row(name: str, text: str, units: int, parts: int, here: Sequence[Reach], cost: int) -> list[Cell]:
    ways = [f"{CHANNEL_NAMES.get(part.channel, part.channel.upper())} {part.people:,}" for part in here]
    return [
        Cell(name),
        Cell(text, quiet=True),
        Cell(f"{units} / {GSM7_ALONE}", number=True),
        number(parts),
        number(sum(part.people for part in here)),
        Cell(", ".join(ways) or "–"),
        Cell(show_money(Money(cost)), number=True),
    ]


def _text(ask: Ask, said: Announcement, language: str) -> str:
    """As an SMS; a chat may say another way on."""
    template = TEMPLATES[said.kind]
    return compose(template, settle(template, said.values, language), ask.brand, language)


def _cost(part: Reach, parts: int, sms_cents: int, template_cents: int) -> int:
    """A chat that takes no free words any more takes a template; Telegram is free."""
    if part.channel == SMS:
        return part.people * parts * sms_cents
    return part.people * template_cents if part.channel == WHATSAPP else 0


def _is_number(typed: str) -> bool:
    return typed.isascii() and typed.isdigit() and len(typed) < 10


DOORS = (
    Door("/tell", "tell_many", form),
    Door("/tell/preview", "tell_many", preview, method="POST"),
    Door("/tell", "tell_many", send, method="POST"),
)
