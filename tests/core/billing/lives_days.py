"""The days of a line, counted by hand: a second book of paid time that is kept from what happened alone (moves,
purchases, gifts) and knows nothing of the code that reckons. Both must always say the same last paid day.

From the day after a line joined up to its last paid day, each day of the calendar was bought, or given, or stood still:
dark days with the day of return, a pause with the day of return, unpaid grace that was forgiven. Days that wait in a
pause are kept apart until the return. What is withdrawn is taken off the end, and never a day that was used.
"""

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import text

from core.base.clock import last_day, nairobi_day
from core.base.database import Work

FORGIVEN_AFTER, FORGIVEN_EVERY = 14, 180
DAY = timedelta(days=1)

_LINES = text(
    """
    SELECT s.id, s.paid_through, s.paused_days_left, s.anchor_day
    FROM subscriptions s JOIN plans p ON p.id = s.plan_id
    WHERE p.kind = 'pppoe' AND p.billing = 'prepaid' ORDER BY s.id
    """
)
_MOVES = text(
    "SELECT id, subscription_id, at, to_state FROM subscription_moves WHERE id > :after ORDER BY id"
)
_SERVED = text(
    """
    SELECT o.id, o.subscription_id, o.purpose, o.term_unit, o.term_count, o.anchor_day, o.created_at, p.fixed_anchor
    FROM purchases o JOIN plans p ON p.id = o.plan_id
    WHERE o.state = 'served' AND o.purpose <> 'change' AND p.billing = 'prepaid' AND o.id <> ALL(:known) ORDER BY o.id
    """
)
# Whose money went back: a purchase is credited on its own invoice, or on that of the change that charged its days.
_CREDITED = text(
    """
    SELECT DISTINCT i.subscription_id, coalesce(c.purchase_id, i.purchase_id) AS purchase_id
    FROM credit_notes n JOIN invoices i ON i.id = n.invoice_id
    LEFT JOIN plan_change_parts c ON c.invoice_id = i.id
    WHERE n.id > :after AND coalesce(c.purchase_id, i.purchase_id) IS NOT NULL
    """
)
_NEWEST_NOTE = text("SELECT coalesce(max(id), 0) FROM credit_notes")
_GIVEN = text("SELECT id, subscription_id, days FROM days_given WHERE id > :after ORDER BY id")


