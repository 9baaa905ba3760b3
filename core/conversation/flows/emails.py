"""The mailbox of mine: bills go there as PDF, once a code has come back from it; shown masked, changed, removed."""

from core.base.email import Email, parse_email
from core.base.words import say
from core.conversation.flows.link import changed
from core.conversation.levels import ask_code, due_at, moment, require, talk_name
from core.conversation.screen import Choice, Screen, offer, question
from core.conversation.step import Context, Next, Plain, again, go
from core.subscribers.changes import EMAIL_REMOVED, EMAIL_SET, begin_change
from core.subscribers.codes import is_proved
from core.subscribers.meet import meet
from core.subscribers.model import MAIL
from core.subscribers.queries import mailboxes_of

OTHER, REMOVE, CONFIRM = range(1, 4)
NEW_EMAIL = "email.new"
"""The purpose of a code to a mailbox that is to become this person's."""


def enter(context: Context) -> Next:
    found = mailboxes_of(context.work, meet(context.work, msisdn=context.caller).id)
    if not found:
        return go("emails.type")
    return go("emails.mine", mailboxes=[[own.email.address, own.is_proved] for own in found])


class Mine(Plain):
    """The proved one, and one that staff have noted: it is confirmed by its code, as one that is typed here."""

    def show(self, context: Context) -> Screen:
        mailboxes = context.data["mailboxes"]
        lines = [
            say("Your bills go to {email}.", email=Email(address).masked)
            if proved
            else say("Not confirmed: {email}", email=Email(address).masked)
            for address, proved in mailboxes
        ]
        choices = [
            Choice("other", say("Another e-mail"), OTHER),
            Choice("remove", say("Remove {email}", email=Email(mailboxes[0][0]).masked), REMOVE),
        ]
        if not mailboxes[-1][1]:
            choices.append(Choice("confirm", say("Confirm it"), CONFIRM))
        return offer(*lines, choices=tuple(choices))

    def answer(self, context: Context, text: str) -> Next:
        if text == "other":
            return go("emails.type")
        if text == "confirm":
            return _give(context, Email(context.data["mailboxes"][-1][0]), text)
        if proof := require(context, "email.remove", text):
            return proof
        email = Email(context.data["mailboxes"][0][0])
        later = _begin(context, EMAIL_REMOVED, email, "email.remove")
        return changed(context, say("No bills go to {email} any more.", email=email.masked), later)


class Type(Plain):
    worth_resuming = True

    def show(self, context: Context) -> Screen:
        return question(say("Type your e-mail address: your bills go there as PDF. It gets a code first."))

    def answer(self, context: Context, text: str) -> Next:
        email = parse_email(text)
        if email is None:
            return again(say("That is no e-mail address."))
        own = mailboxes_of(context.work, meet(context.work, msisdn=context.caller).id)
        if any(one.is_proved and one.email == email for one in own):
            return again(say("Your bills go to that address already."))
        return _give(context, email, text)


def _give(context: Context, email: Email, text: str) -> Next:
    """Two codes: one to the number that asks, one to the mailbox."""
    proof = require(context, "email.set", text, spend=False)
    if proof is not None:
        return proof
    if not is_proved(context.work, number=email, purpose=NEW_EMAIL, bound_to=talk_name(context)):
        return ask_code(context, NEW_EMAIL, text, email.address)
    require(context, "email.set", text)  # now it counts
    later = _begin(context, EMAIL_SET, email, "email.set")
    return changed(context, say("Your bills go to {email} from now on.", email=email.masked), later)


def _begin(context: Context, kind: str, email: Email, act: str) -> str | bool:
    """Begin the change. From when it holds, where it has to wait."""
    due = due_at(context, act)
    begin_change(
        context.work,
        kind=kind,
        subscriber_id=meet(context.work, msisdn=context.caller).id,
        channel=MAIL,
        external_id=email.address,
        from_number=context.caller.digits,
        due_at=due,
    )
    return due > context.now and moment(due)


STEPS = {"mine": Mine(), "type": Type()}
