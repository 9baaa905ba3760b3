"""Link tokens: a proved number is shown a word, and the chat in which it is typed speaks for that number.

A word is one use and ten minutes long, and no account number: it may be in a link (t.me/<bot>?start=<word>).
"""

import secrets
from datetime import timedelta

from sqlalchemy import update

from core.base.database import Work
from core.base.msisdn import Msisdn
from core.base.typed import tidy
from core.subscribers.chats import Known, link
from core.subscribers.model import CODE, LinkToken

TOKEN_LIFE = timedelta(minutes=10)
SYMBOLS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Nothing that is read as something else: no 0 and O, no 1, I and L."""
LENGTH = 8
HASH = "link token"


def draw_token(work: Work, *, number: Msisdn) -> str:
    """A word for this number, as it is shown: "K7QM-2XWD". Only its keyed hash is kept."""
    token = "".join(secrets.choice(SYMBOLS) for _ in range(LENGTH))
    work.session.add(
        LinkToken(
            token_hash=work.keyring.lookup(token, HASH),
            number=number.digits,
            created_at=work.now,
            expires_at=work.now + TOKEN_LIFE,
        )
    )
    work.session.flush()
    return f"{token[:4]}-{token[4:]}"


def take_token(work: Work, *, channel: str, external_id: str, typed: str, language: str = "") -> Known | None:
    """Link this chat by a word that was typed in it. None: it is no word of ours, used, or too old."""
    token = tidy(typed).replace(" ", "").replace("-", "").upper()
    if len(token) != LENGTH or not set(token) <= set(SYMBOLS):
        return None
    number = work.session.scalar(
        update(LinkToken)
        .where(
            LinkToken.token_hash.in_(work.keyring.lookups(token, HASH)),
            LinkToken.used_at.is_(None),
            LinkToken.expires_at > work.now,
        )
        .values(used_at=work.now)
        .returning(LinkToken.number)
    )
    if number is None:
        return None
    return link(
        work, channel=channel, external_id=external_id, number=Msisdn(number), how=CODE, language=language
    )
