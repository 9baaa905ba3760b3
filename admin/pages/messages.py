"""Messages: what could not be delivered, what each day cost on each channel, and every wording with its length.

No text of a person's own is shown: it may hold a code.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from admin.desk import Ask, Door
from admin.lists import Rows, keyset
from admin.show import NOTHING, Cell, Page, Tab, Table, account, day, instant, money, number, plain, state
from core.base.clock import nairobi_day, start_of_day
from core.base.gsm7 import GSM7_ALONE
from core.base.i18n import LANGUAGES
from core.base.log import mask
from core.base.money import Money, show_money
from core.base.words import Sentence, say
from core.messaging.model import UNKNOWN, WAITING, Notice, NoticeTry
from core.messaging.queries import DayCost, costs_by_day, wordings
from core.messaging.template import Purpose
from core.subscribers.model import Subscriber

DAYS = 30

PURPOSES = {
    Purpose.ANSWER: say("answer, at any hour"),
    Purpose.SERVICE: say("service, by day"),
    Purpose.MARKETING: say("offer, by day and with consent"),
}


def undelivered(ask: Ask) -> Page:
    ways = (
        select(
            func.string_agg(
                NoticeTry.channel + " " + NoticeTry.state, aggregate_order_by(literal(", "), NoticeTry.number)
            )
        )
        .where(NoticeTry.notice_id == Notice.id)
        .scalar_subquery()
    )
    rows: Rows = (
        select(Notice, Subscriber.account_no, ways.label("ways"))
        .outerjoin(Subscriber, Subscriber.id == Notice.subscriber_id)
        .where(Notice.state.in_((WAITING, UNKNOWN)))
    )
    linked = ask.may("see_people")
    table = keyset(
        ask.work,
        rows,
        Notice.id,
        query=ask.query,
        path="/messages",
        columns=[say("When"), say("Message"), say("For"), say("State"), say("Ways tried"), say("Trouble")],
        cells=lambda row: [
            instant(row.Notice.created_at),
            plain(template_words(row.Notice.template)),
            account(row.account_no, row.Notice.subscriber_id, linked=linked),
            state(row.Notice.state),
            Cell(row.ways or NOTHING, quiet=True),
            Cell(mask(row.Notice.last_error or NOTHING), quiet=True),
        ],
        key_of=lambda row: row.Notice.id,
        empty=say("Every message found its way."),
    )
    lead = say("These found no way to the person. They are shown when the person dials next.")
    return Page(say("Messages"), tables=[table], place="messages", lead=lead, tabs=_tabs(ask, "/messages"))


def costs(ask: Ask) -> Page:
    since = start_of_day(nairobi_day(ask.work.now) - timedelta(days=DAYS - 1))
    found = costs_by_day(ask.work, since)
    table = Table(
        columns=[
            say("Day"),
            say("Channel"),
            say("Messages"),
            say("Parts"),
            say("Sent again"),
            say("Cost"),
            say("Cost of one"),
        ],
        rows=[_cost_cells(row) for row in found],
        empty=say("No message was sent in these 30 days."),
    )
    total = sum(row.cents for row in found)
    return Page(
        say("Messages"),
        tables=[table],
        place="messages",
        tabs=_tabs(ask, "/messages/costs"),
        facts=[
            (say("Cost in 30 days"), Cell(show_money(Money(total)))),
            (say("Messages in 30 days"), Cell(f"{sum(row.messages for row in found):,}")),
        ],
        lead=say(
            "As the carrier says, or as the settings expect. Sent again: by another way, for the first was not "
            "confirmed."
        ),
    )


def _cost_cells(row: DayCost) -> list[Cell]:
    return [
        day(row.day),
        Cell(row.channel),
        number(row.messages),
        number(row.parts),
        number(row.again),
        money(row.cents),
        money(row.cents // row.messages),
    ]


def wording(ask: Ask) -> Page:
    rows = [
        [
            plain(template_words(each.name)),
            Cell(LANGUAGES[each.language]),
            Cell(each.text),
            Cell(f"{each.units} / {GSM7_ALONE}", tone="red" if each.parts > 1 else "green"),
            Cell(PURPOSES[each.form.purpose]),
        ]
        for each in wordings(ask.brand)
    ]
    table = Table(
        columns=[say("Message"), say("Language"), say("Text"), say("Length"), say("Purpose")],
        rows=rows,
        empty=say("There are no messages."),
    )
    lead = say("Each with the longest values that it is made for. A longer text would cost a second SMS.")
    return Page(
        say("Messages"), tables=[table], place="messages", lead=lead, tabs=_tabs(ask, "/messages/wording")
    )


def template_words(name: str) -> str:
    """A template's name as it is read out."""
    return name.replace("_", " ")


_VIEWS: Sequence[tuple[str, Sentence]] = (
    ("/messages", say("Not delivered")),
    ("/messages/costs", say("Costs")),
    ("/messages/wording", say("Wording")),
)


def _tabs(ask: Ask, here: str) -> list[Tab]:
    """The views that this role may open."""
    opens: dict[str, Any] = {door.path: door for door in DOORS}
    return [
        Tab(label, path, here=path == here) for path, label in _VIEWS if opens[path].opens_to(ask.visit.role)
    ]


DOORS = (
    Door("/messages", "see_machines", undelivered),
    Door("/messages/costs", "see_money", costs),
    Door("/messages/wording", "see_figures", wording),
)
