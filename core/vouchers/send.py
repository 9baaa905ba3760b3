"""Send a voucher's code by text: once when the network has it, and again when asked."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import aliased, joinedload

from core.base.clock import last_day
from core.base.database import Work
from core.base.dated import dated
from core.base.errors import Refusal
from core.base.words import say
from core.billing.model import Purchase, Subscription
from core.catalogue.labels import plan_term
from core.messaging.carrier import SMS
from core.messaging.model import Notice
from core.messaging.notify import notify
from core.messaging.templates import phones
from core.subscribers.model import Subscriber
from core.subscribers.queries import language_of, phone_of
from core.vouchers import codes
from core.vouchers.mint import code_of
from core.vouchers.model import SOLD, Voucher
from core.vouchers.show import own_voucher

_Reader = aliased(Subscriber)


def send_first(work: Work, *, subscription_id: int) -> bool:
    """The voucher's first text, to its holder; once however often it is asked for. False: there is no voucher."""
    voucher = work.session.scalar(select(Voucher).where(Voucher.subscription_id == subscription_id))
    if voucher is not None and voucher.state == SOLD:
        _send(work, voucher, voucher.holder_id, template="voucher", dedupe_key=f"voucher:{voucher.id}")
    return voucher is not None


def send_again(work: Work, *, voucher_id: int, subscriber_id: int) -> None:
    """The voucher's text once more, to the number that asks. Raises Refusal above the day's limit."""
    voucher = own_voucher(work, voucher_id=voucher_id, subscriber_id=subscriber_id)
    if voucher.state != SOLD:
        raise Refusal(say("That voucher is already used."))
    (limit,) = dated(work, "resends_a_day")
    sent = work.session.scalar(
        select(func.count())
        .select_from(Notice)
        .where(
            Notice.subscriber_id == subscriber_id,
            Notice.template == "voucher_again",
            Notice.created_at > work.now - timedelta(days=1),
        )
    )
    if (sent or 0) >= limit:
        raise Refusal(say("We sent it {count} times today. Choose to see the code here.", count=limit))
    key = f"voucher:{voucher.id}:again:{subscriber_id}:{int(work.now.timestamp())}"
    _send(work, voucher, subscriber_id, template="voucher_again", dedupe_key=key, by=SMS)


def _send(
    work: Work, voucher: Voucher, to: int, *, template: str, dedupe_key: str, by: str | None = None
) -> None:
    """by: the channel to try first; else the one on which the voucher was asked for, where `to` did that."""
    address = phone_of(work, to)
    if address is None:
        return  # nobody to write to: the code waits on the screen of whoever bought it
    begun_on = (
        select(Purchase.channel)
        .where(Purchase.subscription_id == voucher.subscription_id, Purchase.buyer_id == to)
        .limit(1)
        .scalar_subquery()
    )
    line, reader, buyer, channel = work.session.execute(
        select(Subscription, _Reader, Subscriber, begun_on)
        .select_from(Subscription)
        .join(_Reader, _Reader.id == to)
        .join(Subscriber, Subscriber.id == voucher.buyer_id)
        .options(joinedload(Subscription.plan))
        .where(Subscription.id == voucher.subscription_id)
    ).one()
    notify(
        work,
        template=template,
        address=address,
        subscriber_id=to,
        language=language_of(reader if reader.language else buyer),  # a gift speaks its giver's language
        values={
            "code": codes.show_code(code_of(work, voucher)),
            "term": plan_term(line.plan),
            "phones": phones(line.plan.shared_devices),
            "use_by": f"{last_day(voucher.use_by):%d/%m/%Y}",
        },
        dedupe_key=dedupe_key,
        prefer=by or channel,
    )
