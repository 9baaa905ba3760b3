"""Bodies that are one object of JSON."""

import json
from typing import Any

from core.messaging.carrier import Unreadable

Json = dict[str, Any]


def parse(body: bytes) -> Json:
    """The object. Raises Unreadable."""
    try:
        found = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise Unreadable("not JSON in UTF-8") from None
    if not isinstance(found, dict):
        raise Unreadable("not an object")
    return found
