"""DuckDB: its library, files as its relations, dates as SQL, and columns of a relation as an arrow table."""

from __future__ import annotations

import glob
import re
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import InputError, MissingDependencyError
from retainkit.tables.amounts import COMMA, PLAIN, AmountRule
from retainkit.tables.days import COMPACT, DASHED, FIRST_DAY, LAST_DAY, SERIAL, DateRule
from retainkit.tables.files import (
    Located,
    Origin,
    Text,
    check_encoding,
    check_unpacking,
    found_encoding,
    has_mixed_ends,
    in_utf8,
    look_into,
)
from retainkit.tables.problems import Said, empty_table, not_a_table
from retainkit.tables.source import TableSource
from retainkit.typing import ColumnLike, Foreign, Plain

INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
FLOATS = {"FLOAT", "DOUBLE"}
NOTHING = '"NULL"'  # the type of a column without any value

OUT_OF_MEMORY = "out-of-memory"
_AS_THEY_ARE = INTEGERS | FLOATS | {"HUGEINT", "UHUGEINT", "VARCHAR", "BOOLEAN", NOTHING}
_PAD = "'%08d'"


def library(name: str) -> Foreign:
    """An optional library of this room, or the line that installs it."""
    try:
        return import_module(name)
    except ImportError as error:
        purpose = "Reading files and DuckDB relations"
        raise MissingDependencyError(name, "duckdb", purpose) from error


def unreadable(error: Exception, argument: str = "source") -> InputError:
    """DuckDB's own complaint, in one sentence."""
    code = OUT_OF_MEMORY if "out of memory" in str(error).casefold() else "unreadable-source"
    said = str(error).split("\n")
    wrong = next((line for line in said if line.startswith("Expected ")), "")  # of a line of text
    # a file by its name: folders may be longer than what an error shows
    shown = Said(re.sub(r"(?<=['\"])/[^'\"]*/", "", f"{said[0]} {wrong}".rstrip()))
    rule = "must be a table that DuckDB can read"
    return InputError(code, argument, shown, rule, "Open it in DuckDB to see the whole message.")


def quoted(name: str) -> str:
    """A column name as DuckDB reads it literally."""
    return '"' + name.replace('"', '""') + '"'


def is_number(kind: str) -> bool:
    """Whether a column of this type holds numbers."""
    return kind in INTEGERS | FLOATS | {"HUGEINT", "UHUGEINT"} or kind.startswith("DECIMAL")


def day_in_sql(raw: str, kind: str, rule: DateRule) -> str | None:
    """The expression for the day of a column, NULL where there is none; None for another type."""
    if kind == "DATE" or kind.startswith("TIMESTAMP"):
        return f"CAST({raw} AS DATE)"
    if rule.counts and (kind == "VARCHAR" or is_number(kind)):
        _, per_day, start, least = SERIAL[str(rule.date_format)]
        number = PLAIN.in_sql(raw) if kind == "VARCHAR" else raw
        day = f"floor(({number}) / {per_day}) + ({start})"
        good = f"({number}) >= {least} AND {day} BETWEEN {FIRST_DAY} AND {LAST_DAY}"
        return f"CASE WHEN {good} THEN DATE '1970-01-01' + CAST({day} AS INTEGER) END"
    if kind in FLOATS:
        raw, kind = f"(CASE WHEN {raw} = floor({raw}) THEN TRY_CAST({raw} AS BIGINT) END)", "BIGINT"
    if rule.date_format is not None and (kind == "VARCHAR" or kind in INTEGERS):
        pattern = rule.date_format.replace("'", "''")
        text, shape = f"CAST({raw} AS VARCHAR)", rule.text.replace("'", "''")
        day = f"CAST(try_strptime({text}, '{pattern}') AS DATE)"
        return f"CASE WHEN regexp_full_match({text}, '{shape}') THEN {day} END"
    if kind == "VARCHAR":
        return (
            f"CASE WHEN {raw} < '0001' THEN NULL "  # the calendar has no year 0
            f"WHEN regexp_full_match({raw}, '{COMPACT}') THEN {_compact(raw)} "
            f"WHEN regexp_full_match({raw}, '{DASHED}') THEN TRY_CAST(left({raw}, 10) AS DATE) END"
        )
    if kind in INTEGERS:
        return f"CASE WHEN {raw} BETWEEN 10000101 AND 99991231 THEN {_compact(f'printf({_PAD}, {raw})')} END"
    return "CAST(NULL AS DATE)" if kind == NOTHING else None


