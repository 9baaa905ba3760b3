"""The texts of a batch, a hundred a call: claim, call, record, each recipient by itself.

Silence is better than a duplicate here: a call whose outcome nobody knows is not made again. Who was refused climbs
the ladder alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select, text

from core.base.database import Work
from core.base.errors import OutcomeUnknown, OutsideError
from core.base.gsm7 import segments
from core.messaging.budget import seconds_to_next_day, spend
from core.messaging.carrier import BULK, SMS, Sent
from core.messaging.consent import WILLING, willing_values
from core.messaging.events import BatchQueued, NoticeQueued
from core.messaging.model import FAILED, QUEUED, SENDING, SENT, UNKNOWN, Notice, NoticeBatch, NoticeTry
from core.messaging.outcome import judge
from core.messaging.quiet import wait_for_day
from core.messaging.send import LEASE, LONGEST_WAIT, Later, Means
from core.messaging.template import Purpose
from core.messaging.templates import TEMPLATES
from core.messaging.tries import note_unknown, tries_of
from core.messaging.ways import TRIES
from core.messaging.words import words_of_batch

_UNWILLING = text(
    f"SELECT person FROM unnest(CAST(:people AS bigint[])) AS person WHERE NOT {WILLING.format(person='person')}"  # noqa: S608
)


@dataclass(frozen=True, slots=True)
class Call:
    """One text for many. tries: the try of each address."""

    batch_id: int
    text: str
    tries: dict[str, int]


def claim_call(work: Work, means: Means, *, batch_id: int) -> Call | Later | None:
    """Take the batch's next texts, all in one language. None: none are left."""
    batch = work.session.get_one(NoticeBatch, batch_id)
    form = TEMPLATES[batch.template]
    wait = wait_for_day(work, form)
    if wait:
        return Later("it is night", max(1, int(wait.total_seconds())))
    _note_the_dead(work, batch_id)
    notices = _willing(work, form.purpose, _next_of(work, batch_id))
    barred = [notice for notice in notices if not means.sms.allows(notice.address)]
    notices = [notice for notice in notices if notice not in barred]
    _singly(work, barred)
    if not notices:
        return None
    words = words_of_batch(work, batch, notices[0].language, means.brand)
    parts = segments(words.text).parts
    each = means.carriers[SMS].cost_cents(work, parts=parts, window_open=True)
    many = len(notices)
    if refused := spend(work, purpose=form.purpose, parts=parts * many, cents=each * many):
        return Later(refused, min(seconds_to_next_day(work), LONGEST_WAIT))
    return Call(batch_id, words.text, _begin(work, notices, parts))


def _begin(work: Work, notices: Sequence[Notice], parts: int) -> dict[str, int]:
    tries = []
    for notice in notices:
        notice.state, notice.claimed_until, notice.parts = SENDING, work.now + LEASE, parts
        notice.attempts += 1
        tries.append(
            NoticeTry(
                notice_id=notice.id,
                number=notice.attempts,
                channel=SMS,
                address=notice.address,
                window_open=True,
                state=SENDING,
                parts=parts,
                begun_at=work.now,
            )
        )
    work.session.add_all(tries)
    work.session.flush()
    return {each.address: each.id for each in tries}


def note_call(work: Work, means: Means, *, call: Call, answers: Mapping[str, Sent | OutsideError]) -> None:
    """What became of each; who was not named in the answer has an unknown outcome."""
    expected: dict[int, int] = {}
    troubled = []
    for notice, one in _under_way(work, call):
        answer = answers.get(one.address, OutcomeUnknown("the answer does not speak of this number"))
        if isinstance(answer, OutsideError):
            if one.state == SENDING:
                _note_trouble(work, notice, one, answer)
                troubled.append(notice)
            continue
        parts = answer.parts
        if parts not in expected:
            expected[parts] = means.carriers[SMS].cost_cents(work, parts=parts, window_open=True)
        one.cost_cents = expected[parts] if answer.cost_cents is None else answer.cost_cents
        one.state, one.carrier_message_id, one.parts, one.sent_at = SENT, answer.message_id, parts, work.now
        notice.state, notice.claimed_until, notice.last_error = SENT, None, None
        notice.sent_at, notice.parts = work.now, parts
        notice.cost_cents += one.cost_cents
    _singly(work, [notice for notice in troubled if notice.state == QUEUED])
    _go_on(work, call.batch_id)


