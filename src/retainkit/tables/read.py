"""The door: a table of any kind → the columns that the caller named, and back to the caller's kind."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeGuard

import numpy as np
from numpy.typing import NDArray

from retainkit.columns import labels_of
from retainkit.errors import InputError, missing_column
from retainkit.records import frame_beside
from retainkit.tables.column import Column, unmasked
from retainkit.tables.problems import empty_table, in_the_index, not_a_table
from retainkit.typing import Array, Foreign, Frame, Values

Source: TypeAlias = Any
"""A dataframe of any kind that narwhals knows, a DuckDB relation, a path or glob, or a dict of columns."""


@dataclass(frozen=True, eq=False)
class Table:
    """The columns that were asked for, by key, and the table they come from.

    Attributes
    ----------
    columns : dict of Column
    native : eager dataframe of the caller's kind, or dict of columns
        The columns under their keys.
    """

    columns: dict[str, Column]
    native: Foreign

    def __getitem__(self, key: str) -> Column:
        return self.columns[key]

    def __contains__(self, key: object) -> bool:
        return key in self.columns

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        """Lines of the table."""
        return len(next(iter(self.columns.values())))

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
    names = _Names(wanted, more, argument, arguments or {})
    if is_mapping(source):
        return _of_mapping(source, names, line)
    written = False  # whether everything is text
    if isinstance(source, str | os.PathLike):
        native, written = _of_path(os.fspath(source), names)  # pyright: ignore[reportUnknownArgumentType]
    elif is_relation(source):
        native = _of_relation(source, names)
    else:
        native = _of_frame(source, names, line, also)
    import narwhals as nw

    frame = nw.from_native(native, eager_only=True)
    columns = {
        key: Column(key, names.given.get(key, key), frame.get_column(key), written) for key in frame.columns
    }
    return _with_lines(Table(columns, native), argument, line)


@dataclass(frozen=True, slots=True)
class _Names:
    """Key → column, for those that are wanted; all if nobody said which."""

    wanted: Mapping[str, str] | None
    more: Collection[str] | Literal["all"]
    table: str
    arguments: Mapping[str, str]

    def __post_init__(self) -> None:
        for key, name in self.given.items():
            if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
                argument, rule = self.arguments.get(key, key), "must be the name of a column, as text"
                way_out = "Rename the column first if its name is not text."
                raise InputError("wrong-type", argument, name, rule, way_out)

    @property
    def given(self) -> Mapping[str, str]:
        return self.wanted or {}

    def chosen(self, present: Sequence[Any], index: Sequence[Any] = ()) -> dict[str, str]:
        """The wanted columns, each of them there and alone with its name."""
        twice = next((name for k, name in enumerate(present) if name in present[:k]), None)
        if twice is not None:
            raise not_a_table(self.table, f"two columns of one name ({twice!r})", "Rename one of them.")
        wanted, has = dict(self.given), set(self.given.values())
        more = present if self.wanted is None or self.more == "all" else self.more
        wanted |= {str(name): name for name in more if name in present and name not in has}
        for key, name in wanted.items():
            if name not in present:
                argument = self.arguments.get(key, key)
                if name in index:
                    raise in_the_index(argument, name)
                raise missing_column(argument, name, present)
        return wanted


def check_names(wanted: Mapping[str, str], present: Sequence[Any], argument: str = "source") -> None:
    """Refuse a column that is not there, or not alone with its name, as `read_table` does."""
    _Names(wanted, (), argument, {}).chosen(present)


def _of_path(path: str, names: _Names) -> tuple[Any, bool]:
    from retainkit.tables.engine import locate, opened

    files, origin = locate(path, names.table)
    with opened(files, origin, {}, names.table) as relation:
        table = _of_relation(relation, names)
    return table, origin == "text"


def _of_relation(relation: Foreign, names: _Names) -> Foreign:
    from retainkit.tables.engine import arrow_of_relation

    return arrow_of_relation(relation, names.chosen(relation.columns), names.table)


def _of_frame(source: Source, names: _Names, line: str, also: str) -> Foreign:
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
    chosen = names.chosen(present, list(index))
    taken = frame.select(nw.col(name).alias(key) for key, name in chosen.items())
    return (taken.collect() if isinstance(taken, nw.LazyFrame) else taken).to_native()


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


def _of_mapping(source: Mapping[Any, Any], names: _Names, line: str) -> Table:
    chosen = names.chosen(list(source))
    columns = {key: as_column(key, source[name], name=name, in_arrays=True) for key, name in chosen.items()}
    shapes = {column.values.shape for column in columns.values()}
    if len(shapes) > 1 or any(len(shape) != 1 for shape in shapes):
        found = f"columns of shapes {', '.join(map(str, sorted(shapes)))}"
        raise not_a_table(names.table, found, _pass(line))
    native = {key: source[name] for key, name in chosen.items()}
    labels_of(**{key: column for key, column in native.items() if not isinstance(column, np.ndarray)})
    return _with_lines(Table(columns, native), names.table, line)


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
    return Column(argument, name, _array(values), in_arrays=in_arrays)


def to_list(values: Any) -> list[Any]:
    """The entries of a column of any kind as Python objects."""
    return as_column("values", values).to_list()


def _array(values: Any) -> Values:
    array = unmasked(np.asanyarray(values))
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


def frame_of(id_name: str, ids: Any, columns: Mapping[str, Array]) -> Any:
    """A frame of the kind of `ids`: the ids under their own name, then the columns."""
    if id_name in columns:
        rule = f"must not be named like one of the results: {', '.join(columns)}"
        raise InputError("duplicate", "customer_id", id_name, rule, "Rename the column of ids in the table.")
    return frame_beside(ids, {id_name: ids, **columns})
