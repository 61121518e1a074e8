"""The cost of winning a customer, on every rung of the ladder from "media only" to "everything".

One word, CAC, stands for numbers that differ several times over. The ladder shows them beside each other,
each with what is counted and by whom it is divided.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from retainkit.display import text_table
from retainkit.domains import whole_number
from retainkit.each_draw import draw_by_draw
from retainkit.economics.spending.spend_table import PURPOSES, customers_by_period, spend_by_period
from retainkit.errors import InputError
from retainkit.records import Record
from retainkit.typing import Array, NumberLike, Plain


@dataclass(frozen=True, slots=True)
class Rung:
    """One cost of winning a customer: what was spent, divided by whom."""

    name: str
    spend: float
    customers: float
    meaning: str

    @property
    def cost(self) -> float:
        """Money per customer."""
        return self.spend / self.customers


@dataclass(frozen=True, eq=False)
class CostLadder(Record):
    """Acquisition cost per new customer by every usual definition; made by `acquisition_cost_ladder`.

    Attributes
    ----------
    rungs : tuple of Rung
        By name: ``"all"``, ``"acquisition"``, ``"lagged"`` (with a lag), ``"with-onboarding"``,
        ``"paid"`` (with `paid_customers`). ``ladder["acquisition"]`` gives a rung's cost.
    lag_periods : int
    """

    rungs: tuple[Rung, ...]
    lag_periods: int

    def __getitem__(self, name: str) -> float:
        for rung in self.rungs:
            if rung.name == name:
                return rung.cost
        raise KeyError(f"{name!r} is not among the rungs {[r.name for r in self.rungs]}")

    def __iter__(self) -> Iterator[Rung]:
        return iter(self.rungs)

    @property
    def blended(self) -> float:
        """All acquisition spend over all new customers, won by paid means or not."""
        return self["lagged"] if self.lag_periods else self["acquisition"]

    def as_dict(self) -> Plain:
        """Cost per customer by rung, and the lag."""
        return {**{r.name: r.cost for r in self.rungs}, "lag_periods": self.lag_periods}

    def _table(self) -> list[list[str]]:
        rows = [[r.name, f"{r.cost:,.2f}", f"{r.spend:,.0f}", f"{r.customers:,.0f}", r.meaning] for r in self]
        return [["rung", "per customer", "spend", "customers", "what is counted"], *rows]

    def __str__(self) -> str:
        return text_table("Acquisition cost per new customer", self._table(), left=1)


@draw_by_draw("new_customers", "paid_customers")
def acquisition_cost_ladder(
    spend: NumberLike,
    *,
    new_customers: NumberLike,
    paid_customers: NumberLike = None,
    lag_periods: int = 0,
    purpose: str = "purpose",
    amount: str = "amount",
    when: str | None = None,
    date_format: str | None = None,
) -> CostLadder:
    """The cost per new customer by every usual definition, from a table of what was spent on what.

    Every line of spend has one of five purposes:

    - ``"paid-acquisition"``: bought reach (media, affiliates, referral rewards);
    - ``"acquisition"``: other work to win customers (sales pay, content, tools for it);
    - ``"onboarding"``: what a new customer costs once won;
    - ``"retention"``: what goes to customers who are there already;
    - ``"other"``: sales and marketing for no one in particular (brand, overhead).

    The rungs: ``"all"`` sales and marketing (everything but onboarding); ``"acquisition"``, the first two
    purposes; ``"lagged"``, the same but spent `lag_periods` before the customers came;
    ``"with-onboarding"``, the rung before and onboarding. All four divide by all new customers
    ("blended"). ``"paid"`` divides paid acquisition by the customers it won.

    Raises `InputError` for unknown purposes, missing columns, missing or infinite amounts, periods that are
    missing on one side, no new customers at all.

    Parameters
    ----------
    spend : mapping or dataframe
        Either purpose → amount, or purpose → one amount per period; or a table with a line per expense
        (a dataframe of any kind, a DuckDB relation, a path, or a dict of columns).
    new_customers : number, column, or mapping of period to number
        All customers won; per period where spend is per period. A mapping names every period of the
        table, with 0 for those in which none came.
    paid_customers : likewise, optional
        Those of them who were won by paid acquisition.
    lag_periods : int, 0 or more
        Periods from spending to winning. Customers of the first `lag_periods` periods are left out of the
        lagged rungs, since what won them was spent before the table begins, and so is the last spend.
    purpose, amount : str
        Columns of the table.
    when : str, optional
        Column of the table with the period of a line: dates, months such as ``"2024-03"`` or 202403, or
        anything else that sorts. Periods that are dates are those of `new_customers` however both write
        them; a month is its first day.
    date_format : str, optional
        How text and numbers in `when` write a date, as for `datetime.strptime`: ``"%m/%Y"``.

    Returns
    -------
    CostLadder
        Prints as a table.

    Examples
    --------
    >>> spend = {"paid-acquisition": 40_000, "acquisition": 20_000, "onboarding": 5_000, "retention": 15_000}
    >>> ladder = acquisition_cost_ladder(spend, new_customers=200, paid_customers=100)
    >>> ladder["all"], ladder["acquisition"], ladder["with-onboarding"], ladder["paid"]
    (375.0, 300.0, 325.0, 400.0)
    """
    by_purpose, calendar = spend_by_period(spend, purpose, amount, when, date_format)
    won = customers_by_period("new_customers", new_customers, by_purpose, calendar)
    lag = _checked_lag(lag_periods, won.size)
    paid = by_purpose["paid-acquisition"]
    # wages and tools of acquiring, too: media alone is the rung that flatters
    acquiring = paid + by_purpose["acquisition"]
    everything = sum((by_purpose[p] for p in PURPOSES if p != "onboarding"), np.zeros(won.size))
    late, later = won[lag:], f", spent {lag} period{'s' * (lag > 1)} before" if lag else ""
    # money spent at the end has not brought its customers yet, and is left out with them
    earlier = acquiring[: won.size - lag]
    rungs = [
        _rung("all", everything, won, "all sales and marketing"),
        _rung("acquisition", acquiring, won, "acquisition only"),
    ]
    if lag:
        rungs.append(_rung("lagged", earlier, late, f"acquisition only{later}"))
    # onboarding is spent when the customer comes, not a lag before
    onboarded = earlier + by_purpose["onboarding"][lag:]
    rungs.append(_rung("with-onboarding", onboarded, late, f"acquisition{later}, and onboarding"))
    if paid_customers is not None:
        bought = customers_by_period("paid_customers", paid_customers, by_purpose, calendar)
        _check_part(bought, won)
        meaning = f"paid acquisition{later}; customers won by it"
        rungs.append(_rung("paid", paid[: won.size - lag], bought[lag:], meaning, "paid_customers"))
    return CostLadder(tuple(rungs), lag)


def _rung(name: str, spend: Array, customers: Array, meaning: str, argument: str = "new_customers") -> Rung:
    count = float(customers.sum())
    if count == 0.0:
        rule = f"must be above 0 in the periods counted (here for {meaning!r})"
        way_out = "Count longer periods, or a shorter lag: without a new customer there is no cost of one."
        raise InputError("out-of-range", argument, 0.0, rule, way_out)
    return Rung(name, float(spend.sum()), count, meaning)


def _checked_lag(lag: NumberLike, periods: int) -> int:
    way_out = f"The table has periods {periods}: give more of them than the lag."
    return whole_number("lag_periods", lag, 0, periods - 1, way_out=way_out)


def _check_part(part: Array, whole: Array) -> None:
    beyond = part > whole
    if beyond.any():
        rule = "must not be more than new_customers in any period"
        way_out = "new_customers counts all, those won by paid acquisition among them."
        raise InputError("out-of-range", "paid_customers", float(part[beyond][0]), rule, way_out)
