"""What a router's refusal means. The category word is optional and texts differ by version, so the text
decides, by substring (RouterOS 6.49 to 7.23, "API" manual page and traces of independent programs).
"""

from enum import Enum

MAX_TEXT_CHARACTERS = 200
"""Of a router's text we keep so much: it is foreign, and is stored and shown."""


class Meaning(Enum):
    """The value is the code of the Rejected that it becomes."""

    EXISTS = "exists"
    GONE = "gone"
    OUR_BUG = "our_bug"
    PERMISSION = "permission"
    VERSION = "version"
    LOGIN = "login"
    UNKNOWN = "unknown"


_MEANINGS = (
    ("already", Meaning.EXISTS),
    # A pool says "failure: pool with such name exists"; other menus say "already".
    ("such name exists", Meaning.EXISTS),
    ("no such item", Meaning.GONE),
    ("does not match any value of", Meaning.OUR_BUG),
    ("invalid value", Meaning.OUR_BUG),
    ("unknown parameter", Meaning.OUR_BUG),
    ("not enough permissions", Meaning.PERMISSION),
    ("no such command", Meaning.VERSION),
    ("invalid user name or password", Meaning.LOGIN),
    ("cannot log in", Meaning.LOGIN),
)


def meaning_of(text: str) -> Meaning:
    """The meaning of a trap's message."""
    lower = text.lower()
    return next((meaning for part, meaning in _MEANINGS if part in lower), Meaning.UNKNOWN)


def readable(data: bytes) -> str:
    """Bytes of a router as text: UTF-8, or the code page of an old console. No byte is dropped."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def printable(text: str) -> str:
    """A router's text made fit to be stored and shown: printable ASCII, cut to a limit."""
    return "".join(sign if " " <= sign <= "~" else "?" for sign in text[:MAX_TEXT_CHARACTERS])


class Trap(Exception):
    """One command was refused; the connection is in step and stays. `text` is the router's, whole."""

    def __init__(self, text: str) -> None:
        super().__init__(printable(text))
        self.text = text
        self.meaning = meaning_of(text)
