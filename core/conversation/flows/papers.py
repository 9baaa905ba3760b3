"""Receipts and invoices: the newest ones; the chosen one is told, and sent to where the person is."""

from typing import Any

from core.base.clock import nairobi_day
from core.base.money import Money, show_money
from core.base.words import Sentence, say
from core.billing.paper.ask import PaperLine, papers_of, send_paper
from core.conversation.levels import require
from core.conversation.menu import BUY
from core.conversation.order import short_day
from core.conversation.screen import Choice, Screen, offer
from core.conversation.step import Context, Next, Plain, end, go
from core.subscribers.meet import meet

MOST_PAPERS = 5
"""As many as stand on one screen; staff have the older ones."""


def enter(context: Context) -> Next:
    person = meet(context.work, msisdn=context.caller)
    found = papers_of(context.work, person.id, most=MOST_PAPERS)
    if not found:
        buy = say("To buy one dial {dial}", dial=context.brand.dial(BUY))
        return end(say("You have no receipt yet."), buy)
    return go("papers.list", papers=[_facts(line) for line in found])


class Papers(Plain):
    def show(self, context: Context) -> Screen:
        choices = tuple(Choice(paper["ref"], _label(paper)) for paper in context.data["papers"])
        return offer(say("Receipts and invoices"), choices=choices)

    def answer(self, context: Context, text: str) -> Next:
        if first := require(context, "papers.read", text):
            return first
        person = meet(context.work, msisdn=context.caller)
        step = context.step
        number = send_paper(
            context.work,
            text,
            subscriber_id=person.id,
            channel=context.channel,
            why=f"{step.channel}:{step.session}:{step.step}",
        )
        return end(say("{number} is on its way to you.", number=number))


def _facts(line: PaperLine) -> dict[str, Any]:
    return {
        "ref": line.ref,
        "day": short_day(nairobi_day(line.issued_at)),
        "cents": (line.open if line.open.is_positive else line.total).minor,
        "open": line.open.is_positive,
        "credit": line.ref.startswith("credit_note"),
    }


def _label(paper: dict[str, Any]) -> Sentence:
    amount = show_money(Money(paper["cents"]))
    if paper["credit"]:
        return say("{day} {amount}, taken back", day=paper["day"], amount=amount)
    if paper["open"]:
        return say("{day} {amount}, to pay", day=paper["day"], amount=amount)
    return say("{day} {amount}, paid", day=paper["day"], amount=amount)


STEPS = {"list": Papers()}
