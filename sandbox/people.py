"""Who holds a phone: name and ids in the chats, made from the number, so that each tells the other."""

_FIRST_NAMES = (
    "Wanjiru", "Otieno", "Akinyi", "Ng'ang'a", "Njeri", "Kipchoge", "Mwende", "Achieng", "Kamau <fundi>",
    "Halima", "Mama_Njeri", "Barasa", "Chebet", "Omar & Sons", "Nyambura", "Wekesa", "Zawadi",
)  # fmt: skip
# Numbers have nine digits behind the country's. Multiplying by a number without 2 and 5 in it, modulo 10**9,
# mixes them so that no two share an id, and the inverse finds the phone again.
_ROOM = 10**9
_TELEGRAM_MIX = 387_420_489
_TELEGRAM_BASE = 6_000_000_000  # Telegram's ids exceed 32 bits
_WHATSAPP_MIX = 244_140_623
_WHATSAPP_BASE = 88_000_000_000_000


def first_name(msisdn: str) -> str:
    """Some hold signs that break careless markup."""
    return _FIRST_NAMES[int(msisdn) % len(_FIRST_NAMES)]


def username(msisdn: str) -> str:
    """The handle of somebody who hides the number."""
    return f"mteja_{telegram_id(msisdn) % _ROOM:09d}"


def telegram_id(msisdn: str) -> int:
    return _TELEGRAM_BASE + _mixed(msisdn, _TELEGRAM_MIX)


def whatsapp_user_id(msisdn: str) -> str:
    """The id within the business's portfolio, another one for another number: `KE.` and letters or digits."""
    return f"KE.{_WHATSAPP_BASE + _mixed(msisdn, _WHATSAPP_MIX)}"


def phone_of_telegram(id_: int) -> str | None:
    return _unmixed(id_ - _TELEGRAM_BASE, _TELEGRAM_MIX)


def phone_of_whatsapp(user_id: str) -> str | None:
    country, _, digits = user_id.partition(".")
    if country != "KE" or not digits.isdecimal():
        return None
    return _unmixed(int(digits) - _WHATSAPP_BASE, _WHATSAPP_MIX)


def _mixed(msisdn: str, factor: int) -> int:
    return int(msisdn[3:]) * factor % _ROOM


def _unmixed(mixed: int, factor: int) -> str | None:
    if not 0 <= mixed < _ROOM:
        return None
    own = f"{mixed * pow(factor, -1, _ROOM) % _ROOM:09d}"
    return f"254{own}" if own[0] in "17" else None
