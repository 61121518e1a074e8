"""The one place that loads pandas, whose tables lifetimes' interface is made of."""

from __future__ import annotations

from importlib import import_module

from retainkit.errors import MissingDependencyError
from retainkit.typing import Foreign


def pandas() -> Foreign:
    """The library, or the line that installs it."""
    try:
        return import_module("pandas")
    except ImportError as error:
        raise MissingDependencyError("pandas", "lifetimes", "lifetimes' interface") from error
