"""What is missing in a column: no value, an empty text, or for an id a text that says so."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from retainkit.tables import series
from retainkit.tables.days import Mask
from retainkit.typing import Values

if TYPE_CHECKING:
    import narwhals as nw


def is_missing(value: object) -> bool:
    """Whether an object stands for no value: None, NaN, NaT, NA or the empty text."""
    if isinstance(value, str):
        return value == ""
    if isinstance(value, float | Decimal | np.datetime64 | np.timedelta64):
        return bool(value != value)
    return value is None or type(value).__name__ in ("NaTType", "NAType")


def missing_in(values: Values | nw.Series[Any]) -> Mask:
    """Where a column has no value."""
    if not isinstance(values, np.ndarray):
        return _missing_in_series(values)
    kind = values.dtype.kind
    if kind in "fmM":
        return np.isnan(values)
    if kind in "UT":
        return values == ""
    if kind == "O":
        return np.array([is_missing(value) for value in values.tolist()], np.bool_)
    return np.zeros(values.shape, np.bool_)


def _missing_in_series(values: nw.Series[Any]) -> Mask:
    import narwhals as nw

    gone, kind = np.array(values.is_null().to_numpy(), np.bool_), values.dtype
    if kind.is_float():
        gone |= np.isnan(values.to_numpy())
    elif kind == nw.String:
        gone |= (values == "").fill_null(value=True).to_numpy().astype(np.bool_)
    elif kind == nw.Object:
        gone |= np.array([is_missing(value) for value in values.to_list()], np.bool_)
    return gone


_WORDS = ("nan", "NaN", "NAN", "none", "None", "NONE", "null", "Null", "NULL", "<NA>", "nat", "NaT")
# besides, what spreadsheets and R write: pandas reads these as missing, too
MISSING_IDS = ("", *_WORDS, "NA", "N/A", "n/a", "#N/A", "#NA")
"""The texts that programs write for an id that is none; `BLANKS` around them do not count."""
BLANKS = " \t\r\n"


def says_missing(ids: Any) -> Mask:
    """Which entries of a column of any kind are such texts."""
    if isinstance(ids, np.ndarray):
        return _says_missing(ids)  # pyright: ignore[reportUnknownArgumentType]
    import narwhals as nw

    column = series.plain(nw.from_native(ids, series_only=True))
    if column.dtype == nw.String:
        return (
            column.str.strip_chars(BLANKS)
            .is_in(MISSING_IDS)
            .fill_null(value=False)
            .to_numpy()
            .astype(np.bool_)
        )
    return (
        _says_missing(series.array(column)) if column.dtype == nw.Object else np.zeros(len(column), np.bool_)
    )


def _says_missing(ids: Values) -> Mask:
    if ids.dtype.kind == "U":
        return np.isin(np.strings.strip(ids, BLANKS), MISSING_IDS)
    if ids.dtype.kind not in "OT":
        return np.zeros(ids.size, np.bool_)
    return np.array(
        [isinstance(value, str) and value.strip(BLANKS) in MISSING_IDS for value in ids.tolist()], np.bool_
    )


def unmasked(values: Values) -> Values:
    """An array whose masked entries, if it has any, are None."""
    if not isinstance(values, np.ma.MaskedArray):
        return values
    mask = np.ma.getmaskarray(values)
    if not mask.any():
        return np.asarray(values)
    objects = np.asarray(values).astype(object)
    objects[mask] = None
    return objects
