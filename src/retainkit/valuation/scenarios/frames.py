"""Columns as a table of the kind that the caller names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, get_args

from retainkit.errors import MissingDependencyError, unknown_choice

FrameKind: TypeAlias = Literal["dict", "pandas", "polars", "pyarrow"]


def frame(columns: Mapping[str, Any], kind: FrameKind) -> Any:
    """A dict of arrays, or a dataframe of the library named."""
    if kind not in get_args(FrameKind):
        raise unknown_choice("kind", kind, get_args(FrameKind))
    if kind == "dict":
        return dict(columns)
    import narwhals as nw

    try:
        return nw.from_dict(dict(columns), backend=kind).to_native()
    except ImportError as error:
        raise MissingDependencyError(kind, "all", f"A table for {kind}") from error
