"""Spend by purpose and period, and customers by period, from a mapping or any table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from retainkit.domains import NOT_NEGATIVE, REAL
from retainkit.errors import InputError, unknown_choice
from retainkit.typing import Array, ColumnLike, NumberLike

if TYPE_CHECKING:
    from retainkit.tables import Column, DateRule

PURPOSES = ("paid-acquisition", "acquisition", "onboarding", "retention", "other")

Calendar: TypeAlias = "list[Any] | None"
"""The periods of a table in order; None where spend is by position."""


def spend_by_period(
    spend: NumberLike, purpose: str, amount: str, when: str | None, date_format: str | None
) -> tuple[dict[str, Array], Calendar]:
    """Every purpose's amounts by period, all of one length, and the periods where the table names them."""
    if isinstance(spend, Mapping) and purpose not in spend:
        return _of_mapping(spend), None  # pyright: ignore[reportUnknownArgumentType]  # any mapping
    if isinstance(spend, int | float):
        from retainkit.tables.problems import not_a_table

        way_out = f"Write spend={{'paid-acquisition': {spend:g}}}. Its key says what it was spent on."
        raise not_a_table(
            "spend", f"a {type(spend).__name__}", way_out, "a mapping of purpose to amount, or "
        )
    from retainkit.tables import DateRule, read_table

    also, wanted = "a mapping of purpose to amount, or ", {"purpose": purpose, "amount": amount}
    wanted |= {"when": when} if when else {}
    table = read_table(spend, wanted, argument="spend", line="amount", also=also)
    purposes = table["purpose"].to_list()
    for name in purposes:
        if name not in PURPOSES:
            raise unknown_choice("purpose", name, PURPOSES)
    rule = DateRule(months=True, date_format=date_format)
    periods = _periods(table["when"], rule) if when else [None] * len(purposes)
    calendar = _in_order(periods)
    place = {period: i for i, period in enumerate(calendar)}
    totals = {p: np.zeros(len(calendar)) for p in PURPOSES}
    for name, money, period in zip(purposes, table["amount"].numbers().tolist(), periods, strict=True):
        totals[name][place[period]] += money
    return totals, calendar if when else None


def _of_mapping(spend: Mapping[str, NumberLike]) -> dict[str, Array]:
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


def _empty() -> InputError:
    way_out = "Give for example {'paid-acquisition': 40_000, 'acquisition': 20_000}."
    return InputError("empty", "spend", "no lines", "must have at least one amount", way_out)


def _periods(column: Column, rule: DateRule) -> list[Any]:
    """The period of every line: a date as soon as one of them is, else a name or number that sorts."""
    from retainkit.tables import Fault
    from retainkit.tables.days import from_object

    way_out = "Fill or remove the lines without one."
    column.refuse_missing(Fault("missing-value", "must say the period of every line", way_out))
    names = column.to_list()
    if rule.date_format is None and all(from_object(name, rule) is None for name in names):
        return names
    return column.dates(rule).tolist()


def _in_order(periods: list[Any]) -> list[Any]:
    try:
        # a single period may be of a type that does not sort, None included
        return sorted(set(periods)) if len(set(periods)) > 1 else periods[:1]
    except TypeError:
        rule = "must have periods that sort, all of one type"
        way_out = "Write every period the same way, for example '2024-03'."
        raise InputError("wrong-type", "when", periods[0], rule, way_out) from None


def customers_by_period(
    argument: str, customers: NumberLike, by_purpose: Mapping[str, Array], calendar: Calendar
) -> Array:
    """Customers in the order of the periods of spend; a mapping's periods must cover the table's."""
    if isinstance(customers, Mapping):
        return _of_calendar(argument, customers, calendar)  # pyright: ignore[reportUnknownArgumentType]
    count = np.atleast_1d(NOT_NEGATIVE.check(argument, customers))
    periods = by_purpose["other"].size
    # by position a column could be in any order: where the table has periods they have to be named
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
    dated = calendar is not None and isinstance(calendar[0], date)
    count = {_day_of(key) if dated else key: value for key, value in customers.items()}
    if len(count) < len(customers):
        way_out = "Add them up, or write each period once."
        raise InputError("duplicate", argument, list(customers), "must name each period once", way_out)
    if calendar is None or set(count) != set(calendar):
        odd = sorted(set(count).symmetric_difference(calendar or []), key=str)
        rule = (
            "must have the same periods as the table of spend"
            if calendar
            else "can be a mapping only where spend is a table with its periods in a column when=…"
        )
        way_out = "Add a line of amount 0, or 0 customers, for periods in which nothing happened."
        raise InputError("unmatched", argument, odd[:3], rule, way_out)
    return np.asarray(NOT_NEGATIVE.check(argument, [count[period] for period in calendar]))


def _day_of(period: ColumnLike) -> NumberLike:
    """The date that a period is written as, of a month the first day; itself if it is no date."""
    from retainkit.tables import MONTH_OR_DAY, to_date
    from retainkit.tables.days import from_object

    day = from_object(period, MONTH_OR_DAY)
    return period if day is None else to_date(day)
