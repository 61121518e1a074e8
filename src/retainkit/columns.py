"""One number in, one number out; a column in, a column out: the door of every economic function.

A public function has two paths and one meaning. Plain floats and ints in their domains go straight to a
formula that needs `math` alone, in less than a microsecond; everything else (Decimal, Fraction, numpy
scalars, lists, arrays, pandas and polars Series, and every value that breaks a rule) goes through
`columns`, which checks, broadcasts and remembers what to give back. `plain_first` takes the first path,
the function's own body is the second. Copy this::

    @plain_first(_value, margin_per_period=REAL, churn=PROBABILITY)
    def value(margin_per_period: NumberOf[Same], *, churn: NumberOf[Same]) -> Same:
        (m, c), back = columns(margin_per_period=(margin_per_period, REAL), churn=(churn, PROBABILITY))
        return back(_value(m, c))

Where the formula needs functions, write it once with its library as an argument: ``_value(math, m, c)``
and ``_value(np, m, c)`` (both have log, log1p, exp, expm1, sqrt, pow by the same names). The values
that `columns` gives are float64 arrays, 0-dimensional for a single number and not yet broadcast, so a
formula pays for the rows it has; they may be the caller's own memory, so nothing is written into them.
Rates that know their period are converted before, by `retainkit.rates.in_period`.

Where columns come in by another way the labels are asked for by name: `keeps_labels` above a method that
knows arrays alone, `same_rows` in a record of columns, `labels_of` where columns stand beside tables or rows
of their own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import wraps
from types import CodeType
from typing import Any, Literal, ParamSpec, TypeAlias, TypeVar, cast

import numpy as np

from retainkit.calls import misfit
from retainkit.domains import Domain, as_numbers
from retainkit.draws import Draws, beside_columns
from retainkit.errors import InputError, refuse_masked
from retainkit.plurals import counted
from retainkit.typing import Array, ColumnLike, Foreign, Number, NumberLike, Plain

P = ParamSpec("P")
R = TypeVar("R")
Function = TypeVar("Function", bound=Callable[..., object])

SameKind: TypeAlias = Any
"""What came in: a float for numbers, an ndarray for arrays and lists, a Series for Series."""

_TABLES = {"pandas": ("DataFrame",), "polars": ("DataFrame", "LazyFrame")}

_ONE = frozenset((float, int, bool, str, type(None)))
_WITHOUT_LABELS = _ONE | {list, tuple, np.ndarray}

PLAIN = frozenset((float, int))
"""The types that take the fast branch; bool is not among them and is refused by `columns`."""

_MISSING = object()
_MAX = sys.float_info.max  # so that an int too large for a float takes the path that says so


@dataclass(frozen=True, slots=True)
class Labels:
    """What is kept of a Series or dataframe so that an answer becomes a Series beside it, and no other."""

    argument: str
    library: Literal["pandas", "polars"]
    rows: int
    index: ColumnLike
    """The pandas index; None for polars, whose rows have no labels."""
    name: ColumnLike

    @classmethod
    def of(cls, argument: str, value: ColumnLike) -> Labels | None:
        """Those of a column or table; None where it has none."""
        if _is_a(value, "pandas", "Series", "DataFrame"):
            return cls(argument, "pandas", len(value), value.index, getattr(value, "name", None))
        if _is_a(value, "polars", "Series", "DataFrame"):
            return cls(argument, "polars", len(value), None, getattr(value, "name", ""))
        return None

    def series(self, array: Array) -> ColumnLike:
        """An answer for each row as a Series."""
        library: Foreign = sys.modules[self.library]
        if self.library == "pandas":
            return library.Series(array, index=self.index, name=self.name)
        return library.Series(self.name, array)


@dataclass(frozen=True, slots=True)
class Back:
    """Gives a result the kind of the arguments: call it with the formula's result."""

    shape: tuple[int, ...]
    labels: Labels | None = None
    drawn: bool = False
    """Whether there are draws among the arguments: they have the first axis, and the result is draws."""

    def __call__(self, result: ColumnLike) -> SameKind:
        array = np.asarray(result)
        if array.shape != self.shape and array.ndim <= len(self.shape):
            array = np.broadcast_to(array, self.shape).copy()  # the formula had no use for the column
        if array.ndim == 0:
            return array.item()
        if self.drawn:
            return Draws.of(array) if array.dtype.kind == "f" else array
        if self.labels is None or array.shape != (self.labels.rows,):
            return array
        return self.labels.series(array)