def _compact(text: str) -> str:
    return f"CAST(try_strptime({text}, '%Y%m%d') AS DATE)"


def columns_of(relation: Foreign) -> dict[str, str]:
    """The columns of a relation with their types, as DuckDB writes them."""
    return dict(zip(relation.columns, map(str, relation.types), strict=True))


def arrow_of_relation(relation: Foreign, wanted: Mapping[str, str], argument: str) -> Foreign:
    """The wanted columns (key → column) of a relation as an arrow table; the relation runs once."""
    duckdb = library("duckdb")
    library("pyarrow")
    kinds = columns_of(relation)
    chosen = [f"{_value(quoted(name), kinds[name])} AS {quoted(key)}" for key, name in wanted.items()]
    try:
        return relation.project(", ".join(chosen)).to_arrow_table()
    except (duckdb.Error, OSError) as error:  # OSError: how arrow hands on an error in mid-stream
        raise unreadable(error, argument) from error


def _value(raw: str, kind: str) -> str:
    """A column in a type that arrow and its readers know; a date or timestamp as its day."""
    if kind == "DATE" or kind.startswith("TIMESTAMP"):
        # 'infinity' is how some databases write an end that has not come
        early = f"WHEN {raw} < DATE '2000-01-01' THEN DATE '0001-01-01'"
        return f"CASE WHEN isfinite({raw}) THEN CAST({raw} AS DATE) {early} END"
    return raw if kind in _AS_THEY_ARE or kind.startswith("DECIMAL") else f"CAST({raw} AS VARCHAR)"


def take_arrow(column: ColumnLike, places: NDArray[np.intp]) -> Any:
    """The entries of an arrow column at `places`."""
    pyarrow = library("pyarrow")
    buffer = pyarrow.py_buffer(places.astype(np.int64))  # pyarrow.array would import pandas
    return column.take(pyarrow.Array.from_buffers(pyarrow.int64(), places.size, [None, buffer]))


def whole_numbers(texts: Foreign) -> Any | None:
    """An arrow column of text as whole numbers, if every one of them is written as one."""
    pyarrow = library("pyarrow")
    try:
        numbers = texts.cast(pyarrow.int64())
    except pyarrow.ArrowInvalid:
        return None
    return numbers if numbers.cast(pyarrow.string()) == texts else None  # '007' is not '7'


@dataclass(frozen=True, slots=True)
class Opened:
    """A relation with all that is known of how it is written."""

    relation: Foreign
    source: TableSource
    origin: Origin = "relation"
    separator: str | None = None
    told: tuple[str, ...] = ()
    """What was found and not given, in sentences."""
    place: Callable[[int], str] | None = None

    def rules(self, names: Iterable[str]) -> dict[str, AmountRule]:
        """How each of some columns writes its numbers: as said, or with a decimal comma that is found."""
        said = dict.fromkeys(names, self.source.amounts)
        if (
            not said
            or self.origin != "text"
            or self.source.amount_format is not None
            or self.separator in (None, ",")
        ):
            return said
        tests = ("[+-]?[0-9]+,(?:[0-9]{1,2}|[0-9]{4,})", ".*[.].*")
        asked = [
            f"coalesce(bool_or(regexp_full_match({quoted(n)}, '{t}')), false)" for n in said for t in tests
        ]
        ((*found,),) = self.relation.aggregate(", ".join(asked)).fetchall()
        return {
            name: COMMA if comma and not point else PLAIN
            for name, comma, point in zip(said, found[::2], found[1::2], strict=True)
        }


@contextmanager
def opened(
    files: Located, source: TableSource, limits: Plain, argument: str = "source"
) -> Generator[Opened, None, None]:
    """Files as a relation on a connection of its own, which is closed at the end."""
    duckdb = library("duckdb")
    with TemporaryDirectory(prefix="retainkit-", ignore_cleanup_errors=True) as spill:
        settings = {"temp_directory": spill} | limits | (source.engine.limits if source.engine else {})
        try:
            connection = duckdb.connect(":memory:", config=settings)
        except duckdb.Error as error:
            raise unreadable(error, "engine") from error
        try:
            connection.execute("SET TimeZone = 'UTC'")
            yield _relation(connection, files, source, spill, argument)
        except duckdb.Error as error:
            raise unreadable(error, argument) from error
        finally:
            connection.close()


