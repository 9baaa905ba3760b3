"""The files beside the pages: Tabler's style sheet out of starlette-admin's wheel, our own few, nothing from afar."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

OWN = Path(__file__).parent / "static"
TABLER = ("starlette_admin", "static/css/vendor")
FILES = ("tabler/tabler.min.css", "own/staff.css", "own/theme.js", "own/icons.svg")
"""What the pages link to, below /admin/static."""


class Lasting(StaticFiles):
    """Static files that a browser need not ask for again: their links carry a version."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


def mounts() -> list[BaseRoute]:
    """Compressed: the style sheet is half a megabyte of plain text, and a technician's bundle is dear."""
    return [
        Mount("/static/tabler", GZipMiddleware(Lasting(packages=[TABLER]))),
        Mount("/static/own", GZipMiddleware(Lasting(directory=OWN))),
    ]


def _version() -> str:
    spec = find_spec(TABLER[0])
    assert spec is not None
    assert spec.origin is not None
    tabler = Path(spec.origin).parent / TABLER[1] / "tabler.min.css"
    digest = hashlib.sha256()
    for path in (tabler, *sorted(OWN.iterdir())):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


VERSION = _version()
"""Of all of them together: a new file has a new link."""
