"""Phones: any Kenyan number exists once somebody calls it, with an M-Pesa wallet and an inbox."""

import re
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.changes import Changes
from sandbox.store import Lines

DEFAULT_WALLET = 5_000  # whole shillings: M-Pesa collects nothing smaller
_SPELLINGS = re.compile(r"^(?:\+?254|0)([17]\d{8})$", re.ASCII)

LineState = Literal["free", "unreachable", "busy"]
# Whether the person has ever written to the provider there, and whether the provider is blocked now.
ChatState = Literal["never", "open", "blocked"]


class NoSuchNumber(ValueError):
    """Not a Kenyan mobile number."""


def canonical(number: str) -> str:
    """`254` and nine digits, from any spelling people use; raises NoSuchNumber."""
    match = _SPELLINGS.match(number.strip().replace(" ", ""))
    if match is None:
        raise NoSuchNumber(f"{number!r} is no Kenyan mobile number")
    return f"254{match[1]}"


class Text(BaseModel):
    """An SMS in the inbox; `from` is the sender's name or number as the phone shows it."""

    model_config = ConfigDict(populate_by_name=True)

    at: datetime
    sender: str = Field(alias="from")
    text: str


class Phone(BaseModel):
    """`wallet` is in whole shillings; `line` says whether a PIN prompt can reach the phone; `name`, when not
    empty, replaces the one drawn from the number; `language` is that of the phone's programs, empty where they
    do not tell it."""

    msisdn: str
    wallet: int = DEFAULT_WALLET
    line: LineState = "free"
    network_code: str
    opted_out: list[str] = []
    name: str = ""
    language: str = Field("en", pattern=r"^([a-z]{2})?$")
    telegram: ChatState = "never"
    whatsapp: ChatState = "never"


class Phones:
    """All phones and their inboxes; the last line about a phone is the one that counts."""

    def __init__(self, state: Path, network_code: str) -> None:
        self._network_code = network_code
        self._lines = Lines(state / "phones.jsonl")
        self._inbox_lines = Lines(state / "texts.jsonl")
        self._phones = {p.msisdn: p for p in map(Phone.model_validate_json, self._lines.read())}
        self._lines.rewrite([p.model_dump_json() for p in self._phones.values()])
        self._inboxes: dict[str, list[Text]] = {}
        self.arrivals = Changes()
        for line in self._inbox_lines.read():
            row = _Delivered.model_validate_json(line)
            self._inboxes.setdefault(row.to, []).append(row.text)
            self.arrivals.note(row.to)

    def get(self, msisdn: str) -> Phone:
        """The phone of a canonical number, new if nobody has called it before."""
        return self._phones.get(msisdn) or Phone(msisdn=msisdn, network_code=self._network_code)

    def keep(self, phone: Phone) -> None:
        self._phones[phone.msisdn] = phone
        self._lines.append(phone.model_dump_json())

    def inbox(self, msisdn: str) -> list[Text]:
        return self._inboxes.get(msisdn, [])

    def receive(self, msisdn: str, text: Text) -> None:
        self._inboxes.setdefault(msisdn, []).append(text)
        self.arrivals.note(msisdn)
        self._inbox_lines.append(_Delivered(to=msisdn, text=text).model_dump_json(by_alias=True))


class _Delivered(BaseModel):
    to: str
    text: Text
