"""Daraja's access token: one for all processes, for each new one invalidates the last (daraja.md section 2).

It stands sealed in PostgreSQL. One process fetches, the others wait for what it brings.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core.base.database import Work
from core.base.errors import Unreachable
from core.payments.model import GatewayToken

REFRESH_BEFORE = timedelta(seconds=60)
"""A token that ends within a call is no token."""
FETCH_LEASE = timedelta(seconds=20)
"""Longer than a fetch may take; a process that died while fetching blocks nobody for longer."""
WAIT_SECONDS, WAIT_STEP_SECONDS = 15.0, 0.05

OpenWork = Callable[[], AbstractContextManager[Work]]
Fetch = Callable[[], tuple[str, int]]
"""Fetches a token from Daraja: the token and its life in seconds."""


@dataclass(frozen=True, slots=True)
class Token:
    """generation tells a token that was refused from the one that replaced it meanwhile."""

    value: str
    generation: int


class SharedToken:
    """The token of one consumer key."""

    def __init__(self, gateway: str, open_work: OpenWork, fetch: Fetch) -> None:
        self._gateway = gateway
        self._open_work = open_work
        self._fetch = fetch

    def get(self, refused: Token | None = None) -> Token:
        """A token that is valid for a while; never the `refused` one. Raises Unreachable."""
        give_up_at = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < give_up_at:
            with self._open_work() as work:
                token, may_fetch = self._look(work, refused)
            if token is not None:
                return token
            if may_fetch:
                return self._renew()
            time.sleep(WAIT_STEP_SECONDS)
        raise Unreachable("no access token was brought in time")

    def _look(self, work: Work, refused: Token | None) -> tuple[Token | None, bool]:
        work.session.execute(insert(GatewayToken).values(gateway=self._gateway).on_conflict_do_nothing())
        row = work.session.scalars(
            select(GatewayToken).where(GatewayToken.gateway == self._gateway).with_for_update()
        ).one()
        good_until = row.expires_at - REFRESH_BEFORE if row.expires_at else work.now
        is_refused = refused is not None and row.generation <= refused.generation
        if row.token_sealed is not None and work.now < good_until and not is_refused:
            return Token(_unseal(work, row), row.generation), False
        if row.fetching_until is not None and row.fetching_until > work.now:
            return None, False
        row.fetching_until = work.now + FETCH_LEASE
        return None, True

    def _renew(self) -> Token:
        try:
            value, life_seconds = self._fetch()
        except BaseException:
            with self._open_work() as work:
                self._row(work).fetching_until = None
            raise
        with self._open_work() as work:
            row = self._row(work)
            row.token_sealed = work.keyring.seal(
                value, table="gateway_tokens", column="token_sealed", row=row.id
            )
            row.generation += 1
            row.expires_at = work.now + timedelta(seconds=life_seconds)
            row.fetching_until = None
            return Token(value, row.generation)

    def _row(self, work: Work) -> GatewayToken:
        return work.session.scalars(
            select(GatewayToken).where(GatewayToken.gateway == self._gateway).with_for_update()
        ).one()


def _unseal(work: Work, row: GatewayToken) -> str:
    assert row.token_sealed is not None
    return work.keyring.unseal(row.token_sealed, table="gateway_tokens", column="token_sealed", row=row.id)
