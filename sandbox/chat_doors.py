"""Doors for whoever plays the subscriber: the chats on a phone, and a mailbox."""

from typing import Protocol

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from sandbox.chat_acts import ChatAct, NotPossible
from sandbox.chats import ChatMessage
from sandbox.mail.office import Mail, PostOffice
from sandbox.phone_doors import Number


class Hand(Protocol):
    """The person's hand in one chat."""

    def messages(self, msisdn: str) -> list[ChatMessage]: ...

    async def act(self, msisdn: str, act: ChatAct) -> None:
        """Raises NotPossible."""
        ...


class Chat(BaseModel):
    """What stands in the chat, the newest last."""

    messages: list[ChatMessage]


def chat_doors(hands: dict[str, Hand], office: PostOffice) -> APIRouter:
    router = APIRouter(tags=["phones"])
    for channel, hand in hands.items():
        _open(router, channel, hand)

    @router.get("/mail/{address}")
    async def mailbox(address: str) -> list[Mail]:
        """What came to an address, oldest first."""
        return office.box(address)

    return router


def _open(router: APIRouter, channel: str, hand: Hand) -> None:
    @router.get(f"/phones/{{msisdn}}/{channel}", name=f"look at {channel}")
    async def look(msisdn: Number) -> Chat:
        """The chat with the provider; looking is reading."""
        return Chat(messages=hand.messages(msisdn))

    @router.post(f"/phones/{{msisdn}}/{channel}", name=f"act in {channel}")
    async def act(msisdn: Number, asked: ChatAct) -> Chat:
        """Writes, taps, shares, blocks. Answers when the product's door was tried once, in normal weather; the
        product's own answer may come later."""
        try:
            await hand.act(msisdn, asked)
        except NotPossible as error:
            raise HTTPException(409, str(error)) from error
        return Chat(messages=hand.messages(msisdn))
