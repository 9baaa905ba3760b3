"""Consent by purpose: the newest word holds, an answer needs none, and every word is kept."""

from datetime import timedelta

import pytest

from core.base.clock import SetClock
from core.messaging.consent import give, may_tell, withdraw
from core.messaging.marketing import start_marketing, stop_marketing
from core.messaging.model import Consent
from core.messaging.notify import notify
from core.messaging.template import Purpose, Template
from core.messaging.templates import TEMPLATES
from tests.core.messaging.conftest import AMINA, Desk


def test_without_a_word_there_is_service_and_no_marketing(desk: Desk) -> None:
    person = desk.meet()
    with desk.work() as work:
        told = {purpose: may_tell(work, purpose, person) for purpose in Purpose}
        unknown = {purpose: may_tell(work, purpose, None) for purpose in Purpose}
    assert told == {
        Purpose.ANSWER: True,
        Purpose.SERVICE: True,
        Purpose.MARKETING: False,
        Purpose.PROMPT: False,
    }
    assert unknown == {
        Purpose.ANSWER: True,
        Purpose.SERVICE: False,
        Purpose.MARKETING: False,
        Purpose.PROMPT: False,
    }


@pytest.mark.parametrize("purpose", [Purpose.SERVICE, Purpose.MARKETING])
def test_the_newest_word_holds_for_its_purpose_alone(desk: Desk, purpose: Purpose) -> None:
    person = desk.meet()
    (other,) = {Purpose.SERVICE, Purpose.MARKETING} - {purpose}
    with desk.work() as work:
        before = may_tell(work, other, person)
        for step, expected in ((give, True), (withdraw, False), (give, True)):
            step(work, subscriber_id=person, purpose=purpose, how="telegram", wording="said")
            assert may_tell(work, purpose, person) is expected
            assert may_tell(work, other, person) is before


def test_stop_and_start_by_number_are_kept_as_they_were_said(desk: Desk, clock: SetClock) -> None:
    person = desk.meet()
    with desk.work() as work:
        start_marketing(work, address=AMINA.digits, how="sms", wording="ANZA")
    clock.advance(timedelta(days=1))
    for _ in range(2):
        with desk.work() as work:
            stop_marketing(work, address=AMINA.digits, how="sms", wording="ONDOKA")
        clock.advance(timedelta(days=1))
    with desk.work() as work:
        stop_marketing(work, address="254733999888")
        rows = [(row.subscriber_id, row.how, row.wording) for row in work.session.query(Consent)]
        assert not may_tell(work, Purpose.MARKETING, person)
    assert rows == [(person, "sms", "ANZA"), (person, "sms", "ONDOKA")]
    assert desk.column("SELECT withdrawn_at FROM consents WHERE withdrawn_at IS NOT NULL") == [
        clock.at - timedelta(days=2)
    ]


@pytest.mark.parametrize(
    ("purpose", "given", "told"),
    [
        (Purpose.MARKETING, None, False),
        (Purpose.MARKETING, True, True),
        (Purpose.SERVICE, None, True),
        (Purpose.SERVICE, False, False),
        (Purpose.ANSWER, False, True),
    ],
)
def test_a_notice_asks_for_the_consent_of_its_purpose(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, purpose: Purpose, given: bool | None, told: bool
) -> None:
    monkeypatch.setitem(TEMPLATES, "news", Template("News", {}, purpose=purpose))
    person = desk.meet()
    with desk.work() as work:
        for each in (Purpose.SERVICE, Purpose.MARKETING):
            if given is not None:
                word = give if given else withdraw
                word(work, subscriber_id=person, purpose=each, how="staff", wording="asked at the office")
        queued = notify(
            work,
            template="news",
            address=AMINA,
            subscriber_id=person,
            language="en",
            values={},
            dedupe_key="news",
        )
    assert (queued is not None) is told


def test_the_program_cannot_rewrite_what_was_said(desk: Desk) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import ProgrammingError

    person = desk.meet()
    with desk.work() as work:
        give(work, subscriber_id=person, purpose=Purpose.MARKETING, how="sms", wording="ANZA")
    for statement in ("UPDATE consents SET wording = ''", "DELETE FROM consents"):
        with pytest.raises(ProgrammingError, match="permission denied"), desk.work() as work:
            work.session.execute(text(statement))
