"""Every mapped table in one import, for migrations and checks."""

from core.base import clock_guard, dated, inbox, keymarks, outbox
from core.base.database import Base
from core.billing import (
    correction_model,
    coupon_model,
    cycle_model,
    data_model,
    documents,
    dunning_model,
    line_model,
)
from core.billing import model as billing
from core.billing.paper import fiscal
from core.catalogue import coupon_model as catalogue_coupons
from core.catalogue import model as catalogue
from core.catalogue import price_model
from core.ledger import model as ledger
from core.messaging import model as messaging
from core.network import model as network
from core.payments import model as payments
from core.staff import model as staff
from core.subscribers import foreign_looks
from core.subscribers import model as subscribers
from core.vouchers import free_model
from core.vouchers import model as vouchers

__all__ = [
    "Base",
    "billing",
    "catalogue",
    "catalogue_coupons",
    "clock_guard",
    "correction_model",
    "coupon_model",
    "cycle_model",
    "data_model",
    "dated",
    "documents",
    "dunning_model",
    "fiscal",
    "foreign_looks",
    "free_model",
    "inbox",
    "keymarks",
    "ledger",
    "line_model",
    "messaging",
    "network",
    "outbox",
    "payments",
    "price_model",
    "staff",
    "subscribers",
    "vouchers",
]
