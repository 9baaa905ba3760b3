"""The alphabet of the phone network, GSM 03.38, and how many parts a text is billed as."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}[]~\\|€\f")  # an escape sign precedes each: they count double

GSM_SINGLE, GSM_JOINED = 160, 153
UCS2_SINGLE, UCS2_JOINED = 70, 67


def is_gsm7(text: str) -> bool:
    return all(sign in _BASIC or sign in _EXTENDED for sign in text)


def length(text: str) -> int:
    """Signs the network counts: septets in GSM-7, 16-bit units otherwise."""
    if is_gsm7(text):
        return sum(2 if sign in _EXTENDED else 1 for sign in text)
    return len(text.encode("utf-16-be")) // 2


def segments(text: str) -> int:
    """Parts the text is billed as, at least one."""
    single, joined = (GSM_SINGLE, GSM_JOINED) if is_gsm7(text) else (UCS2_SINGLE, UCS2_JOINED)
    signs = length(text)
    return 1 if signs <= single else -(-signs // joined)
