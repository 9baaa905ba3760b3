"""Files that came with messages, kept with the sandbox's state and shown to whoever plays the subscriber."""

import hashlib
import secrets
from datetime import datetime
from pathlib import Path

from fastapi import APIRouter, HTTPException, Response
from pydantic import BaseModel

from sandbox.page import HEADERS
from sandbox.store import Lines

_INERT = "application/octet-stream"
_SHOWN = frozenset({"application/pdf", "image/png", "image/jpeg", "text/plain"})


class Document(BaseModel):
    """A file. `id` is its provider's, `size` in bytes, `url` a path on the sandbox."""

    id: str
    name: str
    media_type: str
    size: int
    sha256: str
    at: datetime

    @property
    def url(self) -> str:
        return f"/documents/{self.id}"


class Documents:
    """All files; nothing is ever thrown away."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "documents"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lines = Lines(state / "documents.jsonl")
        self._known = {d.id: d for d in map(Document.model_validate_json, self._lines.read())}

    def keep(self, name: str, media_type: str, content: bytes, at: datetime, *, id_: str = "") -> Document:
        document = Document(
            id=id_ or secrets.token_hex(16), name=name, media_type=media_type, size=len(content),
            sha256=hashlib.sha256(content).hexdigest(), at=at,
        )  # fmt: skip
        (self._folder / document.id).write_bytes(content)
        self._known[document.id] = document
        self._lines.append(document.model_dump_json())
        return document

    def find(self, id_: str) -> Document | None:
        return self._known.get(id_)

    def content(self, document: Document) -> bytes:
        return (self._folder / document.id).read_bytes()


def document_doors(documents: Documents) -> APIRouter:
    router = APIRouter(tags=["phones"])

    @router.get("/documents/{id}")
    async def fetch(id: str) -> Response:
        """A file that came with a message or a mail."""
        document = documents.find(id)
        if document is None:
            raise HTTPException(404, f"no document {id}")
        kind = document.media_type if document.media_type in _SHOWN else _INERT
        return Response(documents.content(document), media_type=kind, headers=HEADERS)

    return router
