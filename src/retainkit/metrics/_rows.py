"""The rows of subscription tables as months, customers and amounts in whole parts, each checked."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import InputError
from retainkit.metrics._levels import ONE_DAY, fixed_point, month_name, month_of
from retainkit.plurals import counted
from retainkit.tables import MONTH_OR_DAY, DateRule, Fault, Table, one_day, read_table
from retainkit.tables.lines import FarDates, LaterLines, in_time
from retainkit.tables.problems import NO_CUSTOMER
from retainkit.typing import Frame

_LONGEST = 2400  # months; tables by month and age grow with the square


def read_rows(table: Frame, **named: str | None) -> Table:
    wanted = {argument: name for argument, name in named.items() if name is not None}
    return read_table(table, wanted, argument="table", line="row")


def who_pays(read: Table) -> tuple[Any, NDArray[np.int64], NDArray[np.int64], int, NDArray[np.bool_] | None]:
    """The distinct customers; of every row the customer's place, the MRR in whole parts, and the flag."""
    customers, code = read["customer_id"].ids(NO_CUSTOMER)
    amounts = read["mrr"].numbers()
    way_out = "Book refunds and credits apart: a recurring price is not negative."
    read["mrr"].refuse(amounts < 0.0, Fault("out-of-range", "must be 0 or more", way_out))
    flag = read["involuntary"].flags() if "involuntary" in read else None
    return customers, code, *fixed_point("mrr", amounts), flag


def one_a_month(
    month: NDArray[np.int64],
    code: NDArray[np.int64],
    whole: NDArray[np.int64],
    flag: NDArray[np.bool_] | None,
    repeated: str,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_] | None]:
    """One row per customer and month: several are added up, or refused."""
    if month.size == 0:
        return month, code, whole, flag
    span = int(month.max() - month.min()) + 1
    key = code * span + (month - month.min())
    keys, first, count = np.unique(key, return_index=True, return_counts=True)
    if keys.size == key.size:
        return month, code, whole, flag
    if repeated == "error":
        extra = int(count.sum() - count.size)
        many = int(np.argmax(count > 1))
        when = month_name(int(month[first[many]]))
        shown = f"{counted(int(count[many]), 'row')} in {when} ({extra:,} too many in all)"
        way_out = "Use repeated='sum' if a customer's subscriptions have a row each."
        raise InputError("duplicate", "month", shown, "must appear once for each customer", way_out)
    order = np.argsort(key, kind="stable")
    starts = np.concatenate([[0], np.cumsum(count)[:-1]])
    said = None if flag is None else np.logical_or.reduceat(flag[order], starts)
    return month[first], code[first], np.add.reduceat(whole[order], starts), said


def ends_of(
    read: Table, rule: DateRule, begins: NDArray[np.datetime64], end_day: str
) -> NDArray[np.datetime64]:
    """The first day without service, by the churn event that the caller chose; NaT while it runs."""
    ends = read["end"].dates(rule, unless="or missing while it runs")
    if end_day == "last-with":
        ends = ends + ONE_DAY
    if "cancel" in read:
        ends = np.fmin(ends, read["cancel"].dates(rule, unless="or missing without a notice"))
    if "dunning_end" in read:
        given_up = read["dunning_end"].dates(rule, unless="or missing where all was paid")
        ends = np.where(np.isnat(given_up), ends, given_up)
    way_out = "Correct the dates, or leave out those rows."
    read["end"].refuse(ends < begins, Fault("dates-conflict", "must not lie before the start", way_out))
    return ends


def months_of(
    read: Table, rule: DateRule, observation_end: str | date | None, later: LaterLines, far_dates: FarDates
) -> tuple[Table, NDArray[np.int64], int]:
    """The rows inside the observation, their months, and the last month of it."""
    days, last, until = read["month"].dates(rule).astype(np.int64), None, None
    if observation_end is not None:
        last_day = np.array([one_day("observation_end", observation_end, MONTH_OR_DAY)], "datetime64[D]")
        last = int(month_of(last_day)[0])
        until = int(month_name(last + 1).astype("datetime64[D]").astype(np.int64)) - 1
    late = too_late("rows", observation_end)
    read, days, _ = in_time(read, "month", days, until, later, late, far_dates)
    months = month_of(days.astype("datetime64[D]"))
    return read, months, int(months.max()) if last is None else last


def too_late(what: str, observation_end: object) -> Fault:
    rule = f"must not lie after observation_end ({observation_end})"
    way_out = f"Use later='drop' to leave those {what} out, or set observation_end later."
    return Fault("dates-conflict", rule, way_out)


def check_span(argument: str, first: int, last: int) -> None:
    if last - first >= _LONGEST:
        shown = f"{month_name(first)} to {month_name(last)}"
        rule = f"must span less than {_LONGEST // 12} years"
        raise InputError("out-of-range", argument, shown, rule, "Look for mistyped years.")
