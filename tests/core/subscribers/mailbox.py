"""What the jobs of an area have to do after a test's act, done in order; and the texts that come of it."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import text

from core.base.database import Database, Work
from core.base.email import Reached, name_of
from core.messaging.codes import send_code, tell_change
from core.messaging.model import Notice
from core.subscribers.jobs import carry_out_change

JOBS: dict[str, Callable[..., None]] = {
    "CodeDrawn": send_code,
    "ContactsChanged": tell_change,
    "ContactChangeDue": carry_out_change,
}

CODES = ("code", "code_by_mail")


class Mailbox:
    """Runs what is due, and reads what was said to whom."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._done: set[int] = set()

    def work(self, request_id: str | None = None) -> AbstractContextManager[Work]:
        return self.database.work(request_id)

    def deliver(self) -> None:
        """Every event of ours whose time has come, once."""
        with self.work() as work:
            due = work.session.execute(
                text(
                    "SELECT o.id, o.event, o.payload FROM outbox o WHERE o.event = ANY(:ours) AND EXISTS "
                    "(SELECT FROM deliveries d WHERE d.outbox_id = o.id AND d.available_at <= :now) ORDER BY o.id"
                ),
                {"ours": list(JOBS), "now": work.now},
            ).all()
        for event_id, name, payload in due:
            if event_id not in self._done:
                self._done.add(event_id)
                JOBS[name](self, **payload)

    def texts(self, number: Reached) -> list[tuple[str, dict[str, str]]]:
        """The texts to a number or mailbox, oldest first: (template, values)."""
        self.deliver()
        with self.work() as work:
            found = work.session.query(Notice).filter_by(address=name_of(number)).order_by(Notice.id).all()
            return [(notice.template, _values(work, notice)) for notice in found]

    def code(self, number: Reached) -> str:
        """The newest code that went to a number or mailbox."""
        return [values["code"] for template, values in self.texts(number) if template in CODES][-1]


def _values(work: Work, notice: Notice) -> dict[str, str]:
    assert notice.values_sealed is not None
    clear = work.keyring.unseal(notice.values_sealed, table="notices", column="values_sealed", row=notice.id)
    values: dict[str, str] = json.loads(clear)
    return values
