"""The past that is being lived: one transaction that is moved from moment to moment."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from psycopg import Connection
from sqlalchemy import Row, text

from bando.seed.people import Person
from core.base.database import Work
from core.base.log import draw_request_id
from core.base.money import CENTS, Money
from core.catalogue.model import Plan
from core.subscribers.meet import choose_language, meet
from core.subscribers.model import Subscriber

RECEIPT_SYMBOLS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
KEPT_STATEMENTS = 1_000
"""More than the verbs know: each is prepared once, and not again when others have pushed it out."""

# The database has not counted what this transaction fills: it would read whole tables that it takes for empty, and
# think anew about each statement.
_PLAN_ONCE = text(
    "SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true), "
    "set_config('plan_cache_mode', 'force_generic_plan', true)"
)


@contextmanager
def planned_once(work: Work) -> Iterator[None]:
    """The statements of this transaction are prepared at their first use and planned once."""
    driver = work.session.connection().connection.driver_connection
    assert isinstance(driver, Connection)
    before = driver.prepare_threshold, driver.prepared_max
    work.session.execute(_PLAN_ONCE)
    driver.prepare_threshold, driver.prepared_max = 0, KEPT_STATEMENTS
    try:
        yield
    finally:
        driver.prepare_threshold, driver.prepared_max = before


@dataclass
class Past:
    """What is drawn, what M-Pesa would know of it, and up to which event of the outbox the past has listened.

    in_full_from: from then on people are told as they are today; before it nobody texts. lines: the newest home line
    of a phone. owing: phones whose owner still owes a part. list_price: of the plan that has an opening price, and
    prices_from the day on which that ends. disputed: the bill of which somebody complains. capped: somebody has used
    up all data. dark_until: when our side came up again. concerned: whether the night, the morning and the evening of
    this day find a step to take.
    """

    work: Work
    draw: random.Random
    shortcode: str
    in_full_from: datetime
    plans: dict[str, list[Plan]] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    landlord_id: int | None = None
    owing: set[str] = field(default_factory=set)
    list_price: Money = field(default_factory=lambda: Money(0))
    receipts: list[dict[str, Any]] = field(default_factory=list)
    sales: int = 0
    heard: int = 0
    prices_from: date | None = None
    disputed: int | None = None
    capped: bool = False
    dark_until: datetime | None = None
    concerned: Row[Any] | None = None
    staff_acts: Counter[str] = field(default_factory=Counter)
    _met: dict[str, Subscriber] = field(default_factory=dict)

    def at(self, moment: datetime) -> Work:
        """The same transaction at another moment."""
        self.work.session.flush()
        self.work.now = moment
        self.work.request_id = draw_request_id()
        return self.work

    def meet(self, person: Person) -> Subscriber:
        """The subscriber that somebody is, or becomes."""
        known = self._met.get(person.msisdn.digits)
        if known is not None:
            return known
        subscriber = meet(self.work, msisdn=person.msisdn)
        choose_language(self.work, subscriber_id=subscriber.id, language=person.language)
        if person.home:
            subscriber.first_name, subscriber.last_name = person.first_name, person.last_name
        self._met[person.msisdn.digits] = subscriber
        return subscriber

    @property
    def is_told_in_full(self) -> bool:
        return self.work.now >= self.in_full_from

    def chance(self, share: float) -> bool:
        """True in so many of all cases."""
        return self.draw.random() < share

    def draw_receipt(self) -> str:
        return "U" + "".join(self.draw.choices(RECEIPT_SYMBOLS, k=9))

    def keep_for_sandbox(self, number: str, cents: int, msisdn: str, account: str) -> None:
        """M-Pesa's side of a payment, as the sandbox reads it."""
        self.receipts.append(
            {
                "receipt": number,
                "amount": cents // CENTS,
                "msisdn": msisdn,
                "account": account,
                "at": self.work.now.isoformat(),
            }
        )
