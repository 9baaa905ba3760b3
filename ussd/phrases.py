"""What the door itself says. Before the language of the caller is known it speaks both."""

from core.base.gsm7 import plain
from core.base.i18n import LANGUAGES, render
from core.base.words import Sentence, say
from core.conversation.phrases import NOTHING_TYPED, TOO_LONG, no_such_choice, not_available

__all__ = [
    "DIAL_AGAIN",
    "NOTHING_TYPED",
    "ONLY_KENYA",
    "TOO_LONG",
    "WAIT",
    "in_both",
    "no_such_choice",
    "not_available",
    "not_our_code",
    "polite_end",
    "told",
]

DIAL_AGAIN = say("Sorry, that did not work. Please dial again.")
WAIT = say("That was too often. Please wait a while, then dial again.")
ONLY_KENYA = say("This service needs a mobile number of Kenya.")


def not_our_code(service_code: str) -> Sentence:
    return say("That code is not ours. Dial {dial}", dial=service_code)


def polite_end(sentence: Sentence) -> str:
    """A last word to somebody whose language we do not know."""
    return "END " + in_both(sentence)


def in_both(sentence: Sentence) -> str:
    return plain("\n".join(render(sentence, language) for language in LANGUAGES))


def told(text: str) -> Sentence:
    """Words that stand in a language already."""
    return Sentence("{text}", {"text": text})
