"""Changes of a person's chats, numbers and mailbox: told at once wherever else the person is known, done when due.

Where there is much to steal a change waits a day, so that whoever it is told to can stop it. Staff can undo what was
done to numbers for a week (threats, M37).
"""

from datetime import datetime, timedelta

from sqlalchemy import select, update

from core.base.database import Work
from core.base.email import Email
from core.base.errors import Refusal
from core.base.log import logger
from core.base.msisdn import Msisdn
from core.base.words import say
from core.subscribers.codes import alone_with
from core.subscribers.events import ContactChangeDue, ContactsChanged
from core.subscribers.hear import forget_payer_name
from core.subscribers.mailboxes import give_mailbox, take_mailbox
from core.subscribers.model import ASKED, CHANGED_HANDS, MOVED, OTHER_NUMBER, PHONE, Address, ContactChange
from core.subscribers.numbers import choose_account, give, let_chats_go, take_away
from core.subscribers.queries import numbers_of

CHAT_LINKED, CHAT_UNLINKED = "chat_linked", "chat_unlinked"
NUMBER_ADDED, NUMBER_REMOVED, ACCOUNT_MOVED = "number_added", "number_removed", "account_moved"
NUMBER_RESTORED = "number_restored"
EMAIL_SET, EMAIL_REMOVED, EMAIL_NOTED = "email_set", "email_removed", "email_noted"
REVERSIBLE = (NUMBER_ADDED, NUMBER_REMOVED, ACCOUNT_MOVED)
UNDONE_WITHIN = timedelta(days=7)
SELF = "self"

LAST_NUMBER = say("That is your only number here. Add another one first.")
TOO_LATE = say("That change can no longer be undone.")
NEVER_PARTED = say("That number was not parted from this account.")


def begin_change(
    work: Work,
    *,
    kind: str,
    subscriber_id: int,
    channel: str,
    external_id: str,
    due_at: datetime,
    from_number: str | None = None,
    asked_by: str = SELF,
) -> ContactChange:
    """Note the change and tell of it; do it now, or when it is due. Raises Refusal.

    channel, external_id: the chat, or PHONE and the number, or MAIL and the address. from_number: the one that an
    account moves away from, or that asked.
    """
    if kind == NUMBER_REMOVED and len(numbers_of(work, subscriber_id)) < 2:
        raise Refusal(LAST_NUMBER)
    change = ContactChange(
        subscriber_id=subscriber_id,
        kind=kind,
        channel=channel,
        external_id=external_id,
        from_number=from_number,
        asked_by=asked_by,
        asked_at=work.now,
        due_at=due_at,
    )
    work.session.add(change)
    work.session.flush()
    work.record(ContactsChanged(change.id))
    if due_at > work.now:
        work.record(ContactChangeDue(change.id), after=due_at - work.now)
    else:
        carry_out(work, change_id=change.id)
    return change


def tell(
    work: Work, *, kind: str, subscriber_id: int, channel: str, external_id: str, asked_by: str = SELF
) -> None:
    """Tell of a change that is done already."""
    change = ContactChange(
        subscriber_id=subscriber_id,
        kind=kind,
        channel=channel,
        external_id=external_id,
        asked_by=asked_by,
        asked_at=work.now,
        due_at=work.now,
        done_at=work.now,
    )
    work.session.add(change)
    work.session.flush()
    work.record(ContactsChanged(change.id))


def carry_out(work: Work, *, change_id: int) -> None:
    """Do a change, once."""
    change = _locked(work, change_id)
    if change.done_at is not None or change.undone_at is not None:
        return
    person, number = change.subscriber_id, change.external_id
    for digits in sorted({number, change.from_number or number}):
        alone_with(work, digits)  # always in one order, so that two changes never wait for each other
    if change.kind == CHAT_UNLINKED:
        _unlink_chat(work, change)
    elif change.kind == NUMBER_ADDED:
        give(work, subscriber_id=person, digits=number, proved_at=change.asked_at)
    elif change.kind == NUMBER_REMOVED:
        if len(numbers_of(work, person)) < 2:  # the other one has gone meanwhile
            change.undone_at = work.now
            return
        take_away(work, subscriber_id=person, digits=number, why=ASKED)
    elif change.kind == ACCOUNT_MOVED:
        assert change.from_number is not None
        give(work, subscriber_id=person, digits=number, proved_at=change.asked_at, is_main=True)
        choose_account(work, number=Msisdn(number), subscriber_id=person)
        take_away(work, subscriber_id=person, digits=change.from_number, why=MOVED)
    elif change.kind == EMAIL_REMOVED:
        take_mailbox(work, subscriber_id=person, email=Email(number))
    elif change.kind in (EMAIL_SET, EMAIL_NOTED):
        proved_at = change.asked_at if change.kind == EMAIL_SET else None
        give_mailbox(work, subscriber_id=person, email=Email(number), proved_at=proved_at)
    change.done_at = work.now
    logger("subscribers").info("contacts_changed", change=change.id, kind=change.kind)


