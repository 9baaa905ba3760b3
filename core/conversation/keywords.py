"""What a person writes in words of their own, understood: pure functions from text to a wish.

English, Swahili, the Kenyan mix of both and Sheng are taken as input and never printed. A sentence is understood by
its known words; it leads at most to a confirmation, so a wrong guess costs a look, never money. Words and their
judgement: the product's glossary (words that always work on SMS and chats).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from core.base.msisdn import Msisdn, NotAPhoneNumber
from core.conversation.plan_words import GAP, Term, amounts, fold, plan_of
from core.subscribers.account_no import parse_account_no

LONGEST = 240
"""Characters; a longer text is a letter and no wish."""
MOST_UNKNOWN = 4
"""Words of a sentence that we need not know."""


class Action(Enum):
    BUY = "buy"
    PAY = "pay"
    BALANCE = "balance"
    VOUCHERS = "vouchers"
    HELP = "help"
    MENU = "menu"
    BACK = "back"
    LANGUAGE = "language"
    """`language` says which one; empty: ask."""
    FAULT = "fault"
    HAVE_PAID = "have paid"
    CALL_ME = "call me"
    TIME_TO_PAY = "time to pay"
    OPT_OUT = "opt out"
    OPT_IN = "opt in"
    START = "start"
    """Whoever has opted out wants offers again; anybody else begins anew."""
    CANCEL = "cancel"
    """Inside a flow it leaves the flow; outside it opts out."""
    LEAVE = "leave"
    GREETING = "greeting"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted. bare: the words say nothing else, so even a screen that asks for text may take it as a key.

    price_cents, term: the plan, as far as it is named. number: whom it is for. account_no: the same, by account.
    """

    action: Action
    bare: bool = False
    language: str = ""
    price_cents: int | None = None
    term: Term | None = None
    number: Msisdn | None = None
    account_no: str | None = None

    @property
    def names_a_plan(self) -> bool:
        return self.price_cents is not None or self.term is not None


def read(text: str) -> Wish | None:
    """The wish that `text` speaks of, or None where it speaks of none that we know."""
    if len(text) > LONGEST:
        return None
    named, rest = _numbers(text)
    words = fold(amounts(rest)).split()
    if not words and named == _NOBODY:
        return None
    known = _wish_of(words)
    if known is not None and known.action is Action.START and _BUTTON.match(rest):
        known = replace(known, action=Action.MENU)  # a button of Telegram, not a word of the person's
    if known is None:
        return None
    if named == _NOBODY:
        return known
    if known.action not in (Action.BUY, Action.PAY):
        return replace(known, bare=False)
    return replace(known, bare=False, number=named.number, account_no=named.account_no)


@dataclass(frozen=True, slots=True)
class _Named:
    number: Msisdn | None = None
    account_no: str | None = None


_NOBODY = _Named()
_BUTTON = re.compile(r"[\W_]*/")
"""Before the first word, whatever else a keyboard has put there."""
_PHONE = re.compile(r"(?<!\d)\+?(?:254|0)[ -]?[17]\d{2}[ -]?\d{3}[ -]?\d{3}(?!\d)")
_ACCOUNT = re.compile(
    r"(?i)\b(?:account|akaunti|acct?|a/c)\b\.?(?: ?no)?[.: ]*[1-9]\d{5,8}(?!\d)|(?<!\d)\d{7,8}(?!\d)"
)


def _numbers(text: str) -> tuple[_Named, str]:
    """The phone or account number in `text`, and the text without it."""
    plain = "".join(
        str(unicodedata.decimal(sign)) if sign.isdecimal() else sign
        for sign in text
        if unicodedata.category(sign) != "Cf"
    )
    if found := _PHONE.search(plain):
        try:
            return _Named(number=Msisdn.parse(found[0])), plain.replace(found[0], " ")
        except NotAPhoneNumber:
            return _NOBODY, plain
    if found := _ACCOUNT.search(plain):
        account_no = parse_account_no(found[0])
        if account_no is not None:
            return _Named(account_no=account_no), plain.replace(found[0], " ")
    return _NOBODY, plain


def _lexicon(lines: Mapping[Action, str]) -> dict[str, Action]:
    return {word: action for action, words in lines.items() for word in words.split()}


