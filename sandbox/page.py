"""Our own pages, plain HTML without any asset: the doors on `/`, every shape and fault on `/docs`."""

from html import escape
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse

from sandbox.world import World

_FRAME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,
initial-scale=1"> <title>{title}</title></head>
<body><h1>{title}</h1>
{body}
</body></html>
"""


def pages(world: World, app: FastAPI) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/", response_class=HTMLResponse)
    async def doors() -> str:
        """What can be done here, at a glance."""
        told = (
            f"<p>The outside world of <a href='{escape(world.web)}'>{escape(world.web)}</a>: dial "
            f"<code>{escape(world.service_code)}</code>, pay to paybill {escape(world.daraja.shortcode)}. "
            "Every shape and every fault: <a href='/docs'>/docs</a>, for programs "
            "<a href='/openapi.json'>/openapi.json</a>.</p>"
        )
        return _FRAME.format(title="Sandbox", body=told + _door_table(app.openapi()))

    @router.get("/docs", response_class=HTMLResponse)
    async def shapes() -> str:
        """The published OpenAPI, written out."""
        api = app.openapi()
        body = _door_table(api) + "".join(
            _shape(name, schema) for name, schema in sorted(api["components"]["schemas"].items())
        )
        return _FRAME.format(title="Sandbox: doors, shapes, faults", body=body)

    return router


def _door_table(api: dict[str, Any]) -> str:
    rows = [
        f"<tr><td>{escape(', '.join(door.get('tags', [])))}</td>"
        f"<td><code>{method.upper()} {escape(path)}</code></td>"
        f"<td>{escape(door.get('description', door.get('summary', '')))}</td><td>{_takes(door)}</td></tr>"
        for path, methods in api["paths"].items()
        for method, door in methods.items()
    ]
    head = "<tr><th>part</th><th>door</th><th>what</th><th>takes</th></tr>"
    return f"<table>{head}{''.join(rows)}</table>"


def _takes(door: dict[str, Any]) -> str:
    content = door.get("requestBody", {}).get("content", {})
    return ", ".join(_kind(body.get("schema", {})) for body in content.values())


def _shape(name: str, schema: dict[str, Any]) -> str:
    rows = [
        f"<tr><td><code>{escape(field)}</code></td><td>{_kind(rule)}</td>"
        f"<td>{escape(str(rule.get('default', '')))}</td><td>{escape(rule.get('description', ''))}</td></tr>"
        for field, rule in schema.get("properties", {}).items()
    ]
    head = "<tr><th>field</th><th>values</th><th>default</th><th>what</th></tr>"
    told = f"<p>{escape(schema.get('description', ''))}</p>"
    return f"<h2 id='{escape(name)}'>{escape(name)}</h2>{told}<table>{head}{''.join(rows)}</table>"


def _kind(rule: dict[str, Any]) -> str:
    """A type in words; allowed values are all named."""
    if "$ref" in rule:
        name = escape(rule["$ref"].rsplit("/", 1)[-1])
        return f"<a href='/docs#{name}'>{name}</a>"
    if "enum" in rule:
        return " | ".join(f"<code>{escape(str(value))}</code>" for value in rule["enum"])
    if "const" in rule:
        return f"<code>{escape(str(rule['const']))}</code>"
    if "anyOf" in rule:
        return " or ".join(_kind(part) for part in rule["anyOf"])
    if rule.get("type") == "array":
        return f"list of {_kind(rule.get('items', {}))}"
    return escape(
        str(rule.get("title", rule.get("type", "any")) if "properties" in rule else rule.get("type", "any"))
    )
