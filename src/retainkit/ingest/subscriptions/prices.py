"""What every line pays per month: a price per year, or a contract, spread over its months."""

from __future__ import annotations

from typing import Any

import numpy as np

from retainkit.ingest.subscriptions.read import NEVER
from retainkit.ingest.subscriptions.shapes import Request, Shape
from retainkit.ingest.subscriptions.tenure import anniversary, completed
from retainkit.ingest.transactions.currencies import in_one_currency
from retainkit.tables import Days, Fault, Table
from retainkit.typing import Array
from retainkit.units import DAYS_PER, MONTHS_PER, UNITS

_PER = {
    "daily": "day",
    "weekly": "week",
    "monthly": "month",
    "quarterly": "quarter",
    "yearly": "year",
    "annual": "year",
}
NEGATIVE = Fault(
    "out-of-range",
    "must be 0 or more",
    "Book refunds apart: a recurring price is not negative; credits on invoice lines for time that is "
    "not used are read by overlap='add'.",
)


def monthly(read: Table, asked: Request, shape: Shape, start: Days, end: Days) -> Array:
    """What every line pays per month: a contract spread over its months, whatever it is paid for."""
    if "amount" not in read:
        return np.zeros(start.size)
    amounts, per = read["amount"].numbers(), asked.per(shape)
    amounts = in_one_currency(read, start, amounts, asked.rates)
    if shape != "invoices" or asked.overlap != "add":
        read["amount"].refuse(amounts < 0.0, NEGATIVE)
    if "amount_per" in read:
        said = read["amount_per"].labels()
        words = [_PER.get(name.casefold(), name) for name in said.names]
        bad = np.array([word not in (*UNITS, "term") for word in words] + [True])[said.place]
        rule = f"must be one of {', '.join(UNITS)} or term"
        read["amount_per"].refuse(bad, Fault("unknown-choice", rule, "Replace the words of that column."))
        periods = np.array([np.nan if word == "term" else months_in(word) for word in words])[said.place]
    else:
        periods = np.full(start.size, np.nan if per == "term" else months_in(per))
    term = np.isnan(periods)
    if term.any():
        way_out = "Give the end of the term, or say what the amount is paid for: amount_per='month'."
        column = read["end" if "end" in read else "paid_to" if "paid_to" in read else "amount"]
        column.refuse(
            term & (end >= NEVER),
            Fault("missing-value", "must be known of what is paid for the term", way_out),
        )
        ends = np.where(term, end, start + 1)
        whole = completed(start, ends, "month")
        before, after = (anniversary(start, whole + k, "month") for k in (0, 1))
        periods = np.where(term, whole + (ends - before) / (after - before), periods)
    return amounts / periods


def months_in(unit: Any) -> float:
    """How many months a unit of time has."""
    return MONTHS_PER[unit] if unit in MONTHS_PER else DAYS_PER[unit] / DAYS_PER["month"]
