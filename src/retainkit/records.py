"""What every result can do: equality, plain values, strict JSON and back, text, a table, a dataframe.

A result is a frozen dataclass that derives from `Record` and says ``@dataclass(frozen=True, eq=False)``:
equality and hash are those of this file, which know arrays and columns. It declares its figures as fields;
properties that belong to the figures are named in `_derived`, lengths of time without end in `_never`.
"""

from __future__ import annotations

import dataclasses
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from types import UnionType
from typing import Any, ClassVar, Literal, Self, TypeAlias, cast, get_args

import numpy as np
from numpy.typing import NDArray

from retainkit import strict_json
from retainkit.calls import WorkbookWriter
from retainkit.display import html_table, text_table
from retainkit.documents import document, kept_fields, read_as
from retainkit.errors import InputError, MissingDependencyError, near, unknown_choice
from retainkit.plurals import counted
from retainkit.typing import Array

FrameKind: TypeAlias = Literal["dict", "pandas", "polars", "pyarrow"]
Impossible: TypeAlias = tuple[str, object, str]
"""What nothing could have made of what a document says: the field, its value and the rule."""

_ROWS_SHOWN = 30  # of a long table in a notebook


class Record(WorkbookWriter, ABC):
    """A frozen result that can be compared, printed, stored, sent and put into a table."""

    __slots__ = ()

    _never: ClassVar[frozenset[str]] = frozenset()
    """Names of figures that are lengths of time: infinite ones are ``"never"`` in JSON."""

    _derived: ClassVar[tuple[str, ...]] = ()
    """Names of properties that stand among the figures."""

    _hidden: ClassVar[frozenset[str]] = frozenset()
    """Names of fields that are needed to make the record again, and are no figures."""

    _read_back: ClassVar[bool] = True
    """Whether all there is to the record is in its JSON."""

    _shows_rows: ClassVar[bool] = True
    """Whether a notebook shows the rows below the figures."""

    def as_dict(self) -> dict[str, Any]:
        """The figures and the assumptions behind them, by name, as plain values; arrays are lists."""
        return {name: strict_json.plain(getattr(self, name)) for name in self._figures()}

    @abstractmethod
    def __str__(self) -> str:
        """The result in a sentence or a small table."""

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(same(getattr(self, name), getattr(other, name)) for name in self._names())

    def __hash__(self) -> int:
        values = (getattr(self, name) for name in self._names())
        return hash((type(self).__qualname__, *(v for v in values if _plain_hash(v))))

    def model_dump(self, **options: Any) -> dict[str, Any]:
        """Everything in the record as values of strict JSON: ``null`` and ``x_is`` for what is not finite.

        Parameters
        ----------
        **options
            Those of `as_dict`.
        """
        shown = self.as_dict(**options)
        if self._read_back:
            known = {name: getattr(self, name) for name in self._names()}
            rest = {name: v for name, v in known.items() if name not in shown or _holds_records(v)}
            shown |= strict_json.plain(rest, whole=True)
        return strict_json.strict(shown, self._never)

    def model_dump_json(self, **options: Any) -> str:
        """`model_dump` with its schema as JSON that every strict parser reads; `from_json` reads it back."""
        return strict_json.written(document(self, **options))

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """The record that `model_dump_json` wrote, or `retainkit.save`.

        Raises
        ------
        InputError
            For what is no JSON of such a record, of a version to come, and for names that it does not have.
        """
        return read_as(cls, text)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The record from its plain values, infinities as floats."""
        if not cls._read_back:
            rule = "is written for others to read and cannot be made again from what it says"
            raise InputError(
                "not-supported", cls.__name__, "its JSON", rule, "Keep the object, or what it was made of."
            )
        from retainkit.rebuild import rebuilt  # reads types of fields, which only JSON needs

        made = rebuilt(cls, values)._as_it_could_be()
        known = {*made.as_dict(), *made._names()}
        strange = [name for name in values if name not in known]
        if strange:
            raise InputError(
                "unknown-name",
                argument=cls.__name__,
                value=strange[0],
                rule="must have only the fields of the record",
                way_out=near(strange[0], known).strip(),
            )
        return made

    def _impossible(self) -> Iterable[Impossible]:
        """What nothing could have made, of a record that was read."""
        return ()

    def _as_it_could_be(self) -> Self:
        for part in (getattr(self, name) for name in self._names()):
            if isinstance(part, Record):
                part._as_it_could_be()
        for name, value, rule in self._impossible():
            way_out = "It is not as it was written: write it again."
            raise InputError("unreadable-source", f"{type(self).__name__} {name}", value, rule, way_out)
        return self

    def replace(self, **changes: Any) -> Self:
        """The same record with other values of some fields."""
        return dataclasses.replace(cast("Any", self), **changes)

    def to_frame(self, kind: FrameKind | None = None) -> Any:
        """The rows as a table: of the caller's dataframe kind where the record came from one.

        Parameters
        ----------
        kind : {"dict", "pandas", "polars", "pyarrow"}, optional
            The kind of the caller's own columns by default, a dict of arrays where those were arrays. A
            record without rows of its own has one: its figures.
        """
        rows = self._row_columns() or {
            k: [v] for k, v in self.as_dict().items() if not isinstance(v, list | dict)
        }
        return framed(rows, kind) if kind else frame_beside(self._beside(), rows)

    def _repr_html_(self) -> str:
        figures = {k: v for k, v in self.as_dict().items() if not isinstance(v, list | dict)}
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(self).__name__).capitalize()
        cells = [
            ("figure", "value"),
            *((k.replace("_", " "), shown_cell(v, self._endless(k))) for k, v in figures.items()),
        ]
        rows = self._row_columns()
        return html_table(words, cells, left=1) + (rows_as_html(rows) if rows and self._shows_rows else "")

    def _endless(self, name: str) -> str:
        """What an infinite figure of that name is called."""
        return "never" if name in self._never else "infinite"

    def _names(self) -> list[str]:
        return [f.name for f in dataclasses.fields(cast("Any", self)) if f.compare]

    def _figures(self) -> list[str]:
        return [*(name for name in self._names() if name not in self._hidden), *self._derived]

    def _row_columns(self) -> Mapping[str, Any]:
        """The columns of the record's table: its one-dimensional arrays if of one length, or its parts."""
        for parts in (_parts(getattr(self, name)) for name in self._figures()):
            if parts:
                names = [f.name for f in dataclasses.fields(parts[0])]
                return {name: [getattr(part, name) for part in parts] for name in names}
        columns = {n: v for n in self._figures() if np.ndim(v := getattr(self, n)) == 1 and not _is_text(v)}
        if not columns:  # draws of each customer: a row has the means of one
            drawn: dict[str, Any] = {
                n: v for n in self._figures() if isinstance(v := getattr(self, n), Record)
            }
            columns = {n: np.mean(np.asarray(v), axis=0) for n, v in drawn.items() if np.ndim(v) == 2}
        return columns if len({len(v) for v in columns.values()}) == 1 else {}

    def _beside(self) -> Any:
        """A column of the caller's own, whose dataframe kind the table has; None for arrays."""
        columns = (getattr(self, name) for name in self._names())
        return next((c for c in columns if _library(c) in ("pandas", "polars", "pyarrow")), None)


