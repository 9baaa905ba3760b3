"""A callback, from its request until 200 with everything committed that must not be lost."""

import os
import secrets

from bench import load
from bench.figure import Figure, alternate
from bench.payments import prompted
from bench.stage import Stage

AREA = "main-job"


def callback_until_200(stage: Stage) -> list[Figure]:
    """Against an endpoint that writes one row."""
    secret = os.environ["BANDO_DOOR_SECRETS"].split(",")[0]
    count = stage.scale.callbacks

    def ours(count: int = count) -> float:
        due = prompted(stage.large, stage.take(count))
        return load.run(
            stage.web,
            [
                [(load.post(f"/pay/{secret}/stk/{one.token}", one.body, "application/json"), ["Accepted"])]
                for one in due
            ],
        ).rate

    def ceiling(count: int = count) -> float:
        bodies = [secrets.token_hex(300) for _ in range(count)]
        return load.run(
            stage.ceiling,
            [[(load.post("/callback", body, "application/json"), ['"ResultCode": 0'])] for body in bodies],
        ).rate

    ours(count // 4)
    ceiling(count // 4)
    value, bare, ratio = alternate(ours, ceiling)
    return [Figure(AREA, "callback until 200, committed", value, "callbacks/s", bare, ratio, "ratio >= 0.7")]
