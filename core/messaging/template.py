"""What a notice says: a sentence with named values, safe to be put into a text, and made to fit one SMS."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from core.base.gsm7 import GSM7_ALONE, plain, segments
from core.base.i18n import LANGUAGES, render
from core.base.settings import Brand
from core.base.words import Sentence

Value = str | int | Sentence
"""What callers hand over; a Sentence is put into the notice's language when the notice is queued."""

MAX_VALUE = 48
"""Characters of one value; the longest that we know (plan, site, address) have less than half of that."""
MAX_NAME = 20
"""Characters of a first name in a text: a longer one is a sentence in disguise (M21)."""

_NAME = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
# What telephones turn into links: a scheme, or a dot between a letter or digit and two letters.
_SCHEME = re.compile(r"\w+://")
_DOMAIN_DOT = re.compile(r"(?<=[\w-])\.(?=[^\W\d_]{2})")


class Purpose(Enum):
    """Why a notice is sent: whether it needs consent, and whether it may wake a person up."""

    ANSWER = "answer"
    """To the person's own act (a purchase, a code asked for): at any hour, whatever was opted out of."""
    SERVICE = "service"
    """Begun by us and about what the person has: a reminder, an outage. By day, unless it was opted out of."""
    MARKETING = "marketing"
    """Not asked for and not owed: by day, with a consent that stands, and never sent twice."""
    PROMPT = "prompt"
    """Not a notice: a payment prompt that nobody asked for at that moment. Only to who agreed to be prompted."""


@dataclass(frozen=True, slots=True)
class Template:
    """One kind of notice.

    longest: the names of its values, each with the longest value that is promised to fit one SMS.
    nameless: the sentence for a person without a fit first name; the template then has the value `name`.
    urgent: somebody stands and waits for it (a voucher, a code): it is tried elsewhere sooner.
    sms_only: it proves that the number is in the person's hand, so it goes nowhere but to that number.
    chat_only: the same was told by SMS; it goes nowhere but to the chat that `prefer` names.
    mail_only: it goes nowhere but to the mailbox that is its address.
    chat_msgid: the sentence for a chat, where another way on is at hand there than a code to dial.
    """

    msgid: str
    longest: Mapping[str, Value]
    nameless: str | None = None
    purpose: Purpose = Purpose.ANSWER
    urgent: bool = False
    sms_only: bool = False
    chat_only: bool = False
    mail_only: bool = False
    chat_msgid: str | None = None

    @property
    def begun_by_us(self) -> bool:
        return self.purpose is not Purpose.ANSWER

    @property
    def may_wait(self) -> bool:
        """Whether it is still worth reading on the next dial: an offer is not, and a code has lapsed by then."""
        return self.purpose is not Purpose.MARKETING and not (
            self.sms_only or self.chat_only or self.mail_only
        )


def settle(template: Template, values: Mapping[str, Value], language: str) -> dict[str, str]:
    """The values as they will stand in the text. Raises ValueError where the names are not the template's."""
    if values.keys() != template.longest.keys():
        raise ValueError(f"the template takes {sorted(template.longest)}, not {sorted(values)}")
    spelt = {name: _spell(value, language) for name, value in values.items()}
    return {name: first_name(value) if name == "name" else disarm(value) for name, value in spelt.items()}


def compose(
    template: Template, settled: Mapping[str, str], brand: Brand, language: str, *, in_chat: bool = False
) -> str:
    """The text in GSM-7. A first name that would cost a second part is left out."""
    values = {**house_values(brand), **settled}
    if in_chat and template.chat_msgid is not None:
        return plain(render(Sentence(template.chat_msgid, values), language))
    whole = plain(render(Sentence(template.msgid, values), language))
    if template.nameless is None:
        return whole
    if settled["name"] and segments(whole).parts == 1:
        return whole
    return plain(render(Sentence(template.nameless, values), language))


def preview(template: Template, brand: Brand, language: str) -> str:
    """The text with the longest values, to be shown to staff and measured."""
    values = {**house_values(brand), **settle(template, template.longest, language)}
    return plain(render(Sentence(template.msgid, values), language))


def too_long(templates: Mapping[str, Template], brand: Brand) -> list[str]:
    """The templates that need a second SMS under this brand's names, one plain sentence each."""
    return [
        f"the text '{name}' ({language}) needs {segments(text).units} of {GSM7_ALONE} characters: "
        "shorten the provider's name, the WiFi name or the service code"
        for name, template in templates.items()
        for language in LANGUAGES
        if segments(text := preview(template, brand, language)).parts > 1
    ]


def house_values(brand: Brand) -> dict[str, str]:
    """The values that every template may name and no caller hands over."""
    return {
        "provider": brand.provider_name,
        "wifi": brand.wifi_name,
        "dial": brand.dial(),
        "dial_pay": brand.dial(1),
        "dial_buy": brand.dial(2),
        "dial_vouchers": brand.dial(3),
        "dial_account": brand.dial(4),
        "dial_later": brand.dial(9),
    }


def disarm(value: str) -> str:
    """`value` on one line, in GSM-7, without anything that a telephone would show as a link."""
    line = _one_line(value)
    return _DOMAIN_DOT.sub(" ", _SCHEME.sub(" ", line))[:MAX_VALUE].strip()


def first_name(text: str) -> str:
    """The first word of a person's name where it is letters alone and short; else "" (M21)."""
    word = _one_line(text).partition(" ")[0]
    return word if len(word) <= MAX_NAME and _NAME.fullmatch(word) else ""


def _one_line(value: str) -> str:
    return " ".join(plain(value).split())


def _spell(value: Value, language: str) -> str:
    return render(value, language) if isinstance(value, Sentence) else str(value)