def _relation(connection: Foreign, files: Located, source: TableSource, spill: str, argument: str) -> Opened:
    source.refuse_needless(files.origin)
    place = _Place(files, source)
    literal = [glob.escape(file) for file in files.paths]
    if files.origin == "parquet":
        return Opened(connection.read_parquet(literal, union_by_name=True), source, "parquet", place=place)
    if files.origin == "json":
        for path in files.paths:
            check_unpacking(path, argument)
        found = connection.read_json(literal, format="newline_delimited", sample_size=-1)
        # a day in text stays text, so that the date rule is ours; DuckDB would take 01-02-2024 for one
        kinds = {
            name: "VARCHAR" if kind == "DATE" or kind.startswith("TIME") else kind
            for name, kind in columns_of(found).items()
        }
        relation = connection.read_json(literal, format="newline_delimited", columns=kinds)
        return Opened(relation, source, "json", place=place)
    return _text(connection, files, source, spill, argument, place)


def _text(
    connection: Foreign, files: Located, source: TableSource, spill: str, argument: str, place: _Place
) -> Opened:
    """Text files, every column as text, so that the date rule is ours and no id loses its zeros."""
    paths, told = list(files.paths), list[str]()
    for k, path in enumerate(paths):
        if source.encoding or path.lower().endswith(".zst"):
            check_unpacking(path, argument)
        encoding = check_encoding(source.encoding) if source.encoding else found_encoding(path, argument)
        other = encoding not in ("utf-8", "utf-8-sig")
        if other or has_mixed_ends(path):
            paths[k] = in_utf8(path, encoding, spill, argument)
            if other and source.encoding is None:
                told.append(f"{Path(path).name} read as {encoding}")
    heading = source.heading_row or 1
    written = [look_into(path, source.separator, heading, argument) for path in paths]
    marks = {None if text is None else text.separator for text in written}
    if len(marks) > 1:
        shown = Said(" and ".join(map(repr, sorted(map(str, marks)))))
        rule = "must have their columns separated alike in all files"
        raise InputError("inconsistent", argument, shown, rule, "Read them one by one.")
    mark = next(iter(marks))
    if source.separator is None and mark not in (",", "\t", None):
        told.append(f"columns separated by {mark!r}")
    parts: dict[Text | None, list[str]] = {}
    for text, path in zip(written, paths, strict=True):
        parts.setdefault(text, []).append(path)
    relations = [_lines(connection, found, text, heading, argument) for text, found in parts.items()]
    relation = relations[0]
    for k, part in enumerate(relations[1:]):
        connection.register(f"whole{k}", relation)
        connection.register(f"part{k}", part)
        relation = connection.sql(f"SELECT * FROM whole{k} UNION ALL BY NAME SELECT * FROM part{k}")
    return Opened(relation, source, "text", mark, tuple(told), place)


def _lines(connection: Foreign, paths: list[str], text: Text | None, heading: int, argument: str) -> Foreign:
    literal = [glob.escape(path) for path in paths]
    heading = heading if text is None else text.heading_row
    given: Plain = {"header": True} | ({"skiprows": heading - 1} if heading > 1 else {})
    if text is None:
        return connection.read_csv(literal, all_varchar=True, union_by_name=True, **given)
    if not text.names:
        raise empty_table(argument, "line")
    twice = next((name for k, name in enumerate(text.names) if name in text.names[:k]), None)
    if twice is not None:
        raise not_a_table(argument, f"two columns of one name ({twice!r})", "Rename one of them.")
    # DuckDB's own look at a file passes over what it finds odd: a short heading, lines that begin with #
    columns = dict.fromkeys(text.names, "VARCHAR")
    dialect = {"sep": text.separator, "quotechar": '"', "escapechar": '"', "auto_detect": False}
    return connection.read_csv(literal, columns=columns, **dialect, **given)


class _Place:
    """Where a row of several files stands, found out when it is asked for."""

    def __init__(self, files: Located, source: TableSource) -> None:
        self.files, self.source = files, source

    def __call__(self, row: int) -> str:
        for path in self.files.paths:
            heading = self.source.heading_row or 1 if self.files.origin == "text" else 0
            text = look_into(path, ",", heading) if heading else None
            heading = heading if text is None else text.heading_row
            if path is not self.files.paths[-1]:
                with opened(Located([path], self.files.origin), self.source, {}) as one:
                    ((lines,),) = one.relation.aggregate("count(*)").fetchall()
                if row >= lines:
                    row -= lines
                    continue
            return f"{Path(path).name}, row {heading + 1 + row}"
        raise AssertionError  # the last file has it
