"""Talks: many USSD sessions at once, and what ten thousand open talks of a chat take up in Valkey."""

import statistics

from bench import load
from bench.chat_turns import AtOnce
from bench.figure import Figure, alternate
from bench.load import Found
from bench.stage import Stage
from bench.ussd import bare_walks, walks
from bench.webhooks import stored_message
from core.conversation.chat import hear

AREA = "conversation"
SESSIONS = 500
TEN_THOUSAND = 10_000
MEBIBYTE = 2**20


def ussd_crowd(stage: Stage) -> list[Figure]:
    """Sessions that all press a key at once, each on its own connection; then at half the rate that they reached."""
    people = stage.take(SESSIONS)
    load.run(stage.web, *walks(people[: SESSIONS // 4]))  # both servers are warm
    size = stage.settled_session_bytes()
    load.run(stage.ceiling, bare_walks(SESSIONS, size), connections=SESSIONS)
    found: list[Found] = []

    def ours() -> float:
        found.append(load.run(stage.web, *walks(people), connections=SESSIONS))
        return found[-1].rate

    def ceiling() -> float:
        return load.run(stage.ceiling, bare_walks(SESSIONS, size), connections=SESSIONS).rate

    value, alone, ratio = alternate(ours, ceiling)
    p99 = statistics.median(one.p99 for one in found)
    half = load.middle(
        lambda: load.run(stage.web, *walks(people), rate=value / 2, connections=SESSIONS),
    )
    at_once = f"{SESSIONS} USSD sessions at once"
    return [
        Figure(AREA, f"{at_once}, steps", value, "steps/s", alone, ratio, "ratio >= 0.6"),
        Figure(AREA, f"{at_once}, p99", p99, "ms", None, None, "< 1,000 ms"),
        Figure(AREA, f"{at_once}, half load, median", half.p50, "ms", None, None, ""),
        Figure(
            AREA,
            f"{at_once}, half load, p99",
            half.p99,
            "ms",
            half.p50,
            half.p99 / half.p50,
            "< 10 x its median",
        ),
    ]


def open_dialogues(stage: Stage) -> list[Figure]:
    """People on WhatsApp open the list of bundles, and leave it at that. Valkey holds nothing else: what other figures
    left there would pass away meanwhile."""
    channel = AtOnce(stage.large.channels["whatsapp"])
    count, valkey = stage.scale.dialogues, stage.large.redis
    people = stage.take(count)
    valkey.flushdb()
    before = valkey.info("memory")["used_memory"]
    for n in people:
        hear(stage.large, channel, channel.read(stored_message(n, "bundles")))
    taken = valkey.info("memory")["used_memory"] - before
    shown = [screen for _, screen, _ in channel.faces]
    if shown != ["buy.bundles"] * count:
        raise RuntimeError("somebody was not shown the list")
    value = taken / count * TEN_THOUSAND / MEBIBYTE
    said = "" if count == TEN_THOUSAND else f", from {count:,}"
    return [
        Figure(AREA, f"{TEN_THOUSAND:,} open talks in Valkey{said}", value, "MiB", None, None, "< 100 MiB")
    ]
