"""Routers, jobs (deliveries of the outbox) and incidents; and the two things that staff may do about them."""

from typing import Any

from sqlalchemy import select

from admin.desk import Ask, Door
from admin.lists import Rows, keyset
from admin.show import NOTHING, Act, Cell, Elsewhere, Page, Tab, Table, instant, number, plain
from core.base.inbox import Incident
from core.base.log import mask
from core.base.outbox import Delivery, OutboxEntry
from core.base.words import Sentence, say
from core.network.queries import routers as all_routers
from core.staff.acts import close_incident, try_delivery_again
from core.staff.model import IncidentClosing, StaffMember

KINDS: dict[str, Sentence] = {
    "delivery_given_up": say("A job was given up"),
    "router_refused": say("A router refuses an account"),
    "no_router": say("A line has no router"),
    "sms.budget": say("The day's SMS are used up"),
    "messages.budget": say("Offers wait: the day's messages cost enough"),
    "sms.account": say("The SMS account needs a look"),
    "whatsapp.account": say("The WhatsApp account needs a look"),
    "telegram.account": say("The Telegram bot needs a look"),
    "email.account": say("The mail account needs a look"),
    "callback_mixed_up": say("M-PESA answered about another payment"),
    "receipt_differs": say("A receipt came twice, with other facts"),
    "receipt_used_twice": say("A receipt was used for two payments"),
    "payment_unknown": say("A payment's outcome stays unknown"),
    "bill_disputed": say("A bill is called wrong by phone"),
    "claim_unanswered": say("M-PESA does not answer about a receipt"),
    "claim_refuted": say("M-PESA knows no such receipt"),
    "claim_differs": say("M-PESA tells another amount"),
    "claim_overdue": say("A large payment is not confirmed"),
    "clock_doubted": say("The machine's clock is not believed"),
    "mass_cut": say("A mass of cuts waits for a yes"),
    "payer_differs": say("Another phone paid than was asked"),
}
"""Kinds of incidents in words; others are shown as they stand."""


def routers(ask: Ask) -> Page:
    rows = [
        [
            plain(row.name),
            plain(row.site_name),
            Cell(say("answers"), tone="green") if row.away_since is None else Cell(say("away"), tone="red"),
            instant(row.away_since),
            instant(row.last_seen_at),
            number(row.accounts),
            Cell(f"{row.behind:,}", tone="yellow") if row.behind else number(0),
            Cell(mask(row.last_error or NOTHING), quiet=True),
        ]
        for row in all_routers(ask.work)
    ]
    table = Table(
        columns=[
            say("Router"),
            say("Site"),
            say("State"),
            say("Away since"),
            say("Last seen"),
            say("Accounts"),
            say("Behind"),
            say("Trouble"),
        ],
        rows=rows,
        empty=say("There are no routers yet: `bando router add` registers one."),
    )
    lead = say(
        "Behind: accounts that the router does not hold yet as they should be. It catches up by itself."
    )
    return Page(say("Routers"), tables=[table], place="routers", lead=lead)


def deliveries(ask: Ask) -> Page:
    given_up = ask.query.get("show") == "given_up"
    rows: Rows = select(Delivery, OutboxEntry.event, OutboxEntry.request_id).join(
        OutboxEntry, OutboxEntry.id == Delivery.outbox_id
    )
    if given_up:
        rows = rows.where(Delivery.given_up_at.is_not(None))
    else:
        rows = rows.where(Delivery.finished_at.is_(None), Delivery.given_up_at.is_(None))
    table = keyset(
        ask.work,
        rows,
        Delivery.id,
        query=ask.query,
        path="/deliveries",
        columns=[
            say("Due"),
            say("Job"),
            say("Because of"),
            say("Tries"),
            say("Trouble"),
            say("Request"),
            say("Do"),
        ],
        cells=lambda row: [
            instant(row.Delivery.available_at),
            plain(row.Delivery.listener),
            Cell(row.event, quiet=True),
            number(row.Delivery.attempts),
            Cell(mask(row.Delivery.last_error or NOTHING), quiet=True),
            Cell(row.request_id, quiet=True),
            _again(row.Delivery.id) if given_up and ask.may("try_deliveries") else Cell(NOTHING),
        ],
        key_of=lambda row: row.Delivery.id,
        empty=say("No job was given up.") if given_up else say("No job waits."),
    )
    tabs = [
        Tab(say("Waiting"), "/deliveries", here=not given_up),
        Tab(say("Given up"), "/deliveries?show=given_up", here=given_up),
    ]
    done = say("The job is tried again.") if ask.query.get("done") == "again" else None
    return Page(say("Jobs"), tables=[table], place="deliveries", tabs=tabs, done=done)


def _again(delivery_id: int) -> Cell:
    return Cell("", act=Act(f"/deliveries/{delivery_id}/again", say("Try again")))


def again(ask: Ask) -> Elsewhere:
    try_delivery_again(ask.work, ask.actor, delivery_id=ask.ids["delivery"])
    return Elsewhere("/deliveries?show=given_up&done=again")


def incidents(ask: Ask) -> Page:
    closed = ask.query.get("show") == "closed"
    rows: Rows = (
        select(Incident, IncidentClosing, StaffMember.email)
        .outerjoin(IncidentClosing, IncidentClosing.incident_id == Incident.id)
        .outerjoin(StaffMember, StaffMember.id == IncidentClosing.staff_id)
    )
    rows = rows.where(Incident.closed_at.is_not(None) if closed else Incident.closed_at.is_(None))
    end = [say("Closed"), say("By"), say("Reason")] if closed else [say("Do")]
    table = keyset(
        ask.work,
        rows,
        Incident.id,
        query=ask.query,
        path="/incidents",
        columns=[say("Since"), say("What"), say("About"), *end],
        cells=lambda row: [
            instant(row.Incident.at),
            Cell(KINDS.get(row.Incident.kind, row.Incident.kind)),
            Cell(mask(row.Incident.detail), quiet=True),
            *(_closing(row) if closed else [_close(row.Incident.id, ask)]),
        ],
        key_of=lambda row: row.Incident.id,
        empty=say("No incident was closed yet.") if closed else say("No incident is open."),
    )
    tabs = [
        Tab(say("Open"), "/incidents", here=not closed),
        Tab(say("Closed"), "/incidents?show=closed", here=closed),
    ]
    done = say("The incident is closed.") if ask.query.get("done") == "closed" else None
    return Page(say("Incidents"), tables=[table], place="incidents", tabs=tabs, done=done)


def _closing(row: Any) -> list[Cell]:
    reason = row.IncidentClosing.reason if row.IncidentClosing else None
    return [instant(row.Incident.closed_at), plain(row.email), plain(reason)]


def _close(incident_id: int, ask: Ask) -> Cell:
    if not ask.may("close_incidents"):
        return Cell(NOTHING)
    return Cell(
        "", act=Act(f"/incidents/{incident_id}/close", say("Close"), asks=say("Why can it be closed?"))
    )


def close(ask: Ask) -> Elsewhere:
    close_incident(ask.work, ask.actor, incident_id=ask.ids["incident"], reason=ask.form.get("reason", ""))
    return Elsewhere("/incidents?done=closed")


DOORS = (
    Door("/routers", "see_machines", routers),
    Door("/deliveries", "see_machines", deliveries),
    Door("/deliveries/{delivery:int}/again", "try_deliveries", again, method="POST"),
    Door("/incidents", "see_machines", incidents),
    Door("/incidents/{incident:int}/close", "close_incidents", close, method="POST"),
)
