"""What `bando doctor` finds: one line each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One line for a person; bad: somebody has to do something about it."""

    line: str
    bad: bool


def fine(words: str) -> Finding:
    return Finding(f"ok   {words}", bad=False)


def amiss(words: str) -> Finding:
    return Finding(f"BAD  {words}", bad=True)
