"""A notice is queued once for each reason, its values sealed."""

import json

import pytest

from core.base.words import say
from core.messaging.notify import notify
from tests.core.messaging.conftest import AMINA, VOUCHER, Desk


def test_a_reason_is_told_once(desk: Desk) -> None:
    first = desk.queue("voucher:7")
    with desk.work() as work:
        again = notify(
            work,
            template="voucher",
            address=AMINA,
            subscriber_id=None,
            language="en",
            values=VOUCHER,
            dedupe_key="voucher:7",
        )
    assert again is None
    assert desk.column("SELECT (payload->>'notice_id')::bigint FROM outbox WHERE event = 'NoticeQueued'") == [
        first
    ]


def test_the_values_are_sealed_and_bound_to_the_row(desk: Desk) -> None:
    notice = desk.notice(desk.queue())
    assert b"XWD4F" not in notice.values_sealed
    clear = desk.database.keyring.unseal(
        notice.values_sealed, table="notices", column="values_sealed", row=notice.id
    )
    assert json.loads(clear)["code"] == "K7WM2-XWD4F"


def test_a_sentence_is_put_into_the_language_at_once(desk: Desk) -> None:
    notice = desk.notice(desk.queue(values={**VOUCHER, "term": say("{count} hours", count=3)}))
    clear = desk.database.keyring.unseal(
        notice.values_sealed, table="notices", column="values_sealed", row=notice.id
    )
    assert json.loads(clear)["term"] == "3 hours"


def test_an_unknown_template_is_a_bug(desk: Desk) -> None:
    with pytest.raises(KeyError):
        desk.queue(template="vocher")
