"""The one connection to Valkey: answers reach who asked, also after Valkey has forgotten, hung up or hung."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from redis import ConnectionError
from redis.asyncio import Redis

from ussd.wire import Script, Wire

ECHO = Script("return ARGV[1]")
NOTHING = Script("return false")
WRONG = Script("return redis.call('INCR', 'a', 'b')")


@asynccontextmanager
async def wired(url: str) -> AsyncIterator[tuple[Wire, Redis]]:
    redis = Redis.from_url(url)
    async with Redis.from_url(url) as beside:
        yield Wire(redis), beside
    await redis.aclose()


def run(url: str, talk: Callable[[Wire, Redis], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with wired(url) as (wire, beside):
            await talk(wire, beside)

    asyncio.run(whole())


def test_each_gets_the_answer_to_its_own_question(redis_url: str) -> None:
    async def talk(wire: Wire, _: Redis) -> None:
        asked = [str(number) for number in range(300)]
        heard = await asyncio.gather(*(wire.run(ECHO, [], [text]) for text in asked))
        assert heard == [text.encode() for text in asked]
        assert await wire.run(NOTHING, [], []) is None

    run(redis_url, talk)


def test_a_refused_question_ends_no_other(redis_url: str) -> None:
    async def talk(wire: Wire, _: Redis) -> None:
        wrong, right = await asyncio.gather(
            wire.run(WRONG, [], []), wire.run(ECHO, [], ["b"]), return_exceptions=True
        )
        assert isinstance(wrong, Exception)
        assert right == b"b"

    run(redis_url, talk)


def test_forgotten_scripts_are_told_again(redis_url: str) -> None:
    async def talk(wire: Wire, beside: Redis) -> None:
        assert await wire.run(ECHO, [], ["a"]) == b"a"
        await beside.script_flush()
        assert await wire.run(ECHO, [], ["b"]) == b"b"

    run(redis_url, talk)


def test_an_ended_connection_is_told_to_who_waits_and_opened_anew(redis_url: str) -> None:
    async def talk(wire: Wire, beside: Redis) -> None:
        await wire.run(ECHO, [], ["a"])
        await beside.client_pause(5_000, all=False)  # scripts wait, the next command does not
        waiting = asyncio.create_task(wire.run(ECHO, [], ["b"]))
        await asyncio.sleep(0)
        await beside.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        with pytest.raises(ConnectionError):
            await waiting
        await beside.client_unpause()
        assert await wire.run(ECHO, [], ["c"]) == b"c"

    run(redis_url, talk)


def test_who_gives_up_waiting_leaves_a_fresh_line_to_the_next(redis_url: str) -> None:
    async def talk(wire: Wire, beside: Redis) -> None:
        await wire.run(ECHO, [], ["a"])
        await beside.client_pause(5_000, all=False)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await wire.run(ECHO, [], ["late"])
        await beside.client_unpause()
        assert await wire.run(ECHO, [], ["c"]) == b"c"

    run(redis_url, talk)
