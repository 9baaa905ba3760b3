"""What a queued notice says: its values are opened only where its text is needed."""

import json
from dataclasses import dataclass

from core.base.database import Work
from core.base.settings import Brand
from core.messaging.model import Notice, NoticeBatch
from core.messaging.template import compose
from core.messaging.templates import TEMPLATES


@dataclass(frozen=True, slots=True)
class Words:
    """text: the whole notice. values: what stands in it, for a channel that takes templates."""

    text: str
    values: dict[str, str]


def words_of(work: Work, notice: Notice, brand: Brand, *, in_chat: bool = False) -> Words:
    """The notice in its language. in_chat: as it is said in a chat, where that differs."""
    if notice.batch_id is not None:
        batch = work.session.get_one(NoticeBatch, notice.batch_id)
        return words_of_batch(work, batch, notice.language, brand, in_chat=in_chat)
    assert notice.values_sealed is not None
    values = json.loads(
        work.keyring.unseal(notice.values_sealed, table="notices", column="values_sealed", row=notice.id)
    )
    form = TEMPLATES[notice.template]
    return Words(compose(form, values, brand, notice.language, in_chat=in_chat), values)


def words_of_batch(
    work: Work, batch: NoticeBatch, language: str, brand: Brand, *, in_chat: bool = False
) -> Words:
    """The batch's one text in a language."""
    by_language = json.loads(
        work.keyring.unseal(batch.values_sealed, table="notice_batches", column="values_sealed", row=batch.id)
    )
    values = by_language[language]
    return Words(compose(TEMPLATES[batch.template], values, brand, language, in_chat=in_chat), values)
