"""Amounts of several currencies in one: by a table of rates with the days from which they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import InputError
from retainkit.tables import Codes, Days, Fault, Mask, Table, read_table
from retainkit.typing import Array, Frame

SEVERAL = Fault(
    "inconsistent",
    "must be one and the same: amounts of several currencies cannot be added up",
    "Convert them by exchange_rates=, a table of date, currency and rate, or take one of them: "
    "where=\"{column} == 'EUR'\", for one.",
)
NO_RATE = Fault(
    "unmatched",
    "must have a rate on the day of each line",
    "Add the currency and its first day to exchange_rates; the currency of the results has the rate 1.",
)
NO_CURRENCY = Fault("missing-value", "must not be missing", "Leave out such lines, or fill the gaps.")


class _OfOne(NamedTuple):
    """The days from which the rates of one currency hold, ascending."""

    days: Days
    rates: Array


@dataclass(frozen=True, slots=True)
class Rates:
    """What one unit of each currency is worth, from day to day."""

    of: dict[str, _OfOne]

    def convert(self, names: list[str], place: Codes, day: Days, amount: Array) -> tuple[Array, Mask]:
        """Amounts at the rate of their currency and day, and which have none."""
        made, bad = amount.copy(), np.zeros(amount.size, np.bool_)
        for k, name in enumerate(names):
            lines: NDArray[np.intp] = np.flatnonzero(place == k)
            if name not in self.of:
                bad[lines] = True
                continue
            found = np.searchsorted(self.of[name].days, day[lines], side="right") - 1
            bad[lines] = found < 0
            made[lines] *= self.of[name].rates[found]
        return made, bad

    @property
    def begin(self) -> dict[str, int]:
        """The first day of each currency."""
        return {name: int(one.days[0]) for name, one in self.of.items()}


def read_rates(table: Frame) -> Rates:
    """A table with the columns date, currency and rate: a rate holds from its day to the next one's."""
    read = read_table(
        table,
        {name: name for name in ("date", "currency", "rate")},
        argument="exchange_rates",
        line="rate",
        arguments=dict.fromkeys(("date", "currency", "rate"), "exchange_rates"),
    )
    day, rate = read["date"].dates().astype(np.int64), read["rate"].numbers()
    positive = Fault(
        "out-of-range", "must be above 0", "A rate is what one unit is worth in the other currency."
    )
    read["rate"].refuse(rate <= 0.0, positive)
    read["currency"].refuse_missing(NO_CURRENCY)
    labels = read["currency"].labels()
    found: dict[str, _OfOne] = {}
    for k, name in enumerate(labels.names):
        lines = np.flatnonzero(labels.place == k)
        lines = lines[np.argsort(day[lines], kind="stable")]
        if (np.diff(day[lines]) == 0).any():
            twice = lines[int(np.argmax(np.diff(day[lines]) == 0))]
            shown = f"{name} on {np.datetime64(int(day[twice]), 'D')}"
            rule = "must have one rate for each currency and day"
            raise InputError("duplicate", "exchange_rates", shown, rule, "Leave out the second.")
        found[name] = _OfOne(day[lines], rate[lines])
    return Rates(found)


def in_one_currency(table: Table, day: Days, amount: Array, rates: Rates | None) -> Array:
    """Amounts as they are where all lines are of one currency, else at the rate of their day."""
    if "currency" not in table:
        return amount
    column = table["currency"]
    column.refuse_missing(NO_CURRENCY)
    said = column.labels()
    if rates is None:
        column.refuse(said.place != said.place[:1], SEVERAL)
        return amount
    converted, bad = rates.convert(list(said.names), said.place, day, amount)
    column.refuse(bad, NO_RATE)
    return converted
