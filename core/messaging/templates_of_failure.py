"""What people are told of money that was asked for and did not come: why, as far as M-PESA says, and how to go on."""

from core.base.words import N_
from core.messaging.template import Template, Value

_AMOUNT = "Ksh 12,500"
_FAILED: dict[str, Value] = {"amount": _AMOUNT, "paybill": "1234567", "account": "10000015"}

TEMPLATES_OF_FAILURE: dict[str, Template] = {
    # Named for the reason, not for M-PESA's number of it
    "failed_balance": Template(
        N_(
            "{amount} not paid: not enough money in M-PESA. We have received nothing. Add money, "
            "dial {dial_pay}. To pay less: Paybill {paybill} Acc {account}. {provider}"
        ),
        _FAILED,
        chat_msgid=N_(
            "{amount} not paid: not enough money in M-PESA. We have received nothing. Add money, then "
            "write PAY here. To pay less: Paybill {paybill} Acc {account}. {provider}"
        ),
    ),
    "failed_cancelled": Template(
        N_(
            "The payment of {amount} was stopped. We have received nothing. When ready dial {dial_pay} "
            "or Paybill {paybill} Acc {account}. {provider}"
        ),
        _FAILED,
        chat_msgid=N_(
            "The payment of {amount} was stopped. We have received nothing. When ready write PAY "
            "here, or Paybill {paybill} Acc {account}. {provider}"
        ),
    ),
    "failed_pin": Template(
        N_(
            "M-PESA did not accept the PIN for {amount}. We have received nothing. Try again: "
            "{dial_pay}. Forgot it? Dial *334#. Never give anyone your PIN. {provider}"
        ),
        {"amount": _AMOUNT},
        chat_msgid=N_(
            "M-PESA did not accept the PIN for {amount}. We have received nothing. To try again write "
            "PAY here. Forgot it? Dial *334#. Never give anyone your PIN. {provider}"
        ),
    ),
    "failed_no_answer": Template(
        N_(
            "The M-PESA request for {amount} was not answered. We have received nothing yet. "
            "Dial {dial_pay} or Paybill {paybill} Acc {account}. {provider}"
        ),
        _FAILED,
        chat_msgid=N_(
            "The M-PESA request for {amount} was not answered. We have received nothing yet. Write "
            "PAY here, or Paybill {paybill} Acc {account}. {provider}"
        ),
    ),
    "failed_busy": Template(
        N_(
            "Your phone was busy, so M-PESA could not ask for the PIN. We have received nothing. "
            "Wait 3 minutes, then dial {dial_pay}. {provider}"
        ),
        {},
        chat_msgid=N_(
            "Your phone was busy, so M-PESA could not ask for the PIN. We have received nothing. Wait "
            "3 minutes, then write PAY here. {provider}"
        ),
    ),
    # Result 17. The first payment of the two may well have been received, so nothing is said of it.
    "failed_same_amount": Template(
        N_(
            "M-PESA refused a second {amount} within 2 minutes. See if the first was paid: dial {dial}. "
            "If not, wait 2 minutes, then dial {dial_pay}. {provider}"
        ),
        {"amount": _AMOUNT},
        chat_msgid=N_(
            "M-PESA refused a second {amount} within 2 minutes. See if the first was paid: write MENU "
            "here. If not, wait 2 minutes, then write PAY. {provider}"
        ),
    ),
    "failed_limit": Template(
        N_(
            "{amount} not paid: above an M-PESA limit. We have received nothing. Pay less, or tomorrow: "
            "Paybill {paybill} Acc {account}. {provider} {dial}"
        ),
        _FAILED,
    ),
    "failed_locked": Template(
        N_(
            "{amount} not paid: your M-PESA PIN is locked. We have received nothing. Call Safaricom "
            "100, then dial {dial_pay}. Never give anyone your PIN. {provider}"
        ),
        {"amount": _AMOUNT},
        chat_msgid=N_(
            "{amount} not paid: your M-PESA PIN is locked. We have received nothing. Call Safaricom "
            "100, then write PAY here. Never give anyone your PIN. {provider}"
        ),
    ),
    "failed_other": Template(
        N_(
            "The payment of {amount} was not completed. We have received nothing. Try again later: "
            "{dial_pay} or Paybill {paybill} Acc {account}. {provider}"
        ),
        _FAILED,
        chat_msgid=N_(
            "The payment of {amount} was not completed. We have received nothing. Later write PAY "
            "here to try again, or Paybill {paybill} Acc {account}. {provider}"
        ),
    ),
    "payment_unknown": Template(
        N_(
            "We do not know yet if your {amount} was paid. Please do not pay again. We are asking "
            "M-PESA and will SMS you. If it left you, it is safe. {provider}"
        ),
        {"amount": _AMOUNT},
    ),
}
