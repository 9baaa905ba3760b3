"""Notices by WhatsApp: free words while the person's window is open, an approved template after that.

A template of ours called `receipt` is approved under BANDO_WHATSAPP_TEMPLATE_PREFIX and `receipt`, once a language,
with named parameters in its body; the one for a person without a name is `receipt_nameless`, and the one with a
document above it `receipt_document`. Free words stand below their document, in one message: two could part, and the
first would come twice.
"""

import json
from typing import Any

from bots.texts import cut, pieces, units
from bots.whatsapp import faces
from bots.whatsapp.messages import NAME
from bots.whatsapp.post import Post
from bots.whatsapp.reports import OPAQUE, read_status
from core.base.database import Work
from core.base.dated import dated
from core.messaging.carrier import Message, Report, Sent, Unreadable

MAX_PARAMETER = 1_024
PERSON_NAME = "name"
"""The value that may be empty: then the template without it is meant."""

Json = dict[str, Any]


class WhatsAppCarrier:
    """Fits core.messaging.carrier.Carrier. Safe to share between threads."""

    channel = NAME
    confirms = True

    def __init__(self, post: Post, *, template_prefix: str = "") -> None:
        self._post = post
        self._prefix = template_prefix

    def cost_cents(self, work: Work, *, parts: int, window_open: bool) -> int:
        """Free words cost nothing; a template is charged when it is delivered."""
        if window_open:
            return 0
        (cents,) = dated(work, "cost.whatsapp_template")
        return cents

    def send(self, message: Message) -> Sent:
        mark = {OPAQUE: str(message.notice_id)}
        if not message.window_open:
            return Sent(self._post.send(message.address, {**self._template(message), **mark}))
        # Uploads first: what fails then has sent nothing, and is tried again as a whole.
        files = [self._post.document(document) for document in message.documents]
        if files and units(message.text) <= faces.MAX_CAPTION:
            files[0]["document"]["caption"] = message.text
            texts = [files.pop(0)]
        else:
            texts = [faces.plain_text(text) for text in pieces(message.text, faces.MAX_TEXT)]
        first, *_ = [self._post.send(message.address, {**text, **mark}) for text in texts]
        for file in files:
            self._post.send(message.address, file)
        return Sent(first)

    def read_report(self, body: bytes) -> Report:
        try:
            status = json.loads(body)
        except (ValueError, RecursionError):
            raise Unreadable("not JSON") from None
        if not isinstance(status, dict):
            raise Unreadable("not a status")
        return read_status(status)

    def _template(self, message: Message) -> Json:
        name = f"{self._prefix}{message.template}"
        if message.values.get(PERSON_NAME) == "":
            name += "_nameless"
        if message.documents:
            name += "_document"
        values = {name: value for name, value in message.values.items() if name != PERSON_NAME or value}
        parts = [_header(self._post.document(document)) for document in message.documents[:1]]
        if values:
            parts.append({"type": "body", "parameters": [_value(*pair) for pair in values.items()]})
        return {
            "type": "template",
            "template": {
                "name": name,
                "language": {"code": message.language},
                "components": parts,
            },
        }


def _value(name: str, value: str) -> Json:
    """On one line: Meta takes no line breaks, tabs or many spaces, and nothing empty."""
    return {"type": "text", "parameter_name": name, "text": cut(value, MAX_PARAMETER) or "-"}


def _header(document: Json) -> Json:
    return {"type": "header", "parameters": [document]}
