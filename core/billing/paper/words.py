"""What stands on a document's rows, in the reader's language: the rows keep it in English, as it was when they were
written."""

from core.base.database import Work
from core.base.i18n import DEFAULT_LANGUAGE, render
from core.base.words import Sentence, say
from core.billing.model import InvoiceLine
from core.catalogue.labels import plan_term
from core.catalogue.model import Plan

FEES = (say("Installation"), say("Equipment"), say("Deposit"))
REASONS = (
    say("not served, the line was ended"),
    say("not served, the plan was changed"),
    say("not served, another period was bought"),
    say("never served: the buyer was kept waiting"),
    say("adjusted to what was bought"),
    say("offer code"),
    say("another account pays for the line"),
    say("raised again on another plan"),
    say("the days before it were taken back"),
    say("the line is paused"),
    say("its payment was taken back"),
)
"""Those of the house. What staff type is in their own words."""
_KNOWN = {words.msgid: words for words in (*FEES, *REASONS)}


def read_aloud(written: str) -> Sentence | str:
    """What is written on a row as a sentence of ours, where it is one."""
    return _KNOWN.get(written, written)


def described(work: Work, line: InvoiceLine) -> Sentence | str:
    """What a line of an invoice is for."""
    plan = work.session.get(Plan, line.plan_id) if line.plan_id is not None else None
    if plan is None:
        return read_aloud(line.description)
    words = say("{plan}, {term}", plan=plan.name, term=plan_term(plan))
    return words if render(words, DEFAULT_LANGUAGE) == line.description else line.description
