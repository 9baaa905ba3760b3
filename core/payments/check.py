"""The payer asks: what has become of my payment? The gateway is asked at once, in a job."""

from datetime import timedelta

from sqlalchemy import func, select

from core.base.database import Work
from core.base.msisdn import Msisdn
from core.payments.events import CollectionSilent
from core.payments.look_up import OUT_OF_TURN
from core.payments.model import PROMPTED, UNKNOWN, CollectionMove
from core.payments.queries import open_payment

CHECKS_A_MINUTE = 2
"""More would only make Daraja refuse all of us."""
ASKED = "the payer asked"


def check_now(work: Work, *, msisdn: Msisdn) -> None:
    """Have the open payment of this phone looked up now. Above the limit, the asking is heard and not repeated."""
    payment = open_payment(work, msisdn)
    if payment is None or payment.state not in (PROMPTED, UNKNOWN):
        return
    lately = work.session.scalar(
        select(func.count())
        .select_from(CollectionMove)
        .where(
            CollectionMove.collection_id == payment.collection_id,
            CollectionMove.cause == ASKED,
            CollectionMove.at > work.now - timedelta(minutes=1),
        )
    )
    if (lately or 0) >= CHECKS_A_MINUTE:
        return
    work.session.add(
        CollectionMove(
            collection_id=payment.collection_id,
            at=work.now,
            from_state=payment.state,
            to_state=payment.state,
            cause=ASKED,
        )
    )
    work.record(CollectionSilent(payment.collection_id, OUT_OF_TURN))
