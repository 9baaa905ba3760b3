"""The numbers of the first screen. They mean the same for every caller and never change between releases.

A flow is added by its file in flows/ and its line in FLOWS. A number without a flow stays reserved: it is not
shown and answers that it is not available.
"""

PAY, BUY, VOUCHERS, ACCOUNT, FAULT, PAY_FOR_OTHER, HAVE_PAID, ADD, TIME_TO_PAY, CALL_ME = range(1, 11)

FIRST = "home.menu"
"""The step of the first screen."""

FLOWS = {
    BUY: "buy",
    VOUCHERS: "vouchers",
    ACCOUNT: "account",
    TIME_TO_PAY: "promise",
}
"""What each number opens. PAY is made by the first screen itself: it depends on who calls."""

NUMBERS = tuple(range(PAY, CALL_ME + 1))
