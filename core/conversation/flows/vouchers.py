"""Vouchers: the newest unused one is already chosen; shown, sent again, and the old ones."""

from typing import Any

from core.base.clock import nairobi_day
from core.base.words import Sentence, say
from core.catalogue.labels import term_label
from core.conversation.flows.money_back import MONEY_BACK, money_back_of
from core.conversation.go_on import to_buy, to_see_voucher
from core.conversation.order import full_day, phones, short_day
from core.conversation.screen import Choice, Screen, farewell, offer, reserved
from core.conversation.step import Context, Next, Plain, end, go
from core.subscribers.meet import meet
from core.vouchers.model import ACTIVE, SOLD, VOID
from core.vouchers.queries import VoucherLine, newest_unused, voucher_line, vouchers_of
from core.vouchers.send import send_again
from core.vouchers.show import NOT_THERE, show_code

SHOW, SEND, ENTER_ONE, GIVE_AWAY, OLD, BACK = range(1, 7)


def enter(context: Context) -> Next:
    person = meet(context.work, msisdn=context.caller)
    newest = newest_unused(context.work, person.id)
    lines = vouchers_of(context.work, person.id)
    others = [_facts(line) for line in lines if newest is None or line.id != newest.id]
    if newest is not None:
        return _one(context, person.id, newest, others)
    if others:
        return go("vouchers.old", others=others)
    return none_yet(context)


def none_yet(context: Context) -> Next:
    return end(say("You have no voucher yet."), to_buy(context))


class Voucher(Plain):
    """One voucher. others: where it was chosen by itself, the old ones that can be had instead. back: of the money
    that may be had back, where it is kept waiting by us."""

    def show(self, context: Context) -> Screen:
        voucher, others = context.data["voucher"], context.data["others"]
        back = context.data.get("back")
        lines = [_title(voucher)]
        choices = [Choice("show", say("Show the code"), SHOW)]
        if voucher["state"] == SOLD:
            choices.append(Choice("send", say("Send it by SMS"), SEND))
        if others:
            choices.append(Choice("old", say("Old vouchers"), OLD))
        if back is not None:
            lines.append(say("It waits for our network."))
            choices.append(Choice("money_back", MONEY_BACK, BACK))
        kept = set(range(SHOW, OLD + 1)) - {choice.number for choice in choices}
        return offer(*lines, choices=tuple(choices), kept=reserved(*kept))

    def answer(self, context: Context, text: str) -> Next:
        voucher = context.data["voucher"]
        if text == "old":
            return go("vouchers.old", others=context.data["others"])
        if text == "money_back":
            return go("money_back.confirm", **context.data["back"])
        person = meet(context.work, msisdn=context.caller)
        if text == "send":
            send_again(context.work, voucher_id=voucher["id"], subscriber_id=person.id)
            return sent(context)
        code = show_code(context.work, voucher_id=voucher["id"], subscriber_id=person.id)
        return Next("end", screen=shown(context, voucher, code))


class Old(Plain):
    def show(self, context: Context) -> Screen:
        return offer(
            say("Old vouchers"),
            choices=tuple(Choice(str(voucher["id"]), _label(voucher)) for voucher in context.data["others"]),
        )

    def answer(self, context: Context, text: str) -> Next:
        person = meet(context.work, msisdn=context.caller)
        line = voucher_line(context.work, int(text), person.id)
        if line is None or line.state == VOID:
            return Next("again", reason=NOT_THERE)
        return _one(context, person.id, line, [])


def _one(context: Context, person_id: int, line: VoucherLine, others: list[dict[str, Any]]) -> Next:
    back = None
    if line.waits:
        back = money_back_of(
            context,
            subscription_id=line.subscription_id,
            buyer_id=person_id,
            term=(line.term_unit, line.term_count),
        )
    return go("vouchers.voucher", voucher=_facts(line), others=others, back=back)


def _facts(line: VoucherLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "state": line.state,
        "term_unit": line.term_unit,
        "term_count": line.term_count,
        "phones": line.shared_devices,
        "use_by": full_day(line.use_by),
        "sold": short_day(nairobi_day(line.sold_at)),
    }


def _title(voucher: dict[str, Any]) -> Sentence:
    term = term_label(voucher["term_unit"], voucher["term_count"])
    if voucher["state"] == SOLD:
        return say("New voucher: {term}, not used", term=term)
    if voucher["state"] == ACTIVE:
        return say("Voucher: {term}, in use", term=term)
    return say("Voucher: {term}, used", term=term)


def _label(voucher: dict[str, Any]) -> Sentence:
    term, day = term_label(voucher["term_unit"], voucher["term_count"]), voucher["sold"]
    if voucher["state"] == SOLD:
        return say("{day} {term}, not used", day=day, term=term)
    if voucher["state"] == ACTIVE:
        return say("{day} {term}, in use", day=day, term=term)
    if voucher["state"] == VOID:
        return say("{day} {term}, withdrawn", day=day, term=term)
    return say("{day} {term}, used", day=day, term=term)


def sent(context: Context) -> Next:
    return end(
        say("We are sending the voucher to {number} by SMS.", number=context.caller.masked),
        to_see_voucher(context),
    )


def shown(context: Context, voucher: dict[str, Any], code: str) -> Screen:
    """The code on a line of its own, so that it can be copied."""
    term = term_label(voucher["term_unit"], voucher["term_count"])
    wifi = context.brand.wifi_name
    if voucher["state"] == ACTIVE:
        join = say("Join {wifi}, open the browser.", wifi=wifi)
        return farewell(say("Your WiFi voucher:"), code, _title(voucher), join)
    if voucher["state"] != SOLD:
        return farewell(say("Your WiFi voucher:"), code, _title(voucher), to_buy(context))
    return farewell(
        say("Your WiFi voucher:"),
        code,
        say(
            "WiFi {term}, {phones}. Use by {day}.",
            term=term,
            phones=phones(voucher["phones"]),
            day=voucher["use_by"],
        ),
        say("Join {wifi}, open the browser, type the code.", wifi=wifi),
    )


STEPS = {"voucher": Voucher(), "old": Old()}
