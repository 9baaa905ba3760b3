"""What Meta's webhooks bring, in our words. Source: Cloud API v26.0, webhooks `messages`; read with patience.

One POST can hold several entries, changes, messages and statuses. A person's number may be missing: who has a
username is known by the business-scoped user id alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from bots.objects import Json
from bots.texts import sane
from core.base.msisdn import Msisdn, NotAPhoneNumber
from core.conversation.channel import Act, Person, Said, Unreadable

NAME = "whatsapp"
MAX_TEXT = 4_096
MAX_WORD = 256
"""Characters of a button's data: Meta carries so many."""
NUMBER_CHANGED = "user_changed_number"
CONTACT_REQUEST = "contact_request"

_PERSON = re.compile(r"[A-Za-z0-9.]{3,140}")
"""A business-scoped user id (KE.88112233445566) or a wa_id (254712345678)."""
_MESSAGE = re.compile(r"[\x21-\x7e]{1,256}")


@dataclass(frozen=True, slots=True)
class Post:
    """One POST, cut up. foreign: a change of it is about another number than ours."""

    messages: tuple[Json, ...]
    statuses: tuple[Json, ...]
    foreign: bool


def cut_up(post: Json, phone_number_id: str) -> Post:
    """All messages, each as {"contact", "message"}, and all statuses of our number. Raises Unreadable."""
    messages: list[Json] = []
    statuses: list[Json] = []
    foreign = False
    try:
        for change in (change for entry in post["entry"] for change in entry.get("changes", [])):
            if change.get("field") != "messages":
                continue  # news of the account, which we have not asked for
            value = change["value"]
            if str(value["metadata"]["phone_number_id"]) != phone_number_id:
                foreign = True
                continue
            messages += _with_contacts(value.get("messages") or [], value.get("contacts") or [])
            statuses += [dict(status) for status in value.get("statuses") or []]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Unreadable("not a webhook as Meta writes them") from None
    return Post(tuple(messages), tuple(statuses), foreign)


def read_message(cut: Json) -> Said | None:
    """One message as the door has cut it. None: it is no act of a person's. Raises Unreadable."""
    try:
        message = cut["message"]
        message_id = str(message["id"])
        if not _MESSAGE.fullmatch(message_id):
            raise ValueError("not an id")
        act, text = _content(message)
        if act is None:
            return None
        context = message.get("context") or {}
        return Said(
            message_id=message_id,
            person=_person(cut["contact"], message),
            at=datetime.fromtimestamp(int(message["timestamp"]), UTC),
            act=act,
            text=text,
            on=str(context["id"]) if "id" in context else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, OSError):
        raise Unreadable("not a message as Meta writes them") from None


def _with_contacts(messages: list[Json], contacts: list[Json]) -> Iterator[Json]:
    """Each message with the contact that describes its sender."""
    for message in messages:
        ids = {message.get("from"), message.get("from_user_id")} - {None, ""}
        known = (one for one in contacts if ids & {one.get("wa_id"), one.get("user_id")})
        only = contacts[0] if len(contacts) == 1 and not ids else {}
        yield {"contact": next(known, only), "message": message}


def _person(contact: Json, message: Json) -> Person:
    """By the user id first, for it outlives the number's being hidden; the number is vouched for by Meta."""
    user_id = str(contact.get("user_id") or message.get("from_user_id") or "")
    wa_id = str(contact.get("wa_id") or message.get("from") or "")
    person = user_id or wa_id
    if not _PERSON.fullmatch(person) or not (wa_id == "" or _PERSON.fullmatch(wa_id)):
        raise ValueError("nobody")
    return Person(NAME, person, also=wa_id if user_id else "", number=_number(wa_id))


def _number(wa_id: str) -> Msisdn | None:
    """None for the number of another country: M-PESA does not know it."""
    try:
        return Msisdn.parse(f"+{wa_id}")
    except NotAPhoneNumber:
        return None


def _content(message: Json) -> tuple[Act | None, str]:
    """A template's quick reply and an interactive message's button are one act in two shapes."""
    kind = str(message["type"])
    if kind == "text":
        return Act.TYPED, sane(str(message["text"]["body"]))[:MAX_TEXT]
    if kind == "button":
        return Act.TAPPED, _data(message["button"]["payload"])
    if kind == "interactive":
        reply = message["interactive"]
        chosen = str(reply["type"])
        if chosen in ("button_reply", "list_reply"):
            return Act.TAPPED, _data(reply[chosen]["id"])
        return Act.OTHER, chosen[:MAX_WORD]
    if kind == "contacts":
        return _shared(message)
    if kind == "system":
        # The account has moved to another number, and comes back from there as somebody new to us: whoever has
        # this number next must find nothing, and notices must go by SMS meanwhile.
        return (Act.LEFT, "") if message["system"].get("type") == NUMBER_CHANGED else (None, "")
    return Act.OTHER, sane(kind)[:MAX_WORD]


def _shared(message: Json) -> tuple[Act, str]:
    """The own number, where our request was answered by its button; any other card may be anybody's."""
    cards = message["contacts"]
    origin = message.get("origin") or cards[0].get("origin")
    phones = cards[0].get("phones") or []
    if origin != CONTACT_REQUEST or len(cards) != 1 or not phones:
        return Act.OTHER, "contacts"
    number = phones[0].get("wa_id") or phones[0]["phone"]
    return Act.SHARED, sane(str(number))[:MAX_WORD]


def _data(given: object) -> str:
    return sane(str(given))[:MAX_WORD]
