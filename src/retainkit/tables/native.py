"""Columns and frames of the caller's own kind: taken apart by position, and made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import InputError, MissingDependencyError, unknown_choice
from retainkit.typing import Array

FrameKind: TypeAlias = Literal["dict", "pandas", "polars", "pyarrow"]
"""The kinds of table that can be made from nothing but arrays."""


def take(column: Any, places: NDArray[np.intp]) -> Any:
    """The entries of a column at `places`, in its own kind."""
    if isinstance(column, np.ndarray):
        return column[places]  # pyright: ignore[reportUnknownVariableType]
    import narwhals as nw

    taken = nw.from_native(column, series_only=True)[places]
    return nw.maybe_reset_index(taken).to_native()


def frame_of(id_name: str, ids: Any, columns: Mapping[str, Array]) -> Any:
    """A frame of the kind of `ids`: the ids under their own name, then the columns."""
    if id_name in columns:
        rule = f"must not be named like one of the results: {', '.join(columns)}"
        raise InputError("duplicate", "customer_id", id_name, rule, "Rename the column of ids in the table.")
    if isinstance(ids, np.ndarray):
        return {id_name: ids, **columns}  # pyright: ignore[reportUnknownVariableType]
    import narwhals as nw

    series = nw.from_native(ids, series_only=True)
    kind = series.implementation
    made = [nw.new_series(name, values, backend=kind) for name, values in columns.items()]
    return series.alias(id_name).to_frame().with_columns(*made).to_native()


def frame_like(column: Any, columns: Mapping[str, NDArray[Any]]) -> Any:
    """A table of the kind that `column` came from; a dict of arrays for an array."""
    if isinstance(column, np.ndarray):
        return dict(columns)
    import narwhals as nw

    kind = nw.from_native(column, series_only=True).implementation
    return nw.from_dict(dict(columns), backend=kind).to_native()


def make_frame(columns: Mapping[str, Any], kind: FrameKind) -> Any:
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
