"""What people are told of money that did not simply buy what was asked: part payments, debts, one payment for many
lines, and what was taken back, moved or paid out."""

from core.base.words import N_, Sentence, counted
from core.messaging.template import Template, Value

_AMOUNT = "Ksh 12,500"
_NUMBER = "SGR7K2XQ9P"
_PAID: dict[str, Value] = {"amount": _AMOUNT, "receipt": f"M-PESA {_NUMBER}", "account": "10000015"}
_PAPER: dict[str, Value] = {"number": "INV-2026-000001", "amount": _AMOUNT, "account": "10000015"}
_LINE: dict[str, Value] = {"plan": "Home 100Mbps", "last_day": "14/01/2027"}


def lines(count: int) -> Sentence:
    """How many lines one payment was for: the value `lines`."""
    return counted("{count} line", "{count} lines", count)


TEMPLATES_OF_MONEY: dict[str, Template] = {
    "receipt_owing": Template(
        N_(
            "Received {amount}, {receipt}, account {account}. {plan} paid up to the end of "
            "{last_day}. Still to pay: {owed}. {provider} {dial}"
        ),
        {**_PAID, **_LINE, "owed": _AMOUNT},
    ),
    "receipt_part": Template(
        N_(
            "Received {amount}, {receipt}, account {account}. Part of {plan}: on up to the end of "
            "{last_day}. Balance {balance}. {provider} {dial}"
        ),
        {**_PAID, **_LINE, "balance": _AMOUNT},
    ),
    "debt_paid": Template(
        N_(
            "Received {amount}, {receipt}, for what account {account} owed. Still to pay: {owed}. "
            "Balance {balance}. {provider} {dial}"
        ),
        {**_PAID, "owed": _AMOUNT, "balance": _AMOUNT},
    ),
    # To whoever pays for the lines of others.
    "receipt_lines": Template(
        N_(
            "Received {amount}, {receipt}, account {account}: {lines} paid. Still to pay: {owed}. "
            "Balance {balance}. {provider} {dial}"
        ),
        {**_PAID, "lines": lines(30), "owed": _AMOUNT, "balance": _AMOUNT},
    ),
    # To the owner of a line that somebody else pays for: the money is the payer's affair.
    "line_paid_for": Template(
        N_("{plan} is paid up to the end of {last_day}, account {account}. {provider} {dial}"),
        {**_LINE, "account": "10000015"},
    ),
    "money_aside": Template(
        N_(
            "Received {amount}, {receipt}. {kept} is kept aside for {plan}, which costs {price}. "
            "Account {account}. {provider} {dial}"
        ),
        {**_PAID, "kept": _AMOUNT, "plan": "Home 100Mbps", "price": _AMOUNT},
    ),
    "payment_reversed": Template(
        N_(
            "M-PESA took back your {amount}, {receipt}. The unused time it bought is taken back too. "
            "To pay: {owed}, account {account}. {provider} {dial}"
        ),
        {**_PAID, "receipt": _NUMBER, "owed": _AMOUNT},
    ),
    # What staff had booked and did not come: a cheque that bounced, a slip of a key.
    "payment_taken_out": Template(
        N_(
            "Your {amount}, {receipt}, has not come or was not yours: taken out, with its unused time. "
            "To pay: {owed}, account {account}. {provider} {dial}"
        ),
        {**_PAID, "owed": _AMOUNT},
    ),
    "refund_by_hand": Template(
        N_(
            "We have given back {amount} of {receipt}, number {reference}. Account {account}. {provider} {dial}"
        ),
        {**_PAID, "reference": _NUMBER},
    ),
    "refund_paid": Template(
        N_(
            "We have sent {amount} back to the phone that paid {receipt}: M-PESA {reference}. "
            "Account {account}. {provider} {dial}"
        ),
        {**_PAID, "receipt": _NUMBER, "reference": _NUMBER},
    ),
    "money_moved_away": Template(
        N_(
            "{amount} of {receipt} was meant for another account, and is moved there. Account {account}. "
            "Not right? {provider} {dial}"
        ),
        _PAID,
    ),
    "money_moved_here": Template(
        N_("{amount} of {receipt} is moved to your account {account}. {provider} {dial}"),
        _PAID,
    ),
    # -- papers, in one text
    "invoice_paid": Template(
        N_(
            "{provider} receipt {number}, {day}: {amount} paid, taxes in it {taxes}. Account {account}. {dial}"
        ),
        {**_PAPER, "day": "14/01/2027", "taxes": _AMOUNT},
    ),
    "invoice_closed": Template(
        N_(
            "{provider} invoice {number}, {day}, {amount}: nothing is to be paid of it any more. "
            "Account {account}. {dial}"
        ),
        {**_PAPER, "day": "14/01/2027"},
    ),
    "invoice_open": Template(
        N_(
            "{provider} invoice {number}: {amount} to pay by {last_day}. Account {account}. "
            "To pay dial {dial_pay}"
        ),
        {**_PAPER, "last_day": "14/01/2027"},
        chat_msgid=N_(
            "{provider} invoice {number}: {amount} to pay by {last_day}. Account {account}. To pay "
            "write PAY here."
        ),
    ),
    "credit_note": Template(
        N_("{provider} credit note {number}, {day}: {amount} is yours again. Account {account}. {dial}"),
        {**_PAPER, "day": "14/01/2027"},
    ),
    "bill_disputed": Template(
        N_(
            "We are looking at your bill {number}. You are not switched off for it up to the end of {last_day}. "
            "{provider} {dial}"
        ),
        {"number": "INV-2026-000001", "last_day": "14/01/2027"},
    ),
}
