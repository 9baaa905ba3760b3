"""Languages: gettext catalogues read from `locales/`, straight from the .po files (no build step to forget)."""

import gettext
import io
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from core.base.words import Sentence

LOCALES = Path(__file__).resolve().parents[2] / "locales"
LANGUAGES = {"en": "English", "sw": "Kiswahili"}
"""Code and own name of each language that we speak; the first is the one that message ids are written in."""
DEFAULT_LANGUAGE = "en"


@cache
def translation(language: str) -> gettext.NullTranslations:
    """The catalogue of `language`; an unknown language, or English, speaks the message ids themselves."""
    path = LOCALES / language / "LC_MESSAGES" / "bando.po"
    if not path.exists():
        return gettext.NullTranslations()
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def render(sentence: Sentence, language: str) -> str:
    """The whole sentence in `language`, its values filled in (values that are Sentences are rendered first)."""
    spoken = sentence.spoken.get(language)
    if spoken is None:
        spoken = sentence.spoken[language] = _render(sentence, language)
    return spoken


def _render(sentence: Sentence, language: str) -> str:
    values = {
        name: render(value, language) if isinstance(value, Sentence) else value
        for name, value in sentence.values.items()
    }
    catalogue = translation(language)
    if sentence.several is None:
        return catalogue.gettext(sentence.msgid).format(**values)
    return catalogue.ngettext(sentence.msgid, sentence.several, int(values["count"])).format(**values)
