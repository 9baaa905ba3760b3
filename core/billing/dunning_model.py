"""What dunning goes by and what it did: policies and their steps, calendars, steps taken, promises, standstills,
and what holds a mass of cuts back."""

from datetime import date, datetime, time

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    Time,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.base.database import Base, UtcDateTime

REMIND, PROMPT, SLOW, SUSPEND, END = "remind", "prompt", "slow", "suspend", "end"
ALL, SITE, GATEWAY = "all", "site", "gateway"


class DunningPolicy(Base):
    """A policy from a day on: the newest that has begun holds, one of the line's own plan before one of all plans.

    grace_days: how many days of grace its steps count with; a subscription's own number moves them. Changed by a new
    row with a later day, never by writing into an old one. ended_on: from that day on it holds no more. reason: of who
    wrote it; none of the one that came with the program.
    """

    __tablename__ = "dunning_policies"
    __table_args__ = (CheckConstraint("grace_days BETWEEN 0 AND 60", name="grace_days"),)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    from_day: Mapped[date] = mapped_column(Date)
    plan_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("plans.id"))
    grace_days: Mapped[int] = mapped_column(Integer)
    ended_on: Mapped[date | None] = mapped_column(Date)
    reason: Mapped[str | None] = mapped_column(Text)
    by_staff_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("staff.id"))


class DunningStep(Base):
    """One step of a policy. key: by which it is known across policies: done once, it is done.

    day_offset: days after the last paid day; at: the hour of Nairobi. template: what the person is told. prefer: the
    channel that is tried first. calendars: by which it waits. announces: the key of the step of which this is the
    notice of the evening before.
    """

    __tablename__ = "dunning_steps"
    __table_args__ = (
        CheckConstraint("action IN ('remind', 'prompt', 'slow', 'suspend', 'end')", name="action"),
        CheckConstraint("day_offset BETWEEN -60 AND 400", name="day_offset"),
        UniqueConstraint("policy_id", "key"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    policy_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("dunning_policies.id"))
    key: Mapped[str] = mapped_column(Text)
    day_offset: Mapped[int] = mapped_column(Integer)
    at: Mapped[time] = mapped_column(Time)
    action: Mapped[str] = mapped_column(Text)
    template: Mapped[str | None] = mapped_column(Text)
    prefer: Mapped[str | None] = mapped_column(Text)
    calendars: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    announces: Mapped[str | None] = mapped_column(Text)


class CalendarDay(Base):
    """When a step of this calendar waits: a weekday (1 Monday, 7 Sunday) or days, from a minute of the day until
    another."""

    __tablename__ = "calendar_days"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        CheckConstraint("(weekday IS NULL) = (from_day IS NOT NULL AND to_day IS NOT NULL)", name="which"),
        CheckConstraint(
            "0 <= from_minute AND from_minute < until_minute AND until_minute <= 1440", name="minutes"
        ),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    calendar: Mapped[str] = mapped_column(Text)
    weekday: Mapped[int | None] = mapped_column(Integer)
    from_day: Mapped[date | None] = mapped_column(Date)
    to_day: Mapped[date | None] = mapped_column(Date)
    from_minute: Mapped[int] = mapped_column(Integer, server_default="0")
    until_minute: Mapped[int] = mapped_column(Integer, server_default="1440")
    note: Mapped[str] = mapped_column(Text, server_default="")


class StepTaken(Base):
    """A step that was taken for a line. Unique, so that each is taken once, ever. Append-only.

    day_zero: the last paid day that it was counted from. missed: its hour had gone by, it was let be. That the line is
    there is looked at once a statement (migration 0018): cuts come in masses.
    """

    __tablename__ = "dunning_steps_taken"
    __table_args__ = (
        UniqueConstraint("subscription_id", "day_zero", "step_key"),
        Index("ix_dunning_steps_taken_step_id_at", "step_id", "at"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    subscription_id: Mapped[int] = mapped_column(BigInteger)
    day_zero: Mapped[date] = mapped_column(Date)
    step_key: Mapped[str] = mapped_column(Text)
    step_id: Mapped[int] = mapped_column(
        BigInteger
    )  # no foreign key: a step is never taken out, and cuts come in masses
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    missed: Mapped[bool] = mapped_column(Boolean, server_default="false")


class Promise(Base):
    """The owner of a line has promised to pay by the end of a day: until then its steps wait."""

    __tablename__ = "promises"
    __table_args__ = (
        CheckConstraint("made_at < until_at", name="until_at"),
        Index("ix_promises_subscription_id_made_at", "subscription_id", "made_at"),
        Index("ix_promises_until_at", "until_at"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    subscription_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("subscriptions.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until_at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_staff_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("staff.id"))


class Standstill(Base):
    """While our side is down nobody is reminded, slowed or cut, and grace grows by the same time.

    scope: all lines; those of a site; or a gateway, without which nobody can pay. about: the site's id or the
    gateway's name. to_at: none while it lasts.
    """

    __tablename__ = "standstills"
    __table_args__ = (
        CheckConstraint("scope IN ('all', 'site', 'gateway')", name="scope"),
        CheckConstraint("(scope = 'site') = (site_id IS NOT NULL)", name="site"),
        CheckConstraint("from_at <= to_at", name="to_at"),
        Index("uq_standstills_open", "scope", "about", unique=True, postgresql_where=text("to_at IS NULL")),
        Index("ix_standstills_to_at", "to_at"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    scope: Mapped[str] = mapped_column(Text)
    about: Mapped[str] = mapped_column(Text, server_default="")
    site_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("sites.id"))
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    to_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CutHold(Base):
    """A sweep would have cut so many lines that it waits for somebody's yes (M47)."""

    __tablename__ = "cut_holds"
    __table_args__ = (
        CheckConstraint("action IN ('suspend', 'end')", name="action"),
        Index("uq_cut_holds_open", "action", unique=True, postgresql_where=text("released_at IS NULL")),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    action: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    lines: Mapped[int] = mapped_column(Integer)
    lines_on: Mapped[int] = mapped_column(Integer)
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    by_staff_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("staff.id"))