def undo_change(work: Work, *, change_id: int, asked_by: str) -> None:
    """Staff: take back what was done, or was to be done, to a person's numbers in the last week. Raises Refusal.

    asked_by: who undoes it. Numbers that come back cool like new ones, and the person is told on all of them.
    """
    change = _locked(work, change_id)
    if change.kind not in REVERSIBLE or change.undone_at or work.now - change.asked_at > UNDONE_WITHIN:
        raise Refusal(TOO_LATE)
    change.undone_at = work.now
    if change.done_at is not None:
        person, number = change.subscriber_id, change.external_id
        former = number if change.kind == NUMBER_REMOVED else change.from_number
        if former is not None:
            give(work, subscriber_id=person, digits=former, is_main=True)
            choose_account(work, number=Msisdn(former), subscriber_id=person)
            _tell_of(work, NUMBER_RESTORED, person, former, asked_by)
        if change.kind != NUMBER_REMOVED:
            take_away(work, subscriber_id=person, digits=number, why=ASKED)
            _tell_of(work, NUMBER_REMOVED, person, number, asked_by)
    logger("subscribers").info("contacts_change_undone", change=change.id, by=asked_by)


def restore_number(work: Work, *, number: Msisdn, subscriber_id: int, asked_by: str) -> ContactChange:
    """Give a number that was parted (M6) back to this account: its owner is proved, or staff know better.

    What the number did meanwhile stays with the account that it was met under; it can choose between the two.
    Raises Refusal where it was never parted from this account.
    """
    alone_with(work, _contacts_of(subscriber_id))
    alone_with(work, number.digits)
    parted = work.session.scalar(
        select(Address.id)
        .where(
            Address.channel == PHONE,
            Address.external_id == number.digits,
            Address.subscriber_id == subscriber_id,
            Address.unlinked_why.in_(CHANGED_HANDS),
        )
        .limit(1)
    )
    if parted is None:
        raise Refusal(NEVER_PARTED)
    forget_payer_name(work, number)
    let_chats_go(work, digits=number.digits, why=OTHER_NUMBER)  # who linked them is not known any more
    give(work, subscriber_id=subscriber_id, digits=number.digits)
    choose_account(work, number=number, subscriber_id=subscriber_id)
    change = begin_change(
        work,
        kind=NUMBER_RESTORED,
        subscriber_id=subscriber_id,
        channel=PHONE,
        external_id=number.digits,
        due_at=work.now,
        asked_by=asked_by,
    )
    logger("subscribers").info("number_restored", change=change.id, by=asked_by)
    return change


def _tell_of(work: Work, kind: str, subscriber_id: int, digits: str, asked_by: str) -> None:
    tell(work, kind=kind, subscriber_id=subscriber_id, channel=PHONE, external_id=digits, asked_by=asked_by)


def _locked(work: Work, change_id: int) -> ContactChange:
    """The change as it stands when nobody else is at this person's contacts."""
    alone_with(work, _contacts_of(work.session.get_one(ContactChange, change_id).subscriber_id))
    return work.session.get_one(ContactChange, change_id, with_for_update=True, populate_existing=True)


def _contacts_of(subscriber_id: int) -> str:
    return f"contacts of {subscriber_id}"


def _unlink_chat(work: Work, change: ContactChange) -> None:
    """The chat, if it is still this person's."""
    work.session.execute(
        update(Address)
        .where(
            Address.channel == change.channel,
            Address.external_id == change.external_id,
            Address.subscriber_id == change.subscriber_id,
            Address.unlinked_at.is_(None),
        )
        .values(is_primary=False, unlinked_at=work.now, unlinked_why=ASKED)
        .execution_options(synchronize_session="fetch")
    )
