"""Runs one router alone: `python -m sandbox.routeros --port 18728 --password x`."""

import argparse
import asyncio
import contextlib
import signal
from datetime import UTC, datetime
from pathlib import Path

from sandbox.routeros import Router, RouterSpec


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.routeros", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=18728)
    parser.add_argument("--username", default="bando")
    parser.add_argument("--password", required=True)
    parser.add_argument("--version", default="7.18.2")
    parser.add_argument(
        "--old-login", action="store_true", help="ask for the challenge of versions before 6.43"
    )
    parser.add_argument("--state", type=Path, help="file that keeps the configuration")
    parser.add_argument(
        "--dial", metavar="NAME:PASSWORD", action="append", default=[], help="a home that dials in"
    )
    return parser.parse_args()


async def run(options: argparse.Namespace) -> None:
    spec = RouterSpec(
        "router", "bench", host=options.host, port=options.port, version=options.version,
        username=options.username, password=options.password, old_login=options.old_login,
    )  # fmt: skip
    router = Router(spec, lambda: datetime.now(UTC), options.state)
    await router.start()
    print(f"RouterOS {spec.version} on {spec.host}:{router.port}, user {spec.username}", flush=True)
    for number, home in enumerate(options.dial, start=1):
        name, _, password = home.partition(":")
        print(name, router.dial_pppoe(name, password, f"02:00:00:00:00:{number:02X}"), flush=True)
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    await stopped.wait()
    await router.stop()


if __name__ == "__main__":
    asyncio.run(run(arguments()))
