"""What is about to be paid, carried from screen to screen until it is confirmed, and the words for it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

from core.base.money import Money, show_money
from core.base.msisdn import Msisdn
from core.base.words import Sentence, counted, say
from core.billing.model import ACTIVE, GRACE, SUSPENDED
from core.billing.queries import HomeLine
from core.catalogue.labels import UNTIL_MIDNIGHT, data_label, term_label
from core.catalogue.model import HOTSPOT, PPPOE
from core.catalogue.price_model import DEPOSIT, EQUIPMENT, INSTALLATION
from core.catalogue.queries import Offer

SERVED_STATES = (ACTIVE, GRACE, SUSPENDED)
"""States of a home line in which another month can be paid for."""


@dataclass(frozen=True, slots=True)
class Order:
    """A hotspot bundle, a new home line, or a renewal or data on top (`renews` names the line). JSON values only.

    beneficiary: digits of the number that the voucher is for, when it is not the caller's.
    new_last_day: what a renewal paid now gives, ISO. price_cents: of the period; installation_cents and so on: what
    comes on top once. data_bytes: of data on top of the line that it `renews`. takes_code: whether an offer code may
    be typed for it; coupon, discount_cents: the code that was, and what it takes off price_cents.
    """

    kind: str
    plan_id: int
    plan_name: str
    price_cents: int
    term_unit: str
    term_count: int
    shared_devices: int = 1
    starts: str = "first_login"
    beneficiary: str | None = None
    site_id: int | None = None
    site_name: str = ""
    renews: int | None = None
    new_last_day: str | None = None
    until_midnight: bool = False
    data_bytes: int | None = None
    installation_cents: int = 0
    equipment_cents: int = 0
    deposit_cents: int = 0
    takes_code: bool = field(default=False, compare=False)
    coupon: str | None = None
    discount_cents: int = 0

    @classmethod
    def of_offer(cls, offer: Offer, site_id: int | None = None) -> Order:
        """Begun now, at the site."""
        fees = dict(offer.fees)
        return cls(
            kind=offer.kind,
            plan_id=offer.id,
            plan_name=offer.name,
            price_cents=offer.price_at(site_id),
            until_midnight=offer.until_midnight,
            data_bytes=offer.data_bytes if offer.role == "topup" else None,
            installation_cents=fees.get(INSTALLATION, 0),
            equipment_cents=fees.get(EQUIPMENT, 0),
            deposit_cents=fees.get(DEPOSIT, 0),
            site_id=site_id,
            term_unit=offer.term_unit,
            term_count=offer.term_count,
            shared_devices=offer.shared_devices,
            starts=offer.starts,
            takes_code=offer.takes_code,
        )

    @classmethod
    def of_line(cls, line: HomeLine) -> Order | None:
        """The renewal of a home line, or None where its first time has not begun: that one is paid."""
        if line.state not in SERVED_STATES:
            return None
        return cls(
            kind=PPPOE,
            plan_id=line.renewal_plan_id,
            plan_name=line.renewal_plan_name,
            price_cents=line.price_cents,
            term_unit=line.term_unit,
            term_count=line.term_count,
            renews=line.subscription_id,
            new_last_day=line.next_last_day.isoformat(),
            site_id=line.site_id,
            takes_code=line.takes_code,
        )

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _FIELDS}

    @property
    def fees_cents(self) -> int:
        return self.installation_cents + self.equipment_cents + self.deposit_cents

    @property
    def price(self) -> str:
        """All that is paid now."""
        return show_money(Money(self.price_cents - self.discount_cents + self.fees_cents))

    @property
    def period_price(self) -> str:
        """What each period costs, without what is paid once."""
        return show_money(Money(self.price_cents))

    @property
    def is_free(self) -> bool:
        return self.price_cents == 0

    @property
    def is_topup(self) -> bool:
        return self.data_bytes is not None

    @property
    def term(self) -> Sentence:
        if self.until_midnight:
            return UNTIL_MIDNIGHT
        return term_label(self.term_unit, self.term_count)

    @property
    def is_hotspot(self) -> bool:
        return self.kind == HOTSPOT

    @property
    def for_whom(self) -> Msisdn | None:
        return Msisdn(self.beneficiary) if self.beneficiary else None

    @property
    def title(self) -> Sentence:
        """The order in a few words: 'WiFi 24 hours Ksh 50', 'Home 10Mbps Ksh 2,000'."""
        if self.is_topup:
            return say("{data} of data {price}", data=data_label(self.data_bytes or 0), price=self.price)
        if self.is_free:
            return say("WiFi {term}, free", term=self.term)
        if self.is_hotspot:
            return say("WiFi {term} {price}", term=self.term, price=self.price)
        return say("{plan} {price}", plan=self.plan_name, price=self.price)


_FIELDS = tuple(each.name for each in fields(Order))


def phones(count: int) -> Sentence:
    return counted("{count} phone", "{count} phones", count)


def short_day(day: date) -> str:
    """ "14/12": on screens, where the year goes without saying."""
    return f"{day:%d/%m}"


def full_day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
