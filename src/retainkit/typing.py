"""Names for the few types that every room shares."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, TypedDict, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:  # a default, which says "else a float" to type checkers, is not in `typing` before 3.13
    from typing_extensions import TypeVar as Defaulted

    Same = Defaulted("Same", default=float)
else:
    Same = TypeVar("Same")
Kind_co = TypeVar("Kind_co", covariant=True)

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


class Column(Protocol[Kind_co]):
    """An array or Series, whose kind is that of its values divided by a number: floats, whatever it held."""

    def __len__(self) -> int: ...
    def __truediv__(self, other: int, /) -> Kind_co: ...


class Listed(Protocol[Kind_co]):
    """A list or tuple of numbers, told apart by `count`; the answer beside it is an array, or a Series."""

    def count(self, value: Any, /) -> int: ...

    # the one method of theirs that speaks of `Any`, which becomes the kind: nothing of a list names an array
    def __reduce__(self) -> str | tuple[Kind_co, ...]: ...


class PerPeriod(Protocol):
    """A `Rate`, which says its own period."""

    @property
    def per(self) -> Unit: ...


class Staying(Protocol[Kind_co]):
    """A model that has a survival curve: what becomes of the answer no type checker knows."""

    @property
    def survival(self) -> Any: ...
    def __reduce__(self) -> str | tuple[Kind_co, ...]: ...


class Fitted(Protocol[Kind_co]):
    """A fit, which stands for its model."""

    @property
    def model(self) -> Any: ...
    def __reduce__(self) -> str | tuple[Kind_co, ...]: ...


class Counted(Protocol[Kind_co]):
    """A survival curve as shares of who is still there."""

    @property
    def shares(self) -> Any: ...
    def __reduce__(self) -> str | tuple[Kind_co, ...]: ...


NumberOf: TypeAlias = Number | Column[Same] | Listed[Same]
"""A `NumberLike` of a function that answers entry by entry and says so to type checkers, ``-> Same``: a float
for numbers, an array where one is among them, a pandas or polars Series where one is."""

CurveOf: TypeAlias = Staying[Same] | Fitted[Same] | Counted[Same] | Callable[[Array], Any]
"""What may stand for a churn that changes with time."""

RateOf: TypeAlias = Number | Column[Same] | Listed[Same] | PerPeriod | CurveOf[Same]
"""A `RateLike` as `NumberOf` is a `NumberLike`."""

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
