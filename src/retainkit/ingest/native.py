"""Columns and frames of the caller's own kind, by position."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from retainkit.errors import InputError
from retainkit.typing import Array


def _is_array(column: Any) -> bool:
    return isinstance(column, np.ndarray)


def take(column: Any, places: NDArray[np.intp]) -> Any:
    """The entries of a column at `places`, in its own kind."""
    if _is_array(column):
        return column[places]
    taken = nw.from_native(column, series_only=True)[places]
    return nw.maybe_reset_index(taken).to_native()


def frame_of(id_name: str, ids: Any, columns: Mapping[str, Array]) -> Any:
    """A frame of the kind of `ids`: the ids under their own name, then the columns."""
    if id_name in columns:
        rule = f"must not be named like one of the results: {', '.join(columns)}"
        raise InputError("duplicate", "customer_id", id_name, rule, "Rename the column of ids in the table.")
    if _is_array(ids):
        return {id_name: ids, **columns}
    series = nw.from_native(ids, series_only=True)
    kind = series.implementation
    made = [nw.new_series(name, values, backend=kind) for name, values in columns.items()]
    return series.alias(id_name).to_frame().with_columns(*made).to_native()
