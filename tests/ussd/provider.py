"""A small provider with plans, and people in the states that conversations begin in."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from core.base.clock import SetClock, nairobi_day, start_of_day
from core.base.database import Database, Work
from core.base.msisdn import Msisdn
from core.billing.data import count_usage
from core.billing.model import GRACE, SUSPENDED, Subscription
from core.billing.moves import move
from core.billing.purchase import StepId, begin_purchase
from core.billing.serve import serve, start_at_login, start_paid_time
from core.catalogue.coupon_model import Coupon
from core.catalogue.coupons import CouponDraft, make_coupon, retire_coupon
from core.catalogue.model import HOTSPOT, PPPOE, Plan, Site
from core.catalogue.price_model import PlanFee
from core.conversation.order import full_day
from core.messaging.model import WAITING, Notice
from core.messaging.notify import notify
from core.messaging.templates import phones
from core.payments.collect import pay_for_plan
from core.staff.audit import COMMAND_LINE
from core.subscribers.meet import choose_language, meet, prove_number
from core.subscribers.model import Subscriber
from core.vouchers.mint import mint
from core.vouchers.model import ACTIVE, USED
from tests.factories import a_bill, a_paid_purchase

HOUR = 3600
BUNDLES = [(1 * HOUR, 10), (3 * HOUR, 20), (24 * HOUR, 50), (7 * 24 * HOUR, 250), (30 * 24 * HOUR, 800)]
"""Seconds and shillings."""
SITES = ("Baraka", "Kisimani")
_serial = itertools.count(1)


class Provider:
    """Two sites, five bundles, two home plans; the smaller one is sold at one site, the larger at both."""

    def __init__(self, database: Database, clock: SetClock) -> None:
        self.database = database
        self.clock = clock
        with database.work() as work:
            sites = [_site(work, name) for name in SITES]
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

    def paying_subscriber(self, phone: str, language: str) -> int:
        """A home line that was paid for and runs since today, with money left and the number proved."""
        person = self.person(phone, language)
        with self.database.work() as work:
            owner = work.session.get_one(Subscriber, person)
            purchase = a_paid_purchase(work, owner, work.session.get_one(Plan, self.home_plan))
            assert purchase.subscription_id is not None
            start_paid_time(work, subscription_id=purchase.subscription_id, at=work.now)
            prove_number(work, subscriber_id=person, msisdn=Msisdn.parse(phone))
            return purchase.subscription_id

    def line_in_grace(self, phone: str, language: str) -> int:
        """A home line of two paid months, the last of which ended yesterday; the number is proved."""
        line_id = self.paying_subscriber(phone, language)
        with self.database.work() as work:
            line = work.session.get_one(Subscription, line_id)
            a_paid_purchase(
                work, work.session.get_one(Subscriber, line.subscriber_id), line.plan, renews=line
            )
            work.session.flush()
            today = nairobi_day(work.now)
            line.paid_through, line.anchor_day = start_of_day(today), (today - timedelta(days=1)).day
            move(work, line, GRACE, "not paid")
        return line_id

    def billed_subscriber(self, phone: str, language: str) -> int:
        """A home line with the bill of its next month; the number is proved."""
        line_id = self.paying_subscriber(phone, language)
        with self.database.work() as work:
            a_bill(work, work.session.get_one(Subscription, line_id))
        return line_id

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

    def receipt_holder(self, phone: str, language: str) -> int:
        """Somebody who has paid for 24 hours, with the receipt for it."""
        person = self.person(phone, language)
        with self.database.work() as work:
            plan = work.session.get_one(Plan, self.day_bundle)
            a_paid_purchase(work, work.session.get_one(Subscriber, person), plan)
            prove_number(work, subscriber_id=person, msisdn=Msisdn.parse(phone))  # by its PIN
        return person

    def kept_waiting(self, phone: str, language: str) -> int:
        """Somebody who paid for 24 hours 40 minutes ago, while no router of ours has said yes."""
        person, _ = self._kept_waiting(phone, language, self.day_bundle)
        return person

    def line_kept_waiting(self, phone: str, language: str) -> int:
        """The same of a home line."""
        return self._kept_waiting(phone, language, self.home_plan)[1]

    def _kept_waiting(self, phone: str, language: str, plan_id: int) -> tuple[int, int]:
        person = self.person(phone, language)
        with self.database.work() as work:
            owner = work.session.get_one(Subscriber, person)
            purchase = a_paid_purchase(work, owner, work.session.get_one(Plan, plan_id))
            assert purchase.subscription_id is not None
            purchase.paid_at = work.now - timedelta(minutes=40)
            prove_number(work, subscriber_id=person, msisdn=Msisdn.parse(phone))  # by its PIN
            return person, purchase.subscription_id

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

    def special_shelf(self, phone: str, language: str) -> None:
        """Somebody with 50 GB of which 47.5 are used, on a day with free WiFi, one bundle until 24:00, more data, and
        an installation fee for the larger home plan; `usual_shelf` ends it. Several people may be given it."""
        person = self.person(phone, language)
        with self.database.work() as work:
            plans = {
                "free": Plan(**_bundle(work, "Free", 0, HOUR)),
                "night": Plan(**_bundle(work, "Tonight", 15, 24 * HOUR), until_midnight=True),
                "more": Plan(**_bundle(work, "More", 300, HOUR), role="topup", data_cap_bytes=10 * 10**9),
                "capped": Plan(**_bundle(work, "Capped", 900, 30 * 24 * HOUR), data_cap_bytes=50 * 10**9),
            }
            plans = {name: work.session.merge(plan) for name, plan in plans.items()}
            for plan in plans.values():
                plan.sites = list(work.session.get_one(Plan, self.day_bundle).sites)
            larger = work.session.scalars(
                select(Plan).where(Plan.name == "Home 20Mbps", Plan.state == "on_sale")
            ).one()
            work.session.execute(delete(PlanFee))
            work.session.add(PlanFee(plan_id=larger.id, kind="installation", cents=100_000))
            work.session.add(PlanFee(plan_id=larger.id, kind="deposit", cents=50_000))
            work.session.flush()
            line = self._bought(work, person, plans["capped"].id)
            mint(work, subscription_id=line.id, buyer_id=person, holder_id=person).state = ACTIVE
            work.session.flush()
            start_at_login(work, subscription_id=line.id, at=work.now)
            count_usage(work, subscription_id=line.id, session="1", counter_bytes=47_500_000_000, at=work.now)
            plans["capped"].state = "retired"

    def usual_shelf(self, phone: str, language: str) -> None:
        """The special plans and fees are gone."""
        with self.database.work() as work:
            work.session.execute(delete(PlanFee))
            names = ("Free", "Tonight", "More")
            for plan in work.session.scalars(select(Plan).where(Plan.name.in_(names))):
                plan.state = "retired"

    def offer_code(self, phone: str, language: str) -> None:
        """A home line's owner, while the code SAVE20 takes a fifth off everything; `no_offer_code` ends it. Several
        people may be given it."""
        self.home_subscriber(phone, language)
        with self.database.work() as work:
            if work.session.scalar(select(Coupon).where(Coupon.code == "SAVE20")) is None:
                until = work.now + timedelta(days=7)
                draft = CouponDraft("SAVE20", work.now, until, uses_in_all=100, uses_a_person=5, percent=20)
                make_coupon(work, COMMAND_LINE, draft=draft, reason="Jamhuri Day")

    def no_offer_code(self, phone: str, language: str) -> None:
        with self.database.work() as work:
            coupon = work.session.scalars(select(Coupon).where(Coupon.code == "SAVE20")).one()
            if coupon.retired_at is None:
                retire_coupon(work, COMMAND_LINE, coupon_id=coupon.id)

    def message_waiting(self, phone: str, language: str) -> int:
        """Somebody with a message that found no way."""
        person, number = self.person(phone, language), Msisdn.parse(phone)
        with self.database.work() as work:
            use_by = full_day(nairobi_day(work.now) + timedelta(days=90))
            values = {"code": "K7WM2-XWD4F", "term": "24 hours", "phones": phones(1), "use_by": use_by}
            notice_id = notify(
                work,
                template="voucher",
                address=number,
                subscriber_id=person,
                language=language,
                values=values,
                dedupe_key=f"waits-{number.digits}",
            )
            assert notice_id is not None
            work.session.get_one(Notice, notice_id).state = WAITING
        return notice_id

    def _bought(self, work: Work, person: int, plan_id: int) -> Subscription:
        purchase, _ = begin_purchase(
            work,
            step=StepId("test", f"{next(_serial)}", "1"),
            buyer_id=person,
            beneficiary_id=person,
            plan_id=plan_id,
        )
        return serve(work, purchase)


def _bundle(work: Work, name: str, shillings: int, seconds: int) -> dict[str, Any]:
    return {
        "id": 1_000 + sum(name.encode()),  # the same everywhere, and no number of a menu
        "code": name,
        "name": name,
        "kind": HOTSPOT,
        "price_cents": shillings * 100,
        "term_unit": "seconds",
        "term_count": seconds,
        "download_kbps": 5000,
        "upload_kbps": 2000,
        "starts": "first_login",
        "state": "on_sale",
        "created_at": work.now,
    }


def _site(work: Work, name: str) -> Site:
    """The site of that name; a demo has some already."""
    return work.session.scalar(select(Site).where(Site.name == name)) or Site(name=name)
