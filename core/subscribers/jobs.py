"""The jobs of subscribers, each of which may run twice, also at the same time."""

from core.base.database import OpensWork
from core.subscribers import changes, codes, payer_names


def carry_out_change(deps: OpensWork, *, change_id: int) -> None:
    """Do a change of contacts whose time has come."""
    with deps.work() as work:
        changes.carry_out(work, change_id=change_id)


def part_other_name(deps: OpensWork, *, payer_name_id: int) -> None:
    """Part a number that pays under another name, unless the name of before came back."""
    with deps.work() as work:
        payer_names.part_other_name(work, payer_name_id=payer_name_id)


def forget_old_codes(deps: OpensWork) -> None:
    """Codes and link words that nothing is counted by any more, and payers' names of long ago."""
    with deps.work() as work:
        codes.forget_old(work)
        payer_names.forget_old(work)