def columns(**arguments: tuple[NumberLike, Domain]) -> tuple[tuple[Array, ...], Back]:
    """Check every argument against its domain and learn what kind of answer to give back.

    Raises `InputError` for what is no number or outside its domain, for columns of unequal length, for pandas
    Series whose indexes differ (they are never aligned silently), and for whole dataframes.

    Parameters
    ----------
    **arguments : (value, domain)
        The arguments under the names that the caller wrote; errors use them.

    Returns
    -------
    tuple of float64 arrays
        In the order given, each in its own shape; they broadcast against each other.
    Back
        Call it with the result. The first Series among the arguments lends its index and name; a
        result with more dimensions than that Series is given back as an array.
    """
    columnar: Plain = {}
    values: list[Array] = []
    for name, (value, domain) in arguments.items():
        if not isinstance(value, np.ndarray | float | int | list):
            if isinstance(value, Draws):
                return _with_draws(arguments)
            columnar[name] = _one_column(name, value)
        values.append(np.asarray(domain.check(name, value)))
    labels = labels_of(**columnar) if columnar else None
    return tuple(values), Back(_common_shape(list(arguments), values), labels)


def known(**arguments: tuple[NumberLike, Domain]) -> tuple[Array, ...]:
    """As `columns`, of functions that answer with no column: draws are refused by the argument's name."""
    for name, (value, domain) in arguments.items():
        if isinstance(value, Draws):
            domain.check(name, value)
    return columns(**arguments)[0]


def _with_draws(arguments: Mapping[str, tuple[NumberLike, Domain]]) -> tuple[tuple[Array, ...], Back]:
    """As `columns` with draws among the arguments: their axis comes first, (draws,) or (draws, rows)."""
    checked = {
        name: domain.uncertain(name, value if isinstance(value, Draws) else _one_column(name, value))
        for name, (value, domain) in arguments.items()
    }
    labels = labels_of(**{n: value for n, (value, _) in arguments.items() if not isinstance(value, Draws)})
    values: tuple[Array, ...] = tuple(np.asarray(one) for one in beside_columns(checked).values())
    return values, Back(_common_shape(list(arguments), list(values)), labels, drawn=True)


def plain_first(
    formula: Callable[..., float | None], **rules: Domain | tuple[str, ...]
) -> Callable[[Function], Function]:
    """A function whose plain numbers skip arrays and go to `formula`; all else goes to the function.

    A rule says what an argument must be for that: a plain number in a domain, one of some choices, or with
    an empty tuple what the formula judges itself, which answers None to what is not for it. It gets the
    arguments by position, in the order of the rules, a single choice left out; others have to be None.

    >>> from retainkit.domains import PROBABILITY
    >>> @plain_first(lambda c: 1.0 - c, churn=PROBABILITY)
    ... def kept(churn):
    ...     return 1.0 - np.asarray(churn)
    >>> kept(0.25), kept([0.25, 0.5])
    (0.75, array([0.75, 0.5 ]))
    """

    def two_ways(function: Function) -> Function:
        code: CodeType = getattr(function, "__code__")  # noqa: B009
        first = code.co_argcount
        names = code.co_varnames[: first + code.co_kwonlyargcount]
        head = ", ".join((*names[:first], "*_more", *names[first:]))
        again = ", ".join((*names[:first], *(f"{n}={n}" for n in names[first:])))
        told = [f"{n} is None" for n in names if n not in rules]
        judged = [f"{n} is not _missing" for n, rule in rules.items() if rule == ()]
        usual = " and ".join([*(_usual(n, r) for n, r in rules.items() if r != ()), *told, *judged])
        given = ", ".join(n for n, rule in rules.items() if isinstance(rule, Domain) or len(rule) != 1)
        at_place, by_name = function.__defaults__ or (), function.__kwdefaults__ or {}
        usually = {*names[first - len(at_place) : first], *by_name}
        # written out, as dataclasses do it: a wrapper of *args would cost as much as the formula
        text = f"""
def two_ways(_function, _formula, _plain, _missing, _misfit):
    def {function.__name__}({head}, **_strange):
        if {usual} and not _strange and not _more:
            _answer = _formula({given})
            if _answer is not None:
                return _answer
        if _strange or _more or {" or ".join(f"{n} is _missing" for n in names if n not in usually) or False}:
            _given = dict({", ".join(f"{n}={n}" for n in names)}, **_strange)
            raise _misfit(
                _function,
                _more and ({"".join(f"{n}, " for n in names[:first])}*_more,),
                {{
                    n: v for n, v in _given.items()
                    if v is not _missing and not (_more and n in {names[:first]!r})
                }},
            )
        return _function({again})
    return {function.__name__}"""
        made: Plain = {}
        # in the module of the function, where doctest and pickle look for it
        exec(compile(text, f"<plain numbers of {function.__name__}>", "exec"), function.__globals__, made)
        short = made["two_ways"](function, formula, PLAIN, _MISSING, misfit)
        # what has to be given is looked for inside, so that one message tells all that is wrong with a call
        short.__defaults__ = (*(_MISSING for _ in names[: first - len(at_place)]), *at_place)
        short.__kwdefaults__ = {n: by_name.get(n, _MISSING) for n in names[first:]}
        return cast("Function", wraps(function)(short))

    return two_ways


