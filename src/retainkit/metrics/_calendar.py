"""Months counted from January 1970, and their names."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

ONE_DAY = np.timedelta64(1, "D")
"""A step of time with its unit: numpy no longer takes a bare number for one."""

Months: TypeAlias = NDArray[np.int64]
"""Months since January 1970."""


def month_of(days: NDArray[np.datetime64]) -> Months:
    """The month that each day lies in."""
    return days.astype("datetime64[M]").astype(np.int64)


def month_names(months: Months) -> NDArray[np.datetime64]:
    """Months as datetime64[M], which print as 2024-01."""
    return months.astype("datetime64[M]")


def month_name(month: int | np.int64) -> np.datetime64:
    """One month as datetime64[M]."""
    return np.datetime64(int(month), "M")
