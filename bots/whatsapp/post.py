"""One message to one person: addressed, at the pace that Meta allows, its files uploaded first."""

from typing import Any

from bots.pace import Pace
from bots.whatsapp.api import GraphApi
from bots.whatsapp.errors import TooFastForPerson
from core.base.errors import Unreachable
from core.conversation import channel as conversation
from core.messaging import carrier as messaging

Json = dict[str, Any]


File = conversation.Document | messaging.Document


class Post:
    """Safe to share between threads."""

    def __init__(self, api: GraphApi, pace: Pace) -> None:
        self._api = api
        self._pace = pace

    def send(self, person: str, message: Json) -> str:
        """The wamid. person: a wa_id (digits) or a business-scoped user id. Raises the errors of the API.

        Too fast for one person: nothing goes to that person for six seconds, longer each time it happens again, so
        that what comes later does not overtake.
        """
        self._pace.take(person)
        try:
            return self._api.send({**_to(person), **message})
        except TooFastForPerson as error:
            wait = self._pace.hold(person, error.retry_after_seconds or 0, grow=True)
            raise Unreachable(str(error), retry_after_seconds=wait) from error

    def document(self, file: File) -> Json:
        """Upload a file and make the message, or the part of a template's header, that shows it."""
        media = self._api.upload(file.name, file.media_type, file.content)
        return {"type": "document", "document": {"id": media, "filename": file.name}}


def _to(person: str) -> Json:
    known = {"to": person} if person.isdecimal() else {"recipient": person}
    return {"recipient_type": "individual", **known}
