"""The one place that loads pandas, whose tables lifetimes' interface is made of."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from retainkit.errors import MissingDependencyError


def pandas() -> Any:
    """The library, or the line that installs it."""
    try:
        return import_module("pandas")
    except ImportError as error:
        raise MissingDependencyError("pandas", "lifetimes", "lifetimes' interface") from error
