"""The families of errors. Anything outside of them is a bug and crashes the job or the request.

A Refusal is the house saying no: expected, with a sentence for the person. An OutsideError is a provider or a
router saying no; its type answers the question "again?".
"""

from core.base.words import Sentence


class Refusal(Exception):
    """The house says no. `sentence` is translatable and fit to be shown to the person as it is."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence.msgid)
        self.sentence = sentence


class OutsideError(Exception):
    """Something outside (a gateway, a carrier, a router) did not do what it was asked."""


class Unreachable(OutsideError):
    """It was never reached, or said 'later': nothing happened there, ask again after a while."""

    def __init__(self, why: str, *, retry_after_seconds: int | None = None) -> None:
        super().__init__(why)
        self.retry_after_seconds = retry_after_seconds


class Rejected(OutsideError):
    """It understood and refused: asking again the same way never helps. `code` is the provider's own."""

    def __init__(self, why: str, *, code: str = "") -> None:
        super().__init__(why)
        self.code = code


class OutcomeUnknown(OutsideError):
    """It may have happened or not. Money: look it up, never ask again."""


class NotReady(Exception):
    """A job came before its time (an earlier fact is not committed yet): try again shortly, without alarm."""


class Misconfigured(Exception):
    """The settings are missing, mixed or wrong. `problems` are plain sentences, one a setting."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems
