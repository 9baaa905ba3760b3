"""How a plan is named in free words: its price ("50 bob", "mbao", "2,000/=") and its time ("siku 3", "a week")."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

Term = tuple[str, int]
""" ("hours", 24) or ("months", 1)."""


@dataclass(frozen=True, slots=True)
class PlanWords:
    """What a sentence says of a plan. sure: by a word for money or time, not by a lone number.

    unknown: the words that say something else.
    """

    price_cents: int | None
    term: Term | None
    sure: bool
    unknown: tuple[str, ...]


def fold(text: str) -> str:
    """`text` as it is compared: any script's digits as 0-9, small letters without marks, one space between words.

    Zero-width signs and marks of direction vanish; punctuation and pictures part words.
    """
    kept = []
    for sign in unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()):
        category = unicodedata.category(sign)
        if sign.isdecimal():
            kept.append(str(unicodedata.decimal(sign)))
        elif category[0] in "LN":
            kept.append(sign)
        elif sign not in _APOSTROPHES and category[0] != "M" and category not in ("Cf", "Cs"):
            kept.append(" ")
    return " ".join("".join(kept).split())


_APOSTROPHES = "'`\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}\N{ACUTE ACCENT}"
_SHILLINGS_AFTER = re.compile(r"(\d)\s*/[=-]")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_NO_CENTS = re.compile(r"(?<=\d)\.00?(?!\d)")
_THOUSAND_K = re.compile(r"(?i)(?<![^\W_])(?<!\d\.)(\d{1,3})k(?![^\W_])")
_UNIT_BEHIND = re.compile(r"(?i)(?<=\d)(?=[a-z])")
_UNIT_BEFORE = re.compile(r"(?i)(?<=[a-z])(?=\d)")


def amounts(text: str) -> str:
    """`text` with amounts in one spelling: 2,000/= and 2k are "2000 bob", ksh50 is "ksh 50", 3hrs "3 hrs"."""
    text = _NO_CENTS.sub("", _THOUSANDS.sub("", _unmarked(text)))
    text = _THOUSAND_K.sub(r"\g<1>000 bob", _SHILLINGS_AFTER.sub(r"\1 bob ", text))
    return _UNIT_BEFORE.sub(" ", _UNIT_BEHIND.sub(" ", text))


def _unmarked(text: str) -> str:
    """Without accents, zero-width signs and marks of direction: none of them parts a unit from its figure."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in plain if unicodedata.category(sign) not in ("Mn", "Me", "Cf"))


_HOURS = {
    **dict.fromkeys("saa masaa lisaa hour hours hr hrs hourly".split(), 1),
    **dict.fromkeys("siku day days daily kutwa".split(), 24),
    **dict.fromkeys("wiki week weeks weekly".split(), 7 * 24),
}
_MONTHS = frozenset("mwezi miezi month months monthly".split())
_MONEY = frozenset("bob ksh kshs kes sh shs shilling shillings shilingi".split())
_SHENG = {"mbao": 20, "ashu": 10, "finje": 50, "chwani": 50, "soo": 100, "thao": 1_000, "ngiri": 1_000}
_NUMBER_STANDS_BEFORE = frozenset(
    "hour hours hr hrs day days week weeks month months bob shilling shillings".split()
)
"""3 days, 50 bob; but siku 3, ksh 50."""
_COUNTS = {
    **{word: n for n, word in enumerate("moja mbili tatu nne tano sita saba nane tisa kumi".split(), 1)},
    **{word: n for n, word in enumerate("mawili matatu manne matano".split(), 2)},
    **{word: n for n, word in enumerate("miwili mitatu minne mitano".split(), 2)},
    **{word: n for n, word in enumerate("one two three four five six seven eight nine ten".split(), 1)},
    "mmoja": 1, "ishirini": 20, "thelathini": 30, "hamsini": 50, "mia": 100, "twenty": 20, "thirty": 30, "fifty": 50,
    "hundred": 100,
}  # fmt: skip
MOST_SHILLINGS, MOST_HOURS = 1_000_000, 366 * 24
GAP = ""
"""Stands for a word that is understood already: what it parts does not belong together."""


def plan_of(words: Sequence[str]) -> PlanWords:
    """The plan that `words` name. Two prices, two times or a number too many are no plan."""
    sentence = _Sentence(words)
    prices = [amount for at, _ in sentence.each(_MONEY) if (amount := sentence.count_at(at)) is not None]
    prices += [_SHENG[word] * (sentence.count_at(at) or 1) for at, word in sentence.each(_SHENG)]
    terms = [("hours", _HOURS[word] * (sentence.count_at(at) or 1)) for at, word in sentence.each(_HOURS)]
    terms += [("months", sentence.count_at(at) or 1) for at, _ in sentence.each(_MONTHS)]
    sure = bool(prices or terms)
    loose, unknown = sentence.left()
    if not prices and len(loose) == 1:
        prices, loose = loose, []
    clear = not loose and len(set(prices)) <= 1 and len(set(terms)) <= 1
    price = prices[0] if clear and prices and 0 < prices[0] <= MOST_SHILLINGS else None
    term = terms[0] if clear and terms and 0 < terms[0][1] <= MOST_HOURS else None
    return PlanWords(price * 100 if price else None, term, sure, (*unknown, *map(str, loose)))


class _Sentence:
    """Words, of which each is understood once."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = list(words)

    def each(self, known: frozenset[str] | dict[str, int]) -> list[tuple[int, str]]:
        """Take the known words out; where they stood, and which they were."""
        found = [(at, word) for at, word in enumerate(self._words) if word in known]
        for at, word in found:
            self._words[at] = f"<{word}>"
        return found

    def count_at(self, at: int) -> int | None:
        """Take the number that belongs to the word at this place, on the side that its language puts it."""
        before = self._words[at].strip("<>") in _NUMBER_STANDS_BEFORE
        for near in (at - 1, at + 1) if before else (at + 1, at - 1):
            if 0 <= near < len(self._words) and (number := _whole(self._words[near])) is not None:
                self._words[near] = GAP
                return number
        return None

    def left(self) -> tuple[list[int], list[str]]:
        """(numbers, words) that were not taken."""
        left = [word for word in self._words if word != GAP and not word.startswith("<")]
        numbers = [number for word in left if (number := _whole(word)) is not None]
        return numbers, [word for word in left if _whole(word) is None]


def _whole(word: str) -> int | None:
    if word in _COUNTS:
        return _COUNTS[word]
    return int(word) if word.isdecimal() and word.isascii() and len(word) <= 7 else None
