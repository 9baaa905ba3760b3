"""`python -m bench [AREA[:FIGURE]]`: measure, print the table, write results.json. SCALE=try is small and quick."""

import os
import sys
from collections.abc import Callable, Sequence

from bench import callback, online, relay, settlement, ussd
from bench.figure import Figure, show, write
from bench.stage import FULL, TRY, Stage

Measure = Callable[[Stage], list[Figure]]

AREAS: dict[str, dict[str, Measure]] = {
    "main-job": {
        "ussd": ussd.step_in_session,
        "collection": ussd.step_that_begins_a_collection,
        "callback": callback.callback_until_200,
        "settlement": settlement.settlement_is_flat,
        "relay": relay.relay_and_rq,
        "online": online.paid_to_online,
    },
}


def main(arguments: Sequence[str]) -> int:
    """0 when everything was measured, whatever it was; 2 for an area that is not known."""
    area, _, name = (arguments[0] if arguments else "").partition(":")
    chosen = [
        measure
        for known, measures in AREAS.items()
        for title, measure in measures.items()
        if area in ("", known) and name in ("", title)
    ]
    if not chosen:
        print(f"bench: nothing is called {arguments[0]}; there is {', '.join(AREAS)}", file=sys.stderr)
        return 2
    figures: list[Figure] = []
    with Stage(TRY if os.environ.get("SCALE") == "try" else FULL) as stage:
        for measure in chosen:
            print(f"measuring {measure.__name__.replace('_', ' ')}", file=sys.stderr, flush=True)
            figures += measure(stage)
    print(show(figures))
    write(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
