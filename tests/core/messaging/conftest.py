"""What messaging's jobs are handed, with fake carriers; and short ways to queue a notice and look at it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from core.base.clock import SetClock
from core.base.database import Database, Route, Routes, Work
from core.base.dated import DatedSetting
from core.base.events import Event
from core.base.inbox import store
from core.base.msisdn import Msisdn
from core.base.settings import Brand
from core.messaging import jobs
from core.messaging.carrier import Carrier, Fate
from core.messaging.events import (
    BatchQueued,
    ConfirmationDue,
    NoticeQueued,
    OptOutReceived,
    ReportReceived,
    StatusReceived,
)
from core.messaging.model import Notice, NoticeTry
from core.messaging.notify import notify
from core.messaging.settings import SmsSettings
from core.messaging.template import Value
from core.messaging.templates import phones
from core.subscribers.chats import recognise
from core.subscribers.meet import meet
from core.subscribers.model import Address
from core.worker.run import Listener, Runner
from core.worker.ticker import listener_name
from tests.fakes.carrier import FakeCarrier, FakeSmsCarrier

AMINA = Msisdn("254712345678")
VOUCHER: Mapping[str, Value] = {
    "code": "K7WM2-XWD4F",
    "term": "24 hours",
    "phones": phones(1),
    "use_by": "20/02/2027",
}
KEPT = {"amount": "Ksh 50", "receipt": "SGR7K2XQ9P", "balance": "Ksh 50", "account": "1000015"}
"""The values of money_kept, which nobody stands and waits for."""

ON: Mapping[type[Event], Listener] = {
    NoticeQueued: jobs.send_notice,
    ConfirmationDue: jobs.climb,
    BatchQueued: jobs.send_batch,
    ReportReceived: jobs.note_report,
    StatusReceived: jobs.note_report,
    OptOutReceived: jobs.note_opt_out,
}
"""This area's part of the switchboard."""

_DUE = text(
    """
    SELECT id, available_at FROM deliveries d
    WHERE finished_at IS NULL AND given_up_at IS NULL AND available_at <= :until
      AND (ordering_key IS NULL OR NOT EXISTS (
            SELECT 1 FROM deliveries e WHERE e.ordering_key = d.ordering_key AND e.listener = d.listener
              AND e.id < d.id AND e.finished_at IS NULL AND e.given_up_at IS NULL))
    ORDER BY available_at, id LIMIT 1
    """
)


