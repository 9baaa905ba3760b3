"""What a hand can do in a chat, whichever chat it is."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class NotPossible(Exception):
    """The phone offers no such thing now: no such button, or the provider is blocked there."""


class ChatAct(BaseModel):
    """One act; `language`, of the phone's programs, may come along or alone. `choice` is the id of a button or
    row, on the newest message that has it, or on `message`. `contact` shares the own number; with `number`
    somebody else's card is attached by hand; `forwarded` passes on what another person wrote or sent."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    choice: str | None = None
    message: str | None = None
    contact: bool = False
    number: str | None = None
    forwarded: bool = False
    sticker: bool = False
    voice: bool = False
    location: bool = False
    block: bool = False
    unblock: bool = False
    language: Annotated[str, Field(pattern=r"^([a-z]{2})?$")] | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        others = (self.contact, self.sticker, self.voice, self.location, self.block, self.unblock)
        acts = sum(others) + (self.text is not None) + (self.choice is not None)
        if acts > 1 or (acts == 0 and self.language is None):
            raise ValueError("exactly one of text, choice, contact, sticker, voice, location, block, unblock")
        if self.message is not None and self.choice is None:
            raise ValueError("message goes with a choice")
        if self.number is not None and not self.contact:
            raise ValueError("number goes with contact")
        if self.forwarded and not (self.contact or self.text):
            raise ValueError("forwarded goes with text or contact")
        return self

    @property
    def is_nothing(self) -> bool:
        """The language alone."""
        return not self.model_dump(exclude={"language"}, exclude_defaults=True)
