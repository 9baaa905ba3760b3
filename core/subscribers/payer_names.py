"""Under which M-PESA name a number pays. Another name than before: the number may be in other hands (M6).

What is kept is a keyed hash of the first name with the number, which tells nobody anything but "the same" or "another".
"""

from datetime import timedelta

from sqlalchemy import delete, select

from core.base.database import Work
from core.base.dated import dated
from core.base.log import logger
from core.base.msisdn import Msisdn
from core.base.secrets import KEY_ID_BYTES
from core.base.typed import tidy
from core.subscribers.codes import alone_with
from core.subscribers.events import PayerNameChanged
from core.subscribers.hear import is_somebodys, part
from core.subscribers.model import OTHER_NAME, PayerName

HASH = "payer name"
PARTED_AFTER = timedelta(minutes=15)
"""What was just paid is served and told first; the same name told again meanwhile takes the suspicion back."""
KEPT = timedelta(days=540)
"""As long as raw payment bodies (M51): a name that was not told for so long is learnt anew."""
LEAST_LETTERS = 2
"""An initial is no name to compare."""


def note_payer_name(work: Work, *, msisdn: Msisdn, name: str) -> None:
    """The provider tells under which name this number paid. The first is learnt; another one, told of a number that
    somebody has, parts it a little later. Nothing is done for a name that cannot be compared."""
    first = compared(name)
    if not first:
        return
    alone_with(work, msisdn.digits)
    if not is_somebodys(work, msisdn):
        return
    hashes = work.keyring.lookups(f"{msisdn.digits}|{first}", HASH)
    row = work.session.scalar(
        select(PayerName)
        .where(PayerName.number == msisdn.digits)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        work.session.add(PayerName(number=msisdn.digits, name_hash=hashes[0], told_at=work.now))
        work.session.flush()
        return
    made_with = row.name_hash[:KEY_ID_BYTES]
    if row.name_hash in hashes or all(one[:KEY_ID_BYTES] != made_with for one in hashes):
        # The same; or a key that is gone made it, and nobody can tell any more.
        row.name_hash, row.told_at, row.other_at = hashes[0], work.now, None
        return
    (parts,) = dated(work, "number.parts_on_other_name")
    if parts and row.other_at is None:
        row.other_at = work.now
        work.record(PayerNameChanged(row.id), after=PARTED_AFTER)


def part_other_name(work: Work, *, payer_name_id: int) -> None:
    """The name stayed another: the number is parted from its accounts, and the next name is learnt anew."""
    row = work.session.get(PayerName, payer_name_id)
    if row is None:
        return
    number = Msisdn(row.number)
    alone_with(work, number.digits)
    work.session.refresh(row, with_for_update=True)
    if row.other_at is None or work.now - row.other_at < PARTED_AFTER:
        return
    logger("subscribers").info("payer_name_changed", number=number)
    part(work, msisdn=number, why=OTHER_NAME)


def compared(name: str) -> str:
    """The first word of a name as it is compared; empty where there is none, or it is masked."""
    word = tidy(name).casefold().partition(" ")[0]
    letters = "".join(sign for sign in word if sign.isalpha())
    return letters if len(letters) >= LEAST_LETTERS and "*" not in word else ""


def forget_old(work: Work) -> None:
    """Drop the names that were not told for long."""
    work.session.execute(delete(PayerName).where(PayerName.told_at < work.now - KEPT))
