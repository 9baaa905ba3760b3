"""The face of a talk: its present screen as a channel is handed it."""

from core.base.i18n import render
from core.conversation.channel import MOST_DATA_BYTES, Button, Face
from core.conversation.kept_talk import KeptTalk
from core.conversation.phrases import BACK, CHANNEL_WORDS, HOME

ASKS_NUMBER = "link.ask"
"""The screen that asks for the person's own phone number."""
BACK_ID, HOME_ID, CHANNELS_OWN = "-back", "-home", "+"
"""Stand where the id of a choice stands; no choice begins with a dash or a plus. What begins with a plus is a
button of the channel's own, such as the next page of a list: it is shown the same screen again."""
BACK_KEY, HOME_KEY = "0", "00"


def data_of(tag: str, choice: str) -> str:
    """What a button carries: the screen that it stands on, and the choice."""
    data = f"{tag}.{choice}"
    assert len(data.encode()) <= MOST_DATA_BYTES, f"the id {choice!r} is too long for a button"
    return data


def face_of(talk: KeptTalk) -> Face:
    """The talk's present screen, with all its choices: a channel that must page pages for itself."""
    shown = talk.shown
    assert shown is not None, "a talk that owes an answer has a screen"
    ways = []
    if shown.back:
        ways.append(Button(data_of(talk.tag, BACK_ID), render(BACK, shown.language), BACK_KEY))
    if shown.home:
        ways.append(Button(data_of(talk.tag, HOME_ID), render(HOME, shown.language), HOME_KEY))
    return Face(
        id=shown.id,
        language=shown.language,
        lines=(*talk.reason, *shown.lines),
        buttons=tuple(
            Button(data_of(talk.tag, choice), label, str(number)) for number, choice, label in shown.choices
        ),
        ways=tuple(ways),
        ends=shown.ends,
        asks_number=shown.id == ASKS_NUMBER,
        words={name: render(words, shown.language) for name, words in CHANNEL_WORDS.items()},
    )
