"""What a home line's owner is told before its paid time ends and after: each says how to pay, by phone and by hand."""

from core.base.words import N_, Sentence, counted
from core.messaging.template import Purpose, Template, Value

_OWED: dict[str, Value] = {
    "name": "Maximilian",
    "amount": "Ksh 12,500",
    "paybill": "1234567",
    "account": "10000015",
}


def days(count: int) -> Sentence:
    """How many days are left: the value `days`."""
    return counted("{count} day", "{count} days", count)


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
    ),
    "line_stops_tonight": Template(
        N_(
            "{name}, {amount} is not paid. Your WiFi stops at midnight tonight. Pay: {dial_pay} "
            "or Paybill {paybill} Acc {account}. {provider}"
        ),
        _OWED,
        nameless=N_(
            "{amount} is not paid. Your WiFi stops at midnight tonight. Pay: {dial_pay} "
            "or Paybill {paybill} Acc {account}. {provider}"
        ),
        purpose=Purpose.SERVICE,
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
    ),
}
