"""Windows between month ends: those of the calendar, or one that ends with every month."""

from __future__ import annotations

import numpy as np

from retainkit.errors import InputError
from retainkit.metrics._compare import Window
from retainkit.metrics.subscriptions import Subscriptions


def windows_of(subscriptions: Subscriptions, months: int, window: str, year_begins: int) -> list[Window]:
    """Whole windows inside the months observed, in order, or an error if there is none."""
    first, last = (int(m.astype(np.int64)) for m in (subscriptions.first_month, subscriptions.last_month))
    known = first - (
        subscriptions.opening == "new"
    )  # before the first customer, everyone is known to be at 0
    if window == "rolling":
        found = [(closing - months, closing) for closing in range(known + months, last + 1)]
    elif 12 % months:
        rule = "must divide a year (1, 2, 3, 4, 6 or 12) for calendar windows"
        way_out = "Use window='rolling' for windows of another length."
        raise InputError("not-supported", "months", months, rule, way_out)
    else:
        ends = (c for c in range(known + months, last + 1) if (c + 2 - year_begins) % months == 0)
        found = [(closing - months, closing) for closing in ends]
    if found:
        return found
    shown = f"the months {subscriptions.first_month} to {subscriptions.last_month}"
    rule = f"must hold a whole {window} window after the opening balance (length in months: {months})"
    way_out = "Use fewer months, more data, or opening='new' if the table goes back to the first customer."
    raise InputError("too-few", "subscriptions", shown, rule, way_out)