def months_on(day: date, months: int, anchor: int) -> date:
    """The anchor day, or the last, of the month so many months on."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(anchor, monthrange(year, month + 1)[1]))


@dataclass(slots=True)
class Line:
    """One line's days. joined: the day on which it began, a gift. last: the last paid day. anchor: the day of the month
    that it comes back to. waiting: days that wait in a pause. dark_from, paused_on: since when it is off."""

    joined: date | None = None
    last: date | None = None
    anchor: int | None = None
    waiting: int | None = None
    dark_from: date | None = None
    paused_on: date | None = None
    dark: int = 0
    forgiven_on: date | None = None
    ended: bool = False

    def moved(self, to_state: str, day: date) -> None:
        if to_state == "paused":
            assert self.last is not None
            self.paused_on, self.waiting = day, (self.last - day).days
        elif to_state == "suspended" and self.dark_from is None:
            self.dark_from = day
        elif to_state == "active" and self.waiting is not None:
            self._put(day + self.waiting * DAY)
            self.paused_on = self.waiting = None
        elif to_state == "active" and self.dark_from is not None:
            self.dark, self.dark_from = (day - self.dark_from).days + 1, None
        elif to_state == "active" and self.last is None:
            self.last = self.joined = day
        self.ended |= to_state == "ended"

    def bought(self, unit: str, number: int, fixed: int | None, *, asked: date, back: date) -> int:
        """A term more; how many days that is. fixed: the payday that all lines of what was bought share. asked: when
        it was quoted; back: when the network had the line."""
        assert self.last is not None
        if self.dark > FORGIVEN_AFTER and fixed is None and self._may_be_forgiven(back):
            self.last, self.anchor, self.dark, self.forgiven_on = back, None, 0, back
        before = self.last
        if unit == "days":
            self._put(before + number * DAY)
        elif fixed is not None:
            self._to_common_payday(number, fixed, asked, back)
        else:
            if self.anchor is None or months_on(before, 0, self.anchor) != before:
                self.anchor = before.day
            self.last = months_on(before, number, self.anchor)
        days = (self.last - before).days
        if self.dark:
            self._put(self.last + self.dark * DAY)
            self.dark = 0
        return days

    def _to_common_payday(self, number: int, fixed: int, asked: date, back: date) -> None:
        """The date stays and the price falls; what the router let it wait for comes back at the end."""
        assert self.last is not None
        waits = self.dark > 0 or self.last == self.joined
        asked = min(max(asked, back - (self.dark - 1) * DAY) if self.dark else asked, back) if waits else back
        start = asked if self.last == self.joined else max(self.last, asked) if self.dark else self.last
        end = months_on(start, 0, fixed)
        end = months_on(end, number - 1 if end > start else number, fixed)
        self.last, self.dark = end + (back - asked).days * DAY, 0

    def _may_be_forgiven(self, day: date) -> bool:
        return self.forgiven_on is None or (day - self.forgiven_on).days >= FORGIVEN_EVERY

    def payday(self, anchor: int) -> int:
        assert self.last is not None
        before, here = self.last, months_on(self.last, 0, anchor)
        self.last, self.anchor = here if here > before else months_on(before, 1, anchor), anchor
        return (self.last - before).days

    def given(self, days: int) -> None:
        if self.waiting is not None:
            self.waiting += days
        else:
            assert self.last is not None
            self._put(self.last + days * DAY)

    def withdraw(self, last: date | None, waiting: int | None, today: date) -> int:
        """Money went back: days that were not used may have gone with it, no other. How many they are."""
        days = 0
        if self.waiting is not None and waiting is not None:
            days = self.waiting - waiting
            assert 0 <= days <= self.waiting, "days that waited were made"
            self.waiting = waiting
        elif last is not None and self.last is not None and last != self.last:
            assert today <= last < self.last, "a used day was withdrawn"
            days = (self.last - last).days
            self._put(last)
        return days

    def _put(self, last: date) -> None:
        """Days that are no month move an anniversary along."""
        self.last = last
        self.anchor = None if self.anchor is None else last.day


@dataclass(slots=True)
class Days:
    """The second book of all prepaid home lines. `look` after each thing that happens."""

    lines: dict[int, Line] = field(default_factory=dict)
    seen_move: int = 0
    seen_gift: int = 0
    seen_note: int = 0
    left: dict[int, int] = field(default_factory=dict)
    """The days that each served purchase bought and that were not withdrawn."""

    def look(self, work: Work, *, may_withdraw: bool = False) -> None:
        rows = work.session.execute(_LINES).all()
        # A line that was billed after its months until now is taken over as it stands.
        new = [row for row in rows if row.id not in self.lines and row.paid_through is not None]
        self.lines = {row.id: self.lines.get(row.id) or Line() for row in rows if row not in new}
        today = nairobi_day(work.now)
        if may_withdraw:
            credited = work.session.execute(_CREDITED, {"after": self.seen_note}).all()
            for row in (one for one in rows if one not in new):
                self._withdraw(
                    row, today, [one.purchase_id for one in credited if one.subscription_id == row.id]
                )
        self.seen_note = work.session.execute(_NEWEST_NOTE).scalar_one()
        self._follow_moves(work)
        served = work.session.execute(_SERVED, {"known": list(self.left)}).all()
        for row in served:
            self.left[row.id] = 0
            line = self.lines.get(row.subscription_id)
            if line is not None and row.purpose == "payday":
                self.left[row.id] = line.payday(row.anchor_day)
            elif line is not None:
                asked = nairobi_day(row.created_at)
                self.left[row.id] = line.bought(
                    row.term_unit, row.term_count, row.fixed_anchor, asked=asked, back=today
                )
        for gift in work.session.execute(_GIVEN, {"after": self.seen_gift}).all():
            self.seen_gift = gift.id
            if gift.subscription_id in self.lines:
                self.lines[gift.subscription_id].given(gift.days)
        for row in new:
            self.lines[row.id] = Line(last=last_day(row.paid_through), anchor=row.anchor_day)
        for row in rows:
            self._compare(row)

    def _follow_moves(self, work: Work) -> None:
        for row in work.session.execute(_MOVES, {"after": self.seen_move}).all():
            self.seen_move = row.id
            if row.subscription_id in self.lines:
                self.lines[row.subscription_id].moved(row.to_state, nairobi_day(row.at))

    def _withdraw(self, row: Any, today: date, credited: list[int]) -> None:
        line = self.lines[row.id]
        if line.ended or row.paid_through is None:
            return
        days = line.withdraw(last_day(row.paid_through), row.paused_days_left, today)
        for purchase_id in credited:
            taken = min(days, self.left.get(purchase_id, 0))
            self.left[purchase_id], days = self.left.get(purchase_id, 0) - taken, days - taken
        assert days == 0, f"line {row.id}: {days} days were withdrawn and their money did not come back"

    def _compare(self, row: Any) -> None:
        line = self.lines[row.id]
        if line.ended:
            return
        last = last_day(row.paid_through) if row.paid_through is not None else None
        waits = line.waiting is not None
        assert row.paused_days_left == line.waiting, f"line {row.id}: days that wait"
        assert waits or last == line.last, f"line {row.id} is paid through {last}, by hand {line.last}"
