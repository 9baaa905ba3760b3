"""Voucher codes: ten symbols that cannot be mistaken for one another.

31 symbols without 0, 1, I, O, Q: 31^10 is 8 * 10^14, so that a million guesses at the router's own login page
against a million live codes hit once in a thousand times (eight symbols would be hit once).
"""

import re
import secrets

from core.base.typed import tidy

ALPHABET = "23456789ABCDEFGHJKLMNPRSTUVWXYZ"
CODE_LENGTH = 10
_HALF = CODE_LENGTH // 2
_CODE = re.compile(rf"[{ALPHABET}]{{{CODE_LENGTH}}}")


def draw_code() -> str:
    """A fresh code as stored and as routers hold it: "K7WM2XWD4F" in shape, no dash."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def show_code(code: str) -> str:
    """For paper and screens: "K7WM2-XWD4F". Raises ValueError for what is no code."""
    if not _CODE.fullmatch(code):
        raise ValueError("not a voucher code")
    return f"{code[:_HALF]}-{code[_HALF:]}"


def parse_code(text: str) -> str | None:
    """The code that a person typed, in any case, with any spaces and dashes; None when it is none.

    A symbol outside the alphabet is refused, never turned into its look-alike: both readings would halve the
    work of guessing, and a clear "no" makes the buyer look again.
    """
    typed = re.sub(r"[ -]", "", tidy(text))
    code = typed.upper() if typed.isascii() else ""
    return code if _CODE.fullmatch(code) else None
