"""One's own account: language, and light or dark."""

from admin.desk import Ask, Door
from admin.show import Elsewhere, Page, Text
from core.base.i18n import LANGUAGES
from core.base.words import say
from core.staff.accounts import choose_looks

THEMES: dict[str, Text] = {
    "auto": say("As the device is set"),
    "light": say("Light"),
    "dark": say("Dark"),
}
ROLES: dict[str, Text] = {
    "owner": say("Owner"),
    "finance": say("Finance"),
    "support": say("Support"),
    "technician": say("Technician"),
    "viewer": say("Viewer"),
}


def show(ask: Ask) -> Page:
    return Page(
        say("Your account"),
        template="own.html",
        values={
            "languages": LANGUAGES,
            "themes": THEMES,
            "role": ROLES.get(ask.visit.role, ask.visit.role),
        },
        done=say("Saved.") if "done" in ask.query else None,
    )


def save(ask: Ask) -> Elsewhere:
    choose_looks(ask.work, ask.actor, language=ask.form.get("language", ""), theme=ask.form.get("theme", ""))
    return Elsewhere("/own?done=1")


DOORS = (Door("/own", "see_figures", show), Door("/own", "see_figures", save, method="POST"))