def _usual(name: str, rule: Domain | tuple[str, ...]) -> str:
    """A rule of `plain_first` as a condition: comparisons in place of calls, which would cost more."""
    if not isinstance(rule, Domain):
        return f"{name} in {rule!r}"
    low, high = max(rule.low, -_MAX), min(rule.high, _MAX)
    above = "<=" if rule.low < low or rule.contains(low) else "<"
    below = "<=" if rule.high > high or rule.contains(high) else "<"
    # inf itself belongs to a domain without end: as a literal it is 1e999
    inside = f"{low!r} {above} {name} {below} {high!r}"
    endless = f"{name} == 1e999 or " if rule.contains(rule.high) and rule.high > high else ""
    return f"(type({name}) is float or type({name}) is int) and ({endless}{inside})"


def numbers(**arguments: tuple[Number, Domain]) -> tuple[float, ...]:
    """Check single numbers against their domains: for records, which describe one customer or case."""
    values: list[float] = []
    for name, (value, domain) in arguments.items():
        checked = domain.check(name, value)
        if isinstance(checked, np.ndarray):
            way_out = "Use the function that takes columns, or call this one for each row."
            raise InputError("wrong-shape", name, checked, "must be a single number here", way_out)
        values.append(checked)
    return tuple(values)


def labels_of(*known: Labels | None, **given: ColumnLike) -> Labels | None:
    """The labels that belong to all of these columns: those of the first Series; None where there is none.

    Every function that takes two or more columns asks this before it takes their values. Columns are never
    aligned silently: rows that mean other customers are refused, the same labels in another order too.

    Raises `InputError` for pandas indexes that differ, and for masked arrays.

    Parameters
    ----------
    *known : Labels or None
        Of columns that were read before, such as those of a summary.
    **given : anything
        The arguments under the names that the caller wrote; what has no labels is passed over. A summary or a
        record that was made from Series has their `labels`.
    """
    found = [labels for labels in known if labels is not None]
    for name, value in given.items():
        if type(value) in _WITHOUT_LABELS:
            continue
        refuse_masked(name, value)
        if (labels := Labels.of(name, value)) is not None:
            found.append(labels)
        elif isinstance(lent := getattr(value, "labels", None), Labels):
            found.append(lent if name == "self" else replace(lent, argument=f"{name}.{lent.argument}"))
    indexed = [labels for labels in found if labels.index is not None]
    for other in indexed[1:]:
        if not indexed[0].index.equals(other.index):
            raise _unlike(indexed[0], other)
    return found[0] if found else None


def same_rows(**given: ColumnLike) -> Labels | None:
    """As `labels_of`, of columns that have one length, too, or `InputError`; one entry stands for all."""
    labels = labels_of(**given)
    sizes = {name: np.size(v) for name, v in given.items() if type(v) not in _ONE and _is_column(v)}
    long = [name for name, size in sizes.items() if size != 1]
    for name in long[1:]:
        if sizes[name] != sizes[long[0]]:
            rule = f"must have the same length as {long[0]} ({sizes[long[0]]:,})"
            way_out = "Give every column one value per row, or a single number for all."
            raise InputError("length-mismatch", name, counted(sizes[name], "value"), rule, way_out)
    return labels


