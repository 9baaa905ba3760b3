"""The table of taxes inside a price, and that parts always add up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.money import Money
from core.billing.tax import TaxParts, TaxRates, taken_back, taxes_inside, with_taxes

RATES_OF_2026 = TaxRates(excise_bp=1_500, vat_bp=1_600)
PRICES = st.builds(Money, st.integers(0, 10**10))
RATES = st.builds(TaxRates, st.integers(0, 10_000), st.integers(0, 10_000))


def parts(net: int, excise: int, vat: int) -> TaxParts:
    return TaxParts(Money(net), Money(excise), Money(vat))


@pytest.mark.parametrize(
    ("shillings", "net", "excise", "vat"),
    [
        (5, 3_75, 56, 69),
        (10, 7_50, 1_12, 1_38),
        (20, 14_99, 2_25, 2_76),
        (50, 37_48, 5_62, 6_90),
        (99, 74_21, 11_13, 13_66),
        (1_000, 749_63, 112_44, 137_93),
        (1_500, 1_124_43, 168_67, 206_90),
        (2_500, 1_874_06, 281_11, 344_83),
    ],
)
def test_the_table(shillings: int, net: int, excise: int, vat: int) -> None:
    assert taxes_inside(Money.shillings(shillings), RATES_OF_2026) == parts(net, excise, vat)


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        (TaxRates(0, 0), parts(1_160_00, 0, 0)),
        (TaxRates(0, 1_600), parts(1_000_00, 0, 160_00)),
        (TaxRates(1_600, 0), parts(1_000_00, 160_00, 0)),
    ],
)
def test_either_tax_may_be_off(rates: TaxRates, expected: TaxParts) -> None:
    assert taxes_inside(Money.shillings(1_160), rates) == expected


@pytest.mark.parametrize(("excise", "vat"), [(-1, 0), (0, 10_001), (15.0, 0), (True, 0)])
def test_slips_are_not_rates(excise: int, vat: int) -> None:
    with pytest.raises(ValueError, match="basis points"):
        TaxRates(excise, vat)


@given(PRICES, RATES)
def test_parts_add_up_and_are_never_negative(price: Money, rates: TaxRates) -> None:
    taken = taxes_inside(price, rates)
    assert taken.net + taken.excise + taken.vat == taken.price == price
    assert not (taken.net.is_negative)
    assert not (taken.excise.is_negative)
    assert not (taken.vat.is_negative)


@given(PRICES, RATES)
def test_a_reversal_mirrors_its_sale(price: Money, rates: TaxRates) -> None:
    assert taxes_inside(-price, rates) == -taxes_inside(price, rates)


def test_a_whole_credit_note_takes_back_what_was_charged() -> None:
    charged = parts(1_124_43, 168_67, 206_90)
    assert taken_back(charged, Money.shillings(1_500)) == charged


def test_a_refund_of_500_in_proportion() -> None:
    assert taken_back(parts(1_124_43, 168_67, 206_90), Money.shillings(500)) == parts(374_81, 56_22, 68_97)


def test_no_more_comes_back_than_was_charged() -> None:
    charged = parts(1_124_43, 168_67, 206_90)
    with pytest.raises(ValueError, match="no more than was charged"):
        taken_back(charged, Money.shillings(501), before=Money.shillings(1_000))
    with pytest.raises(ValueError, match="no more than was charged"):
        taken_back(charged, Money(-1))


@given(PRICES, RATES, st.integers(1, 12))
def test_credit_notes_together_take_back_every_part(price: Money, rates: TaxRates, notes: int) -> None:
    charged = taxes_inside(price, rates)
    credited = Money(0)
    net, excise, vat = Money(0), Money(0), Money(0)
    for amount in price.split(notes):
        note = taken_back(charged, amount, before=credited)
        assert note.price == amount
        credited += amount
        net, excise, vat = net + note.net, excise + note.excise, vat + note.vat
    assert TaxParts(net, excise, vat) == charged


@given(net=st.builds(Money, st.integers(100, 10**9)), rates=RATES)
def test_a_price_named_without_taxes_has_them_to_the_nearest_shilling(net: Money, rates: TaxRates) -> None:
    price = with_taxes(net, rates)
    assert price.minor % 100 == 0
    assert (
        abs(taxes_inside(price, rates).net.minor - net.minor) <= 52
    )  # half a shilling, and the parts' own cents
