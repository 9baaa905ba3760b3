"""Deeds about how a person is reached: the mailbox that bills may go to."""

from collections.abc import Mapping

from admin.deeds import Deed, Field, Thing
from admin.desk import Ask
from admin.effects import Outcome
from admin.given import Given
from admin.show import account, plain
from core.base.database import Work
from core.base.words import say
from core.staff.audit import Actor
from core.subscribers.by_staff import note_email_by_staff
from core.subscribers.model import Subscriber
from core.subscribers.queries import mailboxes_of


def _form(ask: Ask, ids: Mapping[str, int]) -> Thing:
    person = ask.work.session.get_one(Subscriber, ids["subscriber"])
    proved = [own.email.masked for own in mailboxes_of(ask.work, person.id) if own.is_proved]
    facts = [
        (say("Account"), account(person.account_no, person.id, linked=True)),
        (say("Bills go to"), plain(proved[0] if proved else None)),
    ]
    hint = say("As the person spells it. Nothing goes there before the person has confirmed it")
    fields = (Field("email", say("E-mail"), "email", hint=hint),)
    back = f"/subscribers/{person.id}/contacts"
    return Thing("subscriber", person.id, person.account_no, back, facts, fields)


def _note(work: Work, actor: Actor, given: Given) -> Outcome:
    person_id = given.ids["subscriber"]
    email = given.text("email")
    note_email_by_staff(work, actor, subscriber_id=person_id, email=email, reason=given.reason)
    return Outcome(people=frozenset({person_id}))


EMAIL = Deed(
    "email",
    "/subscribers/{subscriber:int}/email",
    "change_contacts",
    say("Note an e-mail address"),
    say("Note it"),
    _form,
    _note,
    lead=say("The person is told by SMS, and confirms it in the menu by a code that is mailed there."),
)
DEEDS = (EMAIL,)
