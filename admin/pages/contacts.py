"""A subscriber's numbers, chats and mailbox, how well each is proved, what changed, and what staff may take back."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from admin.desk import Ask, Door
from admin.lists import ROWS
from admin.pages.deeds_of_contacts import DEEDS
from admin.pages.person import page_of, seen
from admin.show import NOTHING, Act, Cell, Elsewhere, Page, Table, Tone, instant, plain
from core.base.email import Email
from core.base.log import mask
from core.base.msisdn import Msisdn
from core.base.words import Sentence, say
from core.messaging.codes import CHANNEL_NAMES
from core.staff.roles import Permission
from core.subscribers.by_staff import remove_email_by_staff, restore_by_staff, undo_by_staff
from core.subscribers.changes import REVERSIBLE, SELF, UNDONE_WITHIN
from core.subscribers.model import (
    ASKED,
    CHANGED_HANDS,
    CODE,
    CONTACT,
    MAIL,
    MOVED,
    OTHER_NAME,
    OTHER_NUMBER,
    PHONE,
    SILENT,
    SIM_CHANGED,
    VOUCHED,
    Address,
    ContactChange,
)
from core.subscribers.proof import PROOF_LASTS, level_of

WHY: dict[str, Sentence] = {
    ASKED: say("taken off as asked"),
    MOVED: say("the account moved away"),
    OTHER_NUMBER: say("speaks for another number"),
    SILENT: say("was silent for long"),
    SIM_CHANGED: say("has another SIM"),
    OTHER_NAME: say("paid under another M-PESA name"),
}
HOW: dict[str, Sentence] = {
    VOUCHED: say("the channel vouches for it"),
    CONTACT: say("shared by the person"),
    CODE: say("a code came back"),
}
KINDS: dict[str, Sentence] = {
    "chat_linked": say("Chat linked"),
    "chat_unlinked": say("Chat let go"),
    "number_added": say("Number added"),
    "number_removed": say("Number taken off"),
    "account_moved": say("Account moved to a number"),
    "number_restored": say("Number given back"),
    "email_set": say("E-mail confirmed"),
    "email_removed": say("E-mail taken off"),
    "email_noted": say("E-mail noted"),
}


def contacts(ask: Ask) -> Page:
    subscriber = seen(ask, "contacts_seen")
    rows = ask.work.session.scalars(
        select(Address).where(Address.subscriber_id == subscriber.id).order_by(Address.id.desc()).limit(ROWS)
    ).all()
    numbers = [row for row in rows if row.channel == PHONE]
    mailboxes = [row for row in rows if row.channel == MAIL]
    chats = [row for row in rows if row.channel not in (PHONE, MAIL)]
    done = {
        "undone": say("The change is undone."),
        "restored": say("The number is given back."),
        "removed": say("No bills go there any more."),
    }
    tables = [
        _numbers(ask, numbers),
        _chats(ask, chats),
        _mailboxes(ask, mailboxes),
        _changes(ask, subscriber.id),
    ]
    ways = [(deed.title, deed.at(subscriber=subscriber.id)) for deed in DEEDS if ask.may(deed.needs)]
    return page_of(
        ask,
        subscriber,
        "contacts",
        tables=tables,
        ways=ways,
        lead=say(
            "Seen: it was heard from there. Proved: a code came back, or a prompt was paid, in 180 days."
        ),
        done=done.get(ask.query.get("done", "")),
    )


def _numbers(ask: Ask, rows: Sequence[Address]) -> Table:
    return Table(
        title=say("Numbers"),
        columns=[
            *(say("Number"), say("State"), say("Proof"), say("Last heard"), say("New until")),
            *((say("Do"),) if ask.may("change_contacts") else ()),
        ],
        rows=[
            [
                plain(_shown(row.external_id)),
                _standing(row),
                _proof(ask.work.now, row),
                instant(row.seen_at),
                _cooling(ask.work.now, row),
                *((_give_back(row),) if ask.may("change_contacts") else ()),
            ]
            for row in rows
        ],
        empty=say("There is no number."),
    )


def _chats(ask: Ask, rows: Sequence[Address]) -> Table:
    return Table(
        title=say("Chats"),
        columns=[
            *(say("Chat"), say("Speaks for"), say("State"), say("Proof"), say("Linked by")),
            *(say("Last heard"), say("New until")),
        ],
        rows=[
            [
                plain(CHANNEL_NAMES.get(row.channel, row.channel)),
                plain(_shown(row.number) if row.number else None),
                _standing(row),
                _proof(ask.work.now, row),
                Cell(HOW.get(row.linked_how or "", NOTHING)),
                instant(row.last_inbound_at),
                _cooling(ask.work.now, row),
            ]
            for row in rows
        ],
        empty=say("There is no chat."),
    )


def _mailboxes(ask: Ask, rows: Sequence[Address]) -> Table:
    may = ask.may("change_contacts")
    return Table(
        title=say("E-mail"),
        columns=[say("E-mail"), say("State"), say("Since"), *((say("Do"),) if may else ())],
        rows=[
            [
                plain(Email(row.external_id).masked),
                _mailing(row),
                instant(row.created_at),
                *((_remove(row),) if may else ()),
            ]
            for row in rows
        ],
        empty=say("There is no e-mail address."),
    )


def _mailing(row: Address) -> Cell:
    if row.unlinked_at is not None:
        return Cell(say("taken off"), tone="secondary")
    if row.proved_at is None:
        return Cell(say("not confirmed yet"), tone="yellow")
    return Cell(say("bills go there"), tone="green")


def _changes(ask: Ask, subscriber_id: int) -> Table:
    rows = ask.work.session.scalars(
        select(ContactChange)
        .where(ContactChange.subscriber_id == subscriber_id)
        .order_by(ContactChange.id.desc())
        .limit(ROWS)
    ).all()
    return Table(
        title=say("Changes"),
        columns=[
            *(say("When"), say("What"), say("About"), say("By"), say("State"), say("Reason")),
            *((say("Do"),) if ask.may("change_contacts") else ()),
        ],
        rows=[
            [
                instant(row.asked_at),
                Cell(KINDS.get(row.kind, row.kind)),
                plain(_about(row)),
                Cell(say("the person") if row.asked_by == SELF else say("staff")),
                _progress(row),
                Cell(row.reason or NOTHING, quiet=True),
                *((_undo(ask, row),) if ask.may("change_contacts") else ()),
            ]
            for row in rows
        ],
        empty=say("Nothing was changed yet."),
    )


def _standing(row: Address) -> Cell:
    if row.unlinked_at is not None:
        tone: Tone = "yellow" if row.unlinked_why in CHANGED_HANDS else "secondary"
        return Cell(WHY.get(row.unlinked_why or "", say("taken off")), tone=tone)
    if row.off_at is not None:
        return Cell(say("blocked by the person"), tone="yellow")
    return Cell(say("in use"), tone="green") if row.is_primary else Cell(say("of another account too"))


def _proof(now: datetime, row: Address) -> Cell:
    if row.unlinked_at is not None:
        return Cell(NOTHING)
    if level_of(now, row) < 2 or row.proved_at is None:
        return Cell(say("seen"))
    return Cell(say("proved until {day}", day=f"{row.proved_at + PROOF_LASTS:%d/%m/%Y}"), tone="green")


def _cooling(now: datetime, row: Address) -> Cell:
    return instant(row.cooling_until if row.cooling_until and row.cooling_until > now else None)


def _about(row: ContactChange) -> str:
    if row.channel == MAIL:
        return Email(row.external_id).masked
    if row.channel != PHONE:
        return CHANNEL_NAMES.get(row.channel, mask(row.channel))
    return _shown(row.external_id)


def _shown(digits: str) -> str:
    """A number on one line."""
    return Msisdn(digits).spaced.replace(" ", "\N{NO-BREAK SPACE}")


def _progress(row: ContactChange) -> Cell:
    if row.undone_at is not None:
        return Cell(say("undone"), tone="secondary")
    return Cell(say("done"), tone="green") if row.done_at is not None else Cell(say("waits"), tone="blue")


def _give_back(row: Address) -> Cell:
    if row.unlinked_at is None or row.unlinked_why not in CHANGED_HANDS:
        return Cell(NOTHING)
    path = f"/subscribers/{row.subscriber_id}/numbers/{row.id}/give-back"
    return Cell("", act=Act(path, say("Give the number back"), asks=say("How is the owner known?")))


def _remove(row: Address) -> Cell:
    if row.unlinked_at is not None:
        return Cell(NOTHING)
    path = f"/subscribers/{row.subscriber_id}/mailboxes/{row.id}/remove"
    return Cell("", act=Act(path, say("Take it off"), asks=say("Why is it taken off?")))


def _undo(ask: Ask, row: ContactChange) -> Cell:
    late = ask.work.now - row.asked_at > UNDONE_WITHIN
    if row.kind not in REVERSIBLE or row.undone_at is not None or late:
        return Cell(NOTHING)
    path = f"/subscribers/{row.subscriber_id}/changes/{row.id}/undo"
    return Cell("", act=Act(path, say("Undo this change"), asks=say("Why is it undone?")))


def undo(ask: Ask) -> Elsewhere:
    person = ask.ids["subscriber"]
    reason = ask.form.get("reason", "")
    undo_by_staff(ask.work, ask.actor, change_id=ask.ids["change"], subscriber_id=person, reason=reason)
    return Elsewhere(f"/subscribers/{person}/contacts?done=undone")


def give_back(ask: Ask) -> Elsewhere:
    person = ask.ids["subscriber"]
    reason = ask.form.get("reason", "")
    restore_by_staff(ask.work, ask.actor, address_id=ask.ids["address"], subscriber_id=person, reason=reason)
    return Elsewhere(f"/subscribers/{person}/contacts?done=restored")


def remove(ask: Ask) -> Elsewhere:
    person = ask.ids["subscriber"]
    reason = ask.form.get("reason", "")
    remove_email_by_staff(
        ask.work, ask.actor, address_id=ask.ids["mailbox"], subscriber_id=person, reason=reason
    )
    return Elsewhere(f"/subscribers/{person}/contacts?done=removed")


_ACTS: tuple[Permission, ...] = ("see_people", "change_contacts")
DOORS = (
    Door("/subscribers/{subscriber:int}/contacts", "see_people", contacts),
    Door("/subscribers/{subscriber:int}/changes/{change:int}/undo", _ACTS, undo, method="POST"),
    Door("/subscribers/{subscriber:int}/numbers/{address:int}/give-back", _ACTS, give_back, method="POST"),
    Door("/subscribers/{subscriber:int}/mailboxes/{mailbox:int}/remove", _ACTS, remove, method="POST"),
)
