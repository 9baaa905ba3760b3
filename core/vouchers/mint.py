"""Mint a voucher for a paid access."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import make_transient_to_detached

from core.base.clock import nairobi_day, start_of_day
from core.base.database import Work
from core.base.dated import dated
from core.vouchers.codes import draw_code
from core.vouchers.model import Voucher

DRAWS = 5
"""31^10 codes: a second draw is a rarity, a third one a broken generator."""
LOOKUP = "voucher"


_SELL = """
    INSERT INTO vouchers (id, code_sealed, code_lookup, subscription_id, buyer_id, holder_id, sold_at, use_by)
    VALUES (%(id)s, %(code_sealed)s, %(code_lookup)s, %(subscription_id)s, %(buyer_id)s, %(holder_id)s, %(now)s,
        %(use_by)s)
    ON CONFLICT DO NOTHING RETURNING id
"""


def mint(work: Work, *, subscription_id: int, buyer_id: int, holder_id: int) -> Voucher:
    """The voucher of this access; the same one when it is minted again."""
    (use_by_days,) = dated(work, "voucher.use_by_days")
    use_by = start_of_day(nairobi_day(work.now) + timedelta(days=use_by_days + 1))
    for _ in range(DRAWS):
        voucher_id, code = work.next_id("vouchers"), draw_code()
        values = {
            "id": voucher_id,
            "code_sealed": work.keyring.seal(code, table="vouchers", column="code_sealed", row=voucher_id),
            "code_lookup": work.keyring.lookup(code, LOOKUP),
            "subscription_id": subscription_id,
            "buyer_id": buyer_id,
            "holder_id": holder_id,
            "now": work.now,
            "use_by": use_by,
        }
        if work.within(_SELL, values) is not None:
            voucher = Voucher(id=voucher_id)
            make_transient_to_detached(voucher)  # the row is there; it is read when it is asked for
            work.session.add(voucher)
            return voucher
        known = work.session.scalar(select(Voucher).where(Voucher.subscription_id == subscription_id))
        if known is not None:
            return known
    raise RuntimeError("no free voucher code was drawn")


def code_of(work: Work, voucher: Voucher) -> str:
    """The clear code, without its dash."""
    return work.keyring.unseal(voucher.code_sealed, table="vouchers", column="code_sealed", row=voucher.id)
