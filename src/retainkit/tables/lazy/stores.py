"""What each engine does for us: keep a result that is read again, take a small table, write a file.

DuckDB keeps results as temporary tables of the caller's own connection, polars in Parquet files of a folder
that goes with the process, Spark in its cache. What an engine holds is never brought here line by line:
`small` is the only way out of it, for tables that do not grow with the lines.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import NamedTuple, cast
from uuid import uuid4

from retainkit.errors import InputError
from retainkit.tables.engine import library
from retainkit.tables.problems import Said
from retainkit.typing import Foreign, Frame, Values

_VIEW = "ǂlines"


class Kept(NamedTuple):
    """A frame that an engine has computed once, and how to let go of it."""

    frame: Frame
    drop: Callable[[], object]


class Store(ABC):
    """An engine that holds a table, and what it has kept for us."""

    computes_on_keep: bool = True
    """Whether what is kept is there at once, and no longer needs what it was made of."""
    is_local: bool = True
    """Whether paths are those of this machine."""

    def __init__(self) -> None:
        self._closers: list[Callable[[], object]] = []
        self._goes_at_once = False

    @abstractmethod
    def another(self) -> Store:
        """One of the same engine, which keeps its own results."""

    @abstractmethod
    def keep(self, table: Frame) -> Kept:
        """The same frame, computed once and held by the engine."""

    @abstractmethod
    def send(self, columns: Mapping[str, Values]) -> Frame:
        """A small table, in the engine."""

    @abstractmethod
    def write(self, table: Frame, path: str) -> None:
        """A Parquet file of a frame, or none at all."""

    @abstractmethod
    def read(self, path: str) -> Frame:
        """A Parquet file, in the engine."""

    def write_folder(self, path: str, tables: Mapping[str, Frame]) -> None:
        """A folder of Parquet files, whole or not at all."""
        target = Path(path)
        if target.exists():
            raise _there(path)
        part = target.with_name(f".{target.name}.{uuid4().hex}.part")
        try:
            part.mkdir()
        except FileNotFoundError as error:
            raise _no_folder(path) from error
        try:
            for name, table in tables.items():
                self.write(table, str(part / name))
            part.rename(target)  # refused where another process was first: a folder is never replaced
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def on_close(self, close: Callable[[], object], *, of_all: bool = False) -> None:
        """What is to be let go at the end; or what lets go of all else with it."""
        if of_all:
            self._closers, self._goes_at_once = [close], True
        elif not self._goes_at_once:
            self._closers.append(close)

    def close(self) -> None:
        """Let go of everything that was kept."""
        while self._closers:
            self._closers.pop()()


class _InDuckDB(Store):
    """Temporary tables of the connection that a relation belongs to."""

    def __init__(self, relation: Foreign) -> None:
        super().__init__()
        self._relation = relation

    def another(self) -> Store:
        return _InDuckDB(self._relation)

    def keep(self, table: Frame) -> Kept:
        # a relation does not say which connection is its own, but runs statements on it
        name, native = _new_name(), table.to_native()
        native.query(_VIEW, f"CREATE TEMP TABLE {name} AS SELECT * FROM {_VIEW}")
        return self._table(name)

    def _table(self, name: str) -> Kept:
        import narwhals as nw

        def drop() -> object:
            return self._relation.query(_VIEW, f"DROP TABLE IF EXISTS {name}")

        self.on_close(drop)
        return Kept(nw.from_native(self._relation.query(_VIEW, f"SELECT * FROM {name}")), drop)

    def send(self, columns: Mapping[str, Values]) -> Frame:
        sent = _arrow(columns)
        name = _new_name()
        sent.validate()
        # DuckDB finds the table by the name of the variable
        self._relation.query(_VIEW, f"CREATE TEMP TABLE {name} AS SELECT * FROM sent")
        return self._table(name).frame

    def read(self, path: str) -> Frame:
        name, quoted = _new_name(), path.replace("'", "''")
        self._relation.query(_VIEW, f"CREATE TEMP TABLE {name} AS SELECT * FROM read_parquet('{quoted}')")
        return self._table(name).frame

    def write(self, table: Frame, path: str) -> None:
        with _whole(path) as part:
            table.to_native().write_parquet(part)


class _InPolars(Store):
    """Parquet files in a folder of ours: polars has no place of its own for what is larger than memory."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = mkdtemp(prefix="retainkit-")
        atexit.register(self._remove)
        self.on_close(self._remove)

    def another(self) -> Store:
        return _InPolars()

    def _remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def keep(self, table: Frame) -> Kept:
        import narwhals as nw
        import polars as pl

        path = os.path.join(self._folder, f"{_new_name()}.parquet")
        self._sink(table.to_native(), path)
        return Kept(nw.from_native(pl.scan_parquet(path)), lambda: os.unlink(path))

    def send(self, columns: Mapping[str, Values]) -> Frame:
        import narwhals as nw
        import polars as pl

        return nw.from_native(pl.DataFrame(dict(columns)).lazy())

    def read(self, path: str) -> Frame:
        import narwhals as nw
        import polars as pl

        return nw.from_native(pl.scan_parquet(path, glob=False))

    def write(self, table: Frame, path: str) -> None:
        with _whole(path) as part:
            self._sink(table.to_native(), part)

    def _sink(self, lazy: Foreign, path: str) -> None:
        import polars as pl

        try:
            lazy.sink_parquet(path)
        except pl.exceptions.InvalidOperationError:  # polars 1.23 streams no window
            lazy.collect().write_parquet(path)
        except pl.exceptions.PanicException as panic:  # and panics where a disk is full or a file is gone
            raise OSError(str(panic)) from panic


