"""Which keys this database was written with, so that a wrong key is noticed before it writes anything."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Identity, LargeBinary, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from core.base.database import Base, UtcDateTime, Work
from core.base.errors import Misconfigured
from core.base.secrets import KEY_ID_BYTES, SealBroken

PLAIN = "this is the key"


class KeyMark(Base):
    """A known word, sealed with one key."""

    __tablename__ = "key_marks"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=False), primary_key=True)
    key_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


@dataclass(frozen=True, slots=True)
class Marks:
    """How many of the keys that this database was written with are in our list, and how many are not."""

    open: int
    closed: int


def known_marks(work: Work) -> Marks:
    """See which of the database's keys we hold, without writing anything."""
    opened = [_opens(work, mark) for mark in work.session.scalars(select(KeyMark))]
    return Marks(open=sum(opened), closed=len(opened) - sum(opened))


def check_keys(work: Work) -> None:
    """Note the newest key, if the database already opens with one of ours. Raises Misconfigured otherwise."""
    marks = work.session.scalars(select(KeyMark)).all()
    if marks and not any(_opens(work, mark) for mark in marks):
        raise Misconfigured(
            [
                "BANDO_SECRET_KEY opens nothing in this database: it was written with another key. "
                "Put that key into the list; nothing was changed"
            ]
        )
    if work.keyring.newest in {mark.key_id for mark in marks}:
        return
    mark_id = work.next_id("key_marks")
    sealed = work.keyring.seal(PLAIN, table="key_marks", column="sealed", row=mark_id)
    work.session.execute(
        insert(KeyMark)
        .values(id=mark_id, key_id=sealed[:KEY_ID_BYTES], sealed=sealed, made_at=work.now)
        .on_conflict_do_nothing(index_elements=["key_id"])
    )


def _opens(work: Work, mark: KeyMark) -> bool:
    try:
        return work.keyring.unseal(mark.sealed, table="key_marks", column="sealed", row=mark.id) == PLAIN
    except SealBroken:
        return False
