"""People who have missed a text, dialling: what the USSD screen shows them of it, read with their own eyes."""

import time
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress

from drill.buyers import DIALS, MESSAGE_TITLES, PAUSE_SECONDS, Buyer, HungUp, is_in_between
from drill.facts import Unread
from drill.line import NoAnswer
from drill.outside import Outside

ENOUGH = 60
"""Characters of a text that tell which it is; a screen may cut what follows."""
CUT_AT = " .,;:"
MOST_SCREENS = 60


def read_on_screen(outside: Outside, unread: Iterable[Unread]) -> set[int]:
    """The notices that stood on the screen of whoever dialled to see, each on a screen of its own."""
    waiting: dict[str, list[Unread]] = defaultdict(list)
    for one in unread:
        waiting[one.address].append(one)
    return {id for address, theirs in waiting.items() for id in _read_by(outside, address, theirs)}


def _read_by(outside: Outside, address: str, unread: list[Unread]) -> set[int]:
    """Dials until no message comes before the menu any more."""
    read: set[int] = set()
    buyer = Buyer(outside, f"0{address[3:]}")
    for _ in range(DIALS):
        with suppress(HungUp, NoAnswer):
            screen = buyer.dial()
            for _ in range(MOST_SCREENS):
                if not is_in_between(screen):
                    return read
                told = (one.notice_id for one in unread if shows(screen, one.text))
                read |= {id for id in [next((id for id in told if id not in read), None)] if id is not None}
                screen = buyer.press("1")
        time.sleep(PAUSE_SECONDS)
    return read


def shows(screen: str, text: str) -> bool:
    """Whether the screen is that of this message: it says all of it, or its beginning."""
    title = next((title for title in MESSAGE_TITLES if screen.startswith(title)), None)
    if title is None:
        return False
    said = " ".join(screen.removeprefix(title).rpartition("1. ")[0].split()).rstrip(CUT_AT)
    whole = " ".join(text.split())
    return whole.startswith(said) and len(said) >= min(ENOUGH, len(whole.rstrip(CUT_AT)))
