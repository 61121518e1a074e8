"""What can be wrong with a line of a transaction table: one sentence and one way out for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import Entry, InputError
from retainkit.ingest.days import DATE_RULE


class Problem(NamedTuple):
    """A kind of bad line: its code, the argument whose column is at fault, the rule and the way out."""

    code: str
    argument: str
    rule: str
    way_out: str


PROBLEMS: dict[str, Problem] = {
    "missing-id": Problem(
        "missing-value",
        "customer_id",
        "must not be missing",
        "Leave out the lines without a customer, or give them one.",
    ),
    "missing-date": Problem(
        "missing-value", "date", "must not be missing", "Leave out the lines without a date, or date them."
    ),
    "unreadable-date": Problem(
        "unreadable-date",
        "date",
        f"{DATE_RULE}, and days of the calendar",
        "Convert the column to dates first, stating its format.",
    ),
    "date-after-end": Problem(
        "dates-conflict",
        "date",
        "must not lie after observation_end",
        "Leave those lines out, or set observation_end to the last date that they may have.",
    ),
    "missing-amount": Problem(
        "missing-value",
        "amount",
        "must not be missing or NaN",
        "Write 0 for purchases that brought nothing, or leave them out.",
    ),
    "unreadable-amount": Problem(
        "not-a-number",
        "amount",
        "must be numbers with a decimal point",
        "Remove currency signs and thousands separators.",
    ),
    "infinite-amount": Problem(
        "not-finite", "amount", "must be finite", "Correct or leave out the infinite amounts."
    ),
    "refund": Problem(
        "out-of-range",
        "amount",
        "must not be negative under refunds='error'",
        "Use refunds='net' to subtract refunds or refunds='ignore' to leave them out.",
    ),
}


def refuse(
    kind: str,
    column: str,
    *,
    value: object,
    row: int,
    count: int,
    lines: int,
    problems: Mapping[str, Problem] = PROBLEMS,
) -> InputError:
    """The error for a kind of bad line: how many there are, and the first with its row from 0."""
    problem = problems[kind]
    rule = f"{problem.rule} ({count:,} of {lines:,} lines in column {column!r} break this)"
    return InputError(problem.code, problem.argument, Entry(value, row, 1), rule, problem.way_out)


Check: TypeAlias = "tuple[str, NDArray[np.bool_]]"


class Said(str):
    """Words in place of a value, shown without quotation marks."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class _Rows(Protocol):
    def __getitem__(self, row: int, /) -> object: ...


def check_lines(
    column: str, values: _Rows, checks: Iterable[Check], problems: Mapping[str, Problem] = PROBLEMS
) -> None:
    """Refuse the first kind of problem that any line has; `values` is what to show of a line."""
    for kind, bad in checks:
        if bad.any():
            row = int(np.argmax(bad))
            count, value = int(bad.sum()), values[row]
            raise refuse(kind, column, value=value, row=row, count=count, lines=bad.size, problems=problems)


def date_checks(days: NDArray[np.int64], end: int | None) -> Iterable[Check]:
    """The check that no line is dated after the end of observation."""
    return () if end is None else (("date-after-end", days > end),)


def amount_checks(amounts: NDArray[np.float64], refunds: str) -> Iterable[Check]:
    """The checks on amounts that are already numbers."""
    yield "missing-amount", np.isnan(amounts)
    yield "infinite-amount", np.isinf(amounts)
    if refunds == "error":
        yield "refund", amounts < 0


def empty_table() -> InputError:
    """The error for a table without lines."""
    way_out = "Check the filter or the path that made the table."
    return InputError("empty", "source", Said("no lines"), "must have at least one transaction", way_out)


def wrong_type(argument: str, column: str, found: object, rule: str, way_out: str = "") -> InputError:
    """The error for a column whose type cannot be read as what it should be."""
    shown = Said(f"column {column!r} of type {found}")
    return InputError("wrong-type", argument, shown, rule, way_out or PROBLEMS["unreadable-date"].way_out)


def mixed_ids(column: str) -> InputError:
    """The error for ids that cannot be put in order."""
    way_out = "Convert the ids to text: '1' and 1 differ."
    return wrong_type("customer_id", column, "mixed", "must hold ids of one type", way_out)


def not_a_table(found: object) -> InputError:
    """The error for a source that is no table."""
    rule = (
        "must be a dataframe (pandas, polars, pyarrow), a DuckDB relation, the path of CSV or Parquet "
        "files, or a dict of columns of one length"
    )
    way_out = "Pass the table itself, with one line per transaction."
    return InputError("not-a-table", "source", found, rule, way_out)
