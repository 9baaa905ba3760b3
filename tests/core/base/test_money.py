"""Money is whole cents: refused otherwise, cut up without loss, shown in one spelling."""

import pickle
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.gsm7 import is_gsm7
from core.base.money import MixedCurrencies, Money, NotAnAmount, round_half_up, show_money

CENTS = st.integers(-(10**12), 10**12)
MONEY = st.builds(Money, CENTS)


@pytest.mark.parametrize("minor", [1.0, True, "5", None, Fraction(1)])
def test_only_whole_cents_are_money(minor: object) -> None:
    with pytest.raises(TypeError):
        Money(minor)  # type: ignore[arg-type]


@pytest.mark.parametrize("currency", ["", "kes", "KE", "KESH", "K3S", "ＫＥＳ"])
def test_a_currency_is_three_capitals(currency: str) -> None:
    with pytest.raises(ValueError, match="three capital letters"):
        Money(1, currency)


def test_floats_and_bools_do_not_multiply_or_make_money() -> None:
    with pytest.raises(TypeError):
        Money(100) * 0.5  # type: ignore[operator]
    with pytest.raises(TypeError):
        Money(100) * True
    with pytest.raises(TypeError):
        Money(100) / 2  # type: ignore[operator]
    with pytest.raises(TypeError):
        Money(100) + 5  # type: ignore[operator]
    with pytest.raises(TypeError):
        Money.shillings(1.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Money.rounded(1.5)  # type: ignore[arg-type]


def test_currencies_never_mix() -> None:
    shilling, dollar = Money(100), Money(100, "USD")
    assert shilling != dollar
    with pytest.raises(MixedCurrencies):
        shilling + dollar
    with pytest.raises(MixedCurrencies):
        shilling - dollar
    with pytest.raises(MixedCurrencies):
        assert shilling < dollar
    with pytest.raises(MixedCurrencies):
        assert shilling >= dollar
    with pytest.raises(MixedCurrencies):
        Money.total([shilling, dollar])


def test_arithmetic_and_order() -> None:
    assert Money(150) + Money(50) - Money(100) == Money.shillings(1)
    assert 3 * Money(5) == Money(5) * 3 == Money(15)
    assert -Money(5) < Money(0) < Money(5)
    assert sorted([Money(3), Money(1), Money(2)]) == [Money(1), Money(2), Money(3)]
    assert max(Money(1), Money(2)) == Money(2)
    assert abs(Money(-7)) == Money(7)
    assert Money.total([]) == Money(0)
    assert Money.total([Money(1), Money(2)]) == Money(3)
    assert (Money(0).is_zero, Money(1).is_positive, Money(-1).is_negative) == (True, True, True)
    assert (Money(1).is_zero, Money(0).is_positive, Money(0).is_negative) == (False, False, False)


def test_money_survives_pickling_and_serves_as_a_key() -> None:
    assert pickle.loads(pickle.dumps(Money(5))) == Money(5)  # noqa: S301 - our own bytes
    assert len({Money(5), Money(5), Money(5, "USD")}) == 2


def test_a_thousand_in_three_equal_parts() -> None:
    assert Money.shillings(1_000).split(3) == [Money(333_33), Money(333_34), Money(333_33)]


@given(MONEY, st.integers(1, 400))
def test_splitting_neither_makes_nor_loses_a_cent(money: Money, parts: int) -> None:
    shares = money.split(parts)
    assert len(shares) == parts
    assert Money.total(shares) == money
    assert max(shares).minor - min(shares).minor <= 1


@given(MONEY, st.integers(1, 60))
def test_a_credit_splits_as_its_charge(money: Money, parts: int) -> None:
    assert (-money).split(parts) == [-share for share in money.split(parts)]


@pytest.mark.parametrize("parts", [0, -1])
def test_no_parts_is_no_split(parts: int) -> None:
    with pytest.raises(ValueError, match="one part or more"):
        Money(1).split(parts)


@pytest.mark.parametrize(
    ("value", "nearest"),
    [
        ("1/2", 1),
        ("49/100", 0),
        ("3/2", 2),
        ("5/2", 3),
        ("-1/2", -1),
        ("-5/2", -3),
        ("-249/100", -2),
        ("7", 7),
    ],
)
def test_halves_go_up(value: str, nearest: int) -> None:
    assert round_half_up(Fraction(value)) == nearest


@given(st.fractions())
def test_rounding_is_never_off_by_more_than_a_half(value: Fraction) -> None:
    assert abs(round_half_up(value) - value) <= Fraction(1, 2)
    assert round_half_up(-value) == -round_half_up(value)


@pytest.mark.parametrize(("cents", "asked"), [(0, 0), (1, 1), (100, 1), (666_67, 667), (667_00, 667)])
def test_mpesa_is_asked_for_whole_shillings(cents: int, asked: int) -> None:
    assert Money(cents).whole_shillings_up() == asked


@pytest.mark.parametrize("money", [Money(-1), Money(100, "USD")])
def test_what_mpesa_cannot_be_asked_for(money: Money) -> None:
    with pytest.raises(ValueError, match="can be asked for"):
        money.whole_shillings_up()


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("1,250.50", 1_250_50),
        ("1250", 1_250_00),
        ("0", 0),
        ("50.5", 50_50),
        ("Ksh 1,250", 1_250_00),
        ("KES1250.00", 1_250_00),
        ("Kshs. 1,250/=", 1_250_00),
        ("ksh.500", 500_00),
        ("500/-", 500_00),
        ("50 bob", 50_00),
        (" 1\u00a0", 1_00),
        ("５００", 500_00),
        ("999,999,999.99", 999_999_999_99),
    ],
)
def test_amounts_as_people_write_them(text: str, cents: int) -> None:
    assert Money.parse(text) == Money(cents)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-5",
        "1,25",
        "12,50.00",
        "1.234",
        "1e3",
        "1 250",
        "0712345678",
        "SGR7K2XQ9P",
        "nan",
        "Ksh",
        ".5",
        "5.",
        "1,2500",
        "1250,000",
        "5 dollars",
        "1_000",
        "½",
    ],
)
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(NotAnAmount):
        Money.parse(text)


