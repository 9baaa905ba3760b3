"""The query words of `print`: a small stack program, run once per item.

Source: the vendor's "API" page, section "Queries". The stack starts as an endless supply of `true`; at
the end an
item passes if no `false` is left on it, so plain conditions are AND-ed.
"""

import re
from collections.abc import Callable, Sequence

from sandbox.routeros.traps import Trap
from sandbox.routeros.values import parse_duration_ms

Lookup = Callable[[str], str | None]
# An index has few digits: nobody stacks ten thousand conditions.
_OPERATION = re.compile(r"[0-9]{1,4}|.", re.DOTALL)


def passes(program: Sequence[str], value_of: Lookup) -> bool:
    """Tell whether an item passes the words of `program`; a malformed one raises `Trap`."""
    stack: list[bool] = []
    for word in program:
        body = word[1:]
        if body.startswith("#"):
            _operate(stack, body[1:])
        else:
            stack.append(_condition(body, value_of))
    return all(stack)


def _condition(body: str, value_of: Lookup) -> bool:
    if body.startswith("-"):
        return value_of(body[1:]) is None
    if body[:1] in ("<", ">"):
        name, _, wanted = body[1:].partition("=")
        value = value_of(name)
        return value is not None and _compare(value, wanted) == (-1 if body[0] == "<" else 1)
    name, equals, wanted = body.removeprefix("=").partition("=")
    if not equals:
        return value_of(name) is not None
    return value_of(name) == wanted


def _compare(value: str, wanted: str) -> int:
    """Return -1, 0 or 1: numbers and durations by size, all else as text (not confirmed)."""
    left: int | str
    right: int | str
    try:
        left, right = parse_duration_ms(value), parse_duration_ms(wanted)
    except ValueError:
        left, right = value, wanted
        return (left > right) - (left < right)
    return (left > right) - (left < right)


def _pop(stack: list[bool]) -> bool:
    return stack.pop() if stack else True


def _at(stack: list[bool], index: int) -> bool:
    return stack[-1 - index] if index < len(stack) else True


def _operate(stack: list[bool], operations: str) -> None:
    """Run `!`, `&`, `|`, `.` and slot indexes (0 is the top) from left to right."""
    parts = _OPERATION.findall(operations)
    after_index = False
    for number, part in enumerate(parts):
        if part.isdecimal():
            slot = _at(stack, int(part))
            if number == len(parts) - 1:
                stack.clear()
            stack.append(slot)
        elif part == "!":
            stack.append(not _pop(stack))
        elif part in "&|":
            right, left = _pop(stack), _pop(stack)
            stack.append((left and right) if part == "&" else (left or right))
        elif part != ".":
            raise Trap(f"unknown query operation {part}")
        elif not after_index:
            stack.append(_at(stack, 0))
        after_index = part.isdecimal()
