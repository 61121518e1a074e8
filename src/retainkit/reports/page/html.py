"""The report as one HTML file: styles, script, figures and numbers inside, nothing fetched.

The page says of itself that it may run this one script, known by its hash, and may load nothing. What the
user wrote is escaped in text, and in the numbers for the script by JSON's own escapes, so that no title can
end an element.
"""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import asdict
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from retainkit.errors import MissingDependencyError
from retainkit.reports.page.parts import SIGNS, Page

if TYPE_CHECKING:
    from jinja2 import Environment

_ESCAPES = (
    ("<", "\\u003c"),
    (">", "\\u003e"),
    ("&", "\\u0026"),
    ("\u2028", "\\u2028"),
    ("\u2029", "\\u2029"),
)


def as_html(page: Page) -> str:
    """The whole page.

    Raises `MissingDependencyError` without jinja2.
    """
    from_text = _environment().from_string
    script = "" if page.exported is None else _read("what_if.js")
    return from_text(_read("report.html.jinja")).render(
        page=page,
        style=_read("page.css"),
        script=script,
        allowed=b64encode(sha256(script.encode()).digest()).decode("ascii") if script else "",
        data="" if page.exported is None else escaped_json(page.exported),
        sign=SIGNS[page.verdict.grade],
        contents=[(k, s.short) for k, s in enumerate(page.sections) if s.short],
        controls=[asdict(control) for control in page.controls],
        shade=_shade,
    )


def escaped_json(values: Any) -> str:
    """JSON that stays JSON wherever in a page it stands."""
    text = json.dumps(values, separators=(",", ":"), allow_nan=False)
    for sign, escape in _ESCAPES:
        text = text.replace(sign, escape)
    return text


def _shade(value: float, most: float) -> int:
    """One of ten shades; the darkest is still light enough for text."""
    return min(9, max(0, int(10.0 * value / most))) if most > 0.0 else 0


def _read(name: str) -> str:
    return files("retainkit.reports.page").joinpath(name).read_text(encoding="utf-8")


def _environment() -> Environment:
    try:
        from jinja2 import Environment, StrictUndefined
    except ImportError as error:
        raise MissingDependencyError("jinja2", "report", "The report as HTML") from error
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
