"""Receipts and invoices: the newest ones; the chosen one is told, and sent to where the person is. What is open may be
called wrong, and the KRA PIN that they name is typed here."""

from typing import Any

from core.base.clock import nairobi_day
from core.base.money import Money, show_money
from core.base.words import Sentence, say
from core.billing.dispute_by_owner import REASONS, dispute_by_owner, looked_at_until
from core.billing.paper.ask import PaperLine, papers_of, send_paper
from core.conversation.go_on import to_buy, to_see_account
from core.conversation.levels import require
from core.conversation.order import short_day
from core.conversation.screen import Choice, Screen, offer, question
from core.conversation.step import Context, Next, Plain, again, end, go
from core.subscribers.meet import meet
from core.subscribers.tax_pin import NO_PIN, parse_tax_pin, set_tax_pin

MOST_PAPERS = 4
"""As many as stand on one screen, with the PIN; staff have the older ones."""
WRONG = dict(zip(("amount", "paid", "no_wifi"), REASONS, strict=True))


def enter(context: Context) -> Next:
    person = meet(context.work, msisdn=context.caller)
    found = papers_of(context.work, person.id, most=MOST_PAPERS)
    if not found:
        return end(say("You have no receipt yet."), to_buy(context))
    return go("papers.list", papers=[facts_of(line) for line in found])


class Papers(Plain):
    def show(self, context: Context) -> Screen:
        choices = [Choice(paper["ref"], label_of(paper)) for paper in context.data["papers"]]
        return offer(
            say("Receipts and invoices"), choices=(*choices, Choice("pin", say("KRA PIN on invoices")))
        )

    def answer(self, context: Context, text: str) -> Next:
        if text == "pin":
            return go("papers.pin", pin=meet(context.work, msisdn=context.caller).tax_pin)
        paper = next((one for one in context.data["papers"] if one["ref"] == text), None)
        if paper is not None and paper["open"]:
            return go("papers.open", paper=paper)
        return _send(context, text, text)


def _send(context: Context, ref: str, text: str) -> Next:
    if first := require(context, "papers.read", text):
        return first
    step = context.step
    number = send_paper(
        context.work,
        ref,
        subscriber_id=meet(context.work, msisdn=context.caller).id,
        channel=context.channel,
        why=f"{step.channel}:{step.session}:{step.step}",
    )
    return end(say("{number} is on its way to you.", number=number))


class Open(Plain):
    """A bill that is to be paid: it is sent, or called wrong."""

    def show(self, context: Context) -> Screen:
        paper = context.data["paper"]
        return offer(
            say("{number}, {day}", number=paper["number"], day=paper["day"]),
            say("To pay: {amount}", amount=show_money(Money(paper["cents"]))),
            choices=(Choice("send", say("Send it to me"), 1), Choice("wrong", say("This bill is wrong"), 2)),
        )

    def answer(self, context: Context, text: str) -> Next:
        paper = context.data["paper"]
        if text == "send":
            return _send(context, paper["ref"], text)
        person = meet(context.work, msisdn=context.caller)
        until = looked_at_until(context.work, invoice_id=_id(paper), subscriber_id=person.id)
        return go("papers.wrong", paper=paper, until=short_day(until))


class Wrong(Plain):
    """What is wrong with it; then staff look, and nothing is switched off for it meanwhile."""

    def show(self, context: Context) -> Screen:
        return offer(
            say("What is wrong? We look at it, WiFi stays up to {day}.", day=context.data["until"]),
            choices=(
                Choice("amount", say("The amount is wrong"), 1),
                Choice("paid", say("I have paid it"), 2),
                Choice("no_wifi", say("There was no WiFi"), 3),
            ),
        )

    def answer(self, context: Context, text: str) -> Next:
        if proof := require(context, "bill.dispute", text):
            return proof
        dispute_by_owner(
            context.work,
            invoice_id=_id(context.data["paper"]),
            subscriber_id=meet(context.work, msisdn=context.caller).id,
            reason=WRONG[text],
            channel=context.channel,
        )
        noted = say("Noted. We look at {number}.", number=context.data["paper"]["number"])
        return end(
            noted,
            say("You are not switched off for it up to {day}.", day=context.data["until"]),
            to_see_account(context),
        )


def _id(paper: dict[str, Any]) -> int:
    return int(paper["ref"].partition(":")[2])


class Pin(Plain):
    """Asks for the KRA PIN that new invoices shall name."""

    def show(self, context: Context) -> Screen:
        pin = context.data["pin"]
        now = say("Your invoices name {pin}.", pin=pin) if pin else say("Your invoices name no KRA PIN.")
        return question(now, say("Type your KRA PIN, e.g. A012345678Z"))

    def answer(self, context: Context, text: str) -> Next:
        pin = parse_tax_pin(text)
        return again(NO_PIN) if pin is None else go("papers.pin_read", pin=pin)


class PinRead(Plain):
    """The PIN read back; then a code, and new invoices name it."""

    def show(self, context: Context) -> Screen:
        return offer(
            say("{pin} on your new invoices?", pin=context.data["pin"]),
            choices=(Choice("yes", say("Yes, that is right"), 1),),
        )

    def answer(self, context: Context, text: str) -> Next:
        if proof := require(context, "details.change", text):
            return proof
        person, pin = meet(context.work, msisdn=context.caller), context.data["pin"]
        set_tax_pin(context.work, subscriber_id=person.id, pin=pin)
        return end(say("Your new invoices name {pin}.", pin=pin), to_see_account(context))


def facts_of(line: PaperLine) -> dict[str, Any]:
    return {
        "ref": line.ref,
        "number": line.title,
        "day": short_day(nairobi_day(line.issued_at)),
        "cents": next(one.minor for one in (line.open, line.kept, line.total) if one.is_positive),
        "open": line.open.is_positive,
        "credit": line.ref.startswith("credit_note") or line.kept.is_zero,
    }


def label_of(paper: dict[str, Any]) -> Sentence:
    amount = show_money(Money(paper["cents"]))
    if paper["credit"]:
        return say("{day} {amount}, taken back", day=paper["day"], amount=amount)
    if paper["open"]:
        return say("{day} {amount}, to pay", day=paper["day"], amount=amount)
    return say("{day} {amount}, paid", day=paper["day"], amount=amount)


STEPS = {"list": Papers(), "open": Open(), "wrong": Wrong(), "pin": Pin(), "pin_read": PinRead()}
