"""What holds a mass of cuts back, on the command line: the yes that it waits for, and whether the clock is right."""

from bando.processes import start
from core.base.clock import NAIROBI, read_machine
from core.base.clock_guard import believe_clock
from core.billing.cut_hold import allow_cuts, open_holds
from core.staff.audit import COMMAND_LINE, note


def waiting() -> list[str]:
    """One line for each mass of cuts that waits."""
    with start("cli").work() as work:
        found = [
            f"{hold.id}: {hold.action} {hold.lines} of {hold.lines_on} lines, since "
            f"{hold.at.astimezone(NAIROBI):%d/%m/%Y %H:%M}"
            for hold in open_holds(work)
        ]
    return found or ["No mass of cuts waits for a yes."]


def allow(hold_id: int) -> list[str]:
    """Say yes. Raises Refusal where nothing waits for it."""
    with start("cli").work() as work:
        hold = allow_cuts(work, COMMAND_LINE, hold_id=hold_id)
        return [f"Up to {hold.lines} lines may be cut within a day."]


def trust_clock() -> str:
    """Believe the machine's clock as it is now."""
    with start("cli").work() as work:
        believe_clock(work, read_machine())
        note(work, COMMAND_LINE, "clock_trusted")
        return f"It is {work.now.astimezone(NAIROBI):%d/%m/%Y %H:%M} in Nairobi, and believed."
