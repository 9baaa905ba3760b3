"""Ids are distinct types, so that the id of one thing cannot be handed over as the id of another."""

from typing import NewType

SubscriberId = NewType("SubscriberId", int)
SiteId = NewType("SiteId", int)
PlanId = NewType("PlanId", int)
PurchaseId = NewType("PurchaseId", int)
SubscriptionId = NewType("SubscriptionId", int)
InvoiceId = NewType("InvoiceId", int)
EntryId = NewType("EntryId", int)
VoucherId = NewType("VoucherId", int)
CollectionId = NewType("CollectionId", int)
ReceiptId = NewType("ReceiptId", int)
ClaimId = NewType("ClaimId", int)
NoticeId = NewType("NoticeId", int)
RouterId = NewType("RouterId", int)
AccessAccountId = NewType("AccessAccountId", int)
InboxId = NewType("InboxId", int)
DeliveryId = NewType("DeliveryId", int)
