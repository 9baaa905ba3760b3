"""Every talk as it is held, by every door and in both languages: from the hand on the phone by way of the provider
who carries it, our web, the outbox, the relay and the workers, back to the words in the window.

Each story is told by all four doors, two of them in each language, turn about; BANDO_EVERY_TELLING=1 has every door
tell it in both.
"""

from __future__ import annotations

import itertools
import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from core.base.i18n import LANGUAGES
from tests.doors import goods
from tests.doors.stories import STORIES, Story, Wait, read_story
from tests.doors.telling import Chatting, Dialling, Teller
from tests.doors.town import PATIENCE_SECONDS, Town

EVERY = os.environ.get("BANDO_EVERY_TELLING") == "1"
CHANNELS = ("ussd", "sms", "whatsapp", "telegram")


@pytest.mark.parametrize("name", STORIES)
def test_story(town: Town, name: str) -> None:
    begins = town.soon()
    town.clock.at = begins
    tellers = [
        _teller(town, story, channel)
        for place, (language, channel) in enumerate(itertools.product(LANGUAGES, CHANNELS))
        if _is_told(story := read_story(name, language, teller=place, begins=begins), place, channel)
    ]
    _tell_together(town, tellers)
    with ThreadPoolExecutor(len(tellers)) as pool:
        list(pool.map(lambda teller: teller.pay(), tellers))
    town.world.comes_to_rest(within=PATIENCE_SECONDS)
    for teller in tellers:
        goods.are_delivered(town, teller.digits)
        goods.papers_arrived(town, teller.channel, teller.digits)
    for language in LANGUAGES:
        first, *others = [_outcome(teller) for teller in tellers if teller.story.language == language]
        for other in others:
            assert other == first


def _is_told(story: Story, place: int, channel: str) -> bool:
    """Whether it is this teller's turn; what is of USSD alone is told there in both languages."""
    its_turn = (place + place // len(CHANNELS) + STORIES.index(story.name)) % 2 == 0
    return story.is_for(channel) and (EVERY or its_turn or not all(map(story.is_for, CHANNELS)))


def _teller(town: Town, story: Story, channel: str) -> Teller:
    return Dialling(town, story) if channel == "ussd" else Chatting(town, story, channel)


def _tell_together(town: Town, tellers: list[Teller]) -> None:
    """All at once; they wait for each other where the clock moves on."""
    steps = tellers[0].story.steps
    waits = [place for place, step in enumerate(steps) if isinstance(step, Wait)]
    with ThreadPoolExecutor(len(tellers)) as pool:
        for start, stop in itertools.pairwise([-1, *waits, len(steps)]):
            list(pool.map(lambda teller: _tell(teller, start + 1, stop), tellers))  # noqa: B023
            if stop < len(steps):
                wait = steps[stop]
                assert isinstance(wait, Wait)
                if wait.minutes:
                    town.world.advance(f"PT{wait.minutes}M")
                for teller in tellers:
                    teller.waited = teller.waited or wait.told


def _tell(teller: Teller, start: int, stop: int) -> None:
    for step in teller.story.steps[start:stop]:
        assert not isinstance(step, Wait)
        try:
            teller.take(step)
        except AssertionError as error:
            raise AssertionError(f"{teller.channel} {teller.story.language}, {step}: {error}") from error


def _without_links(notices: list[dict[str, str]] | None) -> list[str]:
    """In a chat there is also the news that it was linked."""
    told = [one["template"] for one in notices or []]
    return sorted(template for template in told if not template.startswith("contacts_"))


def _outcome(teller: Teller) -> Any:
    found = teller.town.effects(list(teller.story.numbers.values()))
    told = json.dumps([found["purchases"], found["languages"], _without_links(found["notices"])])
    for written, here in teller.story.numbers.items():
        told = told.replace(here, written)
    return json.loads(told)
