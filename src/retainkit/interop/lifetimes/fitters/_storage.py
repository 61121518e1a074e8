"""A fitter's state as JSON: numbers, arrays and tables, and nothing that runs when it is read."""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from retainkit.columns import SameKind
from retainkit.errors import InputError
from retainkit.interop.lifetimes.kinds import pandas
from retainkit.typing import Foreign, Plain

_FORMAT = 1


def write(path: str | PathLike[str], fitter: str, state: Plain) -> None:
    """Write the state to a file, a few hundred bytes without the data."""
    packed = {name: _pack(name, value) for name, value in state.items()}
    text = json.dumps({"fitter": fitter, "format": _FORMAT, "state": packed})
    Path(path).write_text(text, encoding="utf-8")


def read(path: str | PathLike[str], fitter: str) -> Plain:
    """The state that `write` wrote, for a fitter of the same class."""
    try:
        record = json.loads(Path(path).read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        rule = "must be a JSON file written by save_model"
        way_out = (
            "A file that lifetimes pickled is read by lifetimes: load it there and pass the fitter "
            "to from_lifetimes."
        )
        raise InputError("unreadable-source", "path", str(path), rule, way_out) from error
    if record["fitter"] != fitter:
        way_out = f"Call load_model of a {record['fitter']}."
        raise InputError("not-a-model", "path", record["fitter"], f"must be a saved {fitter}", way_out)
    return {name: _unpack(value) for name, value in record["state"].items()}


def _pack(name: str, value: Foreign) -> SameKind:
    kind = type(value).__name__
    if kind == "DataFrame":
        columns = {str(c): _pack(name, value[c].to_numpy()) for c in value.columns}
        return {"kind": "table", "columns": columns, "index": _labels(value.index)}
    if kind == "Series":
        return {"kind": "series", "values": _pack(name, value.to_numpy()), "index": _labels(value.index)}
    if isinstance(value, np.ndarray | np.generic):
        array: NDArray[np.generic] = np.asarray(cast("Any", value))
        plain = array.tolist()
        return plain if array.ndim == 0 else {"kind": "array", "dtype": str(array.dtype), "values": plain}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    way_out = "Leave the data out with save_data=False, or give them another index."
    raise InputError("not-supported", name, value, "must be numbers, text or a table of these", way_out)


def _labels(index: Foreign) -> SameKind:
    if type(index).__name__ == "RangeIndex":
        return {"start": index.start, "stop": index.stop, "step": index.step}
    labels = index.tolist()
    if not all(isinstance(label, str | int | float) for label in labels):
        way_out = "Leave the data out with save_data=False, or give them another index."
        raise InputError("not-supported", "index", str(index.dtype), "must hold numbers or text", way_out)
    return labels


def _unpack(value: Foreign) -> SameKind:
    if not isinstance(value, dict):
        return value
    pd = pandas()

    record: Plain = value  # pyright: ignore[reportUnknownVariableType]
    if record["kind"] == "array":
        return np.array(record["values"], dtype=record["dtype"])
    found: Foreign = record["index"]
    index = pd.RangeIndex(**found) if isinstance(found, dict) else pd.Index(found)
    if record["kind"] == "series":
        return pd.Series(_unpack(record["values"]), index=index)
    return pd.DataFrame({name: _unpack(v) for name, v in record["columns"].items()}, index=index)
