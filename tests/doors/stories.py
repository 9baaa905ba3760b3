"""The transcripts as steps, and what a phone must show for each: words, choices and ways, however the door puts them.

A story is told by many people at the same time, so everybody gets numbers of their own: they differ from the
written ones in their three middle digits, which a masked number does not show.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from core.base.clock import NAIROBI
from core.base.gsm7 import plain
from core.base.i18n import LANGUAGES, render
from core.base.msisdn import Msisdn
from core.base.words import say
from core.conversation import phrases
from core.conversation.chat import TURNS_A_MINUTE
from tests.conftest import START
from tests.core.conversation.retold import FOOTER, MORE, UNDERSTOOD, Told, is_part, says_the_same
from tests.core.conversation.test_transcripts import FOLDER, always_alike
from tests.doors.hands import Seen

NUMBER = re.compile(r"^(?:given \S+|caller|>) (0[17]\d\d ?\d{3} ?\d{3})\b", re.MULTILINE)
CHOICE = re.compile(r"(\d{1,2})\. (.+)")
BACK, NO_SENSE = (
    {plain(render(sentence, language)) for language in LANGUAGES}
    for sentence in (phrases.BACK, phrases.NO_SENSE)
)
LEAVE = {
    plain(render(say("To read it leave, then dial {dial} again.", dial="*384*123#"), language))
    for language in LANGUAGES
}
"""Who is in a chat can read a text without leaving."""
SAFARICOM = "63902"
DAY = re.compile(r"\b(\d\d)/(\d\d)(?:/(\d{4}))?\b")
WAIT = re.compile(r"^\(wait (\d+) minutes\)$", re.MULTILINE)


def _minutes(path: Path) -> int:
    return sum(map(int, WAIT.findall(path.read_text())))


STORIES = [
    path.name.split(".")[0]
    for path in sorted(FOLDER.glob("*.en.txt"), key=lambda path: (_minutes(path), path))
]
"""Whoever waits till tomorrow comes last: the others name the day."""
MOST_TELLERS = 8
"""Of one story: each channel in each language."""
FULL_MINUTE = TURNS_A_MINUTE * 2 // 3
"""Messages after which a teller takes breath: who is asked for a number or a code besides writes some more."""
LAST = ("usual_shelf", "no_offer_code")
"""Scenes that end what the whole town is sold in a story: nobody sets them before all have come so far."""
OF_ALL = ("special_shelf", "offer_code")
"""Scenes that begin it. What is on sale is read anew within seconds, by each process for itself."""


@dataclass(frozen=True, slots=True)
class Given:
    """how: a scene of the provider's, None for a number that nobody knows. network: the operator's code.

    known: the number and its chats are known here for long: a story says so by naming their own operator.
    """

    how: str | None
    number: str
    network: str | None = None
    known: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """Everybody waits for everybody, and the clock moves on. told: by the story; otherwise no talk notices."""

    minutes: int
    told: bool = True


Step = Given | Wait | Told


@dataclass(frozen=True, slots=True)
class Story:
    """numbers: the digits of everybody in it, as they are written → as they are here."""

    name: str
    language: str
    steps: tuple[Step, ...]
    numbers: dict[str, str]

    def is_for(self, channel: str) -> bool:
        """A story of an operator without M-PESA is of USSD alone: a chat cannot know the operator."""
        return channel == "ussd" or all(
            step.network in (None, SAFARICOM) for step in self.steps if isinstance(step, Given)
        )


def read_story(name: str, language: str, *, teller: int, begins: datetime) -> Story:
    """The story for the `teller`th of its people, who begins it at `begins`."""
    written = Path(FOLDER / f"{name}.{language}.txt").read_text()
    numbers = {Msisdn.parse(found).digits: "" for found in NUMBER.findall(written)}
    middle = 100 + STORIES.index(name) * MOST_TELLERS + teller
    for digits in numbers:
        numbers[digits] = f"{digits[:6]}{middle:03d}{digits[9:]}"
        for spelt in (f"0{digits[3:]}", f"0{digits[3:6]} {digits[6:9]} {digits[9:]}"):
            written = written.replace(spelt, _respelt(spelt, numbers[digits]))
    steps = _with_breath(_steps(_at_this_time(written, begins)))
    return Story(name, language, tuple(steps), numbers)


def _respelt(old: str, digits: str) -> str:
    new = f"0{digits[3:]}"
    return f"{new[:4]} {new[4:7]} {new[7:]}" if " " in old else new


def _at_this_time(written: str, begins: datetime) -> str:
    """Stories are written for ten o'clock of a 22nd of November; whoever tells one later sees later days."""
    local, start = begins.astimezone(NAIROBI), START.astimezone(NAIROBI)
    later = local.date() - start.date()

    def moved(found: re.Match[str]) -> str:
        day, month, year = found.groups()
        written_day = date(int(year or start.year), int(month), int(day))
        return f"{written_day + later:{'%d/%m/%Y' if year else '%d/%m'}}"

    return DAY.sub(moved, written).replace(f"{start:%H:%M}", f"{local:%H:%M}")


