"""Query programs over single items."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.routeros.query import passes
from sandbox.routeros.traps import Trap

JANE = {"name": "jane", "service": "pppoe", "disabled": "false", "uptime": "1d2h", "bytes": "900", "note": ""}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], True),
        (["?name"], True),
        (["?comment"], False),
        (["?-comment"], True),
        (["?-name"], False),
        (["?name=jane"], True),
        (["?=name=jane"], True),
        (["?name=joe"], False),
        (["?note="], True),
        (["?comment="], False),
        (["?name=jane", "?disabled=true"], False),
        (["?name=jane", "?disabled=false"], True),
        (["?>bytes=1000"], False),
        (["?<bytes=1000"], True),
        (["?>uptime=23h"], True),
        (["?>name=adam"], True),
        (["?>comment="], False),
        (["?name=joe", "?#!"], True),
        (["?service=pppoe", "?service=any", "?#|"], True),
        (["?service=l2tp", "?service=any", "?#|"], False),
        (["?service=l2tp", "?service=any", "?#|!"], True),
        (["?service=pppoe", "?service=any", "?#|", "?disabled=false", "?#&"], True),
        (["?service=pppoe", "?disabled=true", "?#&"], False),
        # an index at the end replaces the stack by that slot; 0 is the top
        (["?name=jane", "?name=joe", "?#1"], True),
        (["?name=jane", "?name=joe", "?#0"], False),
        # an index in the middle pushes a copy
        (["?name=jane", "?name=joe", "?#1&!"], True),
        (["?name=joe", "?#.|!"], True),
        (["?name=jane", "?name=joe", "?#1.|"], True),
        # an operator on an empty stack finds endless true
        (["?#&"], True),
        (["?#!"], False),
    ],
)
def test_program(words: list[str], expected: bool) -> None:
    assert passes(words, JANE.get) is expected


def test_unknown_operation_is_trapped() -> None:
    with pytest.raises(Trap):
        passes(["?name", "?#x"], JANE.get)


@given(st.lists(st.booleans(), min_size=1, max_size=6), st.data())
def test_operators_agree_with_logic(facts: list[bool], data: st.DataObject) -> None:
    item = {f"p{n}": str(fact) for n, fact in enumerate(facts)}
    operations = data.draw(st.lists(st.sampled_from("&|"), min_size=len(facts) - 1, max_size=len(facts) - 1))
    stack = [f"?p{n}=True" for n in range(len(facts))] + ["?#" + "".join(operations)] * bool(operations)
    expected = facts[-1]
    for operation, fact in zip(operations, reversed(facts[:-1]), strict=True):
        expected = (expected and fact) if operation == "&" else (expected or fact)
    assert passes(stack, item.get) is expected


def test_both_spellings_of_equality_agree() -> None:
    for name, value in itertools.product(("name", "note", "comment"), ("jane", "", "x")):
        assert passes([f"?{name}={value}"], JANE.get) == passes([f"?={name}={value}"], JANE.get)
