"""Templates into pages: autoescaped, strict about names, in the reader's language and light."""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from admin.places import MENU
from admin.show import Page, Text
from admin.statics import VERSION
from admin.words import Words
from core.base.i18n import DEFAULT_LANGUAGE, LANGUAGES, render
from core.base.settings import Brand
from core.base.words import Sentence, say
from core.staff.sessions import Visit

TEMPLATES = Path(__file__).parent / "templates"
_JINJA = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_STATUS = {
    400: say("That is no form of ours. Go back and try again."),
    403: say("This page was open too long, or is not from us. Go back, load it anew and try again."),
    404: say("There is nothing here."),
    405: say("There is nothing here."),
    408: say("The connection is too slow. Try again."),
    413: say("That is too much text."),
}
# Marks that turn the direction of text: with them "0712…" may be made to read as another number.
_TURNING = dict.fromkeys(
    (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)), "\N{REPLACEMENT CHARACTER}"
)
_FAILED = say("Something went wrong here. Nothing was changed.")


class Renderer:
    """Makes responses. live: without it every page says that it is a trial."""

    def __init__(self, *, brand: Brand, live: bool) -> None:
        self._brand = brand
        self._live = live

    def page(self, page: Page, *, visit: Visit, root: str, token: str) -> Response:
        """A page within the menu, for somebody who is logged in."""
        menu = [
            (heading, seen)
            for heading, places in MENU
            if (seen := [place for place in places if visit.may(place.permission)])
        ]
        return self._make(
            page.template,
            language=visit.language,
            theme=visit.theme,
            status=page.status,
            root=root,
            page=page,
            visit=visit,
            menu=menu,
            token=token,
            **page.values,
        )

    def message(
        self, sentence: Sentence, *, root: str, language: str = DEFAULT_LANGUAGE, status: int
    ) -> Response:
        """One sentence and the way home."""
        return self._make("message.html", language=language, status=status, root=root, sentence=sentence)

    def status(self, status: int, *, root: str) -> Response:
        """The polite page of an HTTP status."""
        return self.message(_STATUS.get(status, _FAILED), root=root, status=status)

    def login(
        self, *, root: str, token: str, language: str, onward: str, problem: Sentence | None, status: int
    ) -> Response:
        return self._make(
            "login.html",
            language=language,
            status=status,
            root=root,
            token=token,
            onward=onward,
            problem=problem,
            languages=LANGUAGES,
        )

    def _make(
        self, template: str, *, language: str, status: int, theme: str = "auto", **values: object
    ) -> Response:
        html = _JINJA.get_template(template).render(
            t=Speaker(language),
            words=Words(language),
            language=language,
            theme=theme,
            live=self._live,
            provider=self._brand.provider_name,
            version=VERSION,
            **values,
        )
        return HTMLResponse(html, status_code=status)


class Speaker:
    """Texts in a reader's language: `t(text)` in a template."""

    def __init__(self, language: str) -> None:
        self._language = language

    def __call__(self, text: Text) -> str:
        return readable(render(text, self._language) if isinstance(text, Sentence) else text)

    def all(self, texts: Sequence[Text]) -> list[str]:
        return [self(text) for text in texts]


def readable(text: str) -> str:
    """The text with direction marks made visible, so that it reads in the order in which it is stored."""
    return text.translate(_TURNING)
