"""Bills by e-mail: when a run of the cycle is over, whoever of it has proved a mailbox gets the own bills as PDF.

They are found from the mailboxes, so that a house without any costs one query however many bills there are. What the
ladder tells of a bill stays as it is, whatever becomes of a mail.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, text

from core.base.database import Work
from core.base.email import Email
from core.billing.documents import CreditNote
from core.billing.model import Invoice
from core.billing.paper.ask import words_of_paper
from core.billing.paper.facts import CREDIT_NOTE, INVOICE
from core.messaging.consent import WILLING, willing_values
from core.messaging.mails import Mail, queue_mails
from core.messaging.template import Purpose
from core.messaging.templates import by_mail
from core.subscribers.model import Subscriber
from core.subscribers.queries import language_of

PAGE = 300
"""Bills a transaction, and somewhat more where the last person has several."""
PACE = timedelta(minutes=1)
"""From page to page: five mails a second leave the notify workers to answers, and 100,000 are out in six hours."""
CLOCKS_APART = timedelta(minutes=10)
"""A chunk may have been billed by a machine whose clock is behind that of the one that began the run."""

_MAILBOX = f"""
    SELECT a.subscriber_id, a.external_id FROM addresses a
    WHERE a.channel = 'email' AND a.unlinked_at IS NULL AND a.proved_at IS NOT NULL
      AND {WILLING.format(person="a.subscriber_id")}
"""  # noqa: S608
_OF_RUN = text(
    f"""
    SELECT a.subscriber_id, a.external_id, i.id AS invoice_id
    FROM ({_MAILBOX} AND a.subscriber_id > :after) AS a JOIN invoices i ON i.subscriber_id = a.subscriber_id
    WHERE i.kind IN ('bill', 'final') AND i.issued_at >= (
        SELECT began_at - CAST(:apart AS interval) FROM cycle_runs WHERE id = :run_id)
    ORDER BY a.subscriber_id FETCH FIRST :page ROWS WITH TIES
    """  # noqa: S608
)
_OF_PERSON = text(f"{_MAILBOX} AND a.subscriber_id = :subscriber_id")


@dataclass(frozen=True, slots=True)
class Paged:
    """What a page came to. after_id: the last person of it, None where there is nobody beyond."""

    queued: int
    after_id: int | None


def mail_bills(work: Work, *, run_id: int, after_id: int, page: int, size: int = PAGE) -> Paged:
    """Queue the mails of a run's next people beyond `after_id`, each bill once ever. page: how many went before."""
    values = {"run_id": run_id, "after": after_id, "page": size, "apart": CLOCKS_APART}
    found = work.session.execute(_OF_RUN, {**values, **willing_values(Purpose.SERVICE)}).all()
    if not found:
        return Paged(0, None)
    bills = work.session.execute(
        select(Invoice, Subscriber)
        .join(Subscriber, Subscriber.id == Invoice.subscriber_id)
        .where(Invoice.id.in_([row.invoice_id for row in found]))
        .order_by(Invoice.id)
    ).all()
    mailbox = {row.subscriber_id: Email(row.external_id) for row in found}
    mails = [_mail(work, bill, person, mailbox[person.id], INVOICE) for bill, person in bills]
    queued = queue_mails(work, mails, after=page * PACE)
    return Paged(queued, found[-1].subscriber_id if len(found) >= size else None)


def mail_credit_note(work: Work, *, credit_note_id: int) -> None:
    """Queue the mail of a credit note, once ever, where its person has proved a mailbox."""
    note = work.session.get_one(CreditNote, credit_note_id)
    values = {"subscriber_id": note.subscriber_id, **willing_values(Purpose.SERVICE)}
    found = work.session.execute(_OF_PERSON, values).first()
    if found is not None:
        person = work.session.get_one(Subscriber, note.subscriber_id)
        mail = _mail(work, note, person, Email(found.external_id), CREDIT_NOTE)
        queue_mails(work, [mail], after=timedelta())


def _mail(work: Work, paper: Invoice | CreditNote, person: Subscriber, mailbox: Email, kind: str) -> Mail:
    template, values = words_of_paper(work, paper, person)
    ref = f"{kind}:{paper.id}"
    return Mail(
        mailbox=mailbox,
        subscriber_id=person.id,
        template=by_mail(template),
        language=language_of(person),
        values=values,
        dedupe_key=f"mailed:{ref}",
        document=ref,
    )
