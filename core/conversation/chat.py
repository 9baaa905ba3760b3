"""A message of a chat is heard and answered, each once, whatever comes twice, late or at the same time.

It is heard under the lock of its person's talk. What it does is committed, then the talk is kept with the answer
that it owes, then the answer is shown, then that is noted. A worker that dies between two of these leaves a job that
runs again: before the keeping, the same turn finds its own purchase; after it, the kept face is shown.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from redis import RedisError

from core.base.errors import OutcomeUnknown, Refusal, Rejected, Unreachable
from core.base.log import logger
from core.base.msisdn import Msisdn
from core.conversation import engine
from core.conversation.channel import Act, Channel, Person, Said
from core.conversation.chat_store import Opened, Talks
from core.conversation.chat_turn import Turn, TurnDeps
from core.conversation.dialogue import Dialogue
from core.conversation.face import face_of
from core.conversation.kept_talk import KeptTalk
from core.conversation.phrases import CHANNEL_WORDS
from core.conversation.unfinished import Left
from core.messaging.carrier import AccountRefused, BlockedByPerson
from core.subscribers.chats import mark_off, mark_on

__all__ = ["CHANNEL_WORDS", "TURNS_A_MINUTE", "ConversationDeps", "hear"]

TURNS_A_MINUTE = 30
"""Messages of one person (M5); the next one is told so, those after it are not answered."""

log = logger("chat")


class ConversationDeps(TurnDeps, Protocol):
    """What the talk needs of the assembled program. channels: by name; one that is not configured is not there."""

    @property
    def channels(self) -> Mapping[str, Channel]: ...


def hear(deps: ConversationDeps, channel: Channel, said: Said) -> None:
    """Hear one message and answer it. Raises Unreachable and NotReady for a job that shall run again."""
    if said.act in (Act.LEFT, Act.CAME_BACK):
        _note_presence(deps, said.person, off=said.act is Act.LEFT)
        return
    talks = Talks(deps.redis, deps.keyring)
    try:
        opened = talks.open(said.person, deps.clock.now())
        try:
            _Hearing(deps, channel, talks, opened, said).hear()
        finally:
            talks.release(opened)
    except RedisError as error:  # passing trouble, as the database's is
        raise Unreachable(f"Valkey: {type(error).__name__}") from error


class _Hearing:
    """One message, under the lock of its person's talk."""

    def __init__(
        self, deps: ConversationDeps, channel: Channel, talks: Talks, opened: Opened, said: Said
    ) -> None:
        self._deps = deps
        self._channel = channel
        self._talks = talks
        self._opened = opened
        self._said = said

    def hear(self) -> None:
        talk, mark = self._opened.talk, self._talks.mark(self._said.message_id)
        if talk is None or mark not in talk.heard:
            if self._opened.turns > TURNS_A_MINUTE:
                self._bid_wait()
                return
            talk = self._take(mark)
        if talk.owes == mark:
            self._show(talk)

    def _take(self, mark: str) -> KeptTalk:
        """The talk after this message, committed and kept, with the answer that it owes."""
        before, began = self._opened.talk, time.perf_counter()
        turn = Turn(self._deps, self._talks, before, self._said)
        try:
            with self._deps.work() as work:
                now = work.now
                taken = turn.take(work)
        except engine.Declined as declined:  # the Work is undone; the screen that says why needs none
            taken = turn.declined(declined.turn)
        except Refusal as refusal:
            taken = turn.refused(refusal.sentence)
        said_at = int(self._said.at.timestamp())
        after = (taken or turn.talk).having_heard(mark, said_at, int(now.timestamp()))
        after = replace(after, owes=mark if taken else "")
        self._note_unfinished(before, after, now)
        self._talks.keep(self._opened, after)
        log.info(
            "chat_turn",
            channel=self._said.person.channel,
            screen=after.shown.id if after.shown else "",
            language=after.dialogue.language,
            meaning=turn.meaning,
            answered=taken is not None,
            milliseconds=round((time.perf_counter() - began) * 1000),
        )
        return after

    def _note_unfinished(self, before: KeptTalk | None, after: KeptTalk, now: datetime) -> None:
        """A talk that left nothing unfinished, and does not now, says nothing of what another one has left."""
        if after.number and (after.left or (before is not None and before.left)):
            left = after.dialogue if after.left else Dialogue()
            self._talks.leave(Msisdn(after.number), Left(left, int(now.timestamp())))

    def _show(self, talk: KeptTalk) -> None:
        """Show the talk's screen, and note that it was shown; also where nobody will ever know, or never sees it."""
        message = talk.message
        try:
            message = self._channel.show(self._said, face_of(talk), shown=talk.message)
        except AccountRefused as error:  # staff must act; then the answer is welcome still
            raise Unreachable(str(error)) from error
        except OutcomeUnknown as error:
            log.warning("face_perhaps_shown", channel=self._channel.name, why=str(error))
        except BlockedByPerson:
            _note_presence(self._deps, self._said.person, off=True)
        except Rejected as error:
            log.error("face_rejected", channel=self._channel.name, code=error.code, why=str(error))
        self._talks.keep(self._opened, replace(talk, message=message, owes=""))

    def _bid_wait(self) -> None:
        """Said once a minute, and not tried again."""
        if self._opened.turns > TURNS_A_MINUTE + 1:
            return
        told = Turn(self._deps, self._talks, self._opened.talk, self._said).too_often()
        log.info("chat_turn_refused", channel=self._channel.name, why="often")
        try:
            self._channel.show(self._said, face_of(told), shown=None)
        except (Unreachable, Rejected, OutcomeUnknown) as error:
            log.warning("face_not_shown", channel=self._channel.name, why=str(error))


def _note_presence(deps: ConversationDeps, person: Person, *, off: bool) -> None:
    """Whether the person takes messages from us there."""
    with deps.work() as work:
        mark = mark_off if off else mark_on
        mark(work, channel=person.channel, external_id=person.id)
