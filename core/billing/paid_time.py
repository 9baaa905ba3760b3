"""Until when a line is paid with one more term: the calendar's rules, asked with what stands of the line."""

from datetime import datetime, time, timedelta

from core.base.clock import nairobi_day
from core.base.database import Work
from core.base.dated import dated
from core.billing.hotspot_time import midnight_for
from core.billing.model import Subscription
from core.billing.periods import PaidTime, Term, first_period, renewed, shifted
from core.catalogue.model import Plan


def time_bought(
    work: Work,
    line: Subscription,
    plan: Plan,
    term: Term,
    *,
    back_at: datetime,
    asked_at: datetime,
    times: int = 1,
) -> PaidTime:
    """Where the line stands after `times` more terms of `plan`, which may be that of its next period. back_at: when its
    router had it on (again); for a line that is on, the payment. asked_at: when the purchase was quoted."""
    if line.dark_since is not None:
        back_at = max(back_at, line.dark_since)  # the network's yes is told in whole seconds
    if plan.until_midnight:
        return _until_midnight(work, line, back_at)
    if plan.fixed_anchor is not None and term.unit == "months":
        return _to_common_payday(line, plan.fixed_anchor, term, back_at, asked_at, times)
    if line.paid_through is None:
        return first_period(back_at, term, times=times)
    forgive_after, every = dated(work, "home.fresh_start_after_dark_days", "home.forgives_every_days")
    return renewed(
        line.paid_through,
        term,
        line.anchor_day,
        back_at=back_at,
        dark_since=line.dark_since,
        times=times,
        forgive_after_dark_days=forgive_after,
        may_forgive=_may_forgive(line, back_at, every),
    )


def _until_midnight(work: Work, line: Subscription, back_at: datetime) -> PaidTime:
    (late,) = dated(work, "hotspot.until_tomorrow_from_hour")
    return PaidTime(midnight_for(max(back_at, line.paid_through or back_at), time(late)), None)


def _to_common_payday(
    line: Subscription, anchor: int, term: Term, back_at: datetime, asked_at: datetime, times: int
) -> PaidTime:
    """The price was quoted for a start on the day it was asked for. Days for which the router let it wait come back at
    the end, and the next bill is of fewer days."""
    if line.paid_through is None:
        asked_at = min(asked_at, back_at)
        time_ = first_period(asked_at, term, anchor, fixed=True, times=times)
    else:
        if line.dark_since is None:
            asked_at = back_at
        asked_at = min(max(asked_at, line.dark_since or asked_at), back_at)
        time_ = renewed(
            line.paid_through,
            term,
            anchor,
            back_at=asked_at,
            dark_since=line.dark_since,
            fixed=True,
            times=times,
        )
    waited = (nairobi_day(back_at) - nairobi_day(asked_at)).days
    return shifted(time_, waited, fixed=True)


def _may_forgive(line: Subscription, at: datetime, every_days: int) -> bool:
    """Old grace days are written off once in so many days."""
    if line.forgiven_at is None:
        return True
    return nairobi_day(at) >= nairobi_day(line.forgiven_at) + timedelta(days=every_days)
