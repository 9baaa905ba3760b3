"""The shared pace: one measure for all processes, by person and altogether."""

import redis

from bots.pace import Pace
from core.base.errors import Unreachable
from core.base.secrets import Keyring


def make(url: str, keyring: Keyring, **changed: float) -> Pace:
    """As another process would have it: with a connection of its own."""
    client = redis.Redis.from_url(url)
    limits = {"a_second": 1000, "person_seconds": 60.0, "person_burst": 3} | changed
    return Pace(client, keyring, channel="whatsapp", **limits)  # type: ignore[arg-type]


def refused(pace: Pace, person: str) -> int | None:
    """The seconds that it asks to wait, None where it lets the message go."""
    try:
        pace.take(person)
    except Unreachable as later:
        return later.retry_after_seconds
    return None


def test_a_burst_passes_and_then_the_pause_is_kept_by_all_processes(redis_url: str, keyring: Keyring) -> None:
    one, other = make(redis_url, keyring), make(redis_url, keyring)
    assert [refused(pace, "254712000111") for pace in (one, other, one)] == [None, None, None]
    wait = refused(other, "254712000111")
    assert wait is not None
    assert 50 <= wait <= 60
    assert refused(one, "254712000222") is None


def test_all_together_wait_a_moment_in_place(redis_url: str, keyring: Keyring) -> None:
    pace = make(redis_url, keyring, a_second=20)
    assert [refused(pace, str(person)) for person in range(30)] == [None] * 30


def test_a_held_person_waits_as_long_as_was_asked_and_others_do_not(redis_url: str, keyring: Keyring) -> None:
    pace = make(redis_url, keyring)
    assert pace.hold("a", 30) == 30
    wait = refused(make(redis_url, keyring), "a")
    assert wait is not None
    assert 20 <= wait <= 30
    assert refused(pace, "b") is None


def test_the_wait_grows_with_each_refusal_in_a_row_within_bounds(redis_url: str, keyring: Keyring) -> None:
    pace = make(redis_url, keyring)
    assert [pace.hold("a", 6, grow=True) for _ in range(7)] == [6, 12, 24, 48, 96, 120, 120]
    assert pace.hold("b", 6, grow=True) == 6
    assert pace.hold("c", 1e9) == 3_600


def test_no_persons_id_stands_in_valkey(redis_url: str, keyring: Keyring) -> None:
    pace = make(redis_url, keyring)
    pace.take("254712000111")
    pace.hold("254712000111", 6)
    keys = redis.Redis.from_url(redis_url).keys("*")
    assert keys
    assert not any(b"254712000111" in key for key in keys)


def test_without_valkey_nothing_is_held_back(keyring: Keyring) -> None:
    pace = make("redis://127.0.0.1:1/0", keyring)
    assert refused(pace, "a") is None
    assert pace.hold("a", 6) == 6
