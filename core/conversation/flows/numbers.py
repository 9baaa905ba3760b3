"""Numbers, chats and e-mail of mine: more numbers for one account, a new number, several accounts on one number, and
the account that was hidden when the number fell silent."""

from sqlalchemy import select

from core.base.errors import Refusal
from core.base.msisdn import Msisdn
from core.base.words import Sentence, say
from core.conversation.flows import emails, home, link
from core.conversation.flows.link import changed, link_here
from core.conversation.flows.pay import not_a_number, typed_number
from core.conversation.go_on import to_try_again
from core.conversation.levels import ask_code, due_at, moment, require, talk_name
from core.conversation.screen import Choice, Line, Screen, offer, question, reserved
from core.conversation.step import Context, Next, Plain, again, end, go
from core.payments.model import Receipt
from core.payments.ways import BY_HAND
from core.subscribers.account_no import parse_account_no
from core.subscribers.changes import (
    ACCOUNT_MOVED,
    NUMBER_ADDED,
    NUMBER_REMOVED,
    SELF,
    begin_change,
    restore_number,
)
from core.subscribers.codes import is_proved
from core.subscribers.meet import meet, prove_number
from core.subscribers.model import CODE, PHONE
from core.subscribers.numbers import choose_account, choose_main
from core.subscribers.queries import accounts_of, by_account_no, numbers_of

CHATS, NUMBERS, MOVE, OLD_ACCOUNT, OTHER_ACCOUNT, EMAIL = range(1, 7)
NEW_NUMBER = "number.new"
"""The purpose of a code to a number that is to become this person's."""

DOES_NOT_FIT = say("These do not fit together. Look at the SMS of M-PESA, or call us.")


def enter(context: Context) -> Next:
    return go("numbers.mine", several=len(accounts_of(context.work, context.caller)) > 1)


class Mine(Plain):
    def show(self, context: Context) -> Screen:
        choices = [
            Choice("chats", say("My chats"), CHATS),
            Choice("list", say("My numbers"), NUMBERS),
            Choice("move", say("Move to a new number"), MOVE),
            Choice("old_account", say("My old account"), OLD_ACCOUNT),
        ]
        if context.data["several"]:
            choices.append(Choice("accounts", say("Another account of mine"), OTHER_ACCOUNT))
        if context.sends_mail:
            choices.append(Choice("email", say("My e-mail"), EMAIL))
        kept = reserved(*({OTHER_ACCOUNT, EMAIL} - {choice.number for choice in choices}))
        return offer(say("Numbers and chats"), choices=tuple(choices), kept=kept)

    def answer(self, context: Context, text: str) -> Next:
        if text == "chats":
            return link.enter(context)
        if text == "list":
            return _list(context)
        if text == "email":
            return emails.enter(context)
        if text == "accounts":
            found = accounts_of(context.work, context.caller)
            return go(
                "numbers.accounts",
                accounts=[[one.subscriber_id, one.account_no, one.first_name] for one in found],
            )
        return go(f"numbers.{text}")


def _list(context: Context) -> Next:
    found = numbers_of(context.work, meet(context.work, msisdn=context.caller).id)
    return go("numbers.list", numbers=[[own.number.digits, own.is_main] for own in found])


class List(Plain):
    def show(self, context: Context) -> Screen:
        own = [Choice(digits, _label(Msisdn(digits), is_main)) for digits, is_main in context.data["numbers"]]
        return offer(say("Numbers of this account"), choices=(Choice("add", say("Add a number")), *own))

    def answer(self, context: Context, text: str) -> Next:
        if text == "add":
            return go("numbers.add")
        is_main = next(is_main for digits, is_main in context.data["numbers"] if digits == text)
        return go("numbers.number", number=text, is_main=is_main)


def _label(number: Msisdn, is_main: bool) -> Line:
    return say("{number}, texts go here", number=number.spaced) if is_main else number.spaced


class Number(Plain):
    """One number of mine: texts go there, or it leaves the account."""

    act = "number.remove"

    def show(self, context: Context) -> Screen:
        number = Msisdn(context.data["number"])
        choices = [Choice("remove", say("Remove this number"), 2)]
        if not context.data["is_main"]:
            choices.insert(0, Choice("main", say("Send texts here"), 1))
        kept = {1: say("Texts go to this number already.")} if context.data["is_main"] else None
        return offer(_label(number, context.data["is_main"]), choices=tuple(choices), kept=kept)

    def answer(self, context: Context, text: str) -> Next:
        proof = require(context, "number.main" if text == "main" else self.act, text)
        if proof is not None:
            return proof
        person, number = meet(context.work, msisdn=context.caller), Msisdn(context.data["number"])
        if text == "main":
            choose_main(context.work, number=number, subscriber_id=person.id)
            return changed(context, say("Texts go to {number} now.", number=number.spaced), False)
        due = due_at(context, self.act)
        begin_change(
            context.work,
            kind=NUMBER_REMOVED,
            subscriber_id=person.id,
            channel=PHONE,
            external_id=number.digits,
            from_number=context.caller.digits,
            due_at=due,
        )
        done = say("{number} has left the account.", number=number.spaced)
        return changed(context, done, due > context.now and moment(due))


