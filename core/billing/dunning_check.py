"""What a policy of dunning must be, whoever writes it: on values alone."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import time

from core.base.errors import Refusal
from core.base.words import say
from core.billing.dunning_model import END, PROMPT, REMIND, SLOW, SUSPEND
from core.billing.dunning_plan import SPEAKS_FROM, SPEAKS_UNTIL, Step
from core.messaging.carrier import CHATS, EMAIL, SMS

MOST_STEPS, MOST_GRACE_DAYS = 12, 60
FIRST_DAY, LAST_DAY = -60, 400
NOTICE_FROM, NOTICE_UNTIL = time(16), time(19)
"""The notice says that the line stops tonight, and Ramadan may move it to 19:00."""
CUT_UNTIL = time(6)
"""The notice holds for a day, and says midnight: a line goes off in the night that follows it."""
CHANNELS = (SMS, *CHATS, EMAIL)
BEFORE, ON_THE_DAY, NOTICE = "line_reminder", "line_last_day", "line_stops_tonight"
TEXTS: Mapping[str, tuple[str, ...]] = {
    REMIND: (BEFORE, ON_THE_DAY, NOTICE),
    PROMPT: (),
    SLOW: ("line_slowed",),
    SUSPEND: ("line_suspended",),
    END: (),
}
"""The texts that are true of each action. A reminder always has one, the others may be silent."""


def check_policy(grace_days: int, steps: Sequence[Step], calendars: Collection[str]) -> None:
    """Raises Refusal, in the words of who wrote it, for a policy that could not be carried out, would say what is not
    true, or would cut a line too early or without its notice. calendars: the names of those that there are."""
    if not 0 <= grace_days <= MOST_GRACE_DAYS:
        raise Refusal(say("Days of grace go from 0 to {most}.", most=MOST_GRACE_DAYS))
    if not 1 <= len(steps) <= MOST_STEPS:
        raise Refusal(say("A policy has from 1 to {most} steps.", most=MOST_STEPS))
    keys = Counter(step.key for step in steps)
    twice = next((key for key, count in keys.items() if count > 1), None)
    if twice is not None:
        raise Refusal(say("The step {step} is there twice.", step=twice))
    for step in steps:
        _check_step(step, calendars)
    for action in (SLOW, SUSPEND, END):
        if sum(step.action == action for step in steps) > 1:
            raise Refusal(say("A line is slowed, switched off and ended once each."))
    _check_notices(steps)
    _check_order(grace_days, steps)


def _check_step(step: Step, calendars: Collection[str]) -> None:
    if not FIRST_DAY <= step.day_offset <= LAST_DAY:
        raise Refusal(
            say("{step}: the day goes from {least} to {most}.", step=step.key, least=FIRST_DAY, most=LAST_DAY)
        )
    if step.speaks and not SPEAKS_FROM <= step.at < SPEAKS_UNTIL:
        raise Refusal(say("{step}: people are spoken to from 08:00 to 20:00.", step=step.key))
    if not set(step.calendars) <= set(calendars):
        raise Refusal(say("Choose one of the list."))
    if step.prefer is not None and (step.prefer not in CHANNELS or step.template is None):
        raise Refusal(say("{step}: a way is chosen for a step with a text.", step=step.key))
    _check_text(step)


def _check_text(step: Step) -> None:
    if step.action != REMIND:
        if step.template is not None and step.template not in TEXTS[step.action]:
            raise Refusal(say("{step}: that text is not true of it.", step=step.key))
        return
    if step.announces is None and step.day_offset > 0:
        raise Refusal(say("{step}: there is no reminder for after the last paid day.", step=step.key))
    true = NOTICE if step.announces is not None else ON_THE_DAY if step.day_offset == 0 else BEFORE
    if step.template != true:
        raise Refusal(say("{step}: that text is not true of it.", step=step.key))


def _check_notices(steps: Sequence[Step]) -> None:
    """Each cut has one notice, on the evening before it; a notice without a cut would be untrue."""
    cut = next((step for step in steps if step.action == SUSPEND), None)
    notices = [step for step in steps if step.announces is not None]
    if cut is None:
        if notices:
            raise Refusal(say("{step} says that the line stops: leave it out, too.", step=notices[0].key))
        return
    if len(notices) != 1 or notices[0].announces != cut.key or notices[0].action != REMIND:
        raise Refusal(say("No line is switched off without the notice of the evening before."))
    if cut.at > CUT_UNTIL:
        raise Refusal(say("{step}: lines are switched off from 00:00 to 06:00.", step=cut.key))
    notice = notices[0]
    if notice.day_offset != cut.day_offset - 1 or not NOTICE_FROM <= notice.at <= NOTICE_UNTIL:
        raise Refusal(
            say("{step} comes the day before {cut}, from 16:00 to 19:00.", step=notice.key, cut=cut.key)
        )


def _check_order(grace_days: int, steps: Sequence[Step]) -> None:
    """Spoken to, slowed, switched off, ended; and the last two not before the grace is over."""
    first = {step.action: step for step in steps}
    slow, cut, end = first.get(SLOW), first.get(SUSPEND), first.get(END)
    if slow is not None and slow.day_offset < 1:
        raise Refusal(say("{step}: no line is slowed before its paid days are over.", step=slow.key))
    if cut is not None and cut.day_offset <= grace_days:
        raise Refusal(
            say(
                "{step}: with {count} days of grace it comes after the day +{count}.",
                step=cut.key,
                count=grace_days,
            )
        )
    if end is not None and cut is None:
        raise Refusal(say("{step}: only a line that was switched off is ended.", step=end.key))
    if cut is None:
        return
    if end is not None and end.day_offset <= cut.day_offset:
        raise Refusal(say("{step} comes after {cut}.", step=end.key, cut=cut.key))
    late = [step for step in steps if step.action not in (SUSPEND, END)]
    for step in late:
        if (step.day_offset, step.at) >= (cut.day_offset, cut.at):
            raise Refusal(say("{step} comes before {cut}.", step=step.key, cut=cut.key))
