"""Payments' jobs. Each may run twice, also at the same time; no Work is open while a gateway is called."""

from collections.abc import Mapping
from typing import Protocol

from core.base.database import OpensWork, Work
from core.base.errors import OutcomeUnknown, Rejected, Unreachable
from core.billing.corrections import correction_of
from core.payments import own_money, pull, remind, tell, tell_money
from core.payments.ask import claim, note_answer
from core.payments.claims import give_up_claim, note_asked, note_overdue_claims, to_ask_about
from core.payments.gateway import PaymentGateway, Verdict
from core.payments.look_up import close_forgotten, note_verdict, to_look_up
from core.payments.model import Collection, Receipt
from core.payments.mpesa.read import read_message

NOT_TOLD = Verdict(paid=None)
"""What we know of a collection for which the gateway never told its id: nothing, until a callback comes."""


class PaymentsDeps(OpensWork, Protocol):
    """What payments need of the assembled program. paybill: where people pay by hand."""

    @property
    def gateways(self) -> Mapping[str, PaymentGateway]: ...
    @property
    def paybill(self) -> str: ...
    @property
    def provider_name(self) -> str: ...


def _gateway_of(deps: PaymentsDeps, work: Work, collection_id: int) -> PaymentGateway:
    return deps.gateways[work.session.get_one(Collection, collection_id).gateway]


def ask_gateway(deps: PaymentsDeps, *, collection_id: int) -> None:
    """Prompt the payer: claim; call; note."""
    with deps.work() as work:
        order = claim(work, collection_id)
        gateway = _gateway_of(deps, work, collection_id)
    if order is None:
        return
    try:
        answer = gateway.request(order)
    except Unreachable as error:
        with deps.work() as work:
            note_answer(work, collection_id, error)
        raise
    except (Rejected, OutcomeUnknown) as error:
        with deps.work() as work:
            note_answer(work, collection_id, error)
        return
    with deps.work() as work:
        note_answer(work, collection_id, answer)


def look_up_silent(deps: PaymentsDeps, *, collection_id: int, look: int) -> None:
    """The answer is due: ask the gateway what became of it."""
    with deps.work() as work:
        collection = to_look_up(work, collection_id, look=look)
        gateway = _gateway_of(deps, work, collection_id)
    if collection is None:
        return
    verdict = NOT_TOLD
    if collection.gateway_checkout_id is not None:
        verdict = gateway.look_up(collection.gateway_checkout_id)
    with deps.work() as work:
        note_verdict(work, collection_id, verdict, look=look)


def read_callback(deps: PaymentsDeps, *, inbox_id: int) -> None:
    """Do what a gateway's message says."""
    with deps.work() as work:
        read_message(work, inbox_id, shortcode=deps.paybill)


def ask_about_claim(deps: PaymentsDeps, *, claim_id: int) -> None:
    """Have the provider confirm a payment that does not count by itself."""
    with deps.work() as work:
        asked = to_ask_about(work, claim_id)
    if asked is None:
        return
    try:
        conversation = deps.gateways[asked.provider].ask_about(asked.number)
    except Rejected as error:
        with deps.work() as work:
            give_up_claim(work, claim_id, why=str(error))
        return
    with deps.work() as work:
        note_asked(work, claim_id, conversation)


def use_money(deps: PaymentsDeps, *, receipt_id: int) -> None:
    """Money without a purchase: renew a line with it, or tell its owner that it is kept."""
    with deps.work() as work:
        receipt = work.session.get_one(Receipt, receipt_id)
        tell_money.tell_use(work, receipt, own_money.use_receipt(work, receipt=receipt))


def use_moved_money(deps: PaymentsDeps, *, away_id: int, here_id: int) -> None:
    """Money came to the right account: it is used there, and both sides are told."""
    with deps.work() as work:
        whose = correction_of(work, here_id).subscriber_id
        own_money.use_money(work, whose, why=f"{own_money.BY_TRANSFER}{here_id}")
        for correction_id in (away_id, here_id):
            tell_money.tell_correction(work, correction_id)


def tell_reversal(deps: PaymentsDeps, *, receipt_id: int) -> None:
    with deps.work() as work:
        tell_money.tell_reversal(work, receipt_id)


def tell_refund(deps: PaymentsDeps, *, correction_id: int) -> None:
    with deps.work() as work:
        tell_money.tell_correction(work, correction_id)


def renew_due_line(deps: PaymentsDeps, *, subscription_id: int) -> None:
    """Nobody is cut while money of his own suffices."""
    with deps.work() as work:
        own_money.renew_due_line(work, subscription_id=subscription_id)


def tell_failure(deps: PaymentsDeps, *, collection_id: int) -> None:
    with deps.work() as work:
        tell.tell_failure(work, collection_id, paybill=deps.paybill)


def tell_unknown(deps: PaymentsDeps, *, collection_id: int) -> None:
    with deps.work() as work:
        tell.tell_unknown(work, collection_id)


def tell_receipt(deps: PaymentsDeps, *, purchase_id: int) -> None:
    with deps.work() as work:
        tell.tell_receipt(work, purchase_id)


def tell_gift(deps: PaymentsDeps, *, purchase_id: int) -> None:
    with deps.work() as work:
        tell.tell_gift(work, purchase_id)


def watch_over(deps: PaymentsDeps, *, purchase_id: int) -> None:
    """Paid: if the network has not taken it up in a little while, the buyer is told that the money is safe."""
    with deps.work() as work:
        tell.tell_money_is_safe(work, purchase_id, everywhere=deps.provider_name)


def tell_steps(deps: PaymentsDeps, *, first_id: int, last_id: int) -> None:
    """Steps of dunning were taken: tell their people, if it still holds."""
    with deps.work() as work:
        remind.tell_steps(work, first_id, last_id, paybill=deps.paybill)


def prompt_for_step(deps: PaymentsDeps, *, taken_id: int) -> None:
    """A step of dunning wants a line's owner prompted."""
    with deps.work() as work:
        remind.prompt_for_step(work, taken_id)


def check_claims(deps: PaymentsDeps) -> None:
    """Nothing may wait unseen: claims that nobody confirms, collections that no job looks after."""
    with deps.work() as work:
        note_overdue_claims(work)
    with deps.work() as work:
        close_forgotten(work)


def pull_missed(deps: PaymentsDeps) -> None:
    """What the providers list and nobody told us. A page is a transaction; a list broken off is read again."""
    for name, gateway in deps.gateways.items():
        with deps.work() as work:
            since, until = pull.window(work, gateway=name)
        for page in gateway.pull(since, until):
            with deps.work() as work:
                pull.take_page(work, page, gateway=name, shortcode=deps.paybill)
        with deps.work() as work:
            pull.note_pulled(work, gateway=name, until=until)
