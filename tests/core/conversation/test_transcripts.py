"""Every talk as it is held, in both languages, through the real door, PostgreSQL and Valkey; and each of them once
more in every chat, where the same screens, words, choices and effects must come of it (see retold.py).

A transcript is a text file that anybody can read:

    given home_subscriber 0712345678     how the caller stands (a method of tests.ussd.provider.Provider)
    caller 0733123456 63903              from here on another number dials (and its operator)
    > *384*123#                          a number that is dialled begins a session
    < CON Pwani Net: Amina               what the phone shows, line by line
    > 1                                  an answer
    > (again)                            the gateway sends the same request once more
    (wait 20 minutes)                    the clock moves on

A story that names the caller's operator is of USSD alone: a chat cannot know it. Voucher codes and account numbers
are new each time; they are written K7QM2-XWD4F and 1000015. With
BANDO_REGENERATE_TRANSCRIPTS=1 the `<` lines are written anew instead of compared: read the difference before
you commit it.
"""

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from core.base.gsm7 import septets
from core.base.msisdn import Msisdn
from tests.conftest import START
from tests.core.conversation.chatting import CHANNELS, ChatHouse
from tests.core.conversation.retold import Retelling, Told, effects
from tests.ussd.handset import Handset, Service
from tests.ussd.provider import Provider

FOLDER = Path(__file__).parent / "transcripts"
REGENERATE = os.environ.get("BANDO_REGENERATE_TRANSCRIPTS") == "1"
CODE = re.compile(r"\b[2-9A-HJ-NPR-Z]{5}-[2-9A-HJ-NPR-Z]{5}\b")
ACCOUNT = re.compile(r"(?i)(?<=(?:account|akaunti) )\d{7,8}")
PAPER = re.compile(r"INV-\d{4}-\d{6}")
NUMBER = re.compile(r"^(?:given \S+|caller) (\S+)", re.MULTILINE)
WAIT = r"\(wait (\d+) minutes\)"
STORIES = sorted(FOLDER.glob("*.txt"))


@pytest.mark.parametrize("story", STORIES, ids=[story.stem for story in STORIES])
def test_transcript(
    story: Path,
    providers: dict[str, Provider],
    chats: dict[tuple[str, str], ChatHouse],
    redis_url: str,
) -> None:
    language = story.suffixes[0].lstrip(".")
    written, provider = story.read_text(), providers[language]
    provider.clock.at = START
    told: list[Told] = []
    with Service(provider.database, redis_url, provider.clock, provider.database.keyring) as service:
        played = play(written, language, provider, service, told)
    if REGENERATE:
        story.write_text(played)
    assert played == written or REGENERATE
    if re.search(r"^caller \S+ \S+", written, re.MULTILINE):
        pytest.skip("of USSD alone")
    numbers = [Msisdn.parse(number).digits for number in NUMBER.findall(written)]
    expected = effects(provider.database, numbers)
    for channel in CHANNELS:
        retell(written, Retelling(chats[language, channel], channel, language, always_alike), told)
        assert effects(chats[language, channel].database, numbers) == expected


def play(written: str, language: str, provider: Provider, service: Service, told: list[Told]) -> str:
    """The transcript with what the phone shows now; `told`: each turn of it."""
    phone = Handset(service, "")
    lines = []
    for line in written.splitlines():
        if line.startswith("<"):
            continue
        lines.append(line)
        if line.startswith("given "):
            _, how, number = line.split()
            getattr(provider, how)(number, language)
            phone.number = number
        elif line.startswith("caller "):
            phone.number, phone.network = (*line.split()[1:], "63902")[:2]
        elif found := re.fullmatch(WAIT, line):
            provider.clock.advance(timedelta(minutes=int(found[1])))
        elif line.startswith("> "):
            with capture_logs() as logged:
                reply = answer(phone, line[2:])
            assert septets(reply) <= 160
            assert "haikuwezekana" not in reply, "the turn failed"
            (turn,) = [entry for entry in logged if entry["event"] == "ussd_turn"]
            told.append(Told(line[2:], turn["screen"], turn["page"], reply))
            lines += [f"< {shown}" for shown in always_alike(reply).split("\n")]
    return "\n".join(lines) + "\n"


def retell(written: str, retelling: Retelling, told: list[Told]) -> None:
    """The same story in a chat, which has forgotten the ones before."""
    house, turns = retelling.house, iter(told)
    house.redis.flushall()
    house.clock.at = START
    for line in written.splitlines():
        if line.startswith("given "):
            _, how, number = line.split()
            retelling.meet(number, how)
        elif line.startswith("caller "):
            retelling.meet(line.split()[1], None)
        elif found := re.fullmatch(WAIT, line):
            house.pass_time(minutes=int(found[1]))
        elif line.startswith("> "):
            retelling.take(next(turns))


def answer(phone: Handset, typed: str) -> str:
    if typed == "(again)":
        return phone.again()
    return phone.dial(typed) if typed.startswith("*") and typed.endswith("#") else phone.press(typed)


def always_alike(reply: str) -> str:
    """What is drawn or counted anew each time is written as in the examples."""
    return PAPER.sub("INV-2026-000001", ACCOUNT.sub("1000015", CODE.sub("K7QM2-XWD4F", reply)))


def test_every_story_is_told_in_both_languages() -> None:
    told = {
        language: {s.stem.split(".")[0] for s in FOLDER.glob(f"*.{language}.txt")}
        for language in ("en", "sw")
    }
    assert told["en"] == told["sw"]
    assert told["en"]
