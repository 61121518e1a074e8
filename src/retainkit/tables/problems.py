"""What can be wrong with a table, in sentences that every reader shares."""

from __future__ import annotations

from keyword import iskeyword
from typing import NamedTuple

from retainkit.errors import Entry, InputError


class Said(str):
    """Words in place of a value, shown without quotation marks."""

    __slots__ = ()
    whole = True

    def __repr__(self) -> str:
        return str(self)


class Fault(NamedTuple):
    """A kind of bad line: the code of its error, the rule that it breaks, and the way out.

    ``{column}`` in the way out is the table's name of the column, as an expression writes it.
    """

    code: str
    rule: str
    way_out: str

    def refusal(
        self,
        argument: str,
        column: str | None,
        *,
        value: object,
        row: int | None,
        count: int,
        lines: int,
        place: str = "",
    ) -> InputError:
        """The error: how many lines have the fault, and the first with its row from 0, and its place."""
        name = "" if column is None else f" in column {column!r}"
        rule = f"{self.rule} ({count:,} of {lines:,} lines{name} break this)"
        way_out = self.way_out.replace("{column}", as_in_expressions(column or argument))
        shown = value if row is None else Entry(value, row, 1, place)  # some engines have no first line
        return InputError(self.code, argument, shown, rule, way_out)


def as_in_expressions(column: str) -> str:
    """A column's name as an expression writes it."""
    return column if column.isidentifier() and not iskeyword(column) else f"`{column}`"


_GAP = "must not be missing"
_THERE = "where='{column} is not null'"
NO_VALUE = Fault("missing-value", _GAP, f"Fill the gaps, or leave out those lines: {_THERE}.")
_ID = "Leave out the lines without a customer, or give them one"
NO_ID = Fault("missing-value", _GAP, f"{_ID}.")
_WORDS = "('nan', 'None' and 'NULL' as text are none)"
NO_CUSTOMER = Fault(
    "missing-value", _GAP, f"{_ID} {_WORDS}; missing_ids='drop' leaves them out and counts them."
)
NO_DATE = Fault("missing-value", _GAP, f"Leave out the lines without a date ({_THERE}), or date them.")
NO_FLAG = Fault(
    "wrong-type", "must be 1 or 0, or true or false", "Compare it first, for example table['tickets'] > 0."
)
INFINITE = Fault("not-finite", "must be finite", "Correct or leave out the infinite numbers.")


def wrong_type(argument: str, column: str | None, found: object, rule: str, way_out: str) -> InputError:
    """The error for a column whose type cannot be read as what it should be."""
    name = "a column" if column is None else f"column {column!r}"
    shown = Said(f"{name} of type {found}")
    return InputError("wrong-type", argument, shown, rule, way_out)


def in_the_index(argument: str, name: object) -> InputError:
    """The error for a name that none of the columns present has, but a level of the pandas index."""
    way_out = f"{name!r} is in the table's index: pass table.reset_index()."
    return InputError("missing-column", argument, name, "must name a column of the table", way_out)


def not_a_table(argument: str, found: str, way_out: str, also: str = "") -> InputError:
    """The error for a source that is no table; `also` names what else the caller may pass."""
    rule = (
        f"must be {also}a dataframe (pandas, polars, pyarrow), a DuckDB relation, the path of CSV, Parquet, "
        "JSON lines or Excel files, or a dict of columns of one length"
    )
    return InputError("not-a-table", argument, Said(found), rule, way_out)


def empty_table(argument: str, line: str) -> InputError:
    """The error for a table without lines."""
    rule, way_out = f"must have at least one {line}", "Check the filter or the path that made the table."
    return InputError("empty", argument, Said("no lines"), rule, way_out)
