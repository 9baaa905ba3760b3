"""Every notice by name, with the values it takes. The Swahili stands in `locales/sw`.

Amounts are written by `show_money`, days as 14/01/2027. Nothing here says that money was or was not taken
before M-PESA has said so: "we have received nothing" is always true.
"""

from dataclasses import replace

from core.base.words import N_, Sentence, counted
from core.messaging.site_templates import SITE_TEMPLATES
from core.messaging.template import Purpose, Template
from core.messaging.templates_of_data import TEMPLATES_OF_DATA
from core.messaging.templates_of_dunning import TEMPLATES_OF_DUNNING
from core.messaging.templates_of_failure import TEMPLATES_OF_FAILURE
from core.messaging.templates_of_money import TEMPLATES_OF_MONEY

_AMOUNT = "Ksh 12,500"
_BALANCE = "Ksh 12,500"
_RECEIPT = "SGR7K2XQ9P"
_ACCOUNT = "10000015"
_NAME = "Maximilian"
_PLAN = "Home 100Mbps"
_SITE = "Kisimani Juu"
_TERM = "24 hours"
_DAY = "14/01/2027"
_CODE = "K7WM2-XWD4F"
_CHAT = "WhatsApp"
_MOMENT = "22/11 10:00"
_MASKED = "0712***678"


def phones(count: int) -> Sentence:
    """On how many phones one voucher works at a time: the value `phones`."""
    return counted("{count} phone", "{count} phones", count)


_BOUGHT = {"amount": _AMOUNT, "receipt": f"M-PESA {_RECEIPT}"}

TEMPLATES: dict[str, Template] = {
    # -- what was bought
    "voucher": Template(
        N_(
            "{provider} voucher: {code}. WiFi {term}, {phones}. Time starts when you log in. "
            "Use by {use_by}. Join {wifi}, type the code. Lost? {dial_vouchers}"
        ),
        {"code": _CODE, "term": _TERM, "phones": phones(1), "use_by": _DAY},
        urgent=True,
        chat_msgid=N_(
            "{provider} voucher: {code}. WiFi {term}, {phones}. Time starts when you log in. "
            "Use by {use_by}. Join {wifi}, type the code. Lost? Write VOUCHER here."
        ),
    ),
    "voucher_again": Template(
        N_(
            "Your voucher again: {code}, WiFi {term}, {phones}, not used. Use by {use_by}. "
            "Tell nobody: it works only on the first phone. {provider} {dial_vouchers}"
        ),
        {"code": _CODE, "term": _TERM, "phones": phones(1), "use_by": _DAY},
        urgent=True,
        chat_msgid=N_(
            "Your voucher again: {code}, WiFi {term}, {phones}, not used. Use by {use_by}. "
            "Tell nobody: it works only on the first phone. {provider}. To see it again write VOUCHER here."
        ),
    ),
    "line_credentials": Template(
        N_(
            "{provider}: your home WiFi is ready. Type into the router (PPPoE): user {username}, "
            "password {password}. Tell nobody. Help: dial {dial}"
        ),
        {"username": "bando-10000015", "password": "K7WM2XWD4FGH2345"},
        urgent=True,
    ),
    # -- money received
    "receipt": Template(
        N_(
            "Received {amount}, {receipt}, account {account} ({name}). {plan} paid up to the end "
            "of {last_day}. Balance {balance}. {provider} {dial}"
        ),
        {
            **_BOUGHT,
            "account": _ACCOUNT,
            "name": _NAME,
            "plan": _PLAN,
            "last_day": _DAY,
            "balance": _BALANCE,
        },
        nameless=N_(
            "Received {amount}, {receipt}, account {account}. {plan} paid up to the end "
            "of {last_day}. Balance {balance}. {provider} {dial}"
        ),
    ),
    # To a payer who is not the account's holder: the balance is the holder's affair.
    "receipt_payer": Template(
        N_(
            "Received {amount}, {receipt}, for account {account} ({name}). {plan} paid up to "
            "the end of {last_day}. {provider} {dial}"
        ),
        {**_BOUGHT, "account": _ACCOUNT, "name": _NAME, "plan": _PLAN, "last_day": _DAY},
        nameless=N_(
            "Received {amount}, {receipt}, for account {account}. {plan} paid up to "
            "the end of {last_day}. {provider} {dial}"
        ),
    ),
    # To the payer of a voucher that went to another number.
    "receipt_gift": Template(
        N_(
            "Received {amount}, {receipt}. WiFi {term} for {phone}: the voucher goes to that "
            "number by SMS. {provider} {dial}"
        ),
        {**_BOUGHT, "term": _TERM, "phone": "0700 000 000"},
    ),
    "line_renewed_itself": Template(
        N_(
            "{plan} is paid up to the end of {last_day} from your own money: {amount}. "
            "Balance {balance}, account {account}. {provider} {dial}"
        ),
        {
            "plan": _PLAN,
            "last_day": _DAY,
            "amount": _AMOUNT,
            "balance": _BALANCE,
            "account": _ACCOUNT,
        },
    ),
    "line_restored": Template(
        N_(
            "Thank you {name}. {amount} received, WiFi is on up to the end of {last_day}. "
            "Not working? Switch the router off and on. {provider} {dial}"
        ),
        {"name": _NAME, "amount": _AMOUNT, "last_day": _DAY},
        nameless=N_(
            "Thank you. {amount} received, WiFi is on up to the end of {last_day}. "
            "Not working? Switch the router off and on. {provider} {dial}"
        ),
    ),
    "router_down_money_safe": Template(
        N_(
            "We have your {amount} ({receipt}). {site} WiFi is down. Your {term} starts only when you "
            "log in. We will SMS you. {provider} {dial}"
        ),
        {**_BOUGHT, "receipt": _RECEIPT, "site": _SITE, "term": _TERM},
    ),
    "router_down_home": Template(
        N_(
            "We have your {amount} ({receipt}). {site} WiFi is down. {plan}: the time you paid for "
            "starts only when it is back. We will SMS you. {provider}"
        ),
        {**_BOUGHT, "receipt": _RECEIPT, "site": _SITE, "plan": _PLAN},
    ),
    "money_kept": Template(
        N_(
            "Received {amount}, {receipt}. It bought nothing, so it stays your money: "
            "balance {balance}, account {account}. To use it dial {dial}. {provider}"
        ),
        {**_BOUGHT, "balance": _BALANCE, "account": _ACCOUNT},
        chat_msgid=N_(
            "Received {amount}, {receipt}. It bought nothing, so it stays your money: balance "
            "{balance}, account {account}. To use it write PAY here. {provider}"
        ),
    ),
    "amount_differs": Template(
        N_(
            "Received {amount}, {receipt}, but the price was {price}. Your money is safe: "
            "balance {balance}, account {account}. Dial {dial}. {provider}"
        ),
        {**_BOUGHT, "price": _AMOUNT, "balance": _BALANCE, "account": _ACCOUNT},
        chat_msgid=N_(
            "Received {amount}, {receipt}, but the price was {price}. Your money is safe: "
            "balance {balance}, account {account}. To see it write BALANCE here. {provider}"
        ),
    ),
    **TEMPLATES_OF_FAILURE,
    **SITE_TEMPLATES,
    # -- who a number is
    "code": Template(
        N_(
            "{code} is your {provider} code, for 10 minutes. Tell nobody, not even our staff. "
            "You asked for none? Then do nothing."
        ),
        {"code": "482913"},
        urgent=True,
        sms_only=True,
    ),
    "contacts_chat_linked": Template(
        N_(
            "{chat} was linked to account {account} on {when}. Was it not you? Dial {dial_account} now. {provider}"
        ),
        {"chat": _CHAT, "account": _ACCOUNT, "when": _MOMENT},
        sms_only=True,
    ),
    "contacts_chat_unlinked": Template(
        N_("{chat} leaves account {account} on {when}. Was it not you? Dial {dial_account} now. {provider}"),
        {"chat": _CHAT, "account": _ACCOUNT, "when": _MOMENT},
        sms_only=True,
    ),
    "contacts_number_added": Template(
        N_("{phone} joins account {account} on {when}. Was it not you? Dial {dial_account} now. {provider}"),
        {"phone": _MASKED, "account": _ACCOUNT, "when": _MOMENT},
        sms_only=True,
    ),
    "contacts_number_removed": Template(
        N_("{phone} leaves account {account} on {when}. Was it not you? Dial {dial_account} now. {provider}"),
        {"phone": _MASKED, "account": _ACCOUNT, "when": _MOMENT},
        sms_only=True,
    ),
    "contacts_account_moved": Template(
        N_(
            "Account {account} moves to {phone} on {when}. Was it not you? Call us: it can be undone for 7 days. "
            "{provider}"
        ),
        {"phone": _MASKED, "account": _ACCOUNT, "when": _MOMENT},
        sms_only=True,
    ),
    "contacts_number_restored": Template(
        N_("{phone} is on account {account} again. Was it not you? Dial {dial_account} now. {provider}"),
        {"phone": _MASKED, "account": _ACCOUNT},
        sms_only=True,
    ),
}

