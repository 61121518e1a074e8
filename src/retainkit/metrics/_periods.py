"""What periods of the calendar are called."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from retainkit.tables import Days
from retainkit.tables.days import begin_of
from retainkit.typing import Unit


def period_names(period: Days, every: Unit) -> NDArray[np.str_]:
    """``2024-02-29``, ``2024-W09``, ``2024-02``, ``2024-Q1``, ``2024``."""
    days = begin_of(period, every).astype("datetime64[D]")
    if every == "week":  # an ISO week belongs to the year that its Thursday lies in
        return np.array([day.strftime("%G-W%V") for day in days.tolist()], np.str_)
    if every == "quarter":
        return np.array([f"{day:%Y}-Q{(day.month + 2) // 3}" for day in days.tolist()], np.str_)
    return days.astype({"day": "M8[D]", "month": "M8[M]", "year": "M8[Y]"}[every]).astype(np.str_)
