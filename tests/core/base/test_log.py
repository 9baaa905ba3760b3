"""Log lines: one JSON object a line, no phone number, no path secret, no line of somebody else's making."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from core.base.log import (
    MAX_VALUE_CHARACTERS,
    current_request_id,
    draw_request_id,
    following,
    logger,
    mask,
    set_up_logging,
)

NUMBERS = st.from_regex(r"[17][0-9]{8}", fullmatch=True)
AROUND = st.text(st.sampled_from(" ,;:{}\"'\n=@/"), min_size=0, max_size=5)


@given(NUMBERS, st.sampled_from(["254", "+254", "0"]), AROUND, AROUND)
def test_no_phone_number_stands_whole(number: str, prefix: str, before: str, after: str) -> None:
    masked = mask(f"{before}{prefix}{number}{after}")
    assert number not in masked
    assert number[-3:] in masked


@given(st.integers(min_value=0, max_value=30))
def test_a_number_at_the_edge_of_the_cut_is_masked_too(back: int) -> None:
    masked = mask("." * (MAX_VALUE_CHARACTERS - back) + "254712345678 and more")
    assert "254712345" not in masked
    assert len(masked) <= MAX_VALUE_CHARACTERS


@pytest.mark.parametrize(
    "path",
    [
        "/pay/5ec2e7/stk/70cen",
        "/pay/5ec2e7/c2b/confirmation",
        "/ussd/africastalking/5ec2e7",
        "/ussd/africastalking/ended/5ec2e7",
        "/sms/africastalking/delivery/5ec2e7",
        "/telegram/5ec2e7",
        "/paystack/5ec2e7",
    ],
)
def test_the_secrets_in_paths_are_hidden(path: str) -> None:
    masked = mask(f'POST https://bando.example{path} "x"')
    assert "5ec2e7" not in masked
    assert "70cen" not in masked


@given(st.text(max_size=200))
def test_one_value_cannot_begin_a_line_of_its_own(value: str) -> None:
    masked = mask(value)
    assert len(masked.splitlines()) <= 1
    assert not any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in masked)


@pytest.fixture
def _as_before() -> Iterator[None]:
    """Logging is one for the whole process: put it back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.mark.usefixtures("_as_before")
def test_a_line_is_json_with_every_value_masked(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("test")
    facts = {"phone": "0712345678", "number": 254712345678, "rows": [{"payer": "254712345678"}], "count": 12}
    with following("abc123"):
        try:
            raise ValueError("no such number: 254712345678")
        except ValueError:
            logger("payments").exception("asked", **facts)
    (line,) = capsys.readouterr().out.splitlines()
    assert "712345678" not in line
    said = json.loads(line)
    wanted = {"event": "asked", "area": "payments", "request_id": "abc123", "count": 12}
    assert {name: said[name] for name in wanted} == wanted
    assert "ValueError" in said["exception"]


def test_a_request_is_followed_and_left() -> None:
    with following("outer"):
        with following("inner"):
            assert current_request_id() == "inner"
        assert current_request_id() == "outer"
    assert current_request_id() != current_request_id()
    assert len(draw_request_id()) == 16
