"""Our own pages: the phone in the browser on `/`, every shape and fault on `/docs`. Nothing is fetched elsewhere."""

from os import PathLike
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from sandbox.world import World

FACE = Path(__file__).parent / "face"
# Only our own files: no inline script or style, no other host, no frame, no form that leaves by itself.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
KEYS = (
    ("1", ""), ("2", "abc"), ("3", "def"),
    ("4", "ghi"), ("5", "jkl"), ("6", "mno"),
    ("7", "pqrs"), ("8", "tuv"), ("9", "wxyz"),
    ("*", ""), ("0", "+"), ("#", ""),
)  # fmt: skip


class Face(StaticFiles):
    """Style sheets and modules; asked for anew each time, so that a new version never meets an old page."""

    def file_response(
        self, full_path: str | PathLike[str], stat_result: Any, scope: Scope, status_code: int = 200
    ) -> Response:
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers.update(HEADERS)
        return answer


def pages(world: World, app: FastAPI) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    app.mount("/face", Face(directory=FACE / "static"), name="face")
    templates = Environment(
        loader=FileSystemLoader(FACE / "templates"), autoescape=True, undefined=StrictUndefined
    )

    def page(name: str, **facts: Any) -> HTMLResponse:
        return HTMLResponse(templates.get_template(name).render(world=world, **facts), headers=HEADERS)

    @router.get("/")
    async def phone() -> HTMLResponse:
        """The phone, and beside it what the purchase does."""
        return page("phone.html", keys=KEYS)

    @router.get("/docs")
    async def shapes() -> HTMLResponse:
        """The published OpenAPI, written out."""
        return page("docs.html", doors=_doors(app.openapi()), shapes=_shapes(app.openapi()))

    return router


def _doors(api: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "part": ", ".join(door.get("tags", [])),
            "name": f"{method.upper()} {path}",
            "what": door.get("description", door.get("summary", "")),
            "takes": Markup(", ").join(_taken(door)),
        }
        for path, methods in api["paths"].items()
        for method, door in methods.items()
    ]


def _taken(door: dict[str, Any]) -> list[Markup]:
    content = door.get("requestBody", {}).get("content", {})
    return [_kind(body.get("schema", {})) for body in content.values()]


def _shapes(api: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "what": schema.get("description", ""),
            "fields": [
                {
                    "name": field,
                    "values": _kind(rule),
                    "default": str(rule.get("default", "")),
                    "what": rule.get("description", ""),
                }
                for field, rule in schema.get("properties", {}).items()
            ],
        }
        for name, schema in sorted(api["components"]["schemas"].items())
    ]


def _kind(rule: dict[str, Any]) -> Markup:
    """A type in words; allowed values are all named."""
    if "$ref" in rule:
        name = escape(rule["$ref"].rsplit("/", 1)[-1])
        return Markup("<a href='/docs#{0}'>{0}</a>").format(name)
    if "enum" in rule:
        return Markup(" | ").join(Markup("<code>{}</code>").format(value) for value in rule["enum"])
    if "const" in rule:
        return Markup("<code>{}</code>").format(rule["const"])
    if "anyOf" in rule:
        return Markup(" or ").join(_kind(part) for part in rule["anyOf"])
    if rule.get("type") == "array":
        return Markup("list of {}").format(_kind(rule.get("items", {})))
    return escape(rule.get("title" if "properties" in rule else "type", "any"))
