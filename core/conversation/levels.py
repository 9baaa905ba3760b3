"""Which proof which act needs (threats, section 4), and the way to it.

Every verb that a flow calls belongs to an act of this table; the tests read the flows and refuse one that does not.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.base.clock import NAIROBI
from core.base.dated import dated
from core.base.email import name_of, reached
from core.base.errors import Refusal
from core.base.words import Sentence, say
from core.billing.account import own_money
from core.conversation.step import Context, Next, go
from core.subscribers.codes import begin_code, is_proved, spend_proof
from core.subscribers.meet import meet
from core.subscribers.model import PHONE
from core.subscribers.proof import standing_of

WAIT = timedelta(hours=24)
PROVE = "prove"
"""The purpose of a code that proves the number for half a year, not one act."""


@dataclass(frozen=True, slots=True)
class Need:
    """What an act needs. level: 1 seen, 2 proved within 180 days, 3 with the service PIN.

    code_now: a code by SMS that came back in this talk, for this act. not_cooling: not by a number or chat that is
    new. waits: done a day later where there is much to steal. verbs: module.function of what does it.
    """

    level: int
    verbs: tuple[str, ...]
    code_now: bool = False
    not_cooling: bool = False
    waits: bool = False


ACTS: dict[str, Need] = {
    "greet": Need(
        1,
        (
            "core.subscribers.meet.meet",
            "core.subscribers.meet.find",
            "core.subscribers.hear.hear",
            "core.subscribers.meet.choose_language",
        ),
    ),
    # The payer's own M-PESA PIN is the lock.
    "pay": Need(1, ("core.payments.collect.pay_for_plan", "core.billing.coupon_use.try_code")),
    "free.take": Need(1, ("core.vouchers.free.give_free",)),
    "data.see": Need(1, ("core.billing.data.data_left",)),
    # Where threats ask for the service PIN, a code now stands in for it until there is one.
    "plan.pay": Need(2, ("core.payments.change.pay_for_change",)),
    "plan.change": Need(2, ("core.payments.change.change_with_own_money",), code_now=True, not_cooling=True),
    "payday.pay": Need(2, ("core.payments.change.pay_for_payday",)),
    "payday.move": Need(
        2, ("core.payments.change.move_payday_with_own_money",), code_now=True, not_cooling=True
    ),
    "account.look": Need(1, ("core.subscribers.foreign_looks.look_up_account",)),
    "days.give": Need(2, ("core.billing.give_by_owner.give_days_by_owner",), code_now=True, not_cooling=True),
    "line.pause": Need(
        2,
        ("core.billing.pause.pause_by_owner", "core.billing.pause.resume_by_owner"),
        code_now=True,
        not_cooling=True,
    ),
    # Lent or waited for: nothing leaves the account, and a stranger gains nothing by it.
    "time.ask": Need(
        2,
        ("core.billing.time_to_pay.lend_day_by_owner", "core.billing.time_to_pay.promise_by_owner"),
    ),
    # It becomes the account's own, and is sent to nobody but the phone that paid.
    "money.back": Need(2, ("core.payments.money_back.take_money_back_by_buyer",)),
    "line.renews": Need(2, ("core.billing.pause.set_renews",)),
    "payment.check": Need(1, ("core.payments.check.check_now",)),
    "message.read": Need(1, ("core.messaging.waiting.note_read",)),
    "voucher.show": Need(1, ("core.vouchers.show.show_code",)),
    "voucher.send": Need(1, ("core.vouchers.send.send_again",)),
    # Where a code, or a word that was shown to a proved number, is itself the proof of the act.
    "code.ask": Need(1, ("core.subscribers.codes.begin_code",)),
    "code.take": Need(
        1,
        (
            "core.subscribers.codes.take_code",
            "core.subscribers.codes.is_proved",
            "core.subscribers.codes.spend_proof",
            "core.subscribers.meet.prove_number",
            "core.subscribers.chats.prove_chat",
        ),
    ),
    "chat.here": Need(1, ("core.subscribers.chats.link", "core.subscribers.tokens.take_token")),
    "account.choose": Need(1, ("core.subscribers.numbers.choose_account",)),
    "account.reclaim": Need(1, ("core.subscribers.changes.restore_number",), code_now=True),
    "papers.read": Need(2, ("core.billing.paper.ask.papers_of", "core.billing.paper.ask.send_paper")),
    "bill.dispute": Need(2, ("core.billing.dispute_by_owner.dispute_by_owner",)),
    "details.change": Need(2, ("core.subscribers.tax_pin.set_tax_pin",), code_now=True),
    "chat.link": Need(2, ("core.subscribers.tokens.draw_token",), code_now=True),
    "number.main": Need(2, ("core.subscribers.numbers.choose_main",), code_now=True, not_cooling=True),
    "chat.unlink": Need(2, ("core.subscribers.changes.begin_change",), code_now=True, waits=True),
    "number.add": Need(
        2, ("core.subscribers.changes.begin_change",), code_now=True, not_cooling=True, waits=True
    ),
    "number.remove": Need(
        2, ("core.subscribers.changes.begin_change",), code_now=True, not_cooling=True, waits=True
    ),
    "email.set": Need(
        2, ("core.subscribers.changes.begin_change",), code_now=True, not_cooling=True, waits=True
    ),
    "email.remove": Need(2, ("core.subscribers.changes.begin_change",), code_now=True, waits=True),
    "number.move": Need(
        2, ("core.subscribers.changes.begin_change",), code_now=True, not_cooling=True, waits=True
    ),
}

NEEDS_PIN = say("That cannot be done here. Please call us.")


def require(context: Context, act: str, text: str, *, spend: bool = True) -> Next | None:
    """None: the act may be done. Else what to show first: after a code the same answer is heard again.

    text: the answer that asked for the act. spend: the code counts for this once; False where something is still to
    be asked before the act is done. Raises Refusal, also while the number or the chat is too new.
    """
    need = ACTS[act]
    if need.level > 2:
        raise Refusal(NEEDS_PIN)
    work, number, talk = context.work, context.caller, talk_name(context)
    chat = context.chat
    standing = standing_of(
        work, number=number, channel=chat.channel if chat else PHONE, external_id=chat.id if chat else ""
    )
    if standing.cooling_until is not None and need.not_cooling:
        raise Refusal(_too_new(standing.cooling_until))
    if need.code_now:
        came_back = (spend_proof if spend else is_proved)(work, number=number, purpose=act, bound_to=talk)
        return None if came_back else ask_code(context, act, text)
    if standing.level < need.level and not is_proved(work, number=number, purpose=PROVE, bound_to=talk):
        return ask_code(context, PROVE, text)
    if need.level > 1 and chat and standing.cooling_until and _has_much(context):
        raise Refusal(_too_new(standing.cooling_until))
    return None


def ask_code(context: Context, purpose: str, text: str, number: str | None = None) -> Next:
    """Send a code and ask for it; when it comes back, the step that asks now hears `text` again.

    number: digits, or an e-mail address, where it is not the caller's own number that is to be proved. Raises Refusal
    where there were too many.
    """
    of = context.caller if number is None else reached(number)
    begin_code(
        context.work,
        number=of,
        purpose=purpose,
        bound_to=talk_name(context),
        language=context.language,
    )
    return go("link.code", number=name_of(of), purpose=purpose, then=context.frame.as_json(), text=text)


def due_at(context: Context, act: str) -> datetime:
    """When an act takes effect: now, or after a day where much could be stolen by it."""
    return context.now + WAIT if ACTS[act].waits and _has_much(context) else context.now


def talk_name(context: Context) -> str:
    """Which talk this is: a code that was asked for in one comes back in the same. On USSD the number's own, whichever
    session, for the text is often read after the session."""
    if context.chat is not None:
        return f"{context.chat.channel}:{context.chat.id}"
    return f"{context.channel}:{context.caller.digits}"


def _has_much(context: Context) -> bool:
    own = own_money(context.work, meet(context.work, msisdn=context.caller).id).minor
    (limit,) = dated(context.work, "contacts.wait_above_cents")
    return own > limit


def _too_new(until: datetime) -> Sentence:
    return say("That is too new here. Please try again after {when}.", when=moment(until))


def moment(at: datetime) -> str:
    """ "23/11 10:00": in Nairobi."""
    return f"{at.astimezone(NAIROBI):%d/%m %H:%M}"
