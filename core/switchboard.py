"""Which event starts which job, and what runs on the clock: the whole wiring on one page."""

from collections.abc import Sequence

from core.base.database import Route
from core.base.events import Event
from core.billing import jobs as billing
from core.billing.events import (
    AccessChanged,
    AccessEnded,
    BillCovered,
    BillsRaised,
    CreditNoteIssued,
    CycleGoesOn,
    GatewayDown,
    GatewayUp,
    InvoiceIssued,
    LineDue,
    LineEnded,
    LineSuspended,
    PaidTimeStarted,
    PostpaidBilled,
    PromptDue,
    SiteDown,
    SiteUp,
    StepsTaken,
)
from core.catalogue import jobs as catalogue
from core.conversation import jobs as conversation
from core.conversation.events import MessageReceived
from core.messaging import jobs as messaging
from core.messaging.codes import send_code, tell_change
from core.messaging.events import (
    BatchQueued,
    ConfirmationDue,
    NoticeQueued,
    OptOutReceived,
    ReportReceived,
    StatusReceived,
)
from core.network import jobs as network
from core.network.events import AccessGranted, FirstLogin, RouterReturned
from core.payments import jobs as payments
from core.payments.events import (
    CallbackReceived,
    ClaimMade,
    CollectionFailed,
    CollectionRequested,
    CollectionSilent,
    CollectionUnknown,
    GiftPaid,
    MoneyKept,
    MoneyMoved,
    PaymentReversed,
    PaymentSettled,
    RefundPaid,
)
from core.staff import jobs as staff
from core.subscribers import jobs as subscribers
from core.subscribers.events import CodeDrawn, ContactChangeDue, ContactsChanged, PayerNameChanged
from core.vouchers import jobs as vouchers
from core.worker.queues import BULK, MONEY, NOTIFY, PROVISION, TALK
from core.worker.run import Listener
from core.worker.ticker import daily, every, listener_name

ON: dict[type[Event], list[Listener]] = {
    CollectionRequested: [payments.ask_gateway],
    CollectionSilent: [payments.look_up_silent],
    CollectionUnknown: [payments.tell_unknown],
    CollectionFailed: [payments.tell_failure],
    CallbackReceived: [payments.read_callback],
    ClaimMade: [payments.ask_about_claim],
    PaymentSettled: [payments.watch_over],
    GiftPaid: [payments.tell_gift],
    MoneyKept: [payments.use_money],
    PaymentReversed: [payments.tell_reversal],
    MoneyMoved: [payments.use_moved_money],
    RefundPaid: [payments.tell_refund],
    AccessChanged: [network.converge],
    AccessEnded: [vouchers.close_with_its_time],
    AccessGranted: [billing.begin_granted, network.send_credentials],
    FirstLogin: [billing.begin_logged_in, vouchers.mark_in_use],
    PaidTimeStarted: [payments.tell_receipt],
    LineDue: [payments.renew_due_line],
    LineSuspended: [],
    LineEnded: [billing.write_final_statement],
    StepsTaken: [payments.tell_steps],
    PromptDue: [payments.prompt_for_step],
    SiteDown: [billing.note_site_down],
    SiteUp: [billing.note_site_up],
    GatewayDown: [billing.note_gateway_down],
    GatewayUp: [billing.note_gateway_up],
    InvoiceIssued: [],
    BillCovered: [payments.renew_due_line],
    PostpaidBilled: [billing.pay_postpaid_bill],
    CycleGoesOn: [billing.go_on_with_bills],
    BillsRaised: [billing.mail_bills],
    CreditNoteIssued: [billing.mail_credit_note],
    RouterReturned: [network.catch_up],
    MessageReceived: [conversation.hear_message],
    NoticeQueued: [messaging.send_notice],
    ConfirmationDue: [messaging.climb],
    BatchQueued: [messaging.send_batch],
    ReportReceived: [messaging.note_report],
    StatusReceived: [messaging.note_report],
    OptOutReceived: [messaging.note_opt_out],
    CodeDrawn: [send_code],
    ContactsChanged: [tell_change],
    ContactChangeDue: [subscribers.carry_out_change],
    PayerNameChanged: [subscribers.part_other_name],
}
"""Each event and its listeners; each pair is a delivery of its own. An event without listeners is for the record."""

CLOCK = [
    every(minutes=1, job=billing.end_what_is_over),
    every(minutes=1, job=billing.take_dunning_steps),
    daily("08:00", job=billing.dun_in_the_morning),
    daily("17:00", job=billing.dun_in_the_afternoon),
    daily("18:00", job=billing.dun_in_the_evening),
    daily("00:00", job=catalogue.put_prices_on),
    daily("00:01", job=billing.give_new_data),
    daily("00:05", job=billing.close_the_day),
    daily("00:10", job=billing.raise_bills),
    every(minutes=60, job=billing.catch_up_bills),
    every(minutes=1, job=network.probe_routers),
    every(minutes=1, job=network.watch_logins),
    every(minutes=5, job=network.read_usage),
    every(minutes=10, job=payments.check_claims),
    every(minutes=30, job=payments.pull_missed),
    every(minutes=10, job=staff.seal_audit),
    daily("03:10", job=staff.forget_old_tries),
    daily("03:20", job=subscribers.forget_old_codes),
]

QUEUE_OF_AREA = {
    "catalogue": MONEY,
    "payments": MONEY,
    "billing": MONEY,
    "network": PROVISION,
    "conversation": TALK,
    "messaging": NOTIFY,
    "vouchers": NOTIFY,
}
QUEUE_OF_LISTENER = {
    "network.send_credentials": NOTIFY,
    "messaging.send_batch": BULK,
    "payments.tell_steps": NOTIFY,
    "billing.mail_bills": NOTIFY,
    "billing.mail_credit_note": NOTIFY,
    "billing.raise_bills": BULK,
    "billing.catch_up_bills": BULK,
    "billing.go_on_with_bills": BULK,
}
"""Who waits for whom: a slow router must not hold up a payment, nor a campaign a voucher."""


def queue_of(listener: str) -> str:
    """The queue on which a listener's deliveries wait."""
    return QUEUE_OF_LISTENER.get(listener) or QUEUE_OF_AREA.get(listener.split(".")[0], BULK)


LISTENERS: dict[str, Listener] = {
    listener_name(job): job
    for job in [*(job for jobs in ON.values() for job in jobs), *(task.job for task in CLOCK)]
}
_ROUTES = {
    event: tuple(Route(listener_name(job), queue_of(listener_name(job))) for job in jobs)
    for event, jobs in ON.items()
}


def routes(event: type[Event]) -> Sequence[Route]:
    """The listeners of an event, as the outbox notes them. KeyError for an event that is not wired."""
    return _ROUTES[event]
