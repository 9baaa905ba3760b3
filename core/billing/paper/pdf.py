"""Facts into a PDF, by typst. The facts go in as JSON, never as source: a customer's name is words, whatever it
says (threats, M42). The template sees its own folder, no package and no font but those of our own packages."""

import io
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import segno
import typst

TEMPLATES = Path(__file__).parent / "templates"
DOCUMENT = TEMPLATES / "document.typ"
NO_PACKAGES = TEMPLATES / "packages"
"""A folder that is not there: whatever a template would import from a registry is not found."""


def document_pdf(facts: Mapping[str, Any]) -> bytes:
    """The PDF of the facts of a Paper. About 15 ms a page."""
    scans = {
        "pay": _square(facts["pay"]["scan"]) if facts["pay"] else "",
        "fiscal": _square(facts["fiscal"]["scan"]) if facts["fiscal"] else "",
    }
    return bytes(
        typst.compile(
            str(DOCUMENT),
            root=str(TEMPLATES),
            font_paths=[str(_letters())],
            ignore_system_fonts=True,
            package_path=str(NO_PACKAGES),
            package_cache_path=str(NO_PACKAGES),
            sys_inputs={"facts": json.dumps(facts), "scans": json.dumps(scans)},
            format="pdf",
        )
    )


def _square(text: str) -> str:
    """A QR code as an SVG picture."""
    picture = io.BytesIO()
    segno.make_qr(text, error="m").save(picture, kind="svg", border=0, xmldecl=False, svgns=True)
    return picture.getvalue().decode()


@cache
def _letters() -> Path:
    """The folder of the font package."""
    return Path(str(files("font_source_sans_pro"))) / "files"