def keeps_labels(function: Callable[P, R]) -> Callable[P, R]:
    """A function or method that refuses columns of different rows and answers a Series with a Series.

    All its columns have one length and the same labels; the function itself knows arrays alone. An answer of
    other dimensions, such as draws, stays an array.
    """
    code: CodeType = getattr(function, "__code__")  # noqa: B009
    names = code.co_varnames[: code.co_argcount]

    @wraps(function)
    def labelled(*args: P.args, **kwargs: P.kwargs) -> R:
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        same_rows(**given)
        for name, value in given.items():
            if isinstance(value, Draws):
                as_numbers(name, value)  # refuses them
        answer: ColumnLike = function(*args, **kwargs)
        labels = next((found for name, value in given.items() if (found := Labels.of(name, value))), None)
        if type(answer) is tuple:
            return tuple(_labelled(part, labels) for part in answer)  # type: ignore[return-value]
        return _labelled(answer, labels)

    return labelled


def _labelled(answer: ColumnLike, labels: Labels | None) -> ColumnLike:
    if labels is None or not issubclass(type(answer), np.ndarray):
        return answer
    return Back(np.shape(answer), labels)(answer)


def _is_column(value: ColumnLike) -> bool:
    series = _is_a(value, "pandas", "Series") or _is_a(value, "polars", "Series")
    if series or not issubclass(type(value), np.ndarray | list | tuple):
        return series
    try:
        return np.ndim(value) == 1
    except ValueError:  # rows of unlike length: whoever reads the numbers refuses them
        return False


def _unlike(first: Labels, other: Labels) -> InputError:
    """The error for two indexes; it says in what they differ."""
    if first.rows != other.rows:
        shown = f"an index of {counted(other.rows, 'row')}"
    elif len(first.index.difference(other.index, sort=False)) == 0:
        shown = "the same labels in another order"
    else:
        shown = f"other labels ({', '.join(map(repr, other.index[:3].tolist()))}, …)"
    rule = f"must have the same index as {first.argument} ({counted(first.rows, 'row')})"
    way_out = "Take both columns from one table, or align them first with .reindex()."
    return InputError("index-mismatch", other.argument, shown, rule, way_out)


def _one_column(name: str, value: ColumnLike) -> ColumnLike:
    """The value, if it is no whole table."""
    for library in ("pandas", "polars"):
        if _is_a(value, library, *_TABLES[library]):
            rule = "must be a number or one column"
            way_out = "Give one column of the table, for example table['margin']."
            raise InputError("wrong-shape", name, f"a {library} {type(value).__name__}", rule, way_out)
    return value


def _is_a(value: ColumnLike, library: str, *kinds: str) -> bool:
    """Whether a value is one of that library's kinds, without importing the library."""
    module = sys.modules.get(library)
    return module is not None and isinstance(value, tuple(getattr(module, kind) for kind in kinds))


def _common_shape(names: list[str], values: list[Array]) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(*(v.shape for v in values))
    except ValueError:
        shapes = {n: v.shape for n, v in zip(names, values, strict=True) if v.ndim}
        name, shape = shapes.popitem()
        others = ", ".join(f"{n} {s}" for n, s in shapes.items())
        rule = f"must have the same length as the other columns ({others})"
        way_out = "Give every column one value per row, or a single number for all."
        raise InputError("length-mismatch", name, f"shape {shape}", rule, way_out) from None


def named_once(
    argument: str, names: Iterable[str], others: Mapping[str, str] | None = None, *, least: int = 1
) -> tuple[str, ...]:
    """Names, each once and none of `others`, which have another use; one text is one name."""
    given = (names,) if isinstance(names, str) else tuple(names)
    for at, name in enumerate(given):
        if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InputError("wrong-type", argument, name, "must be names, as texts")
        if name in given[:at] or name in (others or {}):
            rule = (
                f"must not name the column of {others[name]} too"
                if others and name in others
                else "must name each once"
            )
            raise InputError("duplicate", argument, name, rule, "Leave it out.")
    if len(given) < least:
        way_out = f"For example {argument}=['price', 'speed']."
        raise InputError("empty", argument, names, "must name at least one column", way_out)
    return given
