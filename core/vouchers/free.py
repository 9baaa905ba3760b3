"""Free time: given for the asking, once a day for a person and a site, without M-Pesa."""

from sqlalchemy import select

from core.base.clock import nairobi_day
from core.base.database import Work
from core.base.errors import Refusal
from core.base.words import say
from core.billing.model import Purchase
from core.billing.purchase import StepId, begin_purchase, purchase_at
from core.billing.serve import serve
from core.catalogue.model import HOTSPOT
from core.catalogue.queries import plan_now
from core.ledger.post import lock_subscriber
from core.vouchers.free_model import FreeGrant
from core.vouchers.mint import mint

HAD_TODAY = say("You had your free WiFi today. It is there again tomorrow.")


def give_free(work: Work, *, step: StepId, subscriber_id: int, plan_id: int) -> Purchase:
    """A voucher of a free plan, for the asking. Repeating a step gives nothing more.

    It holds at every site of its plan, so it uses up the day at each of them. Raises Refusal where the plan is not
    free or not sold, and for whoever had free time today at one of its sites.
    """
    lock_subscriber(work, subscriber_id)  # one asking of a person at a time
    known = purchase_at(work, step)
    if known is not None:
        return known
    plan, day = plan_now(work, plan_id), nairobi_day(work.now)
    if plan is None or not plan.offer.is_free or plan.offer.kind != HOTSPOT:
        raise Refusal(say("That bundle is not free."))
    had = select(FreeGrant.id).where(
        FreeGrant.subscriber_id == subscriber_id,
        FreeGrant.day == day,
        FreeGrant.site_id.in_(plan.offer.site_ids),
    )
    if work.session.scalar(had.limit(1)) is not None:
        raise Refusal(HAD_TODAY)
    purchase, _ = begin_purchase(
        work, step=step, buyer_id=subscriber_id, beneficiary_id=subscriber_id, plan_id=plan_id
    )
    work.session.add_all(
        FreeGrant(subscriber_id=subscriber_id, site_id=site_id, day=day, purchase_id=purchase.id)
        for site_id in plan.offer.site_ids
    )
    access = serve(work, purchase)
    mint(work, subscription_id=access.id, buyer_id=subscriber_id, holder_id=subscriber_id)
    return purchase
