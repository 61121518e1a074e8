"""The forecast of recurring revenue: layers with their intervals, what was held out, and what came."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retainkit.domains import LEVEL, one_number
from retainkit.errors import InputError
from retainkit.inference.spread import SOURCES, Source, require_apart, sources_of
from retainkit.metrics import SubscriptionBase
from retainkit.plurals import counted
from retainkit.records import Record, TableRecord
from retainkit.typing import Array
from retainkit.valuation.recurring.history import Runs


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class RevenueLayer(Record):
    """Revenue a month of some customers at the ends of the months to come.

    Attributes
    ----------
    draws : (draws, months)
        Simulated paths, from all sources.
    """

    draws: Array
    part: Callable[[frozenset[Source]], Array] | None = field(default=None, compare=False)

    @property
    def mean(self) -> Array:
        """(months,) expected revenue."""
        return self.draws.mean(axis=0)

    def interval(self, level: float = 0.9, *, include: Sequence[Source] = SOURCES) -> Array:
        """(months, 2) within which revenue lies with that probability: low and high of each month.

        Parameters
        ----------
        level : float in (0, 1)
        include : some of "parameters", "customers", "chance"
            What is counted as not known. ``("parameters",)`` gives the interval of what is expected: how long
            customers stay, and what months do on average. What each customer does and what makes months
            unlike are told together, by both of the others.
        """
        level = one_number("level", level, LEVEL)
        ends = [0.5 - level / 2.0, 0.5 + level / 2.0]
        return np.quantile(self._from(sources_of(include)), ends, axis=0).T

    def _from(self, sources: frozenset[Source]) -> Array:
        """(draws, months) from some sources, around the mean of all."""
        if sources >= {*SOURCES}:
            return self.draws
        if self.part is None:
            rule = "needs the models behind the figures, which JSON does not hold"
            raise InputError("not-supported", "include", sorted(sources), rule, "Keep the object.")
        require_apart(sources)
        found = self.part(sources)
        return self.mean + found - found.mean(axis=0)

    def _row_columns(self) -> Mapping[str, Any]:
        low, high = self.interval().T
        return {"mean": self.mean, "low": low, "high": high}

    def __str__(self) -> str:
        low, high = self.interval()[-1]
        after = f"{self.mean[-1]:,.0f} a month after {counted(self.draws.shape[1], 'month')}"
        return f"{after} (90%: {low:,.0f} to {high:,.0f})"

    __repr__ = __str__


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class RevenueHoldout(TableRecord):
    """The last months, predicted from before them.

    Attributes
    ----------
    month : (months,) texts
    existing, new, total : (months,)
        Expected by layer; of `new` NaN where new customers were stated.
    actual_existing, actual_new, actual_total : (months,)
    low, high : (months,)
        The 90% interval of the total.
    growth_continues, flat_churn : (months,)
        Two baselines: the growth of as many months before goes on; the mean rates of churn and expansion, and
        the mean revenue won, of the twelve months before go on.
    """

    month: NDArray[np.str_]
    existing: Array
    new: Array
    total: Array
    actual_existing: Array
    actual_new: Array
    actual_total: Array
    low: Array
    high: Array
    growth_continues: Array
    flat_churn: Array

    def error(self, layer: str = "total") -> float:
        """Relative error of the last month: predicted / actual − 1."""
        return float(getattr(self, layer)[-1] / getattr(self, f"actual_{layer}")[-1] - 1.0)

    def mean_absolute_error(self, of: str = "total") -> float:
        """Mean absolute error over the months, in money: of a layer or of a baseline."""
        actual = getattr(self, f"actual_{of}", self.actual_total)
        return float(np.abs(getattr(self, of) - actual).mean())

    def _caption(self) -> str:
        names = {"total": "forecast", "growth_continues": "growth continues", "flat_churn": "flat churn"}
        told = [
            f"{label} {self.mean_absolute_error(n):,.0f}"
            for n, label in names.items()
            if np.isfinite(getattr(self, n)).all()
        ]
        return f"Held out: {counted(self.month.size, 'month')}; mean absolute error: {', '.join(told)}"

    def _cells(self) -> list[list[str]]:
        head = ["month", "existing", "actual", "new", "actual", "total", "actual", "90% from", "to"]
        columns = (
            self.existing, self.actual_existing, self.new, self.actual_new, self.total, self.actual_total,
            self.low, self.high,
        )  # fmt: skip
        return [head, *([m, *(f"{c[k]:,.0f}" for c in columns)] for k, m in enumerate(self.month.tolist()))]


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class BudgetAgainstActual(TableRecord):
    """A forecast held against what came.

    Attributes
    ----------
    month : (months,) texts
    existing, new, total : (months,)
        Actual less expected, by layer.
    inside : (months,) bool
        Whether the actual total lies within the 90% interval.

    Examples
    --------
    >>> import retainkit as rk
    >>> def known(until, months):
    ...     table = rk.valuation.simulate_billing(months=months, seed=1)
    ...     return rk.read_subscriptions(table, customer_id="customer_id", start="start", end="end",
    ...                                  amount="amount", plan="plan", observation_end=until, free="gone")
    >>> budget = known("2022-12-31", 12).forecast(months=3, new=2500.0, draws=200)
    >>> came = budget.against(known("2023-02-28", 14))
    >>> came.month.tolist(), came.inside.size
    (['2023-01', '2023-02'], 2)
    """

    month: NDArray[np.str_]
    existing: Array
    new: Array
    total: Array
    inside: NDArray[np.bool_]

    def _caption(self) -> str:
        return f"Actual less budget, {int(self.inside.sum())} of {self.inside.size} months within 90%"

    def _cells(self) -> list[list[str]]:
        rows = zip(self.month.tolist(), self.existing, self.new, self.total, self.inside, strict=True)
        head = ["month", "existing", "new", "total", "within 90%"]
        return [head, *([m, *(f"{v:+,.0f}" for v in values), "yes" if i else "no"] for m, *values, i in rows)]


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class RevenueForecast(TableRecord):
    """Recurring revenue of the months to come, by layer; made by `forecast_revenue`.

    Attributes
    ----------
    month : (months,) texts
        The months at whose ends revenue is told.
    existing : RevenueLayer
        Of the customers seen so far: who stay, expand and contract, pause, leave and come back.
    new : RevenueLayer
        Of customers not yet won.
    total : RevenueLayer
    churn, expansion, contraction, returns, won : (months,)
        What is expected to move the total in each month, money a month; new prices are in expansion and
        contraction.
    opening : float
        Revenue a month now.
    models : dict
        The model of tenure of each plan; plans that few have left share one.
    price_changes : tuple of str
        Months so far in which more than half of the customers of a plan came to pay more or less. None is
        expected to happen again: those to come are planned by `changes`.
    stated : bool
        Whether new customers were stated; else they follow the trend.
    holdout : RevenueHoldout or None
        None where there are too few months.
    """

    month: NDArray[np.str_]
    existing: RevenueLayer
    new: RevenueLayer
    total: RevenueLayer
    churn: Array
    expansion: Array
    contraction: Array
    returns: Array
    won: Array
    opening: float
    models: dict[str, str]
    price_changes: tuple[str, ...]
    stated: bool
    holdout: RevenueHoldout | None
    like: Any = field(default=None, compare=False)

    def against(self, base: SubscriptionBase) -> BudgetAgainstActual:
        """Budget against actual, by layer, for the months that a later base knows.

        Raises `InputError` for a base that ends before the forecast's first month.
        """
        months = np.array(self.month, "datetime64[M]").astype(np.int64)
        known = int((months <= int(base.monthly.last_month.astype(np.int64))).sum())
        if known == 0:
            rule = f"must know a month of the forecast, which begins with {self.month[0]}"
            way_out = "Read a later table."
            raise InputError("too-few", "base", str(base.monthly.last_month), rule, way_out)
        existing, new = actual(Runs.of(base), int(months[0]) - 1, months[:known])
        low, high = self.total.interval()[:known].T
        total = existing + new
        return BudgetAgainstActual(
            month=self.month[:known],
            existing=existing - self.existing.mean[:known],
            new=new - self.new.mean[:known],
            total=total - self.total.mean[:known],
            inside=(low <= total) & (total <= high),
        )

    def _row_columns(self) -> dict[str, Any]:
        columns: dict[str, Any] = {"month": self.month}
        for name in ("existing", "new", "total"):
            layer: RevenueLayer = getattr(self, name)
            low, high = layer.interval().T
            columns |= {name: layer.mean, f"{name}_low": low, f"{name}_high": high}
        return columns | {
            n: getattr(self, n) for n in ("churn", "expansion", "contraction", "returns", "won")
        }

    def _beside(self) -> Any:
        return self.like

    def _caption(self) -> str:
        new = "new customers as stated" if self.stated else "new customers by trend and season"
        lines = [f"Recurring revenue, {self.opening:,.0f} a month now, with 90% intervals; {new}"]
        if self.holdout is not None:
            error, months = self.holdout.error("existing"), self.holdout.month.size
            lines.append(f"Held out, existing customers after {counted(months, 'month')}: {error:+.1%}")
        return "\n".join(lines)

    def _cells(self) -> list[list[str]]:
        head = ["month", "existing", "90%", "new", "90%", "total", "90%"]
        rows = [head]
        layers = [(layer.mean, layer.interval()) for layer in (self.existing, self.new, self.total)]
        for k, month in enumerate(self.month.tolist()):
            cells = [month]
            for mean, between in layers:
                cells += [f"{mean[k]:,.0f}", f"{between[k, 0]:,.0f} to {between[k, 1]:,.0f}"]
            rows.append(cells)
        return rows


def actual(runs: Runs, cut: int, months: NDArray[np.int64]) -> tuple[Array, Array]:
    """(months,) revenue at their ends, of the customers seen by the end of month `cut`, and of others."""
    first = np.where(runs.follows, 0, np.arange(runs.code.size))
    seen = runs.begin[np.maximum.accumulate(first)] <= cut
    paying = runs.there[:, None] & (runs.begin[:, None] <= months) & (runs.end[:, None] > months)
    money = np.where(paying, runs.level[:, None], 0.0)
    return money[seen].sum(axis=0), money[~seen].sum(axis=0)
