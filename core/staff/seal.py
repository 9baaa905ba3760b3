"""The audit trail in sealed batches: each seal's hash covers its entries and the seal before.

Whoever has the database can rewrite all of it, but not so that it fits a head (hash and count) that was carried
off the machine before: a changed entry, a swapped one and a cut tail are found.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select, text

from core.base.database import Work
from core.staff.model import AuditEntry, AuditSeal

BATCH = 10_000
"""Entries hashed at a time: some megabytes of memory, and writers wait for a fraction of a second."""
LOCK = 20_261_123
"""The advisory lock that the trigger on audit_log shares and the sealer has alone: after it, every entry with a
lower number is there to be read."""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: what is to be carried off the machine every day."""

    hash: str
    entries: int

    def __str__(self) -> str:
        return f"{self.entries}:{self.hash}"


def seal(work: Work) -> int:
    """Seal the entries that are not sealed yet, at most BATCH; how many there were."""
    work.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    last = work.session.scalar(select(AuditSeal).order_by(AuditSeal.id.desc()).limit(1))
    after = last.to_id if last else 0
    entries = work.session.scalars(
        select(AuditEntry).where(AuditEntry.id > after).order_by(AuditEntry.id).limit(BATCH)
    ).all()
    if not entries:
        return 0
    work.session.add(
        AuditSeal(
            after_id=after,
            to_id=entries[-1].id,
            entries=len(entries),
            hash=_chained(last.hash if last else b"", entries),
            sealed_at=work.now,
        )
    )
    return len(entries)


def head(work: Work) -> Head:
    """The end of the chain as it stands."""
    last = work.session.scalar(select(AuditSeal.hash).order_by(AuditSeal.id.desc()).limit(1))
    count = work.session.scalar(select(func.coalesce(func.sum(AuditSeal.entries), 0)))
    return Head(hash=(last or b"").hex(), entries=int(count or 0))


def verify(work: Work, *, expected: str | None = None) -> list[str]:
    """What is wrong with the trail, in plain words; empty: nothing. expected: a head noted earlier ("120:9f…"),
    which must be met on the way."""
    problems, before, after, count = [], b"", 0, 0
    met = expected is None
    for found in work.session.scalars(select(AuditSeal).order_by(AuditSeal.id)):
        entries = work.session.scalars(
            select(AuditEntry)
            .where(AuditEntry.id > found.after_id, AuditEntry.id <= found.to_id)
            .order_by(AuditEntry.id)
        ).all()
        if found.after_id != after:
            problems.append(f"between entries {after} and {found.after_id} a seal is missing")
        if len(entries) != found.entries or _chained(before, entries) != found.hash:
            problems.append(f"entries {found.after_id + 1} to {found.to_id} are not what was sealed")
        before, after, count = found.hash, found.to_id, count + found.entries
        met = met or str(Head(found.hash.hex(), count)) == expected
    if not met:
        problems.append("the head that was noted is not on the chain: its tail was cut or written anew")
    return problems


def _chained(before: bytes, entries: Iterable[AuditEntry]) -> bytes:
    digest = hashlib.sha256(before)
    for entry in entries:
        facts = [
            entry.id,
            entry.at.isoformat(),
            entry.staff_id,
            entry.what,
            entry.whom,
            entry.whom_id,
            entry.detail,
            entry.source,
            entry.request_id,
        ]
        digest.update(json.dumps(facts, sort_keys=True).encode() + b"\n")
    return digest.digest()
