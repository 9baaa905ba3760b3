"""`python -m bench [AREA[:FIGURE]]`: measure, print the table, write results.json. SCALE=try is small and quick."""

import os
import sys
import traceback
from collections.abc import Callable, Sequence

from bench import billing, callback, chat_turns, online, relay, settlement, talk, ussd, webhooks
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
    "conversation": {
        "ussd-crowd": talk.ussd_crowd,
        "telegram": webhooks.telegram_webhook,
        "whatsapp": webhooks.whatsapp_webhook,
        "sms": webhooks.sms_webhook,
        "turns": chat_turns.chat_turns,
        "dialogues": talk.open_dialogues,
    },
    "billing": billing.MEASURES,
}


def main(arguments: Sequence[str]) -> int:
    """0 when everything was measured, whatever it was; 1 where something could not be; 2 for an unknown area."""
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
    failed = 0
    with Stage(TRY if os.environ.get("SCALE") == "try" else FULL) as stage:
        for measure in chosen:
            print(f"measuring {measure.__name__.replace('_', ' ')}", file=sys.stderr, flush=True)
            try:
                figures += measure(stage)
            except Exception:  # a wrong answer, a lost job: said, and the other figures are still wanted
                traceback.print_exc()
                failed += 1
            write(figures)
    print(show(figures))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
