"""What messaging's jobs are handed, with a fake carrier; and short ways to queue a notice and look at it."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy import text

from core.base.database import Database, Work
from core.base.inbox import store
from core.base.msisdn import Msisdn
from core.base.settings import Brand
from core.messaging import jobs
from core.messaging.model import Notice
from core.messaging.notify import notify
from core.messaging.settings import SmsSettings
from core.messaging.template import Value
from core.messaging.templates import phones
from core.subscribers.meet import meet
from tests.fakes.carrier import FakeCarrier

AMINA = Msisdn("254712345678")
VOUCHER: Mapping[str, Value] = {
    "code": "K7WM2-XWD4F",
    "term": "24 hours",
    "phones": phones(1),
    "use_by": "20/02/2027",
}


class Desk:
    """The assembled program, as far as messaging knows it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.carrier = FakeCarrier()
        self.brand = Brand()
        self.sms = SmsSettings(prefixes=["254"])

    def work(self, request_id: str | None = None) -> AbstractContextManager[Work]:
        return self.database.work(request_id)

    def meet(self, msisdn: Msisdn = AMINA) -> int:
        with self.work() as work:
            return meet(work, msisdn=msisdn).id

    def queue(
        self, key: str = "voucher:1", template: str = "voucher", values: Mapping[str, Value] = VOUCHER
    ) -> int:
        with self.work() as work:
            found = notify(
                work,
                template=template,
                address=AMINA,
                subscriber_id=None,
                language="en",
                values=values,
                dedupe_key=key,
            )
        assert found is not None
        return found

    def send(self, notice_id: int) -> None:
        jobs.send_notice(self, notice_id=notice_id)

    def notice(self, notice_id: int) -> Notice:
        with self.work() as work:
            return work.session.get_one(Notice, notice_id)

    def report(self, body: bytes) -> None:
        """A report through the inbox, as its door leaves it, and the job that reads it."""
        jobs.note_report(self, inbox_id=self.receive("sms.delivery", body))

    def receive(self, door: str, body: bytes) -> int:
        with self.work() as work:
            row = store(work, door=door, body=body, source="127.0.0.1", trusted=False)
        assert row is not None
        return row

    def column(self, statement: str, **values: Any) -> list[Any]:
        with self.work() as work:
            return list(work.session.scalars(text(statement), values))


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)
