"""Doors for whoever plays the subscriber: the chats on a phone, and a mailbox."""

from typing import Annotated, NamedTuple, Protocol

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel

from sandbox.changes import Wait
from sandbox.chat_acts import ChatAct, NotPossible
from sandbox.chats import ChatLog, ChatMessage
from sandbox.mail.office import Mail, PostOffice
from sandbox.phone_doors import Number


class Hand(Protocol):
    """The person's hand in one chat."""

    def messages(self, msisdn: str) -> list[ChatMessage]: ...

    async def act(self, msisdn: str, act: ChatAct) -> None:
        """Raises NotPossible."""
        ...


class Place(NamedTuple):
    """A chat's hand, and what stands there."""

    hand: Hand
    log: ChatLog


class Chat(BaseModel):
    """What stands in the chat, the newest last. `changes`: how often what the provider says there has changed."""

    messages: list[ChatMessage]
    changes: int


Last = Annotated[int | None, Query(ge=1, description="only so many messages, the newest")]
Known = Annotated[int | None, Query(ge=0, description="`changes` as they were: waits until there are more")]


def chat_doors(places: dict[str, Place], office: PostOffice) -> APIRouter:
    router = APIRouter(tags=["phones"])
    for channel, place in places.items():
        _open(router, channel, *place)

    @router.get("/mail/{address}")
    async def mailbox(address: str) -> list[Mail]:
        """What came to an address, oldest first."""
        return office.box(address)

    return router


def _open(router: APIRouter, channel: str, hand: Hand, log: ChatLog) -> None:
    def shown(msisdn: str, last: int | None) -> Chat:
        messages = hand.messages(msisdn)
        return Chat(messages=messages[-last:] if last else messages, changes=log.changes.count(msisdn))

    @router.get(f"/phones/{{msisdn}}/{channel}", name=f"look at {channel}")
    async def look(msisdn: Number, last: Last = None, changes: Known = None, wait: Wait = 0) -> Chat:
        """The chat with the provider; looking is reading."""
        if changes is not None:
            await log.changes.more_than(changes, msisdn, wait)
        return shown(msisdn, last)

    @router.post(f"/phones/{{msisdn}}/{channel}", name=f"act in {channel}")
    async def act(msisdn: Number, asked: ChatAct, last: Last = None) -> Chat:
        """Writes, taps, shares, blocks. Answers when the product's door was tried once, in normal weather; the
        product's own answer may come later."""
        try:
            await hand.act(msisdn, asked)
        except NotPossible as error:
            raise HTTPException(409, str(error)) from error
        return shown(msisdn, last)
