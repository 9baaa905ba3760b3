"""A deposit is held, not earned: it comes back whole, to who gave it, whatever else is taken back of its invoice."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.clock import SetClock
from core.base.database import Database
from core.base.money import Money
from core.billing.account import own_money
from core.billing.credit import credit
from core.billing.credit_order import Share, take
from core.billing.ending import end_line
from core.billing.model import Invoice, Purchase, Subscription
from core.billing.payer import set_payer
from core.billing.tax import TaxRates, taxes_inside
from core.catalogue.price_model import PlanFee
from core.ledger.post import lock_subscriber
from core.ledger.queries import account_balance
from tests.core.billing.line_house import LineHouse
from tests.factories import JUMA, a_cashier, a_subscriber

FEES = (("installation", 116_000), ("equipment", 232_000), ("deposit", 200_000))
FULL, GOODS, NONE = TaxRates(1_500, 1_600), TaxRates(0, 1_600), TaxRates(0, 0)


@pytest.fixture
def house(database: Database, clock: SetClock) -> LineHouse:
    found = LineHouse(database, clock)
    with found.work() as work:
        plan = found.plan(work, 1_500)
        for kind, cents in FEES:
            work.session.add(PlanFee(plan_id=plan.id, kind=kind, cents=cents))
    return found


def books(house: LineHouse, *codes: str) -> list[int]:
    with house.work() as work:
        return [account_balance(work, code).minor for code in codes]


def ended(house: LineHouse, line: int) -> Any:
    with house.work() as work:
        lock_subscriber(work, work.session.get_one(Subscription, line).account_holder_id)
        return end_line(work, line, reason="moved to Garissa")


def test_it_is_a_liability_and_carries_no_tax(house: LineHouse) -> None:
    house.line("2027-03-31")
    with house.work() as work:
        invoice = work.session.query(Invoice).one()
        kinds = {line.description: line for line in invoice.lines}
        assert (kinds["Deposit"].net_cents, kinds["Deposit"].excise_cents, kinds["Deposit"].vat_cents) == (
            200_000, 0, 0,
        )  # fmt: skip
        assert (kinds["Equipment"].excise_cents, kinds["Equipment"].vat_cents) == (0, 32_000)
    assert books(house, "deposits") == [-200_000]


def test_the_end_in_mid_month_takes_back_days_alone_and_gives_the_deposit_back_whole(
    house: LineHouse,
) -> None:
    line = house.line("2027-03-31")
    site = house.site_id
    once = books(house, f"revenue.fee:{site}")
    house.at("2027-04-10")
    statement = ended(house, line)
    assert (statement.credited_cents, statement.deposit_cents) == (100_000, 200_000)
    assert house.own(line) == 300_000
    assert books(house, "deposits", f"revenue.fee:{site}") == [0, *once]
    # Ten of thirty days are earned, and taxed as they were sold.
    assert books(house, f"revenue.pppoe:{site}") == [-(112_443 - 74_962)]


def test_a_change_of_plan_in_the_first_month_leaves_what_was_paid_once(house: LineHouse) -> None:
    line = house.line("2027-03-31")
    house.at("2027-04-11")
    house.put(line, 200_000)
    quoted = house.change(line, 2_500)
    assert (quoted.credit.minor, quoted.charge.minor) == (100_000, 166_667)
    assert books(house, "deposits") == [-200_000]


def test_it_goes_back_to_who_gave_it_though_another_pays_by_now(house: LineHouse) -> None:
    line = house.line("2027-03-31")
    with house.work() as work:
        owner = work.session.get_one(Subscription, line).subscriber_id
        landlord = a_subscriber(work, JUMA).id
        set_payer(work, a_cashier(work), subscription_id=line, payer_id=landlord)
    house.at("2027-04-30")
    ended(house, line)
    with house.work() as work:
        assert own_money(work, owner) == Money(200_000)
        assert own_money(work, landlord) == Money(0)


def test_all_of_the_invoice_may_be_taken_back(house: LineHouse) -> None:
    line = house.line("2027-03-31")
    with house.work() as work:
        credit(
            work, work.session.query(Invoice).one().id, amount=Money(150_001), reason="never came", source="a"
        )
        credit(work, work.session.query(Invoice).one().id, reason="never came", source="b")
        assert work.session.query(Purchase).one().price_cents == 698_000
    codes = (
        "deposits",
        "tax.vat",
        "tax.excise",
        f"revenue.fee:{house.site_id}",
        f"revenue.pppoe:{house.site_id}",
    )
    assert books(house, *codes) == [0, 0, 0, 0, 0]
    assert house.own(line) == 698_000


@given(
    prices=st.lists(
        st.tuples(st.integers(1, 10**7), st.sampled_from([FULL, GOODS, NONE])), min_size=1, max_size=3
    ),
    cuts=st.lists(st.integers(0, 100), max_size=4),
)
def test_notes_that_take_all_take_each_part_as_it_was_charged(
    prices: list[tuple[int, TaxRates]], cuts: list[int]
) -> None:
    shares = []
    for place, (cents, rates) in enumerate(prices):
        charged = taxes_inside(Money(cents), rates)
        half = charged.net.minor // 3
        earned = [(f"{place}.a", half), (f"{place}.b", charged.net.minor - half)]
        shares.append(Share(charged, earned))
    whole = Money.total(share.charged.price for share in shares)
    marks = sorted({0, whole.minor, *(whole.minor * cut // 100 for cut in cuts)})
    sums, by_account = [0, 0, 0], dict.fromkeys((code for share in shares for code, _ in share.earned), 0)
    for first, last in pairwise(marks):
        taken = take(shares, before=Money(first), amount=Money(last - first))
        assert taken.parts.price == Money(last - first)
        assert sum(money.minor for _, money in taken.sides) == taken.parts.net.minor
        for place, name in enumerate(("net", "excise", "vat")):
            sums[place] += getattr(taken.parts, name).minor
        for code, money in taken.sides:
            by_account[code] += money.minor
    assert sums == [
        sum(getattr(share.charged, name).minor for share in shares) for name in ("net", "excise", "vat")
    ]
    assert by_account == {code: cents for share in shares for code, cents in share.earned}
