"""Printed values are compared as values: RouterOS writes the same one in many ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.network.drivers.routeros import values

UNITS = (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def printed(seconds: int) -> str:
    out = ""
    for letter, unit in UNITS:
        count, seconds = divmod(seconds, unit)
        out += f"{count}{letter}" if count else ""
    return out or "0s"


@given(st.integers(0, 10**9))
def test_a_duration_reads_back_however_it_is_printed(seconds: int) -> None:
    days, rest = divmod(seconds, 86_400)
    clock = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    for text in (printed(seconds), str(seconds), f"{days}d{clock}" if days else clock):
        assert values.seconds(text) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", 0),
        ("none", 0),
        ("1w2d03:04:05", 788_645),
        ("01:22:53", 4_973),
        ("300ms", 0),
        ("1s100ms", 1),
        ("5m", 300),
    ],
)
def test_durations_of_the_field(text: str, seconds: int) -> None:
    assert values.seconds(text) == seconds


@pytest.mark.parametrize("text", ["1x", "-5s", "1:2", "٣s", "9" * 100, "1d 2h"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        values.seconds(text)


@pytest.mark.parametrize("same", ["5M/10M", "5000k/10M", "5000000/10000000"])
def test_rates_compare_as_numbers(same: str) -> None:
    assert values.rate_limit(same) == values.rate_limit("5000k/10000k") == (5_000_000, 10_000_000)


def test_a_missing_download_copies_the_upload() -> None:
    assert values.rate_limit("5M") == (5_000_000, 5_000_000)
    assert values.rate_limit("") is None


def test_only_what_differs_in_value_is_written() -> None:
    wanted = {"limit-uptime": "86400s", "disabled": "no", "profile": "bando-a", "rate-limit": "5000k/10000k"}
    readers = {"limit-uptime": values.seconds, "disabled": values.flag, "rate-limit": values.rate_limit}
    row = {"limit-uptime": "1d", "disabled": "false", "profile": "bando-b", "rate-limit": "5M/10M 8M/16M"}
    assert values.differing(wanted, row, readers) == {"profile": "bando-a", "rate-limit": "5000k/10000k"}


def test_what_a_row_lacks_counts_as_its_zero() -> None:
    readers = {"limit-uptime": values.seconds, "disabled": values.flag}
    assert values.differing({"limit-uptime": "0s", "disabled": "no"}, {}, readers) == {}


@given(st.text(max_size=80))
def test_no_text_of_a_router_breaks_a_comparison(text: str) -> None:
    for reader in (values.seconds, values.flag, values.whole_number, values.rate_limit):
        row = {"property": text}
        assert values.differing({"property": "1"}, row, {"property": reader}) in ({}, {"property": "1"})
