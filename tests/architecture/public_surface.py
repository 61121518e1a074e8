"""The public surface as text: names, arguments, fields and methods, one to a line.

    python tests/architecture/public_surface.py

writes it anew into tests/reference/public_surface.txt; its change is read in review like any other: a line
that goes is something that a caller may have written.
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from inspect import Parameter
from pathlib import Path
from types import ModuleType
from typing import Any

import retainkit

KEPT = Path(__file__).parents[1] / "reference" / "public_surface.txt"


def surface() -> str:
    """What every room lists, by its address, then what classes of ours define, once each."""
    lines = [f"{room.__name__}.{name}{arguments(value)}" for room, name, value in lent()]
    classes = {base for _, _, value in lent() if inspect.isclass(value) for base in value.__mro__}
    for one in sorted(classes, key=lambda one: (one.__module__, one.__qualname__)):
        if one.__module__.startswith("retainkit"):
            members = sorted(name for name in vars(one) if not name.startswith("_"))
            lines += [f"{one.__qualname__}.{name}{arguments(getattr(one, name))}" for name in members]
    return "\n".join(lines) + "\n"


def lent() -> Iterator[tuple[ModuleType, str, Any]]:
    for room in rooms():
        for name in sorted(getattr(room, "__all__", [])):
            yield room, name, getattr(room, name)


def rooms() -> Iterator[ModuleType]:
    yield retainkit
    for found in pkgutil.walk_packages(retainkit.__path__, "retainkit."):
        if found.ispkg and not any(part.startswith("_") for part in found.name.split(".")):
            yield import_module(found.name)


def arguments(of: Any) -> str:
    """Names and kinds of arguments, `=` where one may be left out; neither types nor what stands for them."""
    if not callable(of):
        return ""
    try:
        parameters = list(inspect.signature(of).parameters.values())
    except ValueError:  # of an enumeration or a type alias
        return ""
    parts: list[str] = []
    for place, one in enumerate(parameters):
        before = parameters[place - 1].kind if place else None
        if before is Parameter.POSITIONAL_ONLY and one.kind is not before:
            parts.append("/")
        if one.kind is Parameter.KEYWORD_ONLY and before not in (one.kind, Parameter.VAR_POSITIONAL):
            parts.append("*")
        stars = {Parameter.VAR_POSITIONAL: "*", Parameter.VAR_KEYWORD: "**"}.get(one.kind, "")
        parts.append(f"{stars}{one.name}{'' if one.default is Parameter.empty else '='}")
    if parameters and parameters[-1].kind is Parameter.POSITIONAL_ONLY:
        parts.append("/")
    return f"({', '.join(parts)})"


if __name__ == "__main__":
    KEPT.write_text(surface(), encoding="utf-8")
