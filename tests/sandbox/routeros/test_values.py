"""Values as typed and as printed."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.routeros import values as v


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("86400", "1d"),
        ("1d", "1d"),
        ("0", "0s"),
        ("1w2d3h4m5s", "1w2d3h4m5s"),
        ("1w2d03:04:05", "1w2d3h4m5s"),
        ("01:22:53", "1h22m53s"),
        ("90m", "1h30m"),
        ("1s100ms", "1s100ms"),
        ("300ms", "300ms"),
    ],
)
def test_durations_are_normalised(typed: str, printed: str) -> None:
    assert v.duration(typed) == printed


def test_a_duration_of_centuries_is_refused() -> None:
    assert v.duration("4294967296") == v.print_duration(2**32 * 1000)
    with pytest.raises(ValueError, match="too long"):
        v.duration("4294967297")


@pytest.mark.parametrize("typed", ["", "soon", "5x", "1h1w", "-5", "1:2:3", "٣"])
def test_no_durations(typed: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        v.duration(typed)


@given(st.integers(min_value=0, max_value=10**13))
def test_durations_print_and_parse_back(milliseconds: int) -> None:
    assert v.parse_duration_ms(v.print_duration(milliseconds)) == milliseconds


@pytest.mark.parametrize(
    ("typed", "rates"),
    [
        ("5M/10M", (5_000_000, 10_000_000)),
        ("512k", (512_000, 512_000)),
        ("2M/5M 4M/10M 1500k/4M 10/10 8 256k/512k", (2_000_000, 5_000_000)),
        ("", None),
    ],
)
def test_rate_limit_is_upload_then_download(typed: str, rates: tuple[int, int] | None) -> None:
    assert v.parse_rate_limit(typed) == rates


@pytest.mark.parametrize(
    ("read", "typed", "printed"),
    [
        (v.flag, "yes", "true"),
        (v.flag, "false", "false"),
        (v.mac, "aa:bb:cc:00:11:22", "AA:BB:CC:00:11:22"),
        (v.pair(v.rate), "10M/512k", "10000000/512000"),
        (v.pair(v.rate), "10M", "10000000/10000000"),
        (v.byte_count, "5G", str(5 * 2**30)),
        (v.byte_count, "0123", "123"),
        (v.network, "10.0.0.7/24", "10.0.0.0/24"),
        (v.network, "10.0.0.7", "10.0.0.7"),
        (v.ranges, "10.0.0.2-10.0.0.9,10.1.0.0/24", "10.0.0.2-10.0.0.9,10.1.0.0/24"),
    ],
)
def test_values_print_in_the_router_s_form(read: v.Reader, typed: str, printed: str) -> None:
    assert read(typed) == printed


@pytest.mark.parametrize(
    ("read", "typed"),
    [(v.flag, "maybe"), (v.mac, "AA:BB"), (v.rate, "fast"), (v.integer, "-1"), (v.address, ""), (v.name, "")],
)
def test_malformed_values_are_refused(read: v.Reader, typed: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read(typed)


def test_dates_of_both_ages() -> None:
    moment = datetime(2023, 5, 1, 20, 52, 13, tzinfo=UTC)
    assert v.print_date(moment, iso=True) == "2023-05-01 20:52:13"
    assert v.print_date(moment, iso=False) == "may/01/2023 20:52:13"
