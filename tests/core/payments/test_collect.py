"""The key "Pay" when it is pressed twice, at two phones, too late, or by a process that dies."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from core.base.clock import SetClock
from core.base.errors import Refusal
from core.base.money import Money
from core.base.msisdn import Msisdn
from core.billing.model import Purchase
from core.billing.purchase import StepId
from core.payments.collect import PAYMENT_OPEN, pay_for_plan
from core.payments.model import Collection, CollectionMove
from core.payments.standing import SAME_AMOUNT_APART, BegunCollection, Standing, begun_at, standing_of
from core.subscribers.model import Subscriber
from tests.core.payments import said
from tests.factories import AMINA, JUMA, a_home_line, a_home_plan, a_hotspot_plan, a_step, a_subscriber


class Killed(BaseException):
    """The process is gone: nothing after it runs."""


class Press:
    """A key press that has been heard: how things stood was read, nothing is written yet."""

    def __init__(self, house: Any, plan_id: int, *, step: StepId, payer: Msisdn, **more: Any) -> None:
        self.house, self.more = house, more
        self.step, self.asked = step, {"payer": payer, "plan_id": plan_id}
        self.standing: Standing = self.look(**more)

    def look(self, **more: Any) -> Standing:
        with self.house.work() as work:
            return standing_of(work, caller=AMINA, **self.asked, **more)

    def begun(self) -> BegunCollection | None:
        with self.house.work() as work:
            return begun_at(work, self.step)

    def pay(self) -> BegunCollection | str:
        """What was begun, or why not."""
        try:
            with self.house.work() as work:
                return pay_for_plan(
                    work,
                    step=self.step,
                    buyer=self.standing.caller,
                    push_after=timedelta(seconds=4),
                    standing=self.standing,
                    **self.asked,
                    **self.more,
                )
        except Refusal as refusal:
            return refusal.sentence.msgid


@pytest.fixture
def plan_id(house: Any) -> int:
    """A bundle of 50 shillings; Amina is known."""
    with house.work() as work:
        a_subscriber(work)
        return a_hotspot_plan(work, 50).id


def together(*acts: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(len(acts)) as threads:
        return [act.result(30) for act in [threads.submit(act) for act in acts]]


def counts(house: Any) -> dict[str, int]:
    with house.work() as work:
        tables = ("purchases", "collections", "collection_moves", "outbox", "deliveries")
        return {table: int(work.scalar(f"SELECT count(*) FROM {table}")) for table in tables}


ONE = {"purchases": 1, "collections": 1, "collection_moves": 1, "outbox": 1, "deliveries": 1}


def test_one_key_pressed_at_the_same_time_begins_one_collection(house: Any, plan_id: int) -> None:
    step = a_step()
    presses = [Press(house, plan_id, step=step, payer=AMINA) for _ in range(4)]
    begun = together(*(press.pay for press in presses))
    assert len({found.id for found in begun}) == 1
    assert counts(house) == ONE


def test_two_sessions_of_one_phone_begin_one_collection(house: Any, plan_id: int) -> None:
    presses = [Press(house, plan_id, step=a_step(), payer=AMINA) for _ in range(4)]
    answers = together(*(press.pay for press in presses))
    assert sorted(isinstance(answer, BegunCollection) for answer in answers) == [False, False, False, True]
    assert [answer for answer in answers if isinstance(answer, str)] == [PAYMENT_OPEN.msgid] * 3
    assert counts(house) == ONE, "what was refused left nothing"


@pytest.mark.parametrize("payer", [AMINA, JUMA])
def test_a_step_heard_again_after_its_payment_ended_begins_nothing(
    house: Any, plan_id: int, payer: Msisdn
) -> None:
    step = a_step()
    late = Press(house, plan_id, step=step, payer=payer)
    first = Press(house, plan_id, step=step, payer=AMINA).pay()
    house.after(seconds=4)
    house.tell_stk(said.stk("ws_CO_000001", 1032))
    house.run()
    again = late.pay()
    assert isinstance(again, BegunCollection)
    assert isinstance(first, BegunCollection)
    assert (again.id, again.state) == (first.id, "failed")
    assert again.reference == first.reference
    assert len(house.all(Purchase)) == len(house.all(Collection)) == 1


def test_killed_before_it_wrote_nothing_is_begun(house: Any, plan_id: int) -> None:
    with suppress(Killed), house.work() as work:
        standing_of(work, payer=AMINA, plan_id=plan_id, caller=AMINA)
        raise Killed
    assert set(counts(house).values()) == {0}


def test_killed_after_it_wrote_the_key_finds_its_collection(house: Any, plan_id: int) -> None:
    press = Press(house, plan_id, step=a_step(), payer=AMINA)
    with suppress(Killed), house.work() as work:
        begun = pay_for_plan(
            work,
            step=press.step,
            buyer=press.standing.caller,
            push_after=timedelta(),
            standing=press.standing,
            **press.asked,
        )
        raise Killed
    assert press.begun() == begun
    assert counts(house) == ONE
    house.run()
    assert len(house.gateway.orders) == 1


def test_it_is_one_row_of_each_with_the_request_s_id(house: Any, plan_id: int, clock: SetClock) -> None:
    press = Press(house, plan_id, step=a_step(), payer=JUMA)
    with house.work("req-1") as work:
        pay_for_plan(
            work,
            step=press.step,
            buyer=press.standing.caller,
            push_after=timedelta(seconds=4),
            standing=press.standing,
            **press.asked,
        )
    (collection,), (purchase,), (move,) = (house.all(kind) for kind in (Collection, Purchase, CollectionMove))
    due = clock.now() + timedelta(seconds=4)
    assert (collection.payer, collection.state, collection.purchase_id) == (
        JUMA.digits,
        "requested",
        purchase.id,
    )
    assert (collection.amount, collection.created_at, collection.push_due_at) == (
        purchase.price,
        clock.now(),
        due,
    )
    assert (purchase.price_cents, purchase.term_unit, purchase.term_count) == (5_000, "seconds", 86_400)
    assert (purchase.buyer_id, purchase.beneficiary_id) == (press.standing.caller.id,) * 2
    assert (purchase.request_id, purchase.created_at) == ("req-1", clock.now())
    assert (move.collection_id, move.from_state, move.to_state) == (collection.id, None, "requested")
    with house.work() as work:
        rows = work.session.execute(
            text(
                "SELECT o.event, o.payload, o.request_id, d.listener, d.queue, d.available_at "
                "FROM outbox o JOIN deliveries d ON d.outbox_id = o.id"
            )
        ).all()
    payload = {"collection_id": collection.id}
    assert [tuple(row) for row in rows] == [
        ("CollectionRequested", payload, "req-1", "payments.ask_gateway", "money", due)
    ]


def test_a_beneficiary_never_met_is_met_with_the_purchase_or_not_at_all(house: Any, plan_id: int) -> None:
    friend = Msisdn("254733000999")
    first = Press(house, plan_id, step=a_step(), payer=JUMA, beneficiary=friend)
    late = Press(house, plan_id, step=a_step(), payer=JUMA, beneficiary=Msisdn("254733000998"))
    assert first.standing.beneficiary is None
    assert isinstance(first.pay(), BegunCollection)
    met = first.look(beneficiary=friend).beneficiary
    assert house.purchase().beneficiary_id == met.id
    assert house.collection().reference.startswith(met.account_no)
    assert late.pay() == PAYMENT_OPEN.msgid
    assert len(house.all(Subscriber)) == 2, "Amina and the first friend"


def test_a_renewal_is_for_the_line_and_its_site(house: Any) -> None:
    with house.work() as work:
        owner, plan = a_subscriber(work), a_home_plan(work, 1_500)
        line = a_home_line(work, owner, plan)
        plan.state = "retired"
    assert isinstance(
        Press(house, plan.id, step=a_step(), payer=AMINA, renews=line.id).pay(), BegunCollection
    )
    renewal = house.purchase(2)
    assert (renewal.subscription_id, renewal.site_id, renewal.price_cents) == (line.id, line.site_id, 150_000)


def test_how_things_stand(house: Any, plan_id: int, clock: SetClock) -> None:
    press = Press(house, plan_id, step=a_step(), payer=AMINA)
    fresh = press.standing
    assert (press.begun(), fresh.open_cents, fresh.was_refused, fresh.line) == (None, None, False, None)
    price = Money.shillings(50)
    assert fresh.free_at(price, clock.now()) == clock.now()
    press.pay()
    open_now = press.look()
    begun = press.begun()
    assert begun is not None
    assert (open_now.open_cents, open_now.was_refused, begun.state) == (5_000, False, "requested")
    assert open_now.collection_id > fresh.collection_id
    house.after(seconds=4)
    now = clock.now()
    assert press.look().free_at(price, now) == now + SAME_AMOUNT_APART
    assert press.look().free_at(Money.shillings(51), now) == now, "another amount is taken at once"
    house.tell_stk(said.stk("ws_CO_000001", 1032))
    house.run()
    ended = press.look()
    assert (ended.open_cents, ended.was_refused) == (None, False), "the phone was asked, the person said no"
    assert ended.free_at(price, clock.now()) == clock.now()
    with house.work() as work:
        work.session.execute(text("UPDATE collections SET gateway_checkout_id = NULL"))
    assert press.look().was_refused
    clock.at += timedelta(days=1)
    assert Press(house, plan_id, step=a_step(), payer=JUMA).standing.was_refused is False
