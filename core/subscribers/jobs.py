"""The jobs of subscribers, each of which may run twice, also at the same time."""

from core.base.database import OpensWork
from core.subscribers import changes, codes


def carry_out_change(deps: OpensWork, *, change_id: int) -> None:
    """Do a change of contacts whose time has come."""
    with deps.work() as work:
        changes.carry_out(work, change_id=change_id)


def forget_old_codes(deps: OpensWork) -> None:
    """Codes and link words that nothing is counted by any more."""
    with deps.work() as work:
        codes.forget_old(work)