def note_call_refused(work: Work, *, call: Call, error: OutsideError) -> int | None:
    """The call came to nothing. Returns the seconds until it is made again, None: not for these people."""
    pause, tired = timedelta(), []
    for notice, one in _under_way(work, call):
        if one.state != SENDING:
            continue
        _note_trouble(work, notice, one, error)
        if notice.state != QUEUED:
            continue
        if one.again_at is None or notice.attempts >= TRIES:
            tired.append(notice)
        else:
            pause = max(pause, one.again_at - work.now)
    _singly(work, tired)
    if pause:
        return max(1, int(pause.total_seconds()))
    _go_on(work, call.batch_id)
    return None


def _note_trouble(work: Work, notice: Notice, one: NoticeTry, error: OutsideError) -> None:
    judge(work, notice, one, tries_of(work, notice), error)
    if notice.state == SENDING:
        notice.state, notice.claimed_until, notice.last_error = QUEUED, None, one.error


def _under_way(work: Work, call: Call) -> Sequence[tuple[Notice, NoticeTry]]:
    """The notices of this call, locked in one order; those that a dead worker's heir took from us are left out."""
    found = work.session.execute(
        select(Notice, NoticeTry)
        .join(NoticeTry, NoticeTry.notice_id == Notice.id)
        .where(NoticeTry.id.in_(call.tries.values()))
        .order_by(Notice.id)
        .with_for_update(of=Notice)
        .execution_options(populate_existing=True)
    ).all()
    return [(notice, one) for notice, one in found if one.state in (SENDING, UNKNOWN)]


def _next_of(work: Work, batch_id: int) -> Sequence[Notice]:
    waiting = (Notice.batch_id == batch_id, Notice.bulk, Notice.state == QUEUED)
    language = work.session.scalar(select(Notice.language).where(*waiting).order_by(Notice.id).limit(1))
    if language is None:
        return []
    return work.session.scalars(
        select(Notice)
        .where(*waiting, Notice.language == language)
        .order_by(Notice.id)
        .limit(BULK)
        .with_for_update(skip_locked=True)
    ).all()


def _willing(work: Work, purpose: Purpose, notices: Sequence[Notice]) -> list[Notice]:
    """Without those who have said no since."""
    people = [notice.subscriber_id for notice in notices]
    unwilling = set(work.session.scalars(_UNWILLING, {"people": people, **willing_values(purpose)}))
    for notice in notices:
        if notice.subscriber_id in unwilling:
            notice.state, notice.last_error = FAILED, "the person does not want such messages"
    return [notice for notice in notices if notice.subscriber_id not in unwilling]


def _note_the_dead(work: Work, batch_id: int) -> None:
    """Texts of a worker that died with them: nobody knows whether they went."""
    found = work.session.scalars(
        select(Notice)
        .where(
            Notice.batch_id == batch_id,
            Notice.bulk,
            Notice.state == SENDING,
            Notice.claimed_until <= work.now,
        )
        .with_for_update(skip_locked=True)
    ).all()
    for notice in found:
        note_unknown(notice, tries_of(work, notice)[-1], "the worker that was sending it died")


def _singly(work: Work, notices: Sequence[Notice]) -> None:
    """From here each climbs the ladder by itself."""
    for notice in notices:
        notice.bulk = False
    work.record_all([NoticeQueued(notice.id) for notice in notices])


def _go_on(work: Work, batch_id: int) -> None:
    work.session.flush()
    left = select(func.count()).where(Notice.batch_id == batch_id, Notice.bulk, Notice.state == QUEUED)
    if work.session.scalar(left):
        work.record(BatchQueued(batch_id), order=f"batch:{batch_id}")
