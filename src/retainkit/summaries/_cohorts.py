"""Cohorts counted by age: what such a table must be, and where a part of it is still to come."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from retainkit.domains import NOT_NEGATIVE, as_numbers
from retainkit.errors import InputError, unknown_choice
from retainkit.summaries._base import require
from retainkit.typing import Array, Frame, NumberLike

Zeros: TypeAlias = Literal["left", "unseen"]
"""What zeros in the lower right of a triangle mean."""


def cohort_rows(table: Frame, zeros: Zeros | None) -> Array:
    """The counts of a table, one row per cohort, NaN after the end of each; checked."""
    alive = _cohorts(table)
    if zeros is not None and zeros not in get_args(Zeros):
        raise unknown_choice("zeros", zeros, get_args(Zeros))
    filled = _zeros_unseen(alive)
    if filled.any() and zeros is None:
        row, age = np.argwhere(filled)[0]
        rule = "must leave ages that are still to come blank: its lower right is filled with zeros"
        way_out = "Give NaN or end rows early; or say zeros='unseen', or 'left' if all of them left."
        shown = f"0 for cohort {row} at age {age}, after {alive[row, age - 1]:g}"
        raise InputError("inconsistent", "table", shown, rule, way_out)
    return np.where(filled, np.nan, alive) if zeros == "unseen" else alive


def _cohorts(table: Frame) -> Array:
    if hasattr(table, "to_numpy"):
        table = table.to_numpy()
    if not isinstance(table, Iterable):
        raise _no_table(table)
    given: list[Any] = list(as_numbers("table", table)) if isinstance(table, np.ndarray) else [*table]
    given = [[np.nan if n is None else n for n in r] if isinstance(r, list) else r for r in given]  # pyright: ignore[reportUnknownVariableType]
    rows = [as_numbers(f"table, cohort {i}", row) for i, row in enumerate(given)]
    if not rows or any(row.ndim != 1 for row in rows):
        raise _no_table(table)
    alive = np.full((len(rows), max(row.size for row in rows)), np.nan)
    for i, row in enumerate(rows):
        alive[i, : row.size] = row
    if not _is_triangle(alive):
        for i, row in enumerate(rows):  # one of them is refused, by its number
            cohort_counts(f"table, cohort {i}", _known(f"table, cohort {i}", row), row=True)
    return alive


def _is_triangle(alive: Array) -> bool:
    """Whether every row holds counts that never rise, known up to some age."""
    known = ~np.isnan(alive)
    counts = np.where(known, alive, 0.0)
    falls = np.all(counts[:, 1:] <= counts[:, :-1]) and not np.any(known[:, 1:] & ~known[:, :-1])
    whole = np.all((np.rint(counts) == counts) & (counts >= 0.0) & np.isfinite(counts))
    return bool(alive.size and falls and whole and np.all(counts[:, 0] > 0.0))


def _zeros_unseen(alive: Array) -> NDArray[np.bool_]:
    """The zeros at the ends of rows if they make a triangle: one more in each row, from some row on."""
    ends = np.cumsum(alive[:, ::-1] != 0.0, axis=1)[:, ::-1] == 0
    count = ends.sum(axis=1)
    if np.isnan(alive).any():  # who leaves some blank knows what a zero says
        return np.zeros_like(ends)
    for run in (count, count[::-1]):  # cohorts from the oldest to the youngest, or the other way round
        part = run[max(int((run == 0).sum()) - 1, 0) :]
        # a single zero at the end of several cohorts may well be one whose last customer left
        if part.size > 1 and np.all(np.diff(part) == 1) and (part[-1] > 1 or run.size == 2):
            return ends
    # a cohort that all left while it was watched has more zeros than are still to come
    cohorts, ages = alive.shape
    to_come = np.fliplr(np.tri(cohorts, ages, -1, dtype=np.bool_))
    for unseen, oldest in ((to_come, count[0]), (to_come[::-1], count[-1])):
        if cohorts == ages > 2 and oldest == 0 and ends[unseen].all():
            return unseen
    return np.zeros_like(ends)


def cohort_ages(first_age: NumberLike | None, cohorts: int) -> Array:
    """The age of each cohort at its first count."""
    if first_age is None:
        return np.zeros(cohorts)
    ages = np.atleast_1d(NOT_NEGATIVE.check("first_age", first_age))
    if ages.shape != (cohorts,):
        rule = f"must be one age for each of the {cohorts:,} cohorts"
        way_out = "Give 0 for cohorts that were counted from their start."
        raise InputError("length-mismatch", "first_age", ages, rule, way_out)
    require(np.rint(ages) == ages, "first_age", ages, "must be whole numbers of periods")
    return ages


def _no_table(table: Frame) -> InputError:
    rule = "must have at least one cohort, and one row of counts per cohort"
    way_out = "For example [[1000, 869, 743], [1100, 960], [1050]]; one cohort alone has from_survivors."
    return InputError("not-a-table", "table", table, rule, way_out)


def _known(argument: str, row: Any) -> Array:
    """The counts of a row before its first gap; a count after a gap is refused."""
    values = as_numbers(argument, row)
    missing = np.isnan(values)
    known = values[: int(np.argmax(missing))] if missing.any() else values
    if not missing[known.size :].all():
        rule = "must not have a gap between counts"
        way_out = "Fill the missing count; only the end of a row may be unknown."
        raise InputError("missing-value", argument, values.tolist(), rule, way_out)
    return known


def cohort_counts(argument: str, counts: NumberLike, *, row: bool = False) -> Array:
    """The counts of one cohort, which never rise; checked."""
    alive = np.atleast_1d(as_numbers(argument, counts))
    if alive.ndim != 1 or alive.size < (1 if row else 2):
        rule = "must be a column of counts: the start and at least one renewal"
        raise InputError("too-few", argument, alive.tolist(), rule, "For example [1000, 869, 743].")
    whole = np.isfinite(alive) & (alive >= 0) & (np.rint(alive) == alive)
    way_out = "Give counts, not shares: 1000 and 869, not 1.0 and 0.869."
    require(whole, argument, alive, "must be whole numbers of customers, 0 or more", way_out)
    rule = "must never rise: these are the customers of one cohort who are still there"
    way_out = "Keep new and returning customers out of the cohort they did not begin in."
    require(np.append(True, np.diff(alive) <= 0), argument, alive, rule, way_out)
    rule = "must begin with at least one customer"
    require(alive[:1] > 0, argument, alive, rule, "Leave out empty cohorts.")
    return alive
