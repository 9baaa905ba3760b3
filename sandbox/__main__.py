"""`python -m sandbox --world WORLD.json --port 8100 --state DIR`: the outside world until a signal."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import uvicorn
from pydantic import ValidationError

from sandbox.app import create_app
from sandbox.world import World


def main(arguments: Sequence[str] | None = None) -> int:
    """0 after a signal, 2 when it may not start: in live mode, or without a readable world."""
    parser = argparse.ArgumentParser(prog="sandbox", description=__doc__)
    parser.add_argument(
        "--world", type=Path, required=True, help="the file that describes the provider under trial"
    )
    parser.add_argument("--port", type=int, default=8100, help="where to listen, on 127.0.0.1 only")
    parser.add_argument("--state", type=Path, required=True, help="the folder in which the sandbox remembers")
    asked = parser.parse_args(arguments)
    if os.environ.get("BANDO_MODE") == "live":
        print("sandbox: BANDO_MODE is live; the outside world is only played in trial mode", file=sys.stderr)
        return 2
    try:
        world = World.read(asked.world)
    except (OSError, ValidationError) as error:
        print(f"sandbox: {asked.world}: {error}", file=sys.stderr)
        return 2
    # Paths hold the product's secrets only in outgoing calls, but phone numbers in incoming ones: no access
    # log.
    uvicorn.run(
        create_app(world, asked.state),
        host="127.0.0.1",
        port=asked.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
