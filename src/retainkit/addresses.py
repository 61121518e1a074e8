"""Every public name has one address; it is loaded on first use, and an unknown name is told where it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from importlib import import_module, util
from typing import Any

from retainkit.errors import near


def lazily(
    package: str, homes: Mapping[str, tuple[str, ...]], hint: Callable[[str], str] = lambda _: ""
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """The ``__getattr__``, ``__dir__`` and ``__all__`` of a package whose names load on first use.

    Parameters
    ----------
    package : name of the package
    homes : mapping of module to the names it lends
        A module is written from the package on, ``".pricing"``, or in full. Each name of a module that starts
        with a dot is an attribute of the package too.
    hint : callable
        What to say of a name that is not there, such as where else it is.
    """
    home_of = {name: home for home, names in homes.items() for name in names}
    rooms = {home[1:] for home in homes if home.startswith(".") and "." not in home[1:]}

    def load(name: str) -> Any:
        if name in home_of:
            value = getattr(import_module(home_of[name], package), name)
        elif name in rooms:
            return import_module(f".{name}", package)
        else:
            more = "" if name.startswith("__") else hint(name) or near(name, home_of)
            raise AttributeError(f"module {package!r} has no attribute {name!r}. {more}".strip(), name=name)
        setattr(import_module(package), name, value)
        return value

    return load, lambda: sorted({*home_of, *rooms}), sorted(home_of)


def lent_by(package: str, *rooms: str) -> dict[str, tuple[str, ...]]:
    """What rooms of a package list as theirs, read from their pages: none is loaded to know what is in it."""
    return {f".{room}": _listed(f"{package}.{room}") for room in rooms}


def _listed(room: str) -> tuple[str, ...]:
    found = util.find_spec(room)
    loader: Any = found.loader if found else None
    page: str | None = loader.get_source(room) if hasattr(loader, "get_source") else None
    if not page:  # a program that was packed without its sources: slower, and the same names
        return tuple(import_module(room).__all__)
    listed = re.search(r"^__all__ = (\[.*?\])$", page, re.DOTALL | re.MULTILINE)
    return tuple(ast.literal_eval(listed[1])) if listed else ()
