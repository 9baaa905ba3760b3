"""What people do in a life, and how it is done: the rules of a machine that others go on with (`lives_staff`,
`test_lives`)."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from core.base.clock import nairobi_day
from core.base.database import Work
from core.base.errors import Refusal
from core.billing.lines_by_staff import pause_for
from core.billing.model import AWAITING_NETWORK, Invoice, Subscription
from core.billing.pause import pause_by_owner, resume_by_owner, set_renews
from core.billing.payer import set_payer
from core.billing.promise import lend_day, promise_to_pay
from core.billing.serve import start_at_login
from core.payments.change import change_with_own_money, move_payday_with_own_money, pay_for_change
from core.subscribers.model import Subscriber
from tests.core.billing.lives import PEOPLE, Lives
from tests.core.billing.lives_days import Days
from tests.factories import a_step

BEGINNINGS = ["2027-01-31", "2027-02-14", "2027-12-28", "2028-01-30", "2028-08-31"]
PLANS, NAMES = st.sampled_from(["small", "big", "days", "calendar", "postpaid"]), st.sampled_from([*PEOPLE])
PLACES = st.integers(0, 5)
SHILLINGS = st.sampled_from([50, 100, 333, 700, 1_000, 1_400, 1_500, 2_000, 2_500, 5_000])
MOST_LINES = 7
WHY = "because it is so"


class People(RuleBasedStateMachine):
    """One house from its first day, and the people in it."""

    def __init__(self, new_house: Callable[[str], Lives]) -> None:
        super().__init__()
        self.new_house, self._number = new_house, count(1)

    @initialize(begins=st.sampled_from(BEGINNINGS))
    def people_come(self, begins: str) -> None:
        self.house, self.days, self.gives_back = self.new_house(begins), Days(), False
        self.house.look = self.look
        self.house.buy("Amina", "small")
        self.house.buy("Amina", "days")
        self.house.buy("Juma", "calendar")
        self.house.buy("Otieno", "postpaid")
        juma = self.line_of("Juma")
        self.do(
            lambda work: set_payer(work, self.house.cashier, subscription_id=juma, payer_id=self.of("Otieno"))
        )

    # -- how it is done

    def look(self) -> None:
        with self.house.work() as work:
            self.days.look(work, may_withdraw=self.gives_back)

    def do(self, act: Callable[[Work], Any], *, gives_back: bool = False) -> None:
        """One thing that somebody does, unless the house refuses it; then what follows from it by itself."""
        try:
            with self.house.work() as work:
                act(work)
        except Refusal:
            return
        self.gives_back = gives_back
        self.look()
        self.gives_back = False
        self.house.settle()
        self.house.minute()

    def of(self, name: str) -> int:
        return self.house.ids[name]

    def nth(self, rows: list[int], place: int) -> int | None:
        return rows[place % len(rows)] if rows else None

    def line(self, place: int) -> int:
        found = self.nth(self.house.home_lines(), place)
        assert found is not None, "people came"
        return found

    def line_of(self, name: str) -> int:
        return next(one for one in self.house.home_lines() if self.holds(one, name))

    def holds(self, line: int, name: str) -> bool:
        with self.house.work() as work:
            return work.session.get_one(Subscription, line).subscriber_id == self.of(name)

    def key(self) -> str:
        return f"form {next(self._number)}"

    def invoice(self, place: int) -> int | None:
        return self.nth([row.id for row in reversed(self.house.all(Invoice))], place)

    # -- money

    @rule(name=NAMES, plan=PLANS)
    def buys_a_line(self, name: str, plan: str) -> None:
        if len(self.house.home_lines()) < MOST_LINES:
            self.begun(lambda: self.house.ask(name, plan))

    @rule(name=NAMES)
    def buys_hotspot_time(self, name: str) -> None:
        self.begun(lambda: self.house.ask(name, "hotspot"))

    @rule(name=NAMES, place=PLACES)
    def renews(self, name: str, place: int) -> None:
        self.begun(lambda: self.house.ask(name, "", renews=self.line(place)))

    def begun(self, ask: Callable[[], None]) -> None:
        try:
            ask()
        except Refusal:
            return

    @rule(back=st.integers(0, 3), code=st.sampled_from([0, 0, 0, 1032]))
    def answers(self, back: int, code: int) -> None:
        """In time, late, after a failure, or once more."""
        if len(self.house.gateway.orders) > back:
            self.house.answer(len(self.house.gateway.orders) - back, code)
            self.house.minute()

    @rule(name=NAMES, shillings=SHILLINGS, times=st.sampled_from([1, 1, 2]))
    def pays(self, name: str, shillings: int, times: int) -> None:
        with self.house.work() as work:
            account = work.session.get_one(Subscriber, self.of(name)).account_no
        self.house.pay(account, shillings, times=times)
        self.house.minute()

    @rule(place=PLACES, shillings=SHILLINGS)
    def pays_an_invoice(self, place: int, shillings: int) -> None:
        with self.house.work() as work:
            invoice = self.invoice(place)
            title = work.session.get_one(Invoice, invoice).title if invoice is not None else ""
        self.house.pay(title, shillings)
        self.house.minute()

    # -- lines

    @rule(place=PLACES, plan=PLANS, prompted=st.booleans())
    def changes(self, place: int, plan: str, prompted: bool) -> None:
        plan_id, later = self.house.plans[plan], timedelta(0)

        def act(work: Work) -> None:
            line = work.session.get_one(Subscription, self.line(place))
            asked: dict[str, Any] = {"step": a_step(), "subscription_id": line.id, "plan_id": plan_id}
            if not prompted:
                change_with_own_money(work, buyer_id=line.account_holder_id, **asked)
                return
            buyer = work.session.get_one(Subscriber, line.account_holder_id)
            pay_for_change(work, buyer=buyer, payer=self.house.phone_of(buyer.id), push_after=later, **asked)

        self.do(act)

    @rule(place=PLACES, anchor=st.integers(1, 31))
    def moves_payday(self, place: int, anchor: int) -> None:
        def act(work: Work) -> None:
            line = work.session.get_one(Subscription, self.line(place))
            holder = line.account_holder_id
            move_payday_with_own_money(
                work, step=a_step(), buyer_id=holder, subscription_id=line.id, anchor=anchor
            )

        self.do(act)

    @rule(place=PLACES, by_staff=st.booleans())
    def pauses(self, place: int, by_staff: bool) -> None:
        line, cashier = self.line(place), self.house.cashier
        if by_staff:
            self.do(lambda work: pause_for(work, cashier, subscription_id=line, reason=WHY))
        else:
            self.do(lambda work: pause_by_owner(work, line))

    @rule(place=PLACES)
    def resumes(self, place: int) -> None:
        self.do(lambda work: resume_by_owner(work, self.line(place)))

    @rule(place=PLACES, renews=st.booleans())
    def says_whether_it_renews(self, place: int, renews: bool) -> None:
        self.do(lambda work: set_renews(work, self.line(place), renews=renews))

    @rule(place=PLACES, days=st.integers(0, 14))
    def promises(self, place: int, days: int) -> None:
        def act(work: Work) -> None:
            promise_to_pay(work, self.line(place), until=nairobi_day(work.now) + timedelta(days=days))

        self.do(act)

    @rule(place=PLACES)
    def is_lent_a_day(self, place: int) -> None:
        self.do(lambda work: lend_day(work, self.line(place)))

    @rule(place=PLACES)
    def logs_in(self, place: int) -> None:
        waiting = [one.id for one in self.house.all(Subscription) if one.state == AWAITING_NETWORK]
        access = self.nth(sorted(set(waiting) - set(self.house.home_lines())), place)
        if access is not None:
            self.do(lambda work: start_at_login(work, subscription_id=access, at=work.now))
