"""Names for the few types that every room shares."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, TypeAlias, TypedDict

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
"""A float64 array of any shape."""

Real: TypeAlias = float | Array
"""One number, or an array of them; what every formula takes and gives back."""

Number: TypeAlias = float | Decimal | Fraction | np.floating[Any] | np.integer[Any]
"""Anything a caller may write for one number (an int is a float to a type checker)."""

NumberLike: TypeAlias = Any
"""A number, an array, a list, or a pandas or polars Series of numbers.

``Any`` to a type checker: Series are known only to libraries that need not be installed.
"""

RateLike: TypeAlias = Any
"""A `NumberLike` per the period of the call, or a `Rate` that says its own."""

Unit: TypeAlias = Literal["day", "week", "month", "quarter", "year"]
"""A unit of time, always named in the singular."""

Frame: TypeAlias = Any
"""A table of any dataframe kind, or a dict of columns; ``Any`` to a type checker, as a `NumberLike` is."""

Foreign: TypeAlias = Any
"""A thing of another library, which need not be installed: a fitted object, axes to draw on."""

Plain: TypeAlias = dict[str, Any]
"""Plain values by name, ready for JSON."""

Values: TypeAlias = NDArray[Any]
"""An array of values of one type, whichever it is."""

ColumnLike: TypeAlias = Any
"""A column of any dataframe kind, of ids or labels; ``Any`` to a type checker, as a `NumberLike` is."""


class Reading(TypedDict, total=False):
    """How a table is read, for those who pass it on as keyword arguments; `TableSource` says what each is."""

    where: str | None
    amount_format: str | None
    encoding: str | None
    separator: str | None
    sheet: str | int | None
    heading_row: int | None
    engine: Foreign


READING = tuple(Reading.__annotations__)
