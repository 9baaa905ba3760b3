"""Tell a new home line's user name and password to its subscriber, once the router has them."""

from core.base.database import Work
from core.base.log import logger
from core.billing.model import Subscription
from core.catalogue.model import PPPOE
from core.messaging.notify import notify
from core.network.accounts import account_of, secret_of, username_of
from core.subscribers.model import Subscriber
from core.subscribers.queries import language_of, phone_of


def send_first_credentials(work: Work, *, subscription_id: int) -> None:
    """Queue the text, once an account. A voucher's code goes another way; without a phone staff must tell."""
    account = account_of(work, subscription_id)
    if account is None or account.service != PPPOE:
        return
    line = work.session.get_one(Subscription, subscription_id)
    phone = phone_of(work, line.subscriber_id)
    if phone is None:
        logger("network").warning("credentials_without_phone", subscription=subscription_id)
        return
    notify(
        work,
        template="line_credentials",
        address=phone,
        subscriber_id=line.subscriber_id,
        language=language_of(work.session.get_one(Subscriber, line.subscriber_id)),
        values={"username": username_of(work, account), "password": secret_of(work, account)},
        dedupe_key=f"line_credentials:{account.id}",
    )
