"""Tell people how much of their data is used, and what they have on top."""

from core.base.database import Work
from core.billing.data_model import DataPeriod
from core.billing.model import Subscription
from core.catalogue.labels import data_label
from core.messaging.notify import notify
from core.messaging.template import Value
from core.subscribers.model import Subscriber
from core.subscribers.queries import language_of, phone_of


def tell_used(work: Work, line: Subscription, period: DataPeriod, *, left: int) -> None:
    """left: bytes; 0: all is used, and the line is slow or stopped."""
    if left:
        template, key = "data_nearly_used", "80"
    else:
        slow = line.plan.after_cap == "slow"
        template, key = ("data_used_slow" if slow else "data_used_stop"), f"100:{work.now:%Y%m%d%H%M%S}"
    values: dict[str, Value] = {"left": data_label(left)} if left else {}
    _tell(work, line, template, values, f"data:{period.id}:{key}")


def tell_added(work: Work, line: Subscription, *, added: int, left: int, purchase_id: int) -> None:
    """Data was bought on top, and counts at once."""
    values: dict[str, Value] = {"added": data_label(added), "left": data_label(left)}
    _tell(work, line, "data_added", values, f"receipt:{purchase_id}")


def _tell(work: Work, line: Subscription, template: str, values: dict[str, Value], key: str) -> None:
    phone = phone_of(work, line.subscriber_id)
    if phone is None:
        return
    reader = work.session.get_one(Subscriber, line.subscriber_id)
    notify(
        work,
        template=template,
        address=phone,
        subscriber_id=line.subscriber_id,
        language=language_of(reader),
        values=values,
        dedupe_key=key,
    )
