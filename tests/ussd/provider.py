"""A small provider with plans, and people in the states that conversations begin in."""

from __future__ import annotations

import itertools
from datetime import timedelta

from core.base.clock import SetClock
from core.base.database import Database, Work
from core.base.msisdn import Msisdn
from core.billing.model import SUSPENDED, Subscription
from core.billing.moves import move
from core.billing.purchase import StepId, begin_purchase
from core.billing.serve import serve, start_at_login, start_paid_time
from core.catalogue.model import HOTSPOT, PPPOE, Plan, Site
from core.payments.collect import pay_for_plan
from core.subscribers.meet import choose_language, meet
from core.vouchers.mint import mint
from core.vouchers.model import ACTIVE, USED

HOUR = 3600
BUNDLES = [(1 * HOUR, 10), (3 * HOUR, 20), (24 * HOUR, 50), (7 * 24 * HOUR, 250), (30 * 24 * HOUR, 800)]
"""Seconds and shillings."""
_serial = itertools.count(1)


class Provider:
    """Two sites, five bundles, two home plans; the smaller one is sold at one site, the larger at both."""

    def __init__(self, database: Database, clock: SetClock) -> None:
        self.database = database
        self.clock = clock
        with database.work() as work:
            sites = [Site(name="Baraka"), Site(name="Kisimani")]
            bundles = [
                Plan(
                    code=f"H{seconds}", name=f"Hotspot {seconds // HOUR}h", kind=HOTSPOT,
                    price_cents=shillings * 100, term_unit="seconds", term_count=seconds,
                    download_kbps=5000, upload_kbps=2000, starts="first_login", state="on_sale",
                    created_at=work.now, sites=sites,
                )
                for seconds, shillings in BUNDLES
            ]  # fmt: skip
            homes = [
                Plan(
                    code=name, name=name, kind=PPPOE, price_cents=shillings * 100, term_unit="months",
                    term_count=1, download_kbps=10_000, upload_kbps=10_000, starts="grant", state="on_sale",
                    created_at=work.now, sites=at,
                )
                for name, shillings, at in (("Home 10Mbps", 2000, sites[:1]), ("Home 20Mbps", 3000, sites))
            ]  # fmt: skip
            work.session.add_all([*bundles, *homes])
            work.session.flush()
            self.day_bundle = bundles[2].id
            self.home_plan = homes[0].id

    def person(self, phone: str, language: str, name: str = "Amina") -> int:
        """Somebody who has chosen a language."""
        with self.database.work() as work:
            person = meet(work, msisdn=Msisdn.parse(phone))
            person.first_name = name
            choose_language(work, subscriber_id=person.id, language=language)
            return person.id

    def home_subscriber(self, phone: str, language: str, name: str = "Amina") -> int:
        """A home line that runs since today."""
        person = self.person(phone, language, name)
        with self.database.work() as work:
            line = self._bought(work, person, self.home_plan)
            start_paid_time(work, subscription_id=line.id, at=work.now)
            return line.id

    def suspended_subscriber(self, phone: str, language: str) -> int:
        line_id = self.home_subscriber(phone, language)
        with self.database.work() as work:
            line = work.session.get_one(Subscription, line_id)
            line.paid_through, line.dark_since = work.now - timedelta(days=5), work.now - timedelta(days=2)
            move(work, line, SUSPENDED, "not paid")
        return line_id

    def hotspot_buyer(self, phone: str, language: str) -> int:
        """Somebody with an unused voucher of 24 hours, and an older one that is used up."""
        person = self.person(phone, language)
        with self.database.work() as work:
            for state in (USED, "sold"):
                line = self._bought(work, person, self.day_bundle)
                voucher = mint(work, subscription_id=line.id, buyer_id=person, holder_id=person)
                voucher.state = state
        return person

    def hotspot_user(self, phone: str, language: str) -> int:
        """Somebody whose 24 hours run since today."""
        person = self.person(phone, language)
        with self.database.work() as work:
            line = self._bought(work, person, self.day_bundle)
            mint(work, subscription_id=line.id, buyer_id=person, holder_id=person).state = ACTIVE
            work.session.flush()
            start_at_login(work, subscription_id=line.id, at=work.now)
        return person

    def open_payment(self, phone: str, language: str) -> int:
        """A hotspot buyer whom M-PESA is being asked to ask."""
        self.hotspot_buyer(phone, language)
        with self.database.work() as work:
            payer = Msisdn.parse(phone)
            return pay_for_plan(
                work,
                step=StepId("test", f"{next(_serial)}", "1"),
                buyer=meet(work, msisdn=payer),
                payer=payer,
                plan_id=self.day_bundle,
                push_after=timedelta(),
            ).id

    def _bought(self, work: Work, person: int, plan_id: int) -> Subscription:
        purchase, _ = begin_purchase(
            work,
            step=StepId("test", f"{next(_serial)}", "1"),
            buyer_id=person,
            beneficiary_id=person,
            plan_id=plan_id,
        )
        return serve(work, purchase)
