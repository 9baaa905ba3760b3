"""The catalogues of locales/: collected from the code by `bando messages`, checked by `make lint`.

What is written stays small in a diff: sentences stand in the order of their files, without line numbers or
dates; a sentence that no code says any more is taken out.
"""

import io
import re
import string
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from core.base.i18n import DEFAULT_LANGUAGE, LANGUAGES

PARTS = ("core", "ussd", "bots", "bando", "admin")
"""The folders in which sentences for people are written."""
KEYWORDS = {"say": None, "N_": None, "counted": (1, 2)}
WORDS = b"core.base.words"
"""A file that says something to people imports from here."""
LINE = 110
SHOWN = 60
_HEADER = re.compile(r"\A(?:#[^\n]*\n)*msgid \"\"\nmsgstr \"\"\n(?:\"[^\n]*\n)*")

Key = str | tuple[str, ...]


def update_catalogues(root: Path) -> list[str]:
    """Bring every language's catalogue to what the code says. A line a language on what has changed."""
    said = collect(root)
    return [_update(_path(root, language), language, said) for language in _languages()]


def check_catalogues(root: Path) -> list[str]:
    """What is wrong with the catalogues, a line each: untranslated, doubtful, wrong {names}, out of date."""
    said = collect(root)
    problems: list[str] = []
    for language in _languages():
        path = _path(root, language)
        if not path.exists():
            problems.append(f"{language}: there is no catalogue: run `make messages`")
            continue
        problems += [f"{language}: {problem}" for problem in _problems(_read(path, language), said)]
    return problems


def collect(root: Path) -> Catalog:
    """Every sentence of the code, each with the files that say it, in the order of files and lines."""
    found = Catalog()
    for path in sorted(path for part in PARTS for path in (root / part).rglob("*.py")):
        source = path.read_bytes()
        if WORDS in source:  # elsewhere a `say` is somebody else's
            for line, msgid, _, _ in extract("python", io.BytesIO(source), keywords=KEYWORDS):
                found.add(msgid, locations=[(path.relative_to(root).as_posix(), line)])
    return found


def _languages() -> list[str]:
    return [language for language in LANGUAGES if language != DEFAULT_LANGUAGE]


def _path(root: Path, language: str) -> Path:
    return root / "locales" / language / "LC_MESSAGES" / "bando.po"


def _read(path: Path, language: str) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=language)


def _by_key(catalogue: Catalog) -> dict[Key, Message]:
    """The catalogue's sentences without its header, by their English."""
    return {_key(message): message for message in catalogue if message.id}


def _key(message: Message) -> Key:
    return message.id if isinstance(message.id, str) else tuple(message.id)


def _update(path: Path, language: str, said: Catalog) -> str:
    known = _by_key(_read(path, language)) if path.exists() else {}
    wanted = _by_key(said)
    fresh = Catalog(locale=language)
    for key, message in wanted.items():
        before = known.get(key)
        fresh.add(
            message.id,
            before.string if before else None,
            # Once a file: with every line that says it, each new line of code would change the catalogue.
            locations=[(name, 0) for name in dict.fromkeys(name for name, _ in message.locations)],
            flags=before.flags if before else message.flags,
            user_comments=before.user_comments if before else (),
        )
    header = _header(path, language)
    body = io.BytesIO()
    write_po(body, fresh, width=LINE, omit_header=True, include_lineno=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(header + "\n" + body.getvalue().decode().strip("\n") + "\n")
    new, gone = len(wanted.keys() - known.keys()), len(known.keys() - wanted.keys())
    return f"{language}: {len(wanted)} sentences, {new} new, {gone} taken out"


def _header(path: Path, language: str) -> str:
    """The catalogue's own first lines, kept as they are: the translators' notes and the plural rule."""
    found = _HEADER.match(path.read_text()) if path.exists() else None
    if found is not None:
        return found[0]
    rule = Catalog(locale=language).plural_forms
    lines = [f"Language: {language}", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8"]
    lines += ["Content-Transfer-Encoding: 8bit", f"Plural-Forms: {rule};"]
    return 'msgid ""\nmsgstr ""\n' + "".join(f'"{line}\\n"\n' for line in lines)


def _problems(catalogue: Catalog, said: Catalog) -> Iterator[str]:
    known, wanted = _by_key(catalogue), _by_key(said)
    for key in (key for key in wanted if key not in known):
        yield f"not in the catalogue, run `make messages`: {_short(key)}"
    for key in (key for key in known if key not in wanted):
        yield f"no code says it any more, run `make messages`: {_short(key)}"
    for key, message in known.items():
        if message.fuzzy:
            yield f"marked as doubtful: {_short(key)}"
        texts = [message.string] if isinstance(message.string, str) else list(message.string or ())
        if not texts or not all(texts):
            yield f"not translated: {_short(key)}"
            continue
        yield from _wrong_names(key, texts)


def _wrong_names(key: Key, texts: list[str]) -> Iterator[str]:
    """A translation names what its sentence names. A plural form may leave {count} out: "saa moja"."""
    forms = [key] if isinstance(key, str) else list(key)
    try:
        wanted = set().union(*(names(form) for form in forms))
        for text in texts:
            odd = names(text) ^ wanted
            if odd - ({"count"} if len(forms) > 1 else set()):
                yield f"other {{names}} than the English ({', '.join(sorted(odd))}): {_short(key)}"
    except ValueError as error:
        yield f"a brace stands alone ({error}): {_short(key)}"


def names(text: str) -> set[str]:
    """The {names} in a sentence. Raises ValueError where its braces do not match."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _short(key: Key) -> str:
    text = key if isinstance(key, str) else key[0]
    return repr(text if len(text) <= SHOWN else text[: SHOWN - 1] + "…")
