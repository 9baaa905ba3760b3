"""A place that we serve is opened."""

from sqlalchemy import select

from core.base.database import Work
from core.base.errors import Refusal
from core.base.words import say
from core.catalogue.model import Site
from core.staff.audit import Actor, note

MOST_CHARACTERS = 12
"""It stands on USSD screens."""


def open_site(work: Work, actor: Actor, *, name: str) -> Site:
    """A new site, at which nothing is sold yet. Raises Refusal for a name that no screen takes, or that is taken."""
    tidy = " ".join(name.split())
    if not 1 <= len(tidy) <= MOST_CHARACTERS or not tidy.isascii() or not tidy.isprintable():
        raise Refusal(say("A name has 1 to 12 plain characters."))
    if work.session.scalar(select(Site.id).where(Site.name == tidy)) is not None:
        raise Refusal(say("There is a site of that name already."))
    site = Site(name=tidy)
    work.session.add(site)
    work.session.flush()
    note(work, actor, "site_opened", whom="site", whom_id=site.id)
    return site