class _InSpark(Store):
    """Spark's cache, classic and Connect alike."""

    computes_on_keep = False
    is_local = False

    def __init__(self, session: Foreign) -> None:
        super().__init__()
        self._session = session

    def another(self) -> Store:
        return _InSpark(self._session)

    def keep(self, table: Frame) -> Kept:
        import narwhals as nw

        kept = table.to_native().persist()
        self.on_close(kept.unpersist)
        return Kept(nw.from_native(kept), kept.unpersist)

    def send(self, columns: Mapping[str, Values]) -> Frame:
        import narwhals as nw

        return nw.from_native(self._session.createDataFrame(_arrow(columns)))

    def read(self, path: str) -> Frame:
        import narwhals as nw

        try:
            found = self._session.read.parquet(path)
            found.schema  # noqa: B018  # Connect asks only now whether it is there
        except Exception as error:
            if "PATH_NOT_FOUND" not in str(error):
                raise
            rule = "must be a Parquet folder that Spark can read"
            raise InputError("missing-file", "state", path, rule, "Begin from all lines.") from error
        return nw.from_native(found)

    def write_folder(self, path: str, tables: Mapping[str, Frame]) -> None:
        # the path may be one of the cluster's, where nothing is renamed: what is last says that all is there
        for name, table in tables.items():
            self.write(table, f"{path}/{name}")

    def write(self, table: Frame, path: str) -> None:
        # Spark commits the parts of a folder itself: none of them shows before all are written
        try:
            table.to_native().write.mode("error").parquet(path)
        except Exception as error:
            if "PATH_ALREADY_EXISTS" not in str(error):
                raise
            raise _there(path) from error


def _arrow(columns: Mapping[str, Values]) -> Foreign:
    arrow = library("pyarrow")
    return arrow.table({name: arrow.array(column) for name, column in columns.items()})


def _new_name() -> str:
    return f"retainkit_{uuid4().hex}"


def lazy_frame(source: Frame) -> Foreign:
    """The narwhals frame of a table that its engine holds; None for one in memory, or of another engine."""
    if not {"duckdb", "polars", "pyspark"} & sys.modules.keys():
        return None
    import narwhals as nw
    from narwhals.exceptions import DuplicateError

    try:
        frame: Foreign = nw.from_native(source, pass_through=True)
    except DuplicateError:
        return None
    if not isinstance(frame, nw.LazyFrame):
        return None
    engine = frame.implementation
    known = engine.is_duckdb() or engine.is_polars() or engine.is_pyspark() or engine.is_pyspark_connect()
    return cast("Foreign", frame) if known else None


def store_of(table: Frame) -> Store:
    """The engine that holds a frame."""
    native, engine = table.to_native(), table.implementation
    if engine.is_duckdb():
        return _InDuckDB(native)
    return _InPolars() if engine.is_polars() else _InSpark(native.sparkSession)


def small(table: Frame) -> dict[str, Values]:
    """The columns of a frame that does not grow with the lines, as arrays."""
    found = table.collect()
    return {name: found.get_column(name).to_numpy() for name in found.columns}


@contextmanager
def complaints(table: Frame) -> Generator[None, None, None]:
    """An engine's own complaint of a table as an `InputError`: files that differ, or end in the middle."""
    import narwhals as nw

    known: tuple[type[Exception], ...] = (nw.exceptions.NarwhalsError,)
    if "polars" in sys.modules:
        known += (sys.modules["polars"].exceptions.PolarsError,)
    if "pyspark.errors" in sys.modules:
        known += (sys.modules["pyspark.errors"].PySparkException,)
    if "py4j.protocol" in sys.modules:
        known += (sys.modules["py4j.protocol"].Py4JError,)
    try:
        yield
    except known as error:
        engine = "polars" if table.implementation.is_polars() else "Spark"
        shown = Said(str(error).split("\n")[0])
        way_out = (
            "Read its files one at a time to find which one it is, or give their paths: then it is named."
        )
        rule = f"must be a table that {engine} can read"
        raise InputError("unreadable-source", "source", shown, rule, way_out) from error


def _there(path: str) -> InputError:
    rule = "must not be there yet: a folder cannot be replaced in one step"
    return InputError("duplicate", "path", path, rule, "Write another, then rename.")


def _no_folder(path: str) -> InputError:
    rule = "must be a file in a folder that is there"
    return InputError("missing-file", "path", path, rule, "Make the folder first.")


@contextmanager
def _whole(path: str) -> Generator[str, None, None]:
    """A name to write to; the file has its own name once it is whole, and is gone if it is not."""
    target = Path(path)
    if not target.parent.is_dir():
        raise _no_folder(path)
    part = target.with_name(f".{target.name}.{uuid4().hex}.part")
    try:
        yield str(part)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
