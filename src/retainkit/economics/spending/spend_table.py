"""Spend by purpose and period, and customers by period, from a mapping or any dataframe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from retainkit.domains import NOT_NEGATIVE, REAL
from retainkit.errors import InputError, MissingDependencyError, near, unknown_choice
from retainkit.typing import Array

PURPOSES = ("paid-acquisition", "acquisition", "onboarding", "retention", "other")

Calendar: TypeAlias = "list[Any] | None"
"""The periods of a table in order; None where spend is by position."""


def spend_by_period(
    spend: Any, purpose: str, amount: str, when: str | None
) -> tuple[dict[str, Array], Calendar]:
    """Every purpose's amounts by period, all of one length, and the periods where the table names them."""
    if isinstance(spend, Mapping) and purpose not in spend:
        return _of_mapping(spend), None  # pyright: ignore[reportUnknownArgumentType]  # any mapping
    columns = _columns(spend, [purpose, amount, *([when] if when else [])])
    purposes = columns[purpose]
    for name in purposes:
        if name not in PURPOSES:
            raise unknown_choice(purpose, name, PURPOSES)
    amounts = np.atleast_1d(REAL.check(amount, columns[amount]))
    periods = columns[when] if when else [None] * len(purposes)
    calendar = _in_order(when, periods) if when else [None]
    place = {period: i for i, period in enumerate(calendar)}
    totals = {p: np.zeros(len(calendar)) for p in PURPOSES}
    for name, money, period in zip(purposes, amounts.tolist(), periods, strict=True):
        totals[name][place[period]] += money
    return totals, calendar if when else None


def _of_mapping(spend: Mapping[str, Any]) -> dict[str, Array]:
    for name in spend:
        if name not in PURPOSES:
            raise unknown_choice("spend", name, PURPOSES)
    amounts = {name: np.atleast_1d(REAL.check(f"spend[{name!r}]", value)) for name, value in spend.items()}
    longest = max((a.size for a in amounts.values()), default=0)
    for name, values in amounts.items():
        if values.ndim > 1 or values.size != longest:
            rule = f"must have one amount for each of the {longest} periods"
            way_out = "Write 0 for the periods in which nothing was spent."
            raise InputError("length-mismatch", f"spend[{name!r}]", f"shape {values.shape}", rule, way_out)
    if not longest:
        raise _empty()
    return {name: amounts.get(name, np.zeros(longest)) for name in PURPOSES}


def _columns(spend: Any, names: Sequence[str]) -> dict[str, list[Any]]:
    """The columns of a dataframe of any kind, or of a dict of columns, as lists."""
    table: dict[str, list[Any]]
    if isinstance(spend, Mapping):
        known = [str(k) for k in spend]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        _check_columns(names, known)
        table = {name: list(spend[name]) for name in names}  # pyright: ignore[reportUnknownArgumentType]
    else:
        frame = _frame(spend)
        _check_columns(names, frame.columns)
        table = {name: frame.get_column(name).to_list() for name in names}
    if len({len(column) for column in table.values()}) > 1:
        shown = {name: len(column) for name, column in table.items()}
        way_out = "Give one purpose and one amount per line."
        raise InputError("length-mismatch", "spend", shown, "must have columns of one length", way_out)
    if not table[names[0]]:
        raise _empty()
    return table


def _empty() -> InputError:
    way_out = "Give for example {'paid-acquisition': 40_000, 'acquisition': 20_000}."
    return InputError("empty", "spend", "no lines", "must have at least one amount", way_out)


def _frame(spend: Any) -> Any:
    try:
        import narwhals as nw
    except ImportError as error:  # pragma: no cover  # a core dependency of the package
        raise MissingDependencyError("narwhals", "all", "Reading a dataframe") from error
    try:
        frame = nw.from_native(spend)
    except TypeError as error:
        rule = "must be a mapping of purpose to amount, or a dataframe"
        way_out = "Write {'paid-acquisition': 40_000, 'onboarding': 5_000}, or give a table of expenses."
        raise InputError("not-a-table", "spend", type(spend).__name__, rule, way_out) from error
    return frame.collect() if isinstance(frame, nw.LazyFrame) else frame


def _check_columns(names: Sequence[str], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            way_out = f"{near(name, known)}Name the columns with purpose=…, amount=… and when=…"
            raise InputError("missing-column", "spend", list(known), f"must have a column {name!r}", way_out)


def _in_order(when: str, periods: list[Any]) -> list[Any]:
    missing = [p for p in periods if p is None or p != p]
    if missing:
        way_out = "Fill or remove the lines without one."
        raise InputError("missing-value", when, missing[0], "must say the period of every line", way_out)
    try:
        return sorted(set(periods))
    except TypeError:
        rule = "must have periods that sort, all of one type"
        way_out = "Write every period the same way, for example '2024-03'."
        raise InputError("wrong-type", when, periods[0], rule, way_out) from None


def customers_by_period(
    argument: str, customers: Any, by_purpose: Mapping[str, Array], calendar: Calendar
) -> Array:
    """Customers in the order of the periods of spend; a mapping's periods must cover the table's."""
    if isinstance(customers, Mapping):
        return _of_calendar(argument, customers, calendar)  # pyright: ignore[reportUnknownArgumentType]
    count = np.atleast_1d(NOT_NEGATIVE.check(argument, customers))
    periods = by_purpose["other"].size
    if count.shape != (periods,) or (calendar is not None and periods > 1):
        rule = (
            f"must be one number for each of the {periods} periods of spend"
            if calendar is None
            else "must be a mapping of period to number where the table has periods"
        )
        way_out = "Write 0 for periods without new customers."
        raise InputError("length-mismatch", argument, customers, rule, way_out)
    return count


def _of_calendar(argument: str, customers: Mapping[Any, Any], calendar: Calendar) -> Array:
    given = set(customers)
    if calendar is None or given != set(calendar):
        odd = sorted(given.symmetric_difference(calendar or []), key=str)
        rule = (
            "must have the same periods as the table of spend"
            if calendar
            else "can be a mapping only where spend is a table with its periods in a column when=…"
        )
        way_out = "Add a line of amount 0, or 0 customers, for periods in which nothing happened."
        raise InputError("unmatched", argument, odd[:3], rule, way_out)
    return np.asarray(NOT_NEGATIVE.check(argument, [customers[period] for period in calendar]))
