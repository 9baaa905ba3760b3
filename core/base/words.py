"""Sentences that a person reads, named in code and put into a language only where they are shown.

A Sentence is a gettext message id with its values; the msgid is the English sentence itself. `say`, `counted`
and `N_` are the keywords that the extraction looks for.
"""

from dataclasses import dataclass, field
from typing import Any


def N_(msgid: str) -> str:
    """Mark a message id for extraction and return it unchanged."""
    return msgid


@dataclass(frozen=True, slots=True)
class Sentence:
    """A message id and the values for its {names}; a value may be a Sentence too.

    several: the message id for other counts than one, chosen by the value `count`. spoken: the whole sentence in each
    language that it was put into (core/base/i18n.py).
    """

    msgid: str
    values: dict[str, Any] = field(default_factory=dict)
    several: str | None = None
    spoken: dict[str, str] = field(default_factory=dict, init=False, compare=False, repr=False)


def say(msgid: str, /, **values: Any) -> Sentence:
    """The Sentence for `msgid` with `values`."""
    return Sentence(msgid, values)


def counted(one: str, several: str, /, count: int, **values: Any) -> Sentence:
    """The Sentence that depends on `count`; both message ids may name {count}."""
    return Sentence(one, {"count": count, **values}, several)
