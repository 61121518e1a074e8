"""How the documentation is built: `make docs`, where every warning is an error."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from runpy import run_path
from typing import Any

from sphinx.application import Sphinx

project = "retainkit"
author = "the retainkit authors"
copyright = f"2026, {author}"
release = metadata.version("retainkit")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
]
exclude_patterns = ["_build"]
default_role = "py:obj"  # `Fit` in a docstring links where there is something to link to
suppress_warnings = ["ref.python"]  # `.to_frame()` links to one of the records that have it

# dollars in these pages are money, so mathematics stands in ```{math} blocks
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_typehints = "none"  # a docstring tells shapes and units in words; the types are for the type checker
autodoc_member_order = "bysource"
autodoc_class_signature = "mixed"
autodoc_default_options = {"members": True, "inherited-members": "BaseModel"}  # not what is pydantic's
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_param = False  # "(p, p)" is a shape, no link to something called p
napoleon_custom_sections = [("Attributes", "params_style")]

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_theme = "furo"
html_title = f"retainkit {release}"
html_show_sourcelink = False


def setup(app: Sphinx) -> None:
    # napoleon, at 500, would read "Share who pay back: those who ..." of a property as its type
    app.connect("autodoc-process-docstring", _swap(":", "\ue000"), priority=400)
    app.connect("autodoc-process-docstring", _swap("\ue000", ":"), priority=600)
    app.connect("html-page-context", _one_tree_beside_sources, priority=400)  # before the theme asks for it
    app.connect("build-finished", _schemas)


def _one_tree_beside_sources(app: Sphinx, pagename: str, _template: str, context: Any, _doctree: Any) -> None:
    """Pages of source as deep have the same tree of contents: to copy it for each was half of the build."""
    if pagename.startswith("_modules/"):
        made, depth = context["toctree"], pagename.count("/")
        known: dict[Any, str] = app.__dict__.setdefault("_trees", {})

        def toctree(**asked: Any) -> str:
            key = (depth, *sorted(asked.items()))
            if key not in known:
                known[key] = made(**asked)
            return known[key]

        context["toctree"] = toctree


def _schemas(app: Sphinx, failed: Exception | None) -> None:
    """The JSON Schema of every kind of file, in `schemas/` of the site."""
    if failed is None:
        room = Path(app.outdir, "schemas")
        room.mkdir(exist_ok=True)
        for name, text in run_path(str(Path(__file__).with_name("generate.py")))["schemas"]().items():
            (room / name).write_text(text, encoding="utf-8")


def _swap(old: str, new: str) -> Callable[..., None]:
    def swap(_app: Sphinx, what: str, _name: str, _obj: Any, _options: Any, lines: list[str]) -> None:
        if what in ("attribute", "data", "property"):
            lines[:1] = [line.replace(old, new) for line in lines[:1]]

    return swap