_MAILBOX = "a***@***g-provider.com"
"""As long as a masked one gets."""

TEMPLATES |= {
    "contacts_email_set": Template(
        N_(
            "{email} gets the bills of account {account} from {when}. Was it not you? Dial {dial_account} now. "
            "{provider}"
        ),
        {"email": _MAILBOX, "account": _ACCOUNT, "when": _MOMENT},
        sms_only=True,
    ),
    "contacts_email_removed": Template(
        N_(
            "{email} gets no more bills of account {account} from {when}. Was it not you? Dial {dial_account} now. "
            "{provider}"
        ),
        {"email": _MAILBOX, "account": _ACCOUNT, "when": _MOMENT},
        sms_only=True,
    ),
    "contacts_email_noted": Template(
        N_(
            "Staff noted {email} for the bills of account {account}. It gets nothing before you confirm it: "
            "dial {dial_account}, Numbers, My e-mail. {provider}"
        ),
        {"email": _MAILBOX, "account": _ACCOUNT},
        sms_only=True,
    ),
}

TEMPLATES |= TEMPLATES_OF_DATA | TEMPLATES_OF_DUNNING | TEMPLATES_OF_MONEY

_IN_CHAT = "_in_chat"


def in_chat(name: str) -> str:
    """The name of the same words for a chat, beside the SMS."""
    return f"{name}{_IN_CHAT}"


TEMPLATES |= {
    in_chat(name): replace(form, sms_only=False, chat_only=True)
    for name, form in TEMPLATES.items()
    if name.startswith("contacts_")
}

_BY_MAIL = "_by_mail"
_MAILED = ("code", "contacts_email_set", "contacts_email_removed")
_BILLS = ("invoice_open", "invoice_paid", "invoice_closed", "credit_note")
"""Nobody has asked for them in that minute: they are sent by day, to whoever has not opted out of our news."""


def by_mail(name: str) -> str:
    """The name of the same words for a mailbox."""
    return f"{name}{_BY_MAIL}"


TEMPLATES |= {
    by_mail(name): replace(TEMPLATES[name], sms_only=False, mail_only=True, chat_msgid=None)
    for name in (*_MAILED, *_BILLS)
}
TEMPLATES |= {by_mail(name): replace(TEMPLATES[by_mail(name)], purpose=Purpose.SERVICE) for name in _BILLS}
