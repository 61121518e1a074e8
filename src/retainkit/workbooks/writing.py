"""A result, or several, as a workbook that a spreadsheet recalculates."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np

from retainkit.display import current_style
from retainkit.draws import Draws
from retainkit.economics import BreakEven
from retainkit.errors import InputError
from retainkit.metrics import CohortTable, SubscriptionBase, SubscriptionMetrics, cohort_table
from retainkit.records import Record
from retainkit.tables.files import written_whole
from retainkit.typing import ColumnLike
from retainkit.valuation.customers import CustomerValue
from retainkit.valuation.recurring.record import RevenueForecast
from retainkit.valuation.scenarios import UnitEconomics, UnitEconomicsResult
from retainkit.workbooks import (
    assumptions,
    break_even,
    checks,
    cohorts,
    customers,
    forecast,
    revenue,
    rows,
    unit_economics,
)
from retainkit.workbooks.book import Book, opened


def workbook(
    result: Record | UnitEconomics | SubscriptionBase | Sequence[Any],
    path: str | os.PathLike[str],
    *,
    by: Mapping[str, ColumnLike] | None = None,
    currency: str | None = None,
) -> Path:
    """A workbook of a result, or of several, whose figures follow its assumptions by live formulas.

    Assumptions are named cells on one sheet, each with the rule of what it may be; the last sheet holds each
    figure against the library's own. A time without end is ``never``, and a figure ``infinite``, in words.
    Ids are texts, and no text becomes a formula or a link. Beside each formula stands what it gives now, for
    those who read the file without a spreadsheet.

    Gives the path. Raises `InputError` for what cannot be written, a path that cannot be, and `by` of another
    length; `MissingDependencyError` without xlsxwriter.

    Parameters
    ----------
    result : a record, `UnitEconomics`, a `SubscriptionBase`, or a list of them
        Unit economics, a break-even, a base, its metrics and cohorts, a forecast of revenue and values of
        customers get formulas; any other record is its figures and rows. Where a scenario holds draws, the
        table of its figures is written.
    path : text or path, ending in ``.xlsx``
        A file there is replaced, once the new one is whole.
    by : mapping of name to column, optional
        For values of customers: what kind of customer each is, by which value is summed up.
    currency : text of at most 8 letters
        Stands before amounts, as it is: ``"$"``, ``"EUR "``; that of `display.number_style` by default.

    Examples
    --------
    >>> import tempfile, pathlib, retainkit as rk
    >>> scenario = rk.UnitEconomics(acquisition_cost=500, monthly_margin=50, monthly_churn=0.05)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = rk.workbook(scenario, pathlib.Path(folder, "unit.xlsx"), currency="$")
    ...     path.name, path.stat().st_size > 10_000
    ('unit.xlsx', True)
    """
    parts = list(cast("Sequence[Any]", result)) if isinstance(result, list | tuple) else [result]
    target, kinds = _target(path), dict(by or {})
    if not parts:
        raise InputError("empty", "result", result, "must hold a result", "Give one, or a list of them.")
    valued = [part for part in parts if isinstance(part, CustomerValue)]
    if kinds and not valued:
        rule = "is for values of customers, and there are none here"
        raise InputError("needless", "by", list(kinds), rule, "Leave it out, or give value_customers(...).")
    plans = [_plan(part, kinds) for part in parts]
    sign = _sign(currency)
    # whole or not at all: a reader never finds half a workbook in the place of the last one
    with written_whole(target, way_out=_WAY_OUT) as beside:
        beside.touch(exist_ok=False)  # what cannot be made is told before anything is written
        _write(opened(str(beside), sign), plans)
    return target


def _write(book: Book, plans: Sequence[tuple[Callable[[Book], None], bool]]) -> None:
    if any(live for _, live in plans):
        assumptions.begin(book)
    for write, _ in plans:
        write(book)
    checks.finish(book)
    book.file.close()


def _plan(part: Any, by: Mapping[str, Any]) -> tuple[Callable[[Book], None], bool]:
    """What writes a result, and whether it has assumptions of its own."""
    if isinstance(part, UnitEconomics):
        part = part.evaluate()
    for kind, write, live in _WRITERS:
        if isinstance(part, kind) and not (live and _holds_draws(part)):
            return partial(write, found=part), live
    if isinstance(part, CustomerValue):
        return partial(customers.write, found=part, by=by), customers.margin_of(part) is not None
    if isinstance(part, Record):
        return partial(rows.write, record=part), False
    rule = "must be a record, unit economics or a subscription base, or a list of them"
    way_out = "Of a fit, give what follows from it: values, a forecast, a comparison."
    raise InputError("wrong-type", "result", part, rule, way_out)


def _write_base(book: Book, found: SubscriptionBase) -> None:
    """All that follows from a base: revenue, revenue by plan, cohorts."""
    if found.priced:
        revenue.write(book, found.metrics())
    if found.priced and len(found.plans) > 1:
        revenue.write(book, _largest_plans(found).metrics(by="plan"))
    try:
        cohorts.write(book, cohort_table(found))
    except InputError as error:
        if error.code != "empty":
            raise
        sheet = book.sheet("Cohorts", (90,))  # of customers who were all there before: said, not left out
        sheet.heading("Cohorts")
        sheet.put(2, 0, str(error), "note")


def _largest_plans(base: SubscriptionBase) -> SubscriptionBase:
    """The base with its plans beyond the largest as one, which says of how many."""
    names, group = base.plan_sets, base.levels.group
    if len(names) <= _PLANS or group is None:
        return base
    agreed = np.bincount(group, weights=base.levels.level, minlength=len(names))
    largest = np.sort(np.argsort(-agreed, kind="stable")[:_PLANS])
    place = np.full(len(names), _PLANS)
    place[largest] = np.arange(_PLANS)
    told: tuple[str, ...] = (*(names[int(k)] for k in largest), f"{len(names) - _PLANS:,} others")
    return replace(base, plan_sets=told, levels=replace(base.levels, group=place[group]))


_WAY_OUT = "Close it in the spreadsheet, or choose another."
_PLANS = 20  # each with all its months: of thousands the file takes minutes and no program opens it
_WRITERS: tuple[tuple[type, Callable[..., None], bool], ...] = (
    (UnitEconomicsResult, unit_economics.write, True),
    (BreakEven, break_even.write, True),
    (RevenueForecast, forecast.write, True),
    (SubscriptionBase, _write_base, False),
    (SubscriptionMetrics, revenue.write, False),
    (CohortTable, cohorts.write, False),
)
"""What writes each kind of result, and whether it begins with assumptions, each of which is one number."""


def _holds_draws(part: Any) -> bool:
    if isinstance(part, UnitEconomicsResult):
        return any(isinstance(value, Draws) for value in part.scenario.values())
    return isinstance(part, BreakEven) and isinstance(part.periods, Draws)


def _target(path: str | os.PathLike[str]) -> Path:
    try:
        target = Path(path)
    except TypeError:
        rule = "must be the path of a file"
        raise InputError("wrong-type", "path", path, rule, "Write 'figures.xlsx'.") from None
    if target.suffix.lower() != ".xlsx":
        raise InputError("unknown-choice", "path", str(path), "must end in .xlsx", "Write 'figures.xlsx'.")
    if target.is_dir() or not target.parent.is_dir():
        rule = "must be a file in a folder that exists"
        raise InputError("missing-file", "path", str(path), rule, "Make the folder first.")
    if not os.access(target.parent, os.W_OK):
        rule = "must be a file that can be written (the folder cannot be written to)"
        raise InputError("missing-file", "path", str(path), rule, _WAY_OUT)
    return target


def _sign(currency: str | None) -> str:
    sign: Any = current_style().currency if currency is None else currency
    if isinstance(sign, str) and len(sign) <= 8 and sign.isprintable():
        return sign
    rule = "must be a sign or a short name, of 8 letters at most"
    raise InputError("out-of-range", "currency", currency, rule, "Write '$', '€' or 'EUR '.")
