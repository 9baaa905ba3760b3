"""M-Pesa's own books: no shilling appears or vanishes, whatever is paid and given back."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.clock import TrialClock
from sandbox.daraja.ledger import InsufficientFunds, MpesaLedger
from sandbox.phones import DEFAULT_WALLET, Phones
from sandbox.world import DarajaAccount

ACCOUNT = DarajaAccount(
    shortcode="174379",
    passkey="p",
    consumer_key="k",
    consumer_secret="s",
    initiator="i",
    initiator_password="w",
)
PAYERS = ("254712000111", "254712000222")
payment = st.tuples(st.sampled_from(PAYERS), st.integers(1, 2_000))


def opened(folder: Path) -> tuple[Phones, MpesaLedger]:
    phones = Phones(folder, "63902")
    return phones, MpesaLedger(folder, ACCOUNT, phones, TrialClock(folder / "clock"), "PWANINET")


@settings(max_examples=40, deadline=None)
@given(
    payments=st.lists(payment, max_size=12), reversals=st.lists(st.integers(0, 11), max_size=4, unique=True)
)
def test_money_is_conserved_and_survives(payments: list[tuple[str, int]], reversals: list[int]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        phones, ledger = opened(folder)
        expected = dict.fromkeys(PAYERS, DEFAULT_WALLET)
        for msisdn, amount in payments:
            if amount > expected[msisdn]:
                with pytest.raises(InsufficientFunds):
                    ledger.pay(msisdn, amount, "1", "paybill")
            else:
                ledger.pay(msisdn, amount, "1", "paybill")
                expected[msisdn] -= amount
        paid = ledger.statement()
        for number in reversals:
            if number < len(paid):
                ledger.reverse(paid[number])
                expected[paid[number].msisdn] += paid[number].amount
        for seen_phones, seen in ((phones, ledger), opened(folder)):
            assert {msisdn: seen_phones.get(msisdn).wallet for msisdn in PAYERS} == expected
            assert seen.balance == len(PAYERS) * DEFAULT_WALLET - sum(expected.values())
            assert seen.balance == sum(row.amount for row in seen.statement() if not row.reversed)
        assert opened(folder)[1].statement() == ledger.statement()
        assert len({row.receipt for row in paid}) == len(paid)
