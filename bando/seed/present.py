"""From the past to the present: what it has sent out is done, and the routers are to hold what holds today."""

from sqlalchemy import select, text

from core.base.database import Work
from core.base.dated import dated
from core.billing.expire import sweep
from core.billing.model import ENDED, Subscription
from core.network.credentials import send_first_credentials
from core.network.desire import desire
from core.network.events import RouterReturned
from core.network.model import Router

_DONE = (
    "UPDATE deliveries SET finished_at = :now, dispatched_at = :now WHERE finished_at IS NULL",
    "UPDATE notices SET state = 'delivered', attempts = 1, parts = 1, cost_cents = :part, sent_at = created_at, "
    "delivered_at = created_at",
    "INSERT INTO notice_tries (notice_id, number, channel, address, state, parts, cost_cents, begun_at, sent_at, "
    "confirmed_at) SELECT id, 1, channel, address, 'delivered', 1, cost_cents, created_at, created_at, created_at "
    "FROM notices",
    "UPDATE vouchers v SET state = CASE s.state WHEN 'ended' THEN 'used' ELSE 'active' END, "
    "first_used_at = s.starts_at, seen_at = s.starts_at FROM subscriptions s "
    "WHERE s.id = v.subscription_id AND s.starts_at IS NOT NULL",
    "UPDATE vouchers v SET state = 'used' FROM subscriptions s "
    "WHERE s.id = v.subscription_id AND s.state = 'ended' AND v.state <> 'used'",
)


def come_to_the_present(work: Work) -> None:
    """Mark as done what the past has sent out; then have the routers brought to what holds today."""
    sweep(work)
    lines = work.session.scalars(
        select(Subscription.id).where(Subscription.state != ENDED).order_by(Subscription.id)
    ).all()
    for line in lines:
        desire(work, subscription_id=line)
        send_first_credentials(work, subscription_id=line)
    (part,) = dated(work, "cost.sms_part")
    for statement in _DONE:
        work.session.execute(text(statement), {"now": work.now, "part": part})
    for router_id in work.session.scalars(select(Router.id)):
        work.record(RouterReturned(router_id))
