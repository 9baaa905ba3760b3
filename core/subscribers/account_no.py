"""Account numbers: six digits or more and a Damm check digit, which catches every single slip and every swap.

The published table of H. Michael Damm (2004): a totally anti-symmetric quasigroup of order 10; 572 gives 4.
"""

import re

from core.base.typed import tidy

FIRST_SERIAL = 100_000
# Eight digits with the check digit: nine would be taken for a phone number without its 0.
LAST_SERIAL = 9_999_999

_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
# The word that stands before the number on our texts and on the M-Pesa menu is often typed with it.
_WRITTEN = re.compile(r"(?:(?:account|akaunti|acct?|a/c)\.?(?: ?no)?[.:]? ?)?([1-9][0-9 .-]*)", re.IGNORECASE)
_NUMBER = re.compile(r"[1-9][0-9]{6,7}")


def damm_digit(digits: str) -> int:
    """The check digit of a string of the digits 0-9; 0 exactly when its last digit is the right one."""
    if not re.fullmatch(r"[0-9]+", digits):
        raise ValueError("a check digit needs digits")
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return interim


def with_check_digit(serial: int) -> str:
    """The account number of a serial number: 100001 -> "1000015". Raises ValueError outside the series."""
    if not FIRST_SERIAL <= serial <= LAST_SERIAL:
        raise ValueError(f"account serials run from {FIRST_SERIAL} to {LAST_SERIAL}")
    return f"{serial}{damm_digit(str(serial))}"


def parse_account_no(text: str) -> str | None:
    """The account number in `text`, alone or after "acc"/"akaunti" in any case, with spaces, dashes or dots;
    None when it is none. A wrong check digit is None, a letter O is no 0: nothing is guessed.
    """
    written = _WRITTEN.fullmatch(tidy(text))
    if written is None:
        return None
    number = re.sub(r"[ .-]", "", written[1])
    return number if _NUMBER.fullmatch(number) and damm_digit(number) == 0 else None
