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
            raise InputError(
                "length-mismatch",
                argument=f"spend[{name!r}]",
                value=f"shape {values.shape}",
                rule=f"must have one amount for each of the {longest} periods",
                way_out="Write 0 for the periods in which nothing was spent.",
            )
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
        raise InputError(
            "length-mismatch",
            argument="spend",
            value={name: len(column) for name, column in table.items()},
            rule="must have columns of one length",
            way_out="Give one purpose and one amount per line.",
        )
    if not table[names[0]]:
        raise _empty()
    return table


def _empty() -> InputError:
    return InputError(
        "empty",
        argument="spend",
        value="no lines",
        rule="must have at least one amount",
        way_out="Give for example {'paid-acquisition': 40_000, 'acquisition': 20_000}.",
    )


def _frame(spend: Any) -> Any:
    try:
        import narwhals as nw
    except ImportError as error:  # pragma: no cover  # a core dependency of the package
        raise MissingDependencyError("narwhals", "all", "Reading a dataframe") from error
    try:
        frame = nw.from_native(spend)
    except TypeError as error:
        raise InputError(
            "not-a-table",
            argument="spend",
            value=type(spend).__name__,
            rule="must be a mapping of purpose to amount, or a dataframe",
            way_out="Write {'paid-acquisition': 40_000, 'onboarding': 5_000}, or give a table of expenses.",
        ) from error
    return frame.collect() if isinstance(frame, nw.LazyFrame) else frame


def _check_columns(names: Sequence[str], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            raise InputError(
                "missing-column",
                argument="spend",
                value=list(known),
                rule=f"must have a column {name!r}",
                way_out=f"{near(name, known)}Name the columns with purpose=…, amount=… and when=…",
            )


def _in_order(when: str, periods: list[Any]) -> list[Any]:
    missing = [p for p in periods if p is None or p != p]
    if missing:
        raise InputError(
            "missing-date",
            argument=when,
            value=missing[0],
            rule="must say the period of every line",
            way_out="Fill or remove the lines without one.",
        )
    try:
        return sorted(set(periods))
    except TypeError:
        raise InputError(
            "mixed-types",
            argument=when,
            value=periods[0],
            rule="must have periods that sort, all of one type",
            way_out="Write every period the same way, for example '2024-03'.",
        ) from None


def customers_by_period(
    argument: str, customers: Any, by_purpose: Mapping[str, Array], calendar: Calendar
) -> Array:
    """Customers in the order of the periods of spend; a mapping's periods must cover the table's."""
    if isinstance(customers, Mapping):
        return _of_calendar(argument, customers, calendar)  # pyright: ignore[reportUnknownArgumentType]
    count = np.atleast_1d(NOT_NEGATIVE.check(argument, customers))
    periods = by_purpose["other"].size
    if count.shape != (periods,) or (calendar is not None and periods > 1):
        raise InputError(
            "length-mismatch",
            argument=argument,
            value=customers,
            rule=f"must be one number for each of the {periods} periods of spend"
            if calendar is None
            else "must be a mapping of period to number where the table has periods",
            way_out="Write 0 for periods without new customers.",
        )
    return count


def _of_calendar(argument: str, customers: Mapping[Any, Any], calendar: Calendar) -> Array:
    given = set(customers)
    if calendar is None or given != set(calendar):
        odd = sorted(given.symmetric_difference(calendar or []), key=str)
        raise InputError(
            "period-mismatch",
            argument=argument,
            value=odd[:3],
            rule="must have the same periods as the table of spend"
            if calendar
            else "can be a mapping only where spend is a table with its periods in a column when=…",
            way_out="Add a line of amount 0, or 0 customers, for periods in which nothing happened.",
        )
    return np.asarray(NOT_NEGATIVE.check(argument, [customers[period] for period in calendar]))