_STRONG = _lexicon(
    {
        Action.BUY: "buy nunua nunulia ninunulie kununua ninunue purchase chukua kuchukua nichukue top topup",
        Action.PAY: "pay lipa kulipa nilipe lipia kulipia nilipie malipo bill bili renew renewal extend ongeza",
        Action.BALANCE: "bal balance bala salio account akaunti deni usage statement risiti receipt receipts",
        Action.VOUCHERS: "voucher vouchers vocha vochas code codes kodi",
        Action.HELP: "help msaada saidia nisaidie usaidizi",
        Action.MENU: "menu menyu mwanzo home start anza restart",
        Action.BACK: "back rudi nyuma previous",
        Action.LANGUAGE: "language lugha english kiingereza kiswahili swahili",
        Action.FAULT: "haifanyi haishiki fundi technician stima imekatika imepotea fault broken",
        Action.HAVE_PAID: "nimelipa nimeshalipa nishalipa",
        Action.CALL_ME: "nipigie callback",
        Action.TIME_TO_PAY: "nitalipa dharura okoa emergency",
        Action.CANCEL: "end cancel quit ghairi kansela",
        Action.LEAVE: "ondoka toka exit bye kwaheri",
    }
)
_WEAK = _lexicon(
    {
        Action.BUY: "bundle bundles bando bandos kifurushi vifurushi plan package "
        "wifi net mtandao data mb mbs gb internet intaneti"
    }
)
"""Things, not deeds: they mean to buy where nothing else is said."""
_PHRASES = {
    ("not", "working"): Action.FAULT,
    ("no", "internet"): Action.FAULT,
    ("no", "network"): Action.FAULT,
    ("hakuna", "net"): Action.FAULT,
    ("hakuna", "network"): Action.FAULT,
    ("hakuna", "intaneti"): Action.FAULT,
    ("hakuna", "mtandao"): Action.FAULT,
    ("have", "paid"): Action.HAVE_PAID,
    ("already", "paid"): Action.HAVE_PAID,
    ("i", "paid"): Action.HAVE_PAID,
    ("call", "me"): Action.CALL_ME,
    ("main", "menu"): Action.MENU,
}
_OPT_OUT = frozenset("stop acha jiondoe unsubscribe stopall optout".split())
_OF_OPT_OUT = frozenset("sms messages message all offers ofa ujumbe matangazo ads kunitumia".split())
_START = frozenset("start anza".split())
_OPT_IN = frozenset("unstop subscribe jiunge nijiunge optin".split())
_LANGUAGES = {
    **dict.fromkeys(("en", "eng", "english", "kiingereza"), "en"),
    **dict.fromkeys(("sw", "swa", "kiswahili", "swahili"), "sw"),
}
_ONLY_ALONE = {"en": Action.LANGUAGE, "eng": Action.LANGUAGE, "sw": Action.LANGUAGE, "swa": Action.LANGUAGE}
_GREETINGS = frozenset(
    "hi hello helo hey hallo habari jambo mambo vipi sasa niaje salama salaam salamu hujambo shikamoo poa asante "
    "asanteni shukran thanks thank thankyou ok okay sawa samahani sorry karibu morning evening afternoon good "
    "yako yenu xaxa wassup sup".split()
)
_FILLERS = frozenset(
    "please plz pls tafadhali nataka ningependa naomba naweza nipe nipatie nahitaji want need i a an the to my me of "
    "for on yangu zangu langu wangu yake ya wa la za kwa na ni kuna can could get give like would leo sir boss bro "
    "buda you it is in muda time sasa hivi now another other nyingine mwingine ingine badilisha "
    "change".split()
)
_NOT = frozenset("no not dont never hapana sitaki siwezi sijalipa usilipe usinunue bila".split()) | _OPT_OUT
_STRONGEST_FIRST = (Action.FAULT, Action.HAVE_PAID, Action.CALL_ME, Action.TIME_TO_PAY, Action.LANGUAGE)
"""These say more than the words beside them: "nimelipa bundle", "wifi haifanyi"."""


def _wish_of(words: Sequence[str]) -> Wish | None:
    meant = [word for word in words if word not in _GREETINGS and word not in _FILLERS]
    if not meant:
        return Wish(Action.GREETING, bare=True) if any(word in _GREETINGS for word in words) else None
    if all(word in _OPT_OUT or word in _OF_OPT_OUT for word in meant) and _OPT_OUT.intersection(meant):
        return Wish(Action.OPT_OUT, bare=True)
    if all(word in _OPT_IN or word in _START or word in _OF_OPT_OUT for word in meant):
        if _OPT_IN.intersection(meant) or (_START.intersection(meant) and len(meant) > 1):
            return Wish(Action.OPT_IN, bare=True)
        if meant[0] in _START:
            return Wish(Action.START, bare=True)
    if len(meant) == 1 and meant[0] in _ONLY_ALONE:
        return Wish(Action.LANGUAGE, bare=True, language=_LANGUAGES[meant[0]])
    found, rest = _actions(words)
    if found is None:
        return None
    plan = plan_of(rest)
    if found is Action.GREETING:  # no deed is named; a plan is wanted where its price or time is
        if not plan.sure:
            return None
        found = Action.BUY
    pays = found in (Action.BUY, Action.PAY)
    if len(plan.unknown) > MOST_UNKNOWN or (not pays and plan.price_cents is not None):
        return None
    language = next((_LANGUAGES[word] for word in words if word in _LANGUAGES), "")
    return Wish(
        found,
        bare=not any(rest) and len(meant) <= 2,
        language=language if found is Action.LANGUAGE else "",
        price_cents=plan.price_cents if pays else None,
        term=plan.term if pays else None,
    )


def _actions(words: Sequence[str]) -> tuple[Action | None, list[str]]:
    """What is to be done, and the words that say the rest. GREETING: no deed is named, a plan may be.

    None: two deeds that do not go together, or a deed that is not wanted.
    """
    deeds: list[Action] = []
    things: list[Action] = []
    rest: list[str] = []
    position = 0
    while position < len(words):
        word = words[position]
        phrase = _PHRASES.get((word, words[position + 1])) if position + 1 < len(words) else None
        position += 2 if phrase else 1
        understood = phrase or word in _STRONG or word in _WEAK or word in _GREETINGS or word in _FILLERS
        if phrase or word in _STRONG:
            deeds.append(phrase or _STRONG[word])
        elif word in _WEAK:
            things.append(_WEAK[word])
        rest.append(GAP if understood else word)
    for action in _STRONGEST_FIRST:
        if action in deeds:
            return action, [GAP if word in _NOT else word for word in rest]
    if _NOT.intersection(rest):
        return None, rest
    told = set(deeds) or set(things)
    if Action.PAY in told and Action.BALANCE in told:  # "lipa bili ya akaunti": the account is what is paid
        told.discard(Action.BALANCE)
    if told == {Action.BUY, Action.PAY} or told == {Action.BUY, Action.VOUCHERS}:
        return Action.BUY, rest
    if len(told) > 1:
        return None, rest
    return (told.pop() if told else Action.GREETING), rest
