"""The door: a table of any kind → the columns that the caller named, and back to the caller's kind."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeGuard, cast

import numpy as np
from numpy.typing import NDArray

from retainkit.columns import labels_of
from retainkit.errors import InputError
from retainkit.records import FrameKind, frame_beside, framed
from retainkit.tables.amounts import AmountRule
from retainkit.tables.choice import Choice, Names
from retainkit.tables.column import Column
from retainkit.tables.days import Mask
from retainkit.tables.files import is_path, locate
from retainkit.tables.gaps import unmasked
from retainkit.tables.made import WHERE, Enriched, computing, enrich, enrich_relation, make
from retainkit.tables.problems import empty_table, not_a_table
from retainkit.tables.source import TableSource
from retainkit.typing import Array, Foreign, Frame, Values

if TYPE_CHECKING:
    from retainkit.tables.engine import Opened

Source: TypeAlias = Any
"""A dataframe that narwhals knows, a DuckDB relation, paths, a dict of columns, or a `TableSource`."""


@dataclass(frozen=True, eq=False)
class Table:
    """The columns that were asked for, by key, and the table they come from.

    Attributes
    ----------
    columns : dict of Column
    native : eager dataframe of the caller's kind, or dict of columns
        The columns under their keys.
    left_out : int
        Lines for which `where` did not hold.
    told : tuple of str
        What was found of a file and not given: its encoding, its separator.
    """

    columns: dict[str, Column]
    native: Foreign
    left_out: int = 0
    told: tuple[str, ...] = ()

    def __getitem__(self, key: str) -> Column:
        return self.columns[key]

    def __contains__(self, key: object) -> bool:
        return key in self.columns

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        """Lines of the table."""
        return len(next(iter(self.columns.values())))

    def keep(self, which: Mask) -> Table:
        """The lines that `which` marks, of all columns; `native` stays what it was."""
        return replace(self, columns={key: column.keep(which) for key, column in self.columns.items()})

    def with_columns(self, made: Mapping[str, Values]) -> Any:
        """The table in its own kind with further columns, which replace those of their name."""
        if is_mapping(self.native):
            return {**self.native, **made}
        import narwhals as nw

        frame = nw.from_native(self.native, eager_only=True)
        series = [nw.new_series(name, values, backend=frame.implementation) for name, values in made.items()]
        return frame.with_columns(*series).to_native()


def read_table(
    source: Source,
    wanted: Mapping[str, str] | None = None,
    *,
    more: Collection[str] | Literal["all"] = (),
    argument: str = "source",
    line: str = "line",
    also: str = "",
    arguments: Mapping[str, str] | None = None,
) -> Table:
    """Read columns of a table; nothing is copied that need not be.

    Raises `InputError` for what is no table or has no line, a missing column (with the near name, or the
    advice to reset the index that has it), two columns of one name, columns of different lengths or indexes.
    Raises `MissingDependencyError` for a path or a relation without DuckDB and pyarrow.

    Parameters
    ----------
    source : table
        Any dataframe that narwhals knows (pandas, polars eager and lazy, pyarrow, …), a DuckDB relation,
        the path or glob of CSV or Parquet files, or a dict of columns.
    wanted : mapping of keys to names of columns, optional
        By default all columns, under their own names. A key is what errors call the column.
    more : names, or "all"
        Further columns, under their own names, those that are there.
    argument : str
        What the caller calls the table.
    line : str
        What a line of it is, for messages.
    also : str
        What else the caller's function takes in place of a table, for the message: "a mapping, or ".
    arguments : mapping of keys to arguments, optional
        Which argument named a column, where that is not the key.

    Examples
    --------
    >>> table = read_table({"who": [7, 9], "when": ["20240131", "2024-02-29"]}, {"id": "who", "date": "when"})
    >>> table["date"].dates()
    array(['2024-01-31', '2024-02-29'], dtype='datetime64[D]')
    """
    asked = TableSource.of(source)
    names = Names(wanted, more, argument, arguments or {}, asked)
    if is_path(asked.table):
        return _with_lines(_of_path(asked, names), argument, line)
    asked.refuse_needless("table")
    if is_mapping(asked.table):
        return _with_lines(_of_mapping(asked.table, names, line), argument, line)
    table = as_relation(asked.table)
    if is_relation(table):
        from retainkit.tables.engine import Opened

        found = _of_relation(Opened(table, asked), names)
    else:
        found = _of_frame(table, names, line, also)
    return _with_lines(found, argument, line)


def _of_path(source: TableSource, names: Names) -> Table:
    files = locate(source.table, names.table)
    if files.origin == "excel":
        from retainkit.tables.workbook import read_workbooks

        source.refuse_needless("excel")
        columns, place = read_workbooks(files.paths, source, names.table)
        return _of_mapping(columns, names, "line", place)
    from retainkit.tables.engine import opened

    with opened(files, source, {}, names.table) as found:
        return _of_relation(found, names)


def _of_relation(found: Opened, names: Names) -> Table:
    import narwhals as nw

    from retainkit.tables.engine import arrow_of_relation

    choice = names.chosen(found.relation.columns)
    rules = found.rules(choice.needed)
    enriched = enrich_relation(found, choice, rules)
    wanted = {**choice.columns, **enriched.columns, **{_raw(n): n for n in enriched.parts}}
    native = arrow_of_relation(enriched.frame, wanted, names.table)
    frame = nw.from_native(native, eager_only=True)
    written = found.origin == "text"
    return _table(frame, choice, enriched, rules, written=written, place=found.place, told=found.told)


def _of_frame(source: Source, names: Names, line: str, also: str) -> Table:
    import narwhals as nw
    from narwhals.exceptions import DuplicateError

    index = getattr(getattr(source, "index", None), "names", ())
    try:
        frame: Frame = nw.from_native(source)
        present = frame.collect_schema().names()
    except DuplicateError:
        frame, present = source, list(getattr(source, "column_names", None) or source.columns)
    except TypeError as error:
        raise not_a_table(names.table, *_what(source, line), also) from error
    choice = names.chosen(present, list(index))
    rules = dict.fromkeys(choice.needed, names.source.amounts)
    eager = isinstance(frame, nw.DataFrame)
    if eager and any(frame.schema[name] == nw.Object for name in choice.parts):
        rule = names.source.amounts  # Python's objects are no business of an engine
        read = {name: Column(name, name, frame.get_column(name), amounts=rule) for name in choice.needed}
        plain = cast("Foreign", frame).select(nw.col(name).alias(key) for key, name in choice.columns.items())
        return _in_memory(choice, read, plain.to_native() if choice.columns else dict[str, Values]())
    enriched = Enriched(frame, {}, {})
    with computing(choice.expressions):
        if choice.expressions:
            enriched = enrich(frame.select(choice.needed), choice, rules)
        keys = {**choice.columns, **enriched.columns, **{_raw(name): name for name in enriched.parts}}
        taken = enriched.frame.select(nw.col(name).alias(key) for key, name in keys.items())
        frame = taken.collect() if isinstance(taken, nw.LazyFrame) else taken
    return _table(frame, choice, enriched, rules)


def _raw(name: str) -> str:
    """The key of a column that an expression is made of, beside those that were asked for."""
    return f"ǂ{name}"


def _table(
    frame: Frame,
    choice: Choice,
    enriched: Enriched,
    rules: Mapping[str, AmountRule],
    *,
    written: bool = False,
    place: Callable[[int], str] | None = None,
    told: tuple[str, ...] = (),
) -> Table:
    """The columns of a frame that has all that was chosen, without the lines that do not count."""

    def column(key: str, name: str | None, at: str, *, text: bool = False) -> Column:
        values, rule = frame.get_column(at), rules.get(name or "", AmountRule())
        return Column(key, name, values, written and text, amounts=rule, place=place)

    columns = {key: column(key, name, key, text=True) for key, name in choice.columns.items()}
    for key, found in choice.made.items():
        parts = tuple((column(key, name, _raw(name), text=True), use) for name, use in enriched.uses[key])
        columns[key] = replace(column(key, found.text, key), parts=parts)
    native = frame.select(list(columns))
    table = Table(columns, native.to_native(), told=told)
    if choice.where is None:
        return table
    holds = Column("where", choice.where.text, frame.get_column(WHERE), place=place)
    parts = tuple((column("where", name, _raw(name), text=True), use) for name, use in enriched.uses[WHERE])
    replace(holds, parts=parts).refuse_unreadable()
    return _filtered(table, holds.to_numpy().astype(np.bool_))


def _filtered(table: Table, holds: Mask) -> Table:
    """The lines of a table that count, and how many do not."""
    import narwhals as nw

    kept, native = table.keep(holds), table.native
    if is_mapping(native):
        native = {key: _take(column, np.flatnonzero(holds)) for key, column in native.items()}
    else:
        native = nw.from_native(native, eager_only=True)
        native = native.filter(nw.new_series("keep", holds, backend=native.implementation)).to_native()
    return replace(kept, native=native, left_out=int((~holds).sum()))


def _what(source: Source, line: str) -> tuple[str, str]:
    """What stands in place of a table, and how it may become one."""
    kind = f"a {type(source).__name__}"
    rows: Any = source if kind == "a list" else ()
    if rows and all(map(is_mapping, rows)):
        return "a list of records", "Make it a dataframe: polars.DataFrame(records)."
    if kind == "a Series" and type(source).__module__.startswith("pandas"):
        return kind, "Pass the table itself, or series.reset_index() if the index holds the ids."
    return kind, _pass(line)


def _pass(line: str) -> str:
    return f"Pass the table itself, with one line per {line}."


def _of_mapping(
    source: Mapping[Any, Any],
    names: Names,
    line: str,
    place: Callable[[int], str] | None = None,
) -> Table:
    choice, rule = names.chosen(list(source)), names.source.amounts

    def column(key: str, name: str) -> Column:
        return replace(as_column(key, source[name], name=name, in_arrays=True), amounts=rule, place=place)

    read = {name: column(name, name) for name in choice.needed}
    shapes = {column.values.shape for column in read.values()}
    if len(shapes) > 1 or any(len(shape) != 1 for shape in shapes):
        found = f"columns of shapes {', '.join(map(str, sorted(shapes)))}"
        raise not_a_table(names.table, found, _pass(line))
    native = {key: source[name] for key, name in choice.columns.items()}
    labels_of(**{key: column for key, column in native.items() if not isinstance(column, np.ndarray)})
    return _in_memory(choice, read, native)


def _in_memory(choice: Choice, read: Mapping[str, Column], native: Foreign) -> Table:
    """What was chosen of columns at hand, and what expressions make of them as arrays."""
    columns = {key: replace(read[name], argument=key) for key, name in choice.columns.items()}
    made = {key: make(found, read, key) for key, found in choice.made.items()}
    values = {key: np.asarray(column.values) for key, column in made.items()}
    table = Table(columns | made, Table(columns, native).with_columns(values) if made else native)
    if choice.where is None:
        return table
    holds = make(choice.where, read, "where")
    holds.refuse_unreadable()
    return _filtered(table, np.asarray(holds.values, np.bool_))


def _take(column: Any, places: NDArray[np.intp]) -> Any:
    """The entries of a list, an array or a Series."""
    return [column[k] for k in places] if isinstance(column, list | tuple) else take(column, places)


def as_column(argument: str, values: Any, *, name: str | None = None, in_arrays: bool = False) -> Column:
    """A list, an array, or a Series of any library as a column; masked entries are missing."""
    library = type(values).__module__.partition(".")[0]
    if library in ("pandas", "polars", "pyarrow", "narwhals", "modin", "cudf"):
        import narwhals as nw

        flat = len(getattr(values, "shape", (0,))) == 1
        if library == "pandas" and flat:  # an index, a categorical, an array of pandas' own
            values = sys.modules["pandas"].Series(values)
        elif library == "pyarrow" and not hasattr(values, "chunks"):
            values = sys.modules["pyarrow"].chunked_array([values])
        if flat:
            return Column(argument, name, nw.from_native(values, series_only=True), in_arrays=in_arrays)
    return Column(argument, name, _array(argument, values), in_arrays=in_arrays)


def to_list(values: Any) -> list[Any]:
    """The entries of a column of any kind as Python objects."""
    return as_column("values", values).to_list()


def _array(argument: str, values: Any) -> Values:
    try:
        array = unmasked(np.asanyarray(values))
    except ValueError:
        rule, way_out = (
            "must have one value a row, not lists of unlike length",
            "Write one line for each value.",
        )
        raise InputError("wrong-shape", argument, values, rule, way_out) from None
    if array.dtype.kind != "U" or isinstance(values, np.ndarray):
        return array
    entries = list(values)
    if all(isinstance(value, str) for value in entries):
        return array
    return np.array([*entries, None], object)[:-1]  # numpy had made texts of the numbers among them


def _with_lines(table: Table, argument: str, line: str) -> Table:
    if not table.columns or not len(table):
        raise empty_table(argument, line)
    return table


def as_relation(source: Any) -> Any:
    """Arrow datasets as relations of DuckDB, streams of arrow batches as tables; all else as it is.

    A frame of narwhals around a relation is that relation: before DuckDB 2 it cannot name a column whose
    heading has a dot.
    """
    narwhals = sys.modules.get("narwhals")
    if narwhals is not None and isinstance(source, narwhals.LazyFrame) and is_relation(source.to_native()):
        return source.to_native()
    pyarrow = sys.modules.get("pyarrow")
    if pyarrow is None:
        return source
    dataset = sys.modules.get("pyarrow.dataset")
    if dataset is not None and isinstance(source, dataset.Dataset):
        from retainkit.tables.engine import library

        return library("duckdb").from_arrow(source)
    if isinstance(source, pyarrow.RecordBatchReader):
        return source.read_all()
    return pyarrow.table(source) if isinstance(source, pyarrow.RecordBatch) else source


def is_mapping(value: Any) -> TypeGuard[Mapping[Any, Any]]:
    """Whether a value maps names to columns."""
    return isinstance(value, Mapping)


def is_relation(value: Any) -> bool:
    """Whether a value is a DuckDB relation, which cannot exist before its library is loaded."""
    duckdb = sys.modules.get("duckdb")
    return duckdb is not None and isinstance(value, duckdb.DuckDBPyRelation)


def take(column: Any, places: NDArray[np.intp]) -> Any:
    """The entries of a column at `places`, in its own kind."""
    if isinstance(column, np.ndarray):
        return column[places]  # pyright: ignore[reportUnknownVariableType]
    import narwhals as nw

    taken = nw.from_native(column, series_only=True)[places]
    return nw.maybe_reset_index(taken).to_native()


def frame_of(id_name: str, ids: Any, columns: Mapping[str, Array], kind: FrameKind | None = None) -> Any:
    """A frame of the kind of `ids`, or of another: the ids under their own name, then the columns."""
    rows = keyed("customer_id", {id_name: ids}, columns)
    return framed(rows, kind) if kind else frame_beside(ids, rows)


def keyed(argument: str, keys: Mapping[str, Any], columns: Mapping[str, Any]) -> dict[str, Any]:
    """Columns behind their keys, which are named like those of a caller's table: none may hide another."""
    for name in keys:
        if name in columns:
            rule = f"must not be named like one of the results: {', '.join(columns)}"
            raise InputError("duplicate", argument, name, rule, "Rename that column in the table.")
    return {**keys, **columns}
