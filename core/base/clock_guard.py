"""The machine's clock, held against PostgreSQL's, against the last look, and against the time since the start (M47).

A clock that jumps would cut everybody at once, or nobody for a year. While it is doubted nobody is suspended, ended,
dunned or expired, and staff are told. A trial's moved clock is an explained one: the machine's own is what is read.
The doubt ends by itself when the clock is right again, or when a person says that it is.
"""

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Identity, Index, Text, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from core.base.clock import MachineReading
from core.base.database import Base, UtcDateTime, Work
from core.base.inbox import raise_incident

AHEAD_AT_MOST = timedelta(minutes=10)
BACK_AT_MOST = timedelta(minutes=1)
"""Time servers correct a clock by seconds; a minute back makes nothing twice."""
LONGEST_REST = timedelta(days=31)
"""A machine that was off for longer than this, or whose clock lost its battery: a person says which."""


class ClockMark(Base):
    """The newest look at a machine's clock that was believed. told_at: what the program then took for the time."""

    __tablename__ = "clock_marks"
    boot_id: Mapped[str] = mapped_column(Text, primary_key=True)
    machine_at: Mapped[datetime] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)
    boot_seconds: Mapped[int] = mapped_column(BigInteger)


class ClockDoubt(Base):
    """Since when, and why, the time is not believed."""

    __tablename__ = "clock_doubts"
    __table_args__ = (
        Index(
            "uq_clock_doubts_open",
            text("(ended_at IS NULL)"),
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    why: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def why_doubted(
    seen: MachineReading, *, database_at: datetime, same_boot: ClockMark | None, newest_at: datetime | None
) -> str | None:
    """What speaks against the reading; None where nothing does.

    same_boot: the mark of this start of this machine. newest_at: the machine's time of the newest mark of all.
    """
    apart = abs(seen.at - database_at)
    if apart > AHEAD_AT_MOST:
        return f"the machine's clock and the database's are {_minutes(apart)} apart"
    if same_boot is not None:
        passed = timedelta(seconds=seen.boot_seconds - same_boot.boot_seconds)
        jump = seen.at - same_boot.machine_at - passed
        if jump > AHEAD_AT_MOST:
            return f"the machine's clock jumped {_minutes(jump)} ahead"
        if jump < -BACK_AT_MOST:
            return f"the machine's clock went back {_minutes(-jump)}"
        return None
    if newest_at is not None and seen.at < newest_at - BACK_AT_MOST:
        return f"the machine's clock went back {_minutes(newest_at - seen.at)}"
    if newest_at is not None and seen.at > newest_at + LONGEST_REST:
        return f"nothing ran for {(seen.at - newest_at).days} days, or the clock jumped so far"
    return None


def look_at_clock(work: Work, seen: MachineReading) -> bool:
    """Note the reading, or the doubt about it. Whether it is believed."""
    marks = {mark.boot_id: mark for mark in work.session.scalars(select(ClockMark))}
    newest_at = max((mark.machine_at for mark in marks.values()), default=None)
    why = why_doubted(
        seen,
        database_at=work.scalar("SELECT clock_timestamp()"),
        same_boot=marks.get(seen.boot_id),
        newest_at=newest_at,
    )
    if why is None:
        _note(work, seen)
        work.session.execute(
            update(ClockDoubt).where(ClockDoubt.ended_at.is_(None)).values(ended_at=work.now)
        )
        return True
    doubt = insert(ClockDoubt).values(since=work.now, why=why).on_conflict_do_nothing()
    opened = work.session.scalar(doubt.returning(ClockDoubt.id))
    if opened is not None:
        raise_incident(
            work,
            kind="clock_doubted",
            key=f"clock_doubted:{opened}",
            detail=f"{why}: nobody is cut, ended, reminded or expired until it is right, or `bando clock trust`",
        )
    return False


def believe_clock(work: Work, seen: MachineReading) -> None:
    """A person says that the clock is right as it is now."""
    work.session.execute(text("DELETE FROM clock_marks"))
    _note(work, seen)
    work.session.execute(update(ClockDoubt).where(ClockDoubt.ended_at.is_(None)).values(ended_at=work.now))


def is_clock_doubted(work: Work) -> bool:
    """Whether what time ends must wait: a doubt is open, or this Work's time is far from what was looked at last.

    A house whose ticker never looked (a seed, a bench) is believed.
    """
    if work.scalar("SELECT EXISTS (SELECT 1 FROM clock_doubts WHERE ended_at IS NULL)"):
        return True
    told_at: datetime | None = work.scalar("SELECT max(told_at) FROM clock_marks")
    return told_at is not None and not told_at - BACK_AT_MOST <= work.now <= told_at + AHEAD_AT_MOST


def _note(work: Work, seen: MachineReading) -> None:
    values = {"machine_at": seen.at, "told_at": work.now, "boot_seconds": seen.boot_seconds}
    statement = insert(ClockMark).values(boot_id=seen.boot_id, **values)
    work.session.execute(statement.on_conflict_do_update(index_elements=["boot_id"], set_=values))


def _minutes(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    return f"{minutes} minutes" if minutes < 600 else f"{minutes // 60} hours"
