"""Columns of dataframes, read through narwhals: the same rules as for arrays, at the engine's own speed.

Customers get their numbers by a join on the distinct ids, never by a window: windows over tables of
several chunks have given wrong rows without an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import InputError
from retainkit.plurals import counted
from retainkit.tables.amounts import AmountRule
from retainkit.tables.days import DateRule, Days, Mask, from_array, from_digits, from_year_and_ordinal
from retainkit.tables.problems import Said
from retainkit.typing import Array, ColumnLike, Values

if TYPE_CHECKING:
    import narwhals as nw


@overload
def keep(column: Values, which: Mask) -> Values: ...
@overload
def keep(column: nw.Series[Any], which: Mask) -> nw.Series[Any]: ...
def keep(column: ColumnLike, which: Mask) -> Any:
    """The entries that `which` marks."""
    if isinstance(column, np.ndarray):
        return column[which]  # pyright: ignore[reportUnknownVariableType]
    import narwhals as nw

    return column.filter(nw.new_series("keep", which, backend=column.implementation))


def days(column: nw.Series[Any], rule: DateRule) -> tuple[Days, Mask] | None:
    """Days of a column without missing values, and which of its values are none; None for another type."""
    import narwhals as nw

    column = plain(column)
    dtype = column.dtype
    if dtype == nw.Datetime:
        column = column.dt.replace_time_zone(None)  # the day on its own clock; older engines shift it
    if dtype == nw.Date or dtype == nw.Datetime:
        found = from_year_and_ordinal(column.dt.year().to_numpy(), column.dt.ordinal_day().to_numpy())
        return found, np.zeros(len(column), np.bool_)
    if dtype == nw.String and rule.date_format is None:
        return _days_of_text(column, rule)
    if dtype == nw.String or dtype == nw.Object:
        return from_array(array(column), rule)
    return from_array(column.to_numpy(), rule) if dtype.is_integer() or dtype.is_float() else None


def plain(column: nw.Series[Any]) -> nw.Series[Any]:
    """A column in a type that narwhals knows: categories as what they are of, zoned times by their clock."""
    import narwhals as nw

    dtype, native = column.dtype, column.to_native()
    categories = dtype == nw.Categorical or dtype == nw.Enum  # they would sort by an order of their own
    if categories:
        if column.implementation.is_pandas():
            return nw.from_native(native.astype(object), series_only=True)
        if column.implementation.is_pyarrow():
            return nw.from_native(native.cast(native.type.value_type), series_only=True)
    kind = str(native.dtype) if dtype == nw.Unknown and hasattr(native, "dt") else ""
    if kind.startswith("period"):
        return nw.from_native(native.astype(object), series_only=True)
    if kind.startswith("datetime64"):  # a zone with a sign in its name, such as America/New_York
        return column.dt.replace_time_zone(None)
    return column.cast(nw.String) if categories or dtype.is_decimal() else column


def _days_of_text(column: nw.Series[Any], rule: DateRule) -> tuple[Days, Mask]:
    import narwhals as nw

    well_formed = column.str.contains(rule.text)
    digits = column.str.slice(0, 10).str.replace_all("-", "", literal=True)
    readable = well_formed.to_numpy().astype(np.bool_)
    numbers = np.zeros(len(column), np.int64)
    numbers[readable] = digits.filter(well_formed).cast(nw.Int64).to_numpy()
    if rule.months:  # six digits are a month; eight may begin with zeros
        months = readable & (column.str.len_chars().to_numpy() < 8)
        numbers[months] = numbers[months] * 100 + 1
    return from_digits(numbers)


def numbers(column: nw.Series[Any]) -> Values | None:
    """The values of a column that may hold numbers; None for one that cannot."""
    import narwhals as nw

    if column.dtype.is_numeric():
        return column.cast(nw.Float64).to_numpy()
    return column.to_numpy() if column.dtype == nw.Object else None


def array(column: nw.Series[Any]) -> Values:
    """A column as an array, its gaps None, or NaN among numbers."""
    import narwhals as nw

    if column.dtype.is_numeric() or column.dtype == nw.Boolean:
        return (column.cast(nw.Float64) if column.is_null().any() else column).to_numpy()
    return np.array([*column.to_list(), None], object)[:-1]


def written_numbers(column: nw.Series[Any], rule: AmountRule) -> tuple[Array, Mask]:
    """Numbers of a column of text, and which of its values are none."""
    import narwhals as nw

    text = plain(column).alias("text")
    well_formed = text.str.contains(rule.text).fill_null(value=False)
    readable = well_formed.to_numpy().astype(np.bool_)
    values = np.zeros(len(column))
    kept = text.filter(well_formed).to_frame()
    values[readable] = kept.select(rule.in_engine(nw.col("text")))["text"].to_numpy()
    return values, ~readable


def whole_or_text(column: nw.Series[Any]) -> list[Any]:
    """The values of a text file's column, as whole numbers where every one of them is written as one."""
    return _whole(column).to_list()


def _whole(column: nw.Series[Any]) -> nw.Series[Any]:
    import narwhals as nw

    from retainkit.tables.engine import whole_numbers

    found = whole_numbers(column.to_native())
    return column if found is None else nw.from_native(found, series_only=True)


def numbered(ids: nw.Series[Any], *, written: bool) -> tuple[Any, NDArray[np.int64]]:
    """The distinct ids in order, in their own kind, and each line's place among them."""
    import narwhals as nw

    ids = _whole(ids) if written else plain(ids)
    if ids.dtype.is_nested():
        raise TypeError("nested")
    lines = ids.alias("id").to_frame().with_row_index("line")
    customers = lines.select("id").unique().sort("id").with_row_index("code")
    joined = lines.join(customers, on="id", how="inner")
    if len(joined) != len(lines):
        shown = Said(f"{counted(len(joined), 'match', 'matches')} for {counted(len(lines), 'line')}")
        rule = "must equal itself: the engine could not match the ids with their own distinct values"
        raise InputError("unmatched", "customer_id", shown, rule, "Convert the ids to text or whole numbers.")
    code = np.empty(len(lines), np.int64)
    code[joined.get_column("line").to_numpy()] = joined.get_column("code").to_numpy()
    column = nw.maybe_reset_index(customers).get_column("id").alias(ids.name)
    return column.to_native(), code
