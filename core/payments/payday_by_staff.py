"""Staff move the payday of a line for its owner, the bridge paid from the money that the account has."""

from core.base.database import Work
from core.base.errors import Refusal
from core.base.money import Money
from core.base.words import say
from core.billing.account import own_money
from core.billing.model import Purchase, Subscription
from core.billing.payday import quote_payday
from core.billing.purchase import StepId
from core.ledger.post import lock_subscriber
from core.payments.change import move_payday_with_own_money
from core.staff.acts import demand, stated
from core.staff.audit import Actor, note


def move_payday_for(
    work: Work, actor: Actor, *, subscription_id: int, anchor: int, reason: str, key: str
) -> Purchase:
    """Move the payday to the day `anchor` of the month. key: of the form that asked; the same again is the same. Raises
    Refusal where the plan or the line does not allow it, or the account's own money does not suffice."""
    demand(actor, "change_lines")
    stated(reason)
    line = work.session.get_one(Subscription, subscription_id)
    holder_id = line.account_holder_id
    lock_subscriber(work, holder_id)
    step = StepId(channel="staff", session=key, step="payday")
    own, due = own_money(work, holder_id), quote_payday(work, line.id, anchor).due
    if own < due:
        raise Refusal(
            say(
                "The days between cost {due}, and the account has {own} of its own. "
                "Move the payday when the money is there.",
                due=due,
                own=max(own, Money(0)),
            )
        )
    purchase = move_payday_with_own_money(
        work, step=step, buyer_id=holder_id, subscription_id=line.id, anchor=anchor
    )
    detail = {"subscription": line.id, "day": anchor}
    note(work, actor, "payday_moved", whom="subscriber", whom_id=line.subscriber_id, detail=detail)
    return purchase
