"""One browser for the tests of pages: how it is started, what a page may do, and what axe finds in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
VIEWS = [(width, scheme) for width in (1280, 390) for scheme in ("light", "dark")]
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}


@contextmanager
def browser() -> Iterator[Any]:
    """A browser without a window."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, PROGRAMS)))
    with sync_playwright() as started:
        made = started.chromium.launch(executable_path=program, args=FLAGS)
        yield made
        made.close()


@contextmanager
def opened(
    made: Any, file: Path, width: int = 1280, scheme: str = "light"
) -> Iterator[tuple[Any, list[str]]]:
    """A page without a network, and what it asked for, said and broke: its own address alone."""
    context = made.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme, offline=True)
    page, seen = context.new_page(), []
    page.on("request", lambda request: seen.append(request.url))
    page.on("console", lambda message: seen.append(message.text))
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.goto(file.as_uri())
    yield page, seen
    context.close()


def violations(made: Any, file: Path, width: int, scheme: str) -> list[tuple[str, str]]:
    """What axe finds wrong: the rule, and the first place."""
    spec = find_spec("axe_core_python")
    assert spec is not None and spec.submodule_search_locations
    axe = Path(spec.submodule_search_locations[0]) / "axe.min.js"
    # the page refuses all scripts but its own, that of the test too
    context = made.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme, bypass_csp=True, offline=True
    )
    page = context.new_page()
    page.goto(file.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    page.evaluate(axe.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(rules)", _RULES)["violations"]
    context.close()
    return [(v["id"], str(v["nodes"][0]["target"]) + v["nodes"][0]["html"][:120]) for v in found]