class Desk:
    """The assembled program, as far as messaging knows it."""

    def __init__(self, database: Database, clock: SetClock) -> None:
        self.database = database
        self.clock = clock
        self.carrier = FakeSmsCarrier()
        self.whatsapp = FakeCarrier("whatsapp", cents=0, template_cents=60)
        self.telegram = FakeCarrier("telegram", confirms=False, cents=0)
        self.email = FakeCarrier("email", confirms=False, cents=0)
        self.carriers: dict[str, Carrier] = {"sms": self.carrier}
        self.brand = Brand()
        self.sms = SmsSettings(prefixes=["254"])
        self._runner = Runner(self, {listener_name(job): job for job in ON.values()})

    def work(self, request_id: str | None = None) -> AbstractContextManager[Work]:
        return self.database.work(request_id)

    def with_chats(self) -> None:
        """All channels are configured."""
        fakes = (self.carrier, self.whatsapp, self.telegram, self.email)
        self.carriers = {fake.channel: fake for fake in fakes}

    def meet(self, msisdn: Msisdn = AMINA) -> int:
        with self.work() as work:
            return meet(work, msisdn=msisdn).id

    def chats(self, channel: str, msisdn: Msisdn = AMINA) -> str:
        """The person writes there now; the chat's id."""
        external_id = f"{channel}-{msisdn.digits}"
        with self.work() as work:
            meet(work, msisdn=msisdn)
            assert recognise(work, channel=channel, external_id=external_id, vouched=msisdn) is not None
        return external_id

    def has_mail(self, subscriber_id: int, mail: str = "amina@example.com") -> str:
        with self.work() as work:
            work.session.add(
                Address(
                    subscriber_id=subscriber_id,
                    channel="email",
                    external_id=mail,
                    is_primary=False,
                    proved_at=work.now,
                    created_at=work.now,
                )
            )
        return mail

    def set(self, name: str, value: int) -> None:
        """A dated setting, from now on."""
        with self.work() as work:
            work.session.add(
                DatedSetting(name=name, starts_at=work.now, value=value, set_at=work.now, set_by="test")
            )

    def queue(
        self,
        key: str = "voucher:1",
        template: str = "voucher",
        values: Mapping[str, Value] = VOUCHER,
        *,
        to: int | None = None,
        address: Msisdn = AMINA,
        prefer: str | None = None,
    ) -> int:
        with self.work() as work:
            found = notify(
                work,
                template=template,
                address=address,
                subscriber_id=to,
                language="en",
                values=values,
                dedupe_key=key,
                prefer=prefer,
            )
        assert found is not None
        return found

    def send(self, notice_id: int) -> None:
        jobs.send_notice(self, notice_id=notice_id)

    def run(self, within: timedelta = timedelta()) -> None:
        """Let the workers run what is due until then, each at its time, and move the clock to the end."""
        until = self.clock.at + within
        while (due := self._due(until)) is not None:
            delivery_id, at = due
            self.clock.at = max(self.clock.at, at)
            with self.work() as work:
                work.session.execute(
                    text("UPDATE deliveries SET dispatched_at = :now WHERE id = :id"),
                    {"id": delivery_id, "now": work.now},
                )
            self._runner.run(delivery_id)
        self.clock.at = until

    def _due(self, until: datetime) -> tuple[int, datetime] | None:
        with self.work() as work:
            row = work.session.execute(_DUE, {"until": until}).first()
        return (row.id, row.available_at) if row else None

    def notice(self, notice_id: int) -> Notice:
        with self.work() as work:
            return work.session.get_one(Notice, notice_id)

    def tries(self, notice_id: int) -> Sequence[NoticeTry]:
        with self.work() as work:
            return work.session.scalars(
                select(NoticeTry).where(NoticeTry.notice_id == notice_id).order_by(NoticeTry.number)
            ).all()

    def way(self, notice_id: int) -> list[tuple[str, str]]:
        """(channel, state) of each try."""
        return [(each.channel, each.state) for each in self.tries(notice_id)]

    def report(self, body: bytes, door: str = "sms.delivery") -> None:
        """A report through the inbox, as its door leaves it, and the job that reads it."""
        jobs.note_report(self, inbox_id=self.receive(door, body))

    def confirm_all(self) -> None:
        """The carriers that report anything report all that they took as delivered."""
        doors = ((self.whatsapp, "whatsapp.status"), (self.carrier, "sms.delivery"))
        for carrier, door in doors:
            with self.work() as work:
                taken = work.session.scalars(
                    select(NoticeTry).where(NoticeTry.channel == carrier.channel, NoticeTry.state == "sent")
                ).all()
            for one in taken:
                self.report(carrier.report(str(one.carrier_message_id), one.address, Fate.DELIVERED), door)

    def receive(self, door: str, body: bytes) -> int:
        with self.work() as work:
            row = store(work, door=door, body=body, source="127.0.0.1", trusted=False)
        assert row is not None
        return row

    def column(self, statement: str, **values: Any) -> list[Any]:
        with self.work() as work:
            return list(work.session.scalars(text(statement), values))


def routes(event: type[Event]) -> Sequence[Route]:
    """This area's own listeners, and nobody else's."""
    return (Route(listener_name(ON[event]), "notify"),) if event in ON else ()


@pytest.fixture
def desk(open_database: Callable[[Routes], Database], clock: SetClock) -> Desk:
    return Desk(open_database(routes), clock)
