"""Every mapped table in one import, for migrations and checks."""

from core.base import dated, inbox, keymarks, outbox
from core.base.database import Base
from core.billing import documents
from core.billing import model as billing
from core.catalogue import model as catalogue
from core.ledger import model as ledger
from core.messaging import model as messaging
from core.network import model as network
from core.payments import model as payments
from core.staff import model as staff
from core.subscribers import model as subscribers
from core.vouchers import model as vouchers

__all__ = [
    "Base",
    "billing",
    "catalogue",
    "dated",
    "documents",
    "inbox",
    "keymarks",
    "ledger",
    "messaging",
    "network",
    "outbox",
    "payments",
    "staff",
    "subscribers",
    "vouchers",
]
