"""What a home line's owner is told before its paid time ends and after: each says how to pay, by phone and by hand."""

from core.base.words import N_, Sentence, counted
from core.messaging.template import Purpose, Template, Value

_OWED: dict[str, Value] = {
    "name": "Maximilian",
    "amount": "Ksh 12,500",
    "paybill": "1234567",
    "account": "10000015",
}
_TIME: dict[str, Value] = {"amount": "Ksh 12,500", "last_day": "14/01/2027"}


def days(count: int) -> Sentence:
    """How many days are left: the value `days`."""
    return counted("{count} day", "{count} days", count)


_DAYS: dict[str, Value] = {"days": days(30), "last_day": "14/01/2027"}

TEMPLATES_OF_DUNNING: dict[str, Template] = {
    "line_reminder": Template(
        N_(
            "{name}, your WiFi is paid up to {last_day}: {days} left. To go on pay {amount}: dial {dial_pay} "
            "or Paybill {paybill} Acc {account}. {provider}"
        ),
        {**_OWED, "last_day": "14/12", "days": days(30)},
        nameless=N_(
            "Your WiFi is paid up to {last_day}: {days} left. To go on pay {amount}: dial {dial_pay} "
            "or Paybill {paybill} Acc {account}. {provider}"
        ),
        purpose=Purpose.SERVICE,
        chat_msgid=N_(
            "Your WiFi is paid up to {last_day}: {days} left. To go on pay {amount}: write PAY here, "
            "or Paybill {paybill} Acc {account}. {provider}"
        ),
    ),
    "line_last_day": Template(
        N_(
            "{name}, today is the last paid day of your WiFi. To go on pay {amount}: dial {dial_pay} "
            "or Paybill {paybill} Acc {account}. {provider}"
        ),
        _OWED,
        nameless=N_(
            "Today is the last paid day of your WiFi. To go on pay {amount}: dial {dial_pay} "
            "or Paybill {paybill} Acc {account}. {provider}"
        ),
        purpose=Purpose.SERVICE,
        chat_msgid=N_(
            "Today is the last paid day of your WiFi. To go on pay {amount}: write PAY here, or "
            "Paybill {paybill} Acc {account}. {provider}"
        ),
    ),
    "line_slowed": Template(
        N_(
            "{name}, your WiFi is slow now: {amount} is not paid. Pay and it is fast at once: {dial_pay} "
            "or Paybill {paybill} Acc {account}. {provider}"
        ),
        _OWED,
        nameless=N_(
            "Your WiFi is slow now: {amount} is not paid. Pay and it is fast at once: {dial_pay} "
            "or Paybill {paybill} Acc {account}. {provider}"
        ),
        purpose=Purpose.SERVICE,
        chat_msgid=N_(
            "Your WiFi is slow now: {amount} is not paid. Pay and it is fast at once: write PAY here, "
            "or Paybill {paybill} Acc {account}. {provider}"
        ),
    ),
    "line_stops_tonight": Template(
        N_(
            "{name}, {amount} is not paid. Your WiFi stops at midnight tonight. Pay: {dial_pay} "
            "or Paybill {paybill} Acc {account}. More days? {dial_later}. {provider}"
        ),
        _OWED,
        nameless=N_(
            "{amount} is not paid. Your WiFi stops at midnight tonight. Pay: {dial_pay} "
            "or Paybill {paybill} Acc {account}. More days? {dial_later}. {provider}"
        ),
        purpose=Purpose.SERVICE,
        chat_msgid=N_(
            "{amount} is not paid. Your WiFi stops at midnight tonight. To pay write PAY here, or "
            "Paybill {paybill} Acc {account}. Need more days? Write MENU. {provider}"
        ),
    ),
    "line_suspended": Template(
        N_(
            "{name}, your WiFi is off: {amount} is not paid. Pay and it is back at once: {dial_pay} "
            "or Paybill {paybill} Acc {account}. {provider}"
        ),
        _OWED,
        nameless=N_(
            "Your WiFi is off: {amount} is not paid. Pay and it is back at once: {dial_pay} "
            "or Paybill {paybill} Acc {account}. {provider}"
        ),
        purpose=Purpose.SERVICE,
        chat_msgid=N_(
            "Your WiFi is off: {amount} is not paid. Pay and it is back at once: write PAY here, or "
            "Paybill {paybill} Acc {account}. {provider}"
        ),
    ),
    # Answers to who asked for time, by phone.
    "day_lent": Template(
        N_(
            "Your WiFi stays on up to the end of {last_day}. That day comes out of your next month. "
            "To pay {amount} dial {dial_pay}. {provider}"
        ),
        _TIME,
        chat_msgid=N_(
            "Your WiFi stays on up to the end of {last_day}. That day comes out of your next month. "
            "To pay {amount} write PAY here. {provider}"
        ),
    ),
    "promise_noted": Template(
        N_(
            "Noted: you pay {amount} by the end of {last_day}. Your WiFi is not switched off before. "
            "To pay dial {dial_pay}. {provider}"
        ),
        _TIME,
        chat_msgid=N_(
            "Noted: you pay {amount} by the end of {last_day}. Your WiFi is not switched off before. "
            "To pay write PAY here. {provider}"
        ),
    ),
    # Days that went from one line to another: to who gave them, and to who has them now.
    "days_handed": Template(
        N_(
            "You gave {days} of WiFi away. Your own is paid up to the end of {last_day}. Was it not you? "
            "Dial {dial_account} now. {provider}"
        ),
        _DAYS,
        chat_msgid=N_(
            "You gave {days} of WiFi away. Your own is paid up to the end of {last_day}. Was it not you? "
            "Call us now. {provider}"
        ),
    ),
    "days_received": Template(
        N_("{name} gave you {days} of WiFi: it is paid up to the end of {last_day}. {provider} {dial}"),
        {"name": "Maximilian", **_DAYS},
        nameless=N_(
            "You were given {days} of WiFi: it is paid up to the end of {last_day}. {provider} {dial}"
        ),
    ),
}