def _steps(written: str) -> list[Step]:
    found: list[Step] = []
    lines = iter([*written.splitlines(), "end"])
    line, page = next(lines), 0
    while line != "end":
        if line.startswith("> "):
            typed, shown = line[2:], []
            while (line := next(lines)).startswith("<"):
                shown.append(line[2:])
            before = found[-1] if found else None
            page = _page(typed, shown, before.page if isinstance(before, Told) else 0)
            found.append(Told(typed, "", page, "\n".join(shown)))
            continue
        match line.split():
            case ["given", how, number]:
                found += [Wait(0, told=False)] * (how in LAST)
                found.append(Given(how, number, known=f"caller {number} {SAFARICOM}" in written))
            case ["caller", number, *network]:
                of = network[0] if network else None
                found.append(Given(None, number, of, known=of == SAFARICOM))
            case ["(wait", minutes, "minutes)"]:
                found.append(Wait(int(minutes)))
        line = next(lines)
    return found


def _with_breath(steps: Sequence[Step]) -> Iterator[Step]:
    """The same, with a minute between two sessions where a chat would take no more messages in this one, and after a
    change of what everybody is sold."""
    written = 0
    for step in steps:
        if isinstance(step, Told):
            coming = len(keys_of(step)) + 1 if step.typed.startswith("*") else 1
            if step.typed.startswith("*") and written + coming > FULL_MINUTE:
                yield Wait(1, told=False)
                written = 0
            written += coming
        yield step
        if isinstance(step, Given) and step.how in OF_ALL:
            yield Wait(1, told=False)


def keys_of(told: Told) -> list[str]:
    """What a chat is told in place of a code with keys behind it; a chat has all choices on one page."""
    return [key for key in told.typed.strip("*#").split("*")[2:] if key != MORE]


def _page(typed: str, shown: Sequence[str], before: int) -> int:
    """Which page of a screen a phone shows: one after the first begins with its choices."""
    if typed == "(again)":
        return before
    turned = typed.strip("*#").endswith(MORE) and CHOICE.match(shown[0].removeprefix("CON "))
    return before + 1 if turned else 0


def choices_of(told: Told) -> dict[str, str]:
    """Number → label of what the phone offers."""
    return {found[1]: found[2] for line in told.lines if (found := CHOICE.fullmatch(line))}


def difference(told: Told, seen: Seen) -> str:
    """In what the chat does not show what was told; empty where it does."""
    wanted = [always_alike(line) for line in told.lines]
    shown = [always_alike(line) for line in seen.said]
    if not seen.numbered:
        wanted = [found[2] if (found := CHOICE.fullmatch(line)) else line for line in wanted]
    if told.typed in UNDERSTOOD:
        wanted = wanted[1:]
    wanted = [line for line in wanted if line not in LEAVE]
    if shown and shown[0] in NO_SENSE and told.typed not in UNDERSTOOD:
        wanted, shown = wanted[1:], shown[1:]  # after three errors; USSD, where each costs, goes on
    if not told.is_whole:
        return "" if is_part(wanted, shown) else f"{wanted} is no part of {shown}"
    online = not seen.numbered  # texts are also for those who have no internet
    if len(wanted) != len(shown) or not all(
        says_the_same(*lines, online=online) for lines in zip(shown, wanted, strict=True)
    ):
        return f"wanted {wanted}, seen {shown}"
    footer = told.reply.split("\n")[-1]
    offers_back = FOOTER.match(footer) is not None and "0. " in footer.replace("00. ", "")
    if offers_back != bool(BACK & {*seen.ways}):
        return f"wanted {'a' if offers_back else 'no'} way back, seen {seen.ways}"
    return ""
