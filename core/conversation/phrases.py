"""What the talk itself says on a channel, beside the screens of the flows."""

from collections.abc import Mapping, Sequence

from core.base.i18n import LANGUAGES, render
from core.base.words import Sentence, say

NOTHING_TYPED = say("Nothing was typed.")
TOO_LONG = say("That cannot be read. Please type it again.")
OLD_MENU = say("That menu is old. Here is a new one.")
TOO_LATE = say("That took too long to reach us. Please choose again.")
ONLY_TEXT = say("We can only read text here. Please type or choose.")
TOO_OFTEN = say("That was too often. Please wait a minute, then write again.")
NO_SENSE = say(
    "We do not understand each other. Here is the menu again. For words that always work write HELP."
)
ALWAYS_WORK = say("Words that always work: BUY, PAY, BALANCE, VOUCHER, MENU, BACK, STOP.")
GOODBYE = say("Thank you. To begin again write MENU.")
BACK, HOME = say("Back"), say("Main menu")

CHANNEL_WORDS: Mapping[str, Sentence] = {
    "choose": say("Choose"),
    "share_number": say("Share my number"),
    "more": say("More"),
    "reply_number": say("Reply with a number."),
    "old_menu": OLD_MENU,
}
"""What a channel must say for itself (on a button that opens a list, and the like): Face.words, by these names."""


def stopped(provider: str) -> Sentence:
    return say(
        "You will get no more offers from {provider}. Receipts, vouchers and news of your own WiFi still come. "
        "To get offers again write START.",
        provider=provider,
    )


def started(provider: str) -> Sentence:
    return say("You will get offers from {provider} again. To stop them write STOP.", provider=provider)


def no_such_choice(numbers: Sequence[int]) -> Sentence:
    """Why a number did nothing: which ones do something."""
    if len(numbers) == 1:
        return say("That choice is not there. Choose {number}.", number=numbers[0])
    if list(numbers) == list(range(numbers[0], numbers[-1] + 1)):
        return say("That choice is not there. Choose {first} to {last}.", first=numbers[0], last=numbers[-1])
    return say("That choice is not there. Choose {numbers}.", numbers=", ".join(map(str, numbers)))


def not_available(number: int) -> Sentence:
    return say("{number} is not available yet.", number=number)


def in_both(sentence: Sentence) -> tuple[str, ...]:
    """To somebody whose language we do not know."""
    return tuple(render(sentence, language) for language in LANGUAGES)
