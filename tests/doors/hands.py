"""A person's hand on the sandbox's phone, in each of its windows: what is done there, and what is seen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from core.base.gsm7 import plain
from core.base.i18n import LANGUAGES, render
from core.conversation import phrases
from sandbox.people import telegram_id, whatsapp_user_id

WAYS = re.compile(r"00? \S.*")
CHOOSE, REPLY = (
    {plain(render(phrases.CHANNEL_WORDS[word], language)) for language in LANGUAGES}
    for word in ("choose", "reply_number")
)
GREETING, MENU = "Habari", "menu"
WAIT_SECONDS = 5
LAST = 8
"""Messages that are looked at: a screen may be two, and what the person wrote stands above it, news below it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A screen as it stands in a window. said: its lines, then its choices, with their numbers where they have any.

    ids: label → id of what can be tapped. changes: how often the window had changed by then, for whatever reason;
    mark: another one for each screen.
    """

    changes: int = 0
    mark: tuple[Any, ...] = ()
    said: tuple[str, ...] = ()
    ways: tuple[str, ...] = ()
    ids: Mapping[str, str] | None = None
    numbered: bool = False
    asks_contact: bool = False


class Hand:
    """One person in one window."""

    channel = ""
    vouched = True
    """Whether the channel tells the number of whoever writes there."""

    def __init__(self, sandbox: httpx.Client, digits: str) -> None:
        self.sandbox, self.digits = sandbox, digits

    @property
    def address(self) -> str:
        """What the channel calls this person."""
        return self.digits

    def look(self, *, after: int | None = None) -> list[Seen]:
        """What stands in the window, the newest message first, for a screen may change while news arrives below it;
        where `after` changes are known, once there are more, or after a while."""
        raise NotImplementedError

    def say(self, text: str) -> None:
        raise NotImplementedError

    def choose(self, key: str, label: str | None) -> None:
        """Answer with a choice: tapped where it stands, else its number typed."""
        self.say(key)

    def _post(self, door: str, body: Mapping[str, Any]) -> Any:
        return self.sandbox.post(f"/phones/{self.digits}{door}", json=body).raise_for_status().json()

    def _get(self, door: str, **asked: Any) -> Any:
        return self.sandbox.get(f"/phones/{self.digits}{door}", params=asked).raise_for_status().json()


class SmsHand(Hand):
    channel = "sms"

    def __init__(self, sandbox: httpx.Client, digits: str, short_code: str) -> None:
        super().__init__(sandbox, digits)
        self.short_code = short_code

    def look(self, *, after: int | None = None) -> list[Seen]:
        texts = self._texts({} if after is None else {"texts": after, "wait": WAIT_SECONDS})
        ours = [text["text"] for text in texts if text["from"] == self.short_code]
        if not ours:
            return [Seen(len(texts), (0,), numbered=True)]
        return [self._seen(len(texts), number, ours[number - 1]) for number in range(len(ours), 0, -1)][:LAST]

    def _seen(self, changes: int, number: int, text: str) -> Seen:
        *lines, last = plain(text).split("\n")
        if last not in REPLY:
            lines.append(last)
        ways = lines.pop().split("  ") if WAYS.fullmatch(lines[-1]) else []
        names = tuple(way.partition(" ")[2] for way in ways)
        return Seen(changes, (number,), tuple(lines), names, numbered=True)

    def say(self, text: str) -> None:
        self._post("/sms", {"to": self.short_code, "text": text})

    def _texts(self, asked: dict[str, Any]) -> list[dict[str, str]]:
        found: list[dict[str, str]] = self._get("", **asked)["texts"]
        return found


class ChatHand(Hand):
    """A window with buttons."""

    def look(self, *, after: int | None = None) -> list[Seen]:
        asked = {} if after is None else {"changes": after, "wait": WAIT_SECONDS}
        chat = self._get(f"/{self.channel}", last=LAST, **asked)
        ours = _ours(chat)
        return [_seen(chat["changes"], ours[:place]) for place in range(len(ours), 0, -1)] or [
            Seen(chat["changes"])
        ]

    def say(self, text: str) -> None:
        self._act(text=text)

    def choose(self, key: str, label: str | None) -> None:
        ids = next((seen.ids for seen in self.look() if seen.ids), {})
        if label is not None and label in ids:
            self._act(choice=ids[label])
        else:
            self.say(key)

    def share(self) -> None:
        self._act(contact=True)

    def _act(self, **act: Any) -> None:
        self._post(f"/{self.channel}", act)


class WhatsAppHand(ChatHand):
    channel = "whatsapp"

    @property
    def address(self) -> str:
        return whatsapp_user_id(self.digits)


class TelegramHand(ChatHand):
    channel = "telegram"
    vouched = False

    @property
    def address(self) -> str:
        return str(telegram_id(self.digits))


def _seen(changes: int, ours: list[dict[str, Any]]) -> Seen:
    """The last of these messages."""
    last, lines = ours[-1], plain(ours[-1]["text"]).split("\n")
    if lines[0] in CHOOSE and len(ours) > 1:  # the keyboard was taken away by the message above
        lines = plain(ours[-2]["text"]).split("\n")
    labels = {choice["id"]: plain(choice["description"] or choice["label"]) for choice in last["choices"]}
    choices = [label for id_, label in labels.items() if ".-" not in id_]
    return Seen(
        changes=changes,
        mark=(last["id"], last["text"], *labels),
        said=(*lines, *choices),
        ways=tuple(label for id_, label in labels.items() if ".-" in id_),
        ids={label: id_ for id_, label in labels.items()},
        asks_contact=last["asks_contact"],
    )


def _ours(chat: Any) -> list[dict[str, Any]]:
    return [message for message in chat["messages"] if message["from_us"]]
