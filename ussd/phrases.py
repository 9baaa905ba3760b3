"""What the door itself says. Before the language of the caller is known it speaks both."""

from core.base.gsm7 import plain
from core.base.i18n import LANGUAGES, render
from core.base.words import Sentence, say

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


def no_such_choice(numbers: list[int]) -> Sentence:
    """Why a key did nothing: which keys do something."""
    if len(numbers) == 1:
        return say("That choice is not there. Choose {number}.", number=numbers[0])
    if numbers == list(range(numbers[0], numbers[-1] + 1)):
        return say("That choice is not there. Choose {first} to {last}.", first=numbers[0], last=numbers[-1])
    return say("That choice is not there. Choose {numbers}.", numbers=", ".join(map(str, numbers)))


def not_available(number: int) -> Sentence:
    return say("{number} is not available yet.", number=number)


NOTHING_TYPED = say("Nothing was typed.")
TOO_LONG = say("That cannot be read. Please type it again.")


def told(text: str) -> Sentence:
    """Words that stand in a language already."""
    return Sentence("{text}", {"text": text})
