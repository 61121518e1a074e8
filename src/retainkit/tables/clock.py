"""Dates with the time of day, for those who count hours: what the own clock of a timestamp shows."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import InputError
from retainkit.tables.column import Column
from retainkit.tables.days import DAY, SERIAL, DateRule
from retainkit.tables.read import as_column

_TIME = re.compile("[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})([.][0-9]+)?)?")


def moments(argument: str, values: Any, rule: DateRule = DAY) -> NDArray[np.datetime64]:
    """Dates as datetime64[us], in the shape in which they came: a single one, a column, or rows of them.

    Raises `InputError` for what is missing or no date, as everywhere.
    """
    try:
        shape = np.shape(values)
    except ValueError:
        rule_of_rows = "must have rows of one length"
        raise InputError("length-mismatch", argument, values, rule_of_rows, "Date every amount.") from None
    column = as_column(argument, values if len(shape) == 1 else np.asanyarray(values).ravel())
    days = column.dates(rule).astype("datetime64[us]")
    return np.asarray(days + _since_midnight(column, rule), "datetime64[us]").reshape(shape)


def _since_midnight(column: Column, rule: DateRule) -> NDArray[np.timedelta64]:
    values = column.values
    if isinstance(values, np.ndarray) and values.dtype.kind == "M":
        return (values - values.astype("datetime64[D]")).astype("timedelta64[us]")
    return np.array([_microseconds(value, rule) for value in column.to_list()], "timedelta64[us]")


def _microseconds(value: object, rule: DateRule) -> int:
    if rule.counts and isinstance(value, str | int | float):
        per_day = SERIAL[str(rule.date_format)][1]
        return round(float(value) % per_day / per_day * 86_400e6)
    if isinstance(value, str) and rule.date_format is not None:
        value = datetime.strptime(value, rule.date_format)  # noqa: DTZ007  # its own clock
    if isinstance(value, datetime):
        whole = (value.hour * 60 + value.minute) * 60 + value.second
        return whole * 1_000_000 + value.microsecond
    if isinstance(value, np.datetime64):
        return int((value - value.astype("datetime64[D]")).astype("timedelta64[us]").astype(np.int64))
    found = _TIME.search(value) if isinstance(value, str) else None
    if found is None:
        return 0
    hour, minute, second, part = found.groups(default="0")
    whole = (int(hour) * 60 + int(minute)) * 60 + int(second)
    return whole * 1_000_000 + round(float(part) * 1e6)
