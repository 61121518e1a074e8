"""Draws of a number that is not known exactly, told apart from a column of customers.

A list, an array or a Series is customers (or segments, or cases) everywhere in this library: one answer for
each. `Draws` are values that *one* number may have: one answer, with its uncertainty. Draws of two numbers
belong together, first with first, so that they are equally many; where they meet a column, every draw meets
every row, (draws, customers).
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias, cast, get_args

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

from retainkit import rebuild
from retainkit.display import text_table
from retainkit.errors import InputError, check_choice, refuse_masked, wrong_shape
from retainkit.plurals import counted
from retainkit.records import Record, read_only, shown_value
from retainkit.typing import Array, NumberLike, Plain, Real, Values

Worst: TypeAlias = Literal["low", "high"]
"""Which draws are the bad ones: low values of money, high ones of a cost or of a time to pay back."""

_TAIL = 0.05
_SHOWN = 20  # rows of the text


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Draws(Record, NDArrayOperatorsMixin):
    """Draws of one number, or of one for each customer: its values with equal probability.

    Numbers, columns and other draws combine with them by ``+ - * /`` and numpy's functions, draw by draw;
    wherever an argument may be draws, they stand in the place of its number.

    Raises `InputError` for nothing at all, gaps (NaN, masked entries), what is no number, and more than two
    dimensions; draws of unequal number are refused where they meet.

    Parameters
    ----------
    values : (draws,) or (draws, customers)
        The draws are on the first axis.

    Examples
    --------
    >>> churn = Draws([0.04, 0.05, 0.06])
    >>> len(churn), round(churn.mean(), 6), churn.interval(0.5)
    (3, 0.05, (0.045, 0.055))
    >>> 50 / churn
    Draws: 1,027.78 (90% between 850 and 1,225; 3 draws)
    """

    values: Array
    __pandas_priority__: ClassVar[int] = 5000  # above a Series', so that its rows meet every draw here

    def __init__(self, values: NumberLike) -> None:
        refuse_masked("values", values)
        array = _as_floats(values.values if isinstance(values, Draws) else values)
        if array.ndim not in (1, 2):
            way_out = "Put the draws on the first axis, and the customers, if any, on the second."
            raise wrong_shape("values", array, "must have shape (draws,) or (draws, customers)", way_out)
        if not array.size:
            raise InputError("empty", "values", "no draws", "must have at least one draw", "Draw some.")
        if np.isnan(array).any():
            shown = f"{np.isnan(array).sum():,} of {array.size:,} missing"
            raise InputError("missing-value", "values", shown, "must have no gaps", "Leave those draws out.")
        object.__setattr__(self, "values", read_only(np.array(array, np.float64)))

    @classmethod
    def of(cls, array: Values) -> Draws:
        """Of an array that was computed, as it is: without a copy and without a check."""
        made = object.__new__(cls)
        object.__setattr__(made, "values", read_only(np.asarray(array, np.float64)))
        return made

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Draws:
        """The draws from their plain values; NaN is kept, where a figure has no value in some of them."""
        if "values" not in values:
            return super().from_dict(values)  # which says so
        array = _as_floats(values["values"])
        super().from_dict({**values, "values": np.where(np.isnan(array), 0.0, array)})  # refuses what is none
        return cls.of(array)

    @property
    def shape(self) -> tuple[int, ...]:
        """(draws,) or (draws, customers)."""
        return self.values.shape

    @property
    def ndim(self) -> int:
        """1, or 2 where there is a column for each customer."""
        return self.values.ndim

    @property
    def size(self) -> int:
        """Draws times customers."""
        return self.values.size

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values)

    def __getitem__(self, place: Any) -> Any:
        return self.values[place]

    def mean(self) -> Real:
        """The mean over the draws: a float, or one for each customer."""
        return _plain(self.values.mean(axis=0))

    def std(self) -> Real:
        """The standard deviation over the draws; nan where one of them is infinite."""
        with np.errstate(invalid="ignore"):
            return _plain(self.values.std(axis=0))

    def quantile(self, q: float | list[float] | Array) -> Real:
        """What a share `q` of the draws lies below; with several shares the first axis is theirs."""
        shares = _shares("q", q)
        # nothing lies between a number and infinity: there the draws themselves are the ends
        method = "linear" if np.isfinite(self.values).all() else "inverted_cdf"
        return _plain(np.quantile(self.values, shares, axis=0, method=method))

    def interval(self, level: float = 0.9) -> tuple[Real, Real]:
        """The middle part of the draws, 0.9 for 90% of them: its two ends. `level` is in (0, 1)."""
        if not (isinstance(level, numbers.Real) and 0.0 < level < 1.0):
            rule = "must be a share above 0 and below 1"
            raise InputError("out-of-range", "level", level, rule, "Write 90% as 0.9.")
        tail = 0.5 * (1.0 - float(level))
        return self.quantile(tail), self.quantile(1.0 - tail)

    def summary(self, *, worst: Worst = "low") -> DrawsSummary:
        """What there is to say of a number that is not known exactly: mean, quantiles, chances, the bad end.

        Parameters
        ----------
        worst : {"low", "high"}
            Which end is the bad one: "low" of a gain or a value, "high" of a cost or of a time to pay back.

        Examples
        --------
        >>> print(Draws([-20.0, 10.0, 30.0, 60.0]).summary())
        mean 20, sd 29.1548 (4 draws)
          quantiles    5%  -15.5; 25%  2.5; 50%  20; 75%  37.5; 95%  55.5
          P(loss) 25.0%, P(never) 0.0%, mean of the lowest 5%  -20
        """
        check_choice("worst", worst, get_args(Worst))
        with np.errstate(invalid="ignore"):
            worst_mean = _mean_of_worst(self.values, worst)
        q5, q25, median, q75, q95 = map(self.quantile, (0.05, 0.25, 0.5, 0.75, 0.95))
        return DrawsSummary(
            mean=self.mean(),
            sd=self.std(),
            q5=q5,
            q25=q25,
            median=median,
            q75=q75,
            q95=q95,
            probability_of_loss=_plain((self.values < 0.0).mean(axis=0)),
            probability_of_never=_plain((self.values == np.inf).mean(axis=0)),
            expected_shortfall=_plain(worst_mean),
            worst=worst,
            draws=len(self),
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Values:
        return np.array(self.values, dtype) if copy else np.asarray(self.values, dtype)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: NumberLike, **options: Any) -> Any:
        into = options.pop("out", ())
        # draws += 1 makes new ones, as with any number
        if into and not (isinstance(into[0], Draws) and into[0] is inputs[0]):
            options["out"] = tuple(map(_array, into))
        if method != "__call__":
            return getattr(ufunc, method)(*map(_array, inputs), **options)
        named = {f"{'right' if k else 'left'} of {ufunc.__name__}": one for k, one in enumerate(inputs)}
        for name, one in named.items():
            refuse_masked(name, one)
        # a Series would keep its own kind, which has no room for draws
        plain = {name: one if isinstance(one, Draws) else np.asarray(one) for name, one in named.items()}
        found: Any = ufunc(*beside_columns(plain).values(), **options)
        if "out" in options:
            return found
        return tuple(map(_drawn, cast("Any", found))) if isinstance(found, tuple) else _drawn(found)

    def __array_function__(
        self, function: Callable[..., Any], _: Any, given: tuple[Any, ...], named: Plain
    ) -> Any:
        # sums, means, choices: numpy's own answer about the values
        return function(*map(_array, given), **{name: _array(value) for name, value in named.items()})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Draws | np.ndarray):
            return NotImplemented
        # an array is customers: it is no draws, whatever its numbers
        return isinstance(other, Draws) and np.array_equal(self.values, other.values, equal_nan=True)

    def __hash__(self) -> int:
        return super().__hash__()

    def __ne__(self, other: object) -> bool:
        return not self == other

    def _row_columns(self) -> Mapping[str, Array]:
        if self.ndim == 1:
            return {"values": self.values}
        return {f"customer {k}": column for k, column in enumerate(self.values.T, 1)}

    def __str__(self) -> str:
        count = counted(len(self), "draw") + (
            f" of {counted(self.shape[1], 'customer')}" if self.ndim == 2 else ""
        )
        if self.ndim == 2:
            return f"{count}, means {np.min(self.mean()):,.6g} to {np.max(self.mean()):,.6g}"
        low, high = self.interval()
        never = float(np.isinf(self.values).mean())
        if never > 0.0:  # of any draws that are infinite, the mean is too
            return (
                f"{self.quantile(0.5):,.6g} in the middle "
                f"(90% between {low:,.6g} and {high:,.6g}; {never:.1%} of {count} infinite)"
            )
        return f"{self.mean():,.6g} (90% between {low:,.6g} and {high:,.6g}; {count})"

    def __repr__(self) -> str:
        return f"Draws: {self}"


@dataclass(frozen=True, eq=False, kw_only=True)
class DrawsSummary(Record):
    """What draws say of a number that is not known exactly; made by `Draws.summary`.

    Figures are floats, or columns with an entry for each customer where the draws are (draws, customers).

    Attributes
    ----------
    mean, sd : float
        Over the draws; where some are infinite, so is the mean, and there is no standard deviation (nan).
    q5, q25, median, q75, q95 : float
        What 5%, 25%, … of the draws lie below.
    probability_of_loss : float
        Share of draws below 0.
    probability_of_never : float
        Share of draws that are ``inf``: of a time until the cost is paid back, the chance that it never is.
    expected_shortfall : float
        Mean of the worst 5% of the draws, the last of them counted as far as it belongs to these.
    worst : {"low", "high"}
        Which end that is.
    draws : int
    """

    mean: Real
    sd: Real
    q5: Real
    q25: Real
    median: Real
    q75: Real
    q95: Real
    probability_of_loss: Real
    probability_of_never: Real
    expected_shortfall: Real
    worst: Worst
    draws: int

    def __str__(self) -> str:
        if np.ndim(self.mean):
            return self._table()
        at = {"5%": self.q5, "25%": self.q25, "50%": self.median, "75%": self.q75, "95%": self.q95}
        quantiles = "; ".join(f"{share}  {shown_value(value)}" for share, value in at.items())
        return (
            f"mean {shown_value(self.mean)}, sd {shown_value(self.sd)} ({counted(self.draws, 'draw')})\n"
            f"  quantiles    {quantiles}\n"
            f"  P(loss) {self.probability_of_loss:.1%}, P(never) {self.probability_of_never:.1%}, "
            f"mean of the {self.worst}est 5%  {shown_value(self.expected_shortfall)}"
        )

    def _table(self) -> str:
        rows = self._row_columns()
        cells = [[shown_value(float(v)) for v in row] for row in zip(*rows.values(), strict=True)]
        head = [name.replace("probability_of_", "P ").replace("_", " ") for name in rows]
        more = f", {len(cells) - _SHOWN:,} more in to_frame()" if len(cells) > _SHOWN else ""
        whose = f"{counted(self.draws, 'draw')} of {counted(len(cells), 'customer')}"
        caption = f"{whose}; worst: the {self.worst}est 5%{more}"
        return text_table(caption, [head, *cells[:_SHOWN]])


def _mean_of_worst(values: Array, worst: Worst) -> Array:
    """The mean of the lowest or highest 5%: with 30 draws, the worst and half of the next."""
    ordered = np.sort(values if worst == "low" else -values, axis=0)
    size = _TAIL * len(values)
    whole = int(size + 1e-9)
    part = ordered[whole] * (size - whole) if size > whole + 1e-9 else 0.0  # nothing of an infinite one is 0
    mean = (ordered[:whole].sum(axis=0) + part) / size
    return mean if worst == "low" else -mean


rebuild.BY_FIELDS[frozenset({"values"})] = Draws


def evenly_thinned(count: int, most: int) -> NDArray[np.intp]:
    """The places of `most` of so many draws, or of all: even where someone has sorted them, they tell all."""
    return np.arange(count) if count <= most else np.arange(most) * count // most


def beside_columns(given: Mapping[str, NumberLike]) -> dict[str, NumberLike]:
    """Draws as arrays that broadcast against the columns beside them: (draws,), or (draws, 1) with any.

    Raises `InputError` for draws of unequal number, and for tables, whose rows could be either.
    """
    counts = {name: len(one) for name, one in given.items() if isinstance(one, Draws)}
    if not counts:
        return dict(given)
    first, many = next(iter(counts.items()))
    for name, count in counts.items():
        if count != many:
            rule = f"must have as many draws as {first} ({many:,}): they belong together, first with first"
            way_out = "Draw both as often, from one sample where they depend on each other."
            raise InputError("length-mismatch", name, counted(count, "draw"), rule, way_out)
    columnar = False
    for name, one in given.items():
        if not isinstance(one, Draws) and np.ndim(one) > 1:
            way_out = f"Write rk.Draws({name}) for draws on the first axis, or give one column."
            raise wrong_shape(name, np.asarray(one), "must be a number or a column beside draws", way_out)
        columnar |= np.ndim(one) == (2 if isinstance(one, Draws) else 1)
    return {
        name: one
        if not isinstance(one, Draws)
        else one.values[:, None]
        if columnar and one.ndim == 1
        else one.values
        for name, one in given.items()
    }


def _shares(argument: str, given: float | list[float] | Array) -> Array:
    shares = np.asarray(given, np.float64)
    if np.any(~((shares >= 0.0) & (shares <= 1.0))):
        rule = "must be a share between 0 and 1"
        raise InputError("out-of-range", argument, given, rule, "Write 5% as 0.05.")
    return shares


def _as_floats(given: NumberLike) -> Values:
    """Numbers of any kind; text, booleans and rows of unequal length are refused."""
    array: Values = np.empty(())
    try:
        array = np.asarray(given)
        if array.dtype.kind in "iuf":
            return array
        if array.dtype.kind == "O" and not any(isinstance(v, str | bool | None) for v in array.flat):
            return array.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        pass
    shown = given if array.ndim == 0 else f"{counted(array.size, 'value')} of type {array.dtype}"
    raise InputError(
        "not-a-number", "values", shown, "must be numbers", "For example rk.Draws([0.04, 0.06])."
    )


def _array(one: Any) -> Any:
    if isinstance(one, Draws):
        return one.values
    # choices and quantiles take lists of arrays
    return [_array(part) for part in cast("list[Any]", one)] if isinstance(one, list | tuple) else one


def _drawn(found: Any) -> Any:
    # comparisons answer truths, which are no draws of a number
    return Draws.of(found) if getattr(found, "ndim", 0) and found.dtype.kind == "f" else found


def _plain(value: Any) -> Real:
    return value if np.ndim(value) else float(value)