class _NewNumber(Plain):
    """Asks for a number that is to be the account's. Two codes: one to the number that asks, one to the new one."""

    act = ""
    kind = ""
    worth_resuming = True

    def answer(self, context: Context, text: str) -> Next:
        new = typed_number(text)
        if new is None:
            return again(not_a_number())
        person = meet(context.work, msisdn=context.caller)
        if new in [own.number for own in numbers_of(context.work, person.id)]:
            return again(say("That number is on your account already."))
        proof = require(context, self.act, text, spend=False)
        if proof is not None:
            return proof
        if not is_proved(context.work, number=new, purpose=NEW_NUMBER, bound_to=talk_name(context)):
            return ask_code(context, NEW_NUMBER, text, new.digits)
        require(context, self.act, text)  # now it counts
        due = due_at(context, self.act)
        begin_change(
            context.work,
            kind=self.kind,
            subscriber_id=person.id,
            channel=PHONE,
            external_id=new.digits,
            from_number=context.caller.digits,
            due_at=due,
        )
        return changed(context, self.done(new), due > context.now and moment(due))

    def done(self, new: Msisdn) -> Sentence:
        raise NotImplementedError


class Add(_NewNumber):
    act, kind = "number.add", NUMBER_ADDED

    def show(self, context: Context) -> Screen:
        return question(say("Type the number to add, e.g. 0712345678. It gets a code too."))

    def done(self, new: Msisdn) -> Sentence:
        return say("{number} is on your account.", number=new.spaced)


class Move(_NewNumber):
    act, kind = "number.move", ACCOUNT_MOVED

    def show(self, context: Context) -> Screen:
        return question(
            say("Type your new number, e.g. 0712345678. It gets a code too. This one leaves the account.")
        )

    def done(self, new: Msisdn) -> Sentence:
        return say("Your account is on {number} now.", number=new.spaced)


class Accounts(Plain):
    """Of several accounts of this number, the one to talk about from here on."""

    act = "account.choose"

    def show(self, context: Context) -> Screen:
        return offer(
            say("Which account?"),
            choices=tuple(
                Choice(str(subscriber_id), f"{account_no} {name}".strip())
                for subscriber_id, account_no, name in context.data["accounts"]
            ),
        )

    def answer(self, context: Context, text: str) -> Next:
        choose_account(context.work, number=context.caller, subscriber_id=int(text))
        return home.arrive(context)


class OldAccount(Plain):
    """A number that fell silent, or has another SIM, was met as somebody new. Its account number is asked for first."""

    worth_resuming = True

    def show(self, context: Context) -> Screen:
        return question(say("Was this number with us before? Type the number of your old account."))

    def answer(self, context: Context, text: str) -> Next:
        account_no = parse_account_no(text)
        if account_no is None:
            return again(say("That is not an account number. It has 7 or 8 digits."))
        return go("numbers.last_receipt", account_no=account_no)


class LastReceipt(Plain):
    """Then a fact that only its owner has, and a code to the number. Nothing tells which of the three was wrong."""

    act = "account.reclaim"
    worth_resuming = True

    def show(self, context: Context) -> Screen:
        return question(say("Type the M-PESA code of your last payment to us, e.g. SGR7K2XQ9P"))

    def answer(self, context: Context, text: str) -> Next:
        proof = require(context, self.act, text)
        if proof is not None:
            return proof
        old = by_account_no(context.work, context.data["account_no"])
        if old is None or not _is_last_receipt(context, old.id, text):
            return refused(context)
        try:
            restore_number(context.work, number=context.caller, subscriber_id=old.id, asked_by=SELF)
        except Refusal:
            return refused(context)
        prove_number(context.work, subscriber_id=old.id, msisdn=context.caller)
        if context.chat is not None:  # the code came back in it
            link_here(context, context.caller, CODE)
        return home.arrive(context)


def refused(context: Context) -> Next:
    return end(DOES_NOT_FIT, to_try_again(context))


def _is_last_receipt(context: Context, subscriber_id: int, typed: str) -> bool:
    last = context.work.session.scalar(
        select(Receipt.number)
        .where(
            Receipt.subscriber_id == subscriber_id, Receipt.provider.not_in(BY_HAND)
        )  # a book's next number is known
        .order_by(Receipt.received_at.desc(), Receipt.id.desc())
        .limit(1)
    )
    return last is not None and last == "".join(typed.split()).upper()


STEPS = {
    "mine": Mine(),
    "list": List(),
    "number": Number(),
    "add": Add(),
    "move": Move(),
    "accounts": Accounts(),
    "old_account": OldAccount(),
    "last_receipt": LastReceipt(),
}
