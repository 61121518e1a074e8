"""Columns and frames of the caller's own kind: taken apart by position, and made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import InputError
from retainkit.records import frame_beside, framed
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
    return frame_beside(ids, {id_name: ids, **columns})


frame_like, make_frame = frame_beside, framed
