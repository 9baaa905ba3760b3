"""Bodies of requests: bounded in size and time, whole or not at all."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from core.base import bodies
from core.base.bodies import BodyRefused, header, read_body


def read(*messages: dict[str, Any], most: int = 10, headers: tuple[tuple[bytes, bytes], ...] = ()) -> bytes:
    """The body that these ASGI messages make; nothing more comes after them."""
    coming: Iterator[dict[str, Any]] = iter(messages)

    async def receive() -> dict[str, Any]:
        for message in coming:
            return message
        await asyncio.Event().wait()
        raise AssertionError("nobody wakes this up")

    return asyncio.run(read_body({"headers": headers}, receive, most))


def part(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def refused(*messages: dict[str, Any], **options: Any) -> int:
    with pytest.raises(BodyRefused) as caught:
        read(*messages, **options)
    return caught.value.status


def test_a_body_may_come_in_parts_up_to_the_limit() -> None:
    assert read(part(b"12345", more=True), part(b"67890")) == b"1234567890"
    assert refused(part(b"12345", more=True), part(b"678901")) == 413


def test_an_announced_size_is_believed_before_anything_is_read() -> None:
    assert refused(headers=((b"content-length", b"11"),)) == 413
    assert read(part(b"1"), headers=((b"content-length", b"nonsense"),)) == b"1"


def test_half_a_body_is_none() -> None:
    assert refused(part(b"1", more=True), {"type": "http.disconnect"}) == 400


def test_whoever_drips_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "SECONDS", 0.05)
    assert refused(part(b"1", more=True)) == 408


def test_the_last_of_two_headers_counts() -> None:
    scope = {"headers": [(b"x-forwarded-for", b"a"), (b"x-forwarded-for", b"b")]}
    assert (header(scope, b"x-forwarded-for"), header(scope, b"x-else")) == ("b", "")
