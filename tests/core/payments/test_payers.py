"""The name that comes with money, and the number that it belongs to: another name parts the number (M6, T4)."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.base.msisdn import Msisdn
from core.payments import jobs
from core.payments.payers import fits, told
from core.subscribers.jobs import part_other_name
from core.subscribers.meet import find
from core.subscribers.model import Address, PayerName
from core.subscribers.payer_names import PARTED_AFTER
from tests.core.payments import said
from tests.core.payments.test_pull import listed
from tests.factories import AMINA, JUMA, a_subscriber

HASHED = hashlib.sha256(AMINA.digits.encode()).hexdigest()
MASKED = "2547 ***** 678"


def names(house: Any) -> list[Any]:
    return house.all(PayerName)  # type: ignore[no-any-return]


def later(house: Any, minutes: float = PARTED_AFTER.total_seconds() / 60) -> None:
    """The job of another name, in its time; a job may run twice."""
    waiting = [row.id for row in names(house) if row.other_at]
    house.clock.advance(timedelta(minutes=minutes))
    for payer_name_id in waiting * 2:
        part_other_name(house, payer_name_id=payer_name_id)


def parted(house: Any) -> list[str | None]:
    return [row.unlinked_why for row in house.all(Address)]


def buys_under(house: Any, name: str, number: int, **changes: Any) -> None:
    """A prompt to Amina's phone is paid; the paybill tells of it before the callback does, as it may."""
    house.clock.advance(timedelta(minutes=3))  # M-PESA refuses the same sum twice within two
    house.prompt()
    receipt = f"UKM1AAAA{number:02}"
    reference = house.collection(number).reference
    house.tell_c2b(said.c2b(reference, receipt=receipt, **({"FirstName": name} | changes)))
    house.run()
    house.tell_stk(said.stk(house.gateway.checkout(number), receipt=receipt), number=number)
    house.run()


@pytest.mark.parametrize("hint", [MASKED, HASHED, HASHED.upper(), AMINA.digits, AMINA.local])
def test_a_prompt_paid_under_another_name_parts_the_number_once_it_is_served(house: Any, hint: str) -> None:
    buys_under(house, "AMINA", 1, MSISDN=hint)
    buys_under(house, "Amina ", 2, MSISDN=hint)
    later(house)
    assert parted(house) == [None]
    buys_under(house, "BRIAN", 3, MSISDN=hint)
    assert parted(house) == [None]  # what was bought is served and told first
    assert house.purchase(3).state == "paid"
    later(house)
    assert parted(house) == ["other name"]
    assert names(house) == []
    house.books()


def test_the_old_name_told_again_takes_the_suspicion_back(house: Any) -> None:
    for number, name in enumerate(("AMINA", "BRIAN", "AMINA"), 1):
        buys_under(house, name, number)
    later(house)
    assert parted(house) == [None]


def test_no_name_stands_anywhere(house: Any) -> None:
    buys_under(house, "ZEBEDAYO", 1)
    buys_under(house, "YAKUBU", 2)
    with house.work() as work:
        for table in ("payer_names", "receipts", "outbox", "audit_log", "journal_entries"):
            rows = work.session.connection().exec_driver_sql(f"SELECT {table}::text FROM {table}").scalars()
            assert not any("zebedayo" in row.lower() or "yakubu" in row.lower() for row in rows)


@pytest.mark.parametrize(
    "changes",
    [
        {"MSISDN": "2547 ***** 111"},  # somebody else typed the reference
        {"MSISDN": ""},
        {"MSISDN": hashlib.sha256(JUMA.digits.encode()).hexdigest()},
        {"TransAmount": "20.00"},  # this is not the prompt's payment
    ],
)
def test_money_from_another_phone_says_nothing_of_this_one(house: Any, changes: dict[str, str]) -> None:
    buys_under(house, "AMINA", 1)
    buys_under(house, "BRIAN", 2, **changes)
    assert [row.other_at for row in names(house)] == [None]


@pytest.mark.parametrize(("hint", "counts"), [(HASHED, True), (AMINA.digits, True), (MASKED, False)])
def test_money_sent_by_hand_counts_where_the_number_is_beyond_doubt(
    house: Any, hint: str, counts: bool
) -> None:
    with house.work() as work:
        account = a_subscriber(work).account_no
    for number, name in enumerate(("AMINA", "BRIAN")):
        house.tell_c2b(said.c2b(account, receipt=f"UKM2AAAA{number:02}", FirstName=name, MSISDN=hint))
        house.run()
    assert bool(names(house)) == counts
    later(house)
    assert parted(house) == ["other name" if counts else None]


def test_an_unlisted_source_tells_no_names(house: Any) -> None:
    with house.work() as work:
        account = a_subscriber(work).account_no
    house.tell_c2b(said.c2b(account, MSISDN=AMINA.digits), trusted=False)
    house.run()
    assert names(house) == []


def test_the_providers_list_tells_names_too(house: Any) -> None:
    from dataclasses import replace

    house.prompt()
    house.gateway.listed = [
        replace(listed("UKM7PULLED", 50, house.collection().reference), payer_name="AMINA")
    ]
    jobs.pull_missed(house)
    assert [row.number for row in names(house)] == [AMINA.digits]


def test_a_number_that_nobody_has_is_not_noted(house: Any) -> None:
    with house.work() as work:
        account = a_subscriber(work).account_no
    house.tell_c2b(said.c2b(account, MSISDN=JUMA.digits, FirstName="JUMA"))
    house.run()
    with house.work() as work:
        assert find(work, msisdn=JUMA) is None
    assert names(house) == []


@given(digits=st.integers(700_000_000, 799_999_999), other=st.integers(700_000_000, 799_999_999))
@example(digits=712345678, other=799999678)
def test_a_hint_fits_what_it_shows(digits: int, other: int) -> None:
    number, stranger = Msisdn(f"254{digits}"), Msisdn(f"254{other}")
    hashed = hashlib.sha256(number.digits.encode()).hexdigest()
    for hint in (number.digits, hashed, f"2547 ***** {number.digits[-3:]}"):
        assert fits(hint, number)
    assert fits(f"2547 ***** {number.digits[-3:]}", stranger) == (stranger.digits[-3:] == number.digits[-3:])
    assert (told(hashed, [stranger]) is None) == (number != stranger)
    assert not any(fits(hint, number) for hint in ("", "*", "2547 *****", "Safaricom", "254***"))
