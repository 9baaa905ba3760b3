"""The USSD door: a step inside a running session, and the step that begins a collection."""

import os
import secrets
from urllib.parse import urlencode

from bench import load
from bench.crowd import name_of, phone_of
from bench.figure import Figure, alternate
from bench.load import Found, Script
from bench.stage import Stage

AREA = "main-job"
SERVICE_CODE = "*384*123#"
OTHER = "0722"
"""The walk types the number of a friend; its last digits are the caller's own, so each phone must see its own."""


def step_in_session(stage: Stage) -> list[Figure]:
    """Eight steps a session: leafing, a typed number, and Back; and how late answers get at half that load."""
    load.run(stage.web, *walks(stage.take(stage.scale.sessions // 4)))  # both servers are warm
    size = stage.settled_session_bytes()
    load.run(stage.ceiling, bare_walks(stage.scale.sessions, size))

    def ours() -> float:
        return load.run(stage.web, *walks(stage.take(stage.scale.sessions))).rate

    def ceiling() -> float:
        return load.run(stage.ceiling, bare_walks(stage.scale.sessions, size)).rate

    value, bare, ratio = alternate(ours, ceiling)
    half: Found = load.middle(
        lambda: load.run(stage.web, *walks(stage.take(stage.scale.sessions)), rate=value / 2)
    )
    return [
        Figure(AREA, "USSD step in a running session", value, "steps/s", bare, ratio, "ratio >= 0.6"),
        Figure(AREA, "USSD step at half load, median", half.p50, "ms", None, None, ""),
        Figure(
            AREA,
            "USSD step at half load, p99",
            half.p99,
            "ms",
            half.p50,
            half.p99 / half.p50,
            "< 10 x its median",
        ),
    ]


def step_that_begins_a_collection(stage: Stage) -> list[Figure]:
    """The key press "Pay", against one statement that writes the same rows."""
    count = stage.scale.collections
    load.run(stage.web, *_payments(stage.take(count // 4)))

    def ours() -> float:
        return load.run(stage.web, *_payments(stage.take(count))).rate

    def ceiling() -> float:
        scripts = [
            [(load.post("/collection", urlencode({**_form(n), "buyer": n})), [phone_of(n)])]
            for n in stage.take(count)
        ]
        return load.run(stage.ceiling, scripts).rate

    value, bare, ratio = alternate(ours, ceiling)
    return [Figure(AREA, "USSD step that begins a collection", value, "steps/s", bare, ratio, "ratio >= 0.6")]


def _form(n: int) -> dict[str, str]:
    return {
        "sessionId": f"ATUid_{secrets.token_hex(16)}",
        "phoneNumber": f"+{phone_of(n)}",
        "serviceCode": SERVICE_CODE,
        "networkCode": "63902",
        "text": "",
    }


def _script(n: int, steps: list[tuple[str, list[str]]]) -> Script:
    """The requests of one session: the first dials, each further one adds what was typed to the text."""
    path = f"/ussd/africastalking/{os.environ['BANDO_DOOR_SECRETS'].split(',')[0]}"
    form, typed, script = _form(n), [], []
    for key, wanted in steps:
        if key:
            typed.append(key)
        script.append((load.post(path, urlencode({**form, "text": "*".join(typed)})), wanted))
    return script


def walks(people: range) -> tuple[list[Script], list[Script]]:
    """(what is timed, what goes before: the dialling, which asks the database)."""
    timed, prelude = [], []
    for n in people:
        friend = f"{OTHER}{n:06d}"
        own_menu, read_back = f": {name_of(n)}\n", f"{friend[:4]} {friend[4:7]} {friend[7:]}"
        whole = _script(
            n,
            [
                ("", [own_menu]),
                ("2", ["Choose a bundle"]),
                ("3", ["1. "]),
                ("2", ["Who is it for?"]),
                (friend, [read_back]),
                ("0", ["Who is it for?"]),
                ("0", ["1. "]),
                ("0", ["Choose a bundle"]),
                ("0", [own_menu]),
            ],
        )
        prelude.append(whole[:1])
        timed.append(whole[1:])
    return timed, prelude


def _payments(people: range) -> tuple[list[Script], list[Script]]:
    """(the key press that pays, the way to it)."""
    timed, prelude = [], []
    for n in people:
        whole = _script(
            n, [("", [name_of(n)]), ("2", ["CON "]), ("1", ["CON "]), ("1", ["END M-PESA will ask"])]
        )
        prelude.append(whole[:-1])
        timed.append(whole[-1:])
    return timed, prelude


def bare_walks(sessions: int, size: int) -> list[Script]:
    """So many sessions of as many steps at the ceiling, which keeps `size` bytes a session."""
    scripts = []
    for n in range(1, sessions + 1):
        form = {**_form(n), "bytes": str(size)}
        scripts.append([(load.post("/session", urlencode(form)), [f"CON +{phone_of(n)}"])] * 8)
    return scripts