class TableRecord(Record):
    """A record whose text and HTML are one table, with a caption above."""

    __slots__ = ()

    _left: ClassVar[int] = 0
    """How many columns of the table begin at the left."""

    @abstractmethod
    def _caption(self) -> str:
        """What the table shows, and the figures that belong to no row."""

    @abstractmethod
    def _cells(self) -> list[list[str]]:
        """The table as a person reads it; the first row is the head."""

    def __str__(self) -> str:
        return text_table(self._caption(), self._cells(), left=self._left)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_table(self._caption(), self._cells(), left=self._left)


def same(one: Any, other: Any) -> bool:
    """Equality of what records hold: arrays and columns by their entries, NaN equal to NaN."""
    if _has_entries(one) or _has_entries(other):
        if not (_has_entries(one) or isinstance(one, Sequence)) or not (
            _has_entries(other) or isinstance(other, Sequence)
        ):
            return False
        return _same_entries(np.asarray(cast("Any", one)), np.asarray(cast("Any", other)))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        pair = cast("tuple[Mapping[Any, Any], Mapping[Any, Any]]", (one, other))
        return pair[0].keys() == pair[1].keys() and all(same(pair[0][k], pair[1][k]) for k in pair[0])
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        ones, others = cast("tuple[Sequence[Any], Sequence[Any]]", (one, other))
        return len(ones) == len(others) and all(map(same, ones, others))
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    return _same_parts(one, other) if _is_plain_part(cast("object", one)) else bool(one == other)


def _same_parts(one: Any, other: Any) -> bool:
    kind = cast("type[Any]", type(one))
    return kind is type(other) and all(same(getattr(one, n), getattr(other, n)) for n in kept_fields(kind))


def _same_entries(one: NDArray[Any], other: NDArray[Any]) -> bool:
    if one.shape != other.shape:
        return False
    if "M" in (one.dtype.kind, other.dtype.kind):  # dates come back from JSON as text
        one, other = (a.astype("datetime64[ns]").astype(np.int64) for a in (one, other))
    if one.dtype.kind == "O" or other.dtype.kind == "O":
        return all(same(a, b) for a, b in zip(one.ravel().tolist(), other.ravel().tolist(), strict=True))
    numbers = one.dtype.kind in "fc" and other.dtype.kind in "fciu"
    return bool(np.array_equal(one, other, equal_nan=numbers))


def _has_entries(value: Any) -> bool:
    """An array, or a column of a dataframe library."""
    return hasattr(value, "__array__") and not isinstance(value, Record) and np.ndim(value) > 0


def _is_plain_part(value: object) -> bool:
    """A dataclass whose equality knows no arrays."""
    kind = cast("type[Any]", type(value))
    return dataclasses.is_dataclass(kind) and kind.__eq__ in (object.__eq__, vars(kind).get("__eq__"))


