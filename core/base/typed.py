"""What keyboards, contact lists and chat programs add to a number or code, folded away."""

import unicodedata

MAX_TYPED = 64  # characters; the longest number or code with all its separators has half of that


def tidy(text: str) -> str:
    """`text` in one plain spelling: any script's digits as 0-9, any dash as "-", any white space as " ",
    full-width letters narrow, invisible direction marks (contact lists paste them) dropped, ends stripped.

    Meaning is never guessed: letters stay what they are. Text beyond MAX_TYPED is no number and no code;
    it comes back empty.
    """
    if len(text) > MAX_TYPED:
        return ""
    return "".join(_tidy_character(ch) for ch in unicodedata.normalize("NFKC", text)).strip()


def _tidy_character(ch: str) -> str:
    if ch.isdecimal():
        return str(unicodedata.decimal(ch))
    if ch.isspace():
        return " "
    category = unicodedata.category(ch)
    if category == "Cf":
        return ""
    if category == "Pd" or ch == "\N{MINUS SIGN}":
        return "-"
    return ch