@given(st.text())
def test_any_text_is_an_amount_or_refused(text: str) -> None:
    try:
        money = Money.parse(text)
    except NotAnAmount:
        return
    assert not money.is_negative


@given(st.text(alphabet="0123456789,.KSHksh /=-bo", max_size=16))
def test_what_looks_like_an_amount_is_one_or_refused(text: str) -> None:
    try:
        money = Money.parse(text)
    except NotAnAmount:
        return
    assert "".join(ch for ch in show_money(money) if ch.isdigit()).rstrip("0") in "".join(
        ch for ch in text if ch.isdigit()
    )


@pytest.mark.parametrize(
    ("money", "shown"),
    [
        (Money.shillings(1_250), "Ksh 1,250"),
        (Money(774_19), "Ksh 774.19"),
        (Money(33), "Ksh 0.33"),
        (Money(5), "Ksh 0.05"),
        (Money(0), "Ksh 0"),
        (Money(-150_00), "-Ksh 150"),
        (Money(-1), "-Ksh 0.01"),
        (Money.shillings(1_234_567), "Ksh 1,234,567"),
        (Money(5_00, "USD"), "USD 5"),
    ],
)
def test_one_spelling_of_money(money: Money, shown: str) -> None:
    assert show_money(money) == str(money) == shown


@given(st.integers(0, 10**11 - 1))
def test_what_is_shown_is_short_enough_and_read_back(cents: int) -> None:
    shown = show_money(Money(cents))
    assert Money.parse(shown) == Money(cents)
    assert is_gsm7(shown)
    assert "\u00a0" not in shown