def _holds_records(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_records, cast("dict[Any, Any]", value).values()))
    if isinstance(value, list | tuple):
        return any(map(_holds_records, cast("Sequence[Any]", value)))
    return isinstance(value, Record)


def _parts(value: object) -> Sequence[Any]:
    """The dataclasses in a tuple that holds nothing else."""
    held = cast("tuple[Any, ...]", value) if isinstance(value, tuple) else ()
    return held if all(map(dataclasses.is_dataclass, held)) else ()


def _is_text(value: Any) -> bool:
    return isinstance(value, str | bytes)


def _plain_hash(value: Any) -> bool:
    return isinstance(value, str | bool | int | None) or (isinstance(value, float) and math.isfinite(value))


def framed(columns: Mapping[str, Any], kind: FrameKind) -> Any:
    """A dict of arrays, or a dataframe of the library named."""
    if kind not in get_args(FrameKind):
        raise unknown_choice("kind", kind, get_args(FrameKind))
    arrays = {name: np.asarray(column) for name, column in columns.items()}
    if kind == "dict":
        return arrays
    try:
        import narwhals as nw

        return nw.from_dict(arrays, backend=kind).to_native()
    except ImportError as error:
        raise MissingDependencyError(kind, "all", f"A table for {kind}") from error


def gathered(frame: Any, kind: FrameKind | None) -> Any:
    """A lazy frame of narwhals as the caller knows it; of a kind that is named its rows come into memory."""
    if kind is None:
        return frame.to_native()
    here = frame.collect("pyarrow")
    return framed({name: here.get_column(name).to_numpy() for name in here.columns}, kind)


def frame_beside(column: Any, columns: Mapping[str, Any]) -> Any:
    """A table of the kind that `column` came from; where it is among the columns, with its row labels."""
    if column is None or isinstance(column, np.ndarray):
        return framed(columns, "dict")
    import narwhals as nw

    series = nw.from_native(column, series_only=True)
    kind = series.implementation
    own = next((name for name, c in columns.items() if c is column), None)
    if own is None:
        return nw.from_dict({n: np.asarray(c) for n, c in columns.items()}, backend=kind).to_native()
    made = [nw.new_series(n, np.asarray(c), backend=kind) for n, c in columns.items() if n != own]
    return series.alias(own).to_frame().with_columns(*made).to_native()


def _library(column: Any) -> str:
    """The dataframe library of a column; empty for what is none."""
    return type(column).__module__.partition(".")[0] if hasattr(column, "__len__") else ""


def shown_value(value: Any) -> str:
    """A figure as a person reads it."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "-"}[value]
    return f"{value:,.6g}" if isinstance(value, int | float) else str(value)


def shown_cell(value: Any, endless: str = "infinite") -> str:
    """A figure in a table for people: in words where it is not finite."""
    if isinstance(value, float) and not math.isfinite(value):
        return "undefined" if math.isnan(value) else endless if value > 0.0 else f"minus {endless}"
    return shown_value(value)


def rows_as_html(rows: Mapping[str, Any]) -> str:
    """Columns as an HTML table with headings; the first thirty rows of a long one."""
    columns = [np.asarray(c).tolist()[:_ROWS_SHOWN] for c in rows.values()]
    cells = [
        tuple(n.replace("_", " ") for n in rows),
        *(tuple(map(shown_cell, r)) for r in zip(*columns, strict=True)),
    ]
    more = len(next(iter(rows.values()))) - _ROWS_SHOWN
    return html_table(f"{counted(more, 'more row')} in to_frame()" if more > 0 else "", cells)


def definition(text: str) -> str:
    """A sentence as an HTML paragraph."""
    from html import escape

    return f"<p>{escape(text)}</p>"


def must_be(kind: type[Any] | UnionType, /, **given: object) -> None:
    """Refuse, by its name, an argument that is no record of a kind, ``Campaign`` or ``Campaign | None``."""
    for argument, value in given.items():
        if not isinstance(value, kind):
            named: type = kind if isinstance(kind, type) else get_args(kind)[0]
            name = named.__name__
            rule = f"must be {'an' if name[0] in 'AEIOU' else 'a'} {name}"
            raise InputError("wrong-type", argument, value, rule, f"Write {name}(...); see help({name}).")


def read_only(array: Array) -> Array:
    """The array itself, fit for a frozen record."""
    array.setflags(write=False)
    return array


def percent(share: float) -> str:
    """``9.0909%``: four significant decimals at most, none wasted."""
    return f"{100 * share:.6g}%"


def percent_up(share: float) -> str:
    """``9.09091%``, rounded up: what is said of all shares from there on is true of the text as well."""
    from decimal import ROUND_CEILING, Context, Decimal

    six = Context(prec=6, rounding=ROUND_CEILING).create_decimal(Decimal(repr(share)).scaleb(2))
    return f"{six.normalize():f}%"


def ordinal(number: int) -> str:
    """``1st``, ``2nd``, ``13th``."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"
