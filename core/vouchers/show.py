"""Show a voucher's code to the person who bought or holds it."""

from sqlalchemy import or_, select

from core.base.database import Work
from core.base.errors import Refusal
from core.base.words import say
from core.vouchers import codes
from core.vouchers.mint import code_of
from core.vouchers.model import VOID, Voucher

NOT_THERE = say("That voucher is not here. Please choose another one.")


def own_voucher(work: Work, *, voucher_id: int, subscriber_id: int) -> Voucher:
    """The voucher, if this person bought or holds it and it was not withdrawn. Raises Refusal."""
    voucher = work.session.scalar(
        select(Voucher).where(
            Voucher.id == voucher_id,
            Voucher.state != VOID,
            or_(Voucher.buyer_id == subscriber_id, Voucher.holder_id == subscriber_id),
        )
    )
    if voucher is None:
        raise Refusal(NOT_THERE)
    return voucher


def show_code(work: Work, *, voucher_id: int, subscriber_id: int) -> str:
    """The code as people read it, K7QM2-XWD4F; it is noted that it was seen, which also proves delivery."""
    voucher = own_voucher(work, voucher_id=voucher_id, subscriber_id=subscriber_id)
    voucher.seen_at = work.now
    return codes.show_code(code_of(work, voucher))
