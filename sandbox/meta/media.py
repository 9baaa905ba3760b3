"""Documents given to Meta: uploaded, or fetched from a link on this machine."""

import secrets
from datetime import timedelta
from urllib.parse import urlsplit

import httpx

from sandbox.clock import TrialClock
from sandbox.documents import Document, Documents
from sandbox.meta.errors import GraphRefusal
from sandbox.meta.messages import File
from sandbox.world import is_loopback

MOST_BYTES = 100 * 1024 * 1024
KEPT_FOR = timedelta(days=30)
FETCH_SECONDS = 10.0
TYPES = frozenset(
    "application/pdf text/plain image/jpeg image/png image/webp audio/ogg audio/mpeg video/mp4 "
    "application/vnd.ms-excel application/msword application/vnd.openxmlformats-officedocument.spreadsheetml.sheet "
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document".split()
)


class Media:
    def __init__(self, documents: Documents, clock: TrialClock) -> None:
        self._documents, self._clock = documents, clock

    def upload(self, name: str, media_type: str, content: bytes) -> Document:
        """Raises GraphRefusal."""
        if media_type.split(";")[0].strip() not in TYPES:
            raise GraphRefusal(131053, f"file must be one of the following types: {', '.join(sorted(TYPES))}")
        if not 0 < len(content) <= MOST_BYTES:
            raise GraphRefusal(131053, f"a file has 1 to {MOST_BYTES} bytes")
        id_ = str(10**14 + secrets.randbelow(9 * 10**14))
        return self._documents.keep(name, media_type, content, self._clock.now(), id_=id_)

    def uploaded(self, file: File) -> Document:
        """Under the name it is sent with. Raises GraphRefusal."""
        found = self._documents.find(file.id)
        if found is None or self._clock.now() - found.at > KEPT_FOR:
            raise GraphRefusal(131009, f"document.id {file.id}: no such media")
        return found.model_copy(update={"name": file.name or found.name})

    async def fetched(self, file: File) -> Document | None:
        """None where the link gives nothing; the sandbox calls no address outside this machine."""
        if not is_loopback(file.link):
            return None
        try:
            async with httpx.AsyncClient(timeout=FETCH_SECONDS) as client:
                answer = await client.get(file.link)
        except httpx.HTTPError:
            return None
        if not answer.is_success:
            return None
        name = file.name or urlsplit(file.link).path.rsplit("/", 1)[-1] or "document"
        media_type = answer.headers.get("content-type", "application/octet-stream").split(";")[0]
        return self._documents.keep(name, media_type, answer.content, self._clock.now())
