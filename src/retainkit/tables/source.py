"""A table together with how it is to be read: which lines, how amounts are written, what a file is like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from retainkit.calls import CallError, word_for
from retainkit.errors import InputError, near
from retainkit.tables.amounts import AmountRule
from retainkit.typing import READING, Frame, Plain

_OF_A_KIND = {
    "text": {"encoding", "separator", "heading_row", "engine"},
    "excel": {"sheet", "heading_row"},
    "parquet": {"engine"},
    "json": {"engine"},
}


@dataclass(frozen=True, slots=True)
class DuckDB:
    """How much of the machine the reading of files may take.

    Parameters
    ----------
    memory_limit : str, optional
        As DuckDB writes it: ``"1GB"``. What does not fit waits on disk.
    temp : str, optional
        The folder for that; by default one of the system's, which is removed at the end.
    threads : int, optional

    Examples
    --------
    >>> import retainkit as rk
    >>> rk.DuckDB(memory_limit="1GB", threads=2).limits
    {'memory_limit': '1GB', 'threads': 2}
    """

    memory_limit: str | None = None
    temp: str | None = None
    threads: int | None = None

    @property
    def limits(self) -> Plain:
        """The settings in DuckDB's words."""
        given = {"memory_limit": self.memory_limit, "temp_directory": self.temp, "threads": self.threads}
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True, slots=True, eq=False)
class TableSource:
    """A table and how it is read; it may be given wherever a table is asked for.

    Functions that take these as arguments of their own (`summarize_transactions`, `report`) make one of them.
    Raises `InputError` for a format that is none; reading the table refuses what has no meaning for its kind.

    Parameters
    ----------
    table : dataframe, DuckDB relation, dict of columns, path, glob, or a list of paths
        What every function takes: files are CSV (also packed), Parquet, JSON lines or Excel workbooks.
    where : str, optional
        Which lines count: ``"country == 'UK' and quantity > 0"``. The others are left out and counted.
    amount_format : str, optional
        How text writes 1234.56: ``"1.234,56"``, ``"$1,234.56"``, ``"(1,234.56)"`` with brackets for a minus.
    encoding : str, optional
        Of a text file; by default found: a byte order mark, UTF-8, else Windows' cp1252.
    separator : str, optional
        Between the columns of a text file; by default found in its first lines.
    sheet : str or int, optional
        Name or number (from 1) of a workbook's sheet, where it has several.
    heading_row : int, optional
        The row with the names of the columns, counted from 1; what stands above it is passed over.
    engine : DuckDB, optional
        How much memory and which folder files are read with.

    Examples
    --------
    >>> import retainkit as rk
    >>> table = {"who": ["a", "a", "b"], "eur": ["9,50", "12", "-1"],
    ...          "when": ["2024-01-01", "2024-01-09", "2024-01-05"]}
    >>> source = rk.TableSource(table, where="who != 'b'", amount_format="1.234,56")
    >>> tx = rk.summarize_transactions(source, customer_id="who", date="when", amount="eur", unit="day")
    >>> tx.spend.monetary_value.tolist(), tx.treatment.filtered_lines
    ([12.0], 1)
    """

    table: Frame
    where: str | None = None
    amount_format: str | None = None
    encoding: str | None = None
    separator: str | None = None
    sheet: str | int | None = None
    heading_row: int | None = None
    engine: DuckDB | None = None

    def __post_init__(self) -> None:
        _ = AmountRule(self.amount_format)
        for name, value in (("where", self.where), ("encoding", self.encoding)):
            _check_type(name, value, str, "must be text")
        _check_type("separator", self.separator, str, "must be one letter")
        _check_type("sheet", self.sheet, str | int, "must be the name of a sheet, or its number from 1")
        _check_type("heading_row", self.heading_row, int, "must be the number of a row, from 1")
        rule = "must be rk.DuckDB(...), which says how much the reading of files may take"
        _check_type("engine", self.engine, DuckDB, rule)
        if self.separator is not None and len(self.separator) != 1:
            way_out = "Such as ';' or '\\t' for a tab."
            raise InputError("wrong-type", "separator", self.separator, "must be one letter", way_out)
        if self.heading_row is not None and self.heading_row < 1:
            rule = "must be the number of a row, from 1"
            raise InputError("out-of-range", "heading_row", self.heading_row, rule, "The first row is 1.")

    @classmethod
    def of(cls, source: Frame, reading: Mapping[str, Any] | None = None) -> TableSource:
        """A table, or such a source, with further keyword arguments of a call."""
        given = {name: value for name, value in (reading or {}).items() if value is not None}
        for name, value in given.items():
            if name not in READING:
                here = word_for(name, dict.fromkeys(READING))
                way_out = f"Here it is {here}." if here else near(name, READING).strip()
                raise CallError("unknown-name", name, value, "is not an argument here", way_out)
        if not isinstance(source, TableSource):
            return cls(source, **given)
        if given:
            rule = "must not be given beside a TableSource, which has its own"
            raise InputError("needless", next(iter(given)), next(iter(given.values())), rule, "Say it there.")
        return source

    @property
    def amounts(self) -> AmountRule:
        """How text writes its numbers."""
        return AmountRule(self.amount_format)

    def refuse_needless(self, kind: str) -> None:
        """Raise about an option that says nothing of such a table."""
        known = _OF_A_KIND.get(kind, set())
        for name in ("encoding", "separator", "sheet", "heading_row", "engine"):
            if getattr(self, name) is not None and name not in known:
                where = [other for other, names in _OF_A_KIND.items() if name in names]
                rule = f"has no meaning for a table that is no file of {' or '.join(where)}"
                raise InputError("needless", name, getattr(self, name), rule, "Leave it out.")


def _check_type(name: str, value: object, kind: Any, rule: str) -> None:
    if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
        raise InputError("wrong-type", name, value, rule, "Leave it out to have it found.")
