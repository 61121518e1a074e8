"""Predicted against actual repeat purchases of the whole base, period by period.

A customer acquired on day d is expected to have made E[X(t − d)] repeat purchases by the end of day t.
Customers of one day are alike, so the expectation of the base is a sum over days of acquisition:

    expected(t) = Σ_d n_d · E[X(t − d)],

with the model's unconditional expectation, which knows nothing of a customer but when they came (and their
covariates, where each has a model of their own: then the sum is over customers). Fader,
Hardie & Lee (2005), Marketing Science 24(2), section 4, doi:10.1287/mksc.1040.0098.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retainkit.each_draw import draw_by_draw
from retainkit.errors import InputError
from retainkit.ingest import Activity, LazyTransactionSummary, PeriodSummary, TransactionSummary
from retainkit.protocols import ModelOf, PurchaseProcess
from retainkit.records import Record
from retainkit.summaries import Purchases
from retainkit.typing import Array, Unit
from retainkit.units import DAYS_PER, check_unit
from retainkit.validation.holdout import HoldoutError, holdout_error, refuse_seen, split_of, unseen_model


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Tracking(Record):
    """Repeat purchases of the base in each period, as a model predicts them and as they were.

    Made by `track_purchases`. All customers acquired before the holdout are followed through it; the
    model has seen nothing of it. Periods are counted from the split, back and forth; where the
    observation is no whole number of periods, the first and the last one are shorter.

    Attributes
    ----------
    period : {"day", "week", "month", "quarter", "year"}
    start : datetime.date
        First day of the first period.
    days : (k,) int
        Days in each period.
    predicted, actual : (k,)
        Repeat purchases in each period.
    held_out : (k,) bool
        Which periods the model has not seen.
    holdout : HoldoutError
        Customer by customer, in the held-out period.
    """

    _derived = ("starts", "cumulative_predicted", "cumulative_actual")

    period: Unit
    start: date
    days: NDArray[np.int64]
    predicted: Array
    actual: Array
    held_out: NDArray[np.bool_]
    holdout: HoldoutError
    _ids: Any = field(default=None, compare=False)

    def __len__(self) -> int:
        return self.days.size

    @property
    def whole(self) -> NDArray[np.bool_]:
        """Which periods have their full length; the others cannot be compared with them."""
        return np.abs(self.days - DAYS_PER[self.period]) < 1.0

    @property
    def starts(self) -> NDArray[np.datetime64]:
        """First day of each period."""
        return np.datetime64(self.start, "D") + (np.cumsum(self.days) - self.days)

    @property
    def split(self) -> date:
        """First day of the held-out period."""
        return self.start + timedelta(days=int(self.days[~self.held_out].sum()))

    @property
    def end(self) -> date:
        """Last day of the last period."""
        return self.start + timedelta(days=int(self.days.sum()) - 1)

    @property
    def cumulative_predicted(self) -> Array:
        """Predicted repeat purchases from the start to the end of each period."""
        return np.cumsum(self.predicted)

    @property
    def cumulative_actual(self) -> Array:
        """Actual repeat purchases from the start to the end of each period."""
        return np.cumsum(self.actual)

    def totals(self, *, held_out: bool) -> tuple[float, float]:
        """Predicted and actual repeat purchases of the held-out periods, or of those before."""
        which = self.held_out == held_out
        return float(self.predicted[which].sum()), float(self.actual[which].sum())

    def columns(self) -> dict[str, NDArray[np.generic]]:
        """The periods as columns: start, days, held_out, predicted and actual, single and cumulative."""
        return {
            "start": self.starts,
            "days": self.days,
            "held_out": self.held_out,
            "predicted": self.predicted,
            "actual": self.actual,
            "cumulative_predicted": self.cumulative_predicted,
            "cumulative_actual": self.cumulative_actual,
        }

    def _row_columns(self) -> dict[str, NDArray[Any]]:
        return self.columns()

    def _beside(self) -> Any:
        return self._ids

    def __str__(self) -> str:
        lines = [f"Tracking of repeat purchases by {self.period}, {self.start} to {self.end}"]
        for name, held_out in (("fitted", False), ("held out", True)):
            predicted, actual = self.totals(held_out=held_out)
            lines.append(f"  {name + ':':<9} {predicted:>9,.0f} predicted, {actual:>9,.0f} made")
        return "\n".join(lines)

    __repr__ = __str__


def track_purchases(
    transactions: TransactionSummary,
    model: ModelOf[PurchaseProcess[Purchases]],
    *,
    period: Unit | None = None,
) -> Tracking:
    """Follow the base through calibration and holdout: repeat purchases predicted and made.

    Raises `InputError` without a holdout, for a model in another unit of time or of other data than
    purchases, and for a fit that saw the holdout.

    Parameters
    ----------
    transactions : TransactionSummary with a holdout
    model : a purchase model, its fit or its posterior, on ``transactions.calibration``
        With covariates the model of each of its customers: ``fitted.model.given(covariates)``. Of a
        posterior 400 draws are asked, and figures are `Draws`: ``.predicted`` (draws, periods).
    period : {"day", "week", "month", "quarter", "year"}, optional
        The length of a period; the summary's own unit by default.

    Examples
    --------
    >>> import retainkit as rk
    >>> from retainkit.ingest.examples import load_cdnow
    >>> from retainkit.validation import track_purchases
    >>> tx = rk.summarize_transactions(load_cdnow("sample"), customer_id="customer_id", date="date",
    ...     amount="dollar_value", unit="week", holdout_from="1997-10-01")
    >>> fitted = rk.fit(rk.BGNBD, tx.calibration.purchases)
    >>> print(track_purchases(tx, fitted.model))
    Tracking of repeat purchases by week, 1997-01-01 to 1998-06-30
      fitted:       2,494 predicted,     2,457 made
      held out:     1,667 predicted,     1,882 made
    """
    given: object = transactions
    if isinstance(given, PeriodSummary):
        rule, way_out = "must tell on which days purchases were made", "Write validate(transactions)."
        raise InputError("wrong-type", "transactions", type(given).__name__, rule, way_out)
    refuse_seen(model, transactions)
    return _tracked(transactions, model, period)


@draw_by_draw("model")
def _tracked(
    transactions: TransactionSummary, model: ModelOf[PurchaseProcess[Purchases]], period: Unit | None
) -> Tracking:
    calibration, _ = split_of(transactions)
    process = unseen_model(model, transactions)
    length = transactions.unit if period is None else check_unit("period", period)
    error = holdout_error(transactions, process)
    activity, seen = transactions.activity, len(calibration.activity)
    ends = _period_ends(seen, len(activity), DAYS_PER[length])
    per_day = 1.0 / DAYS_PER[process.unit or transactions.unit]
    if any(map(np.ndim, process.parameters.values())):
        expected = _expected_of_each(calibration.purchases, ((ends - seen) * per_day).tolist(), process)
    else:
        expected = _expected_by_day(activity, seen, process, per_day)[ends - 1]
    made = np.cumsum(activity.tracked_repeat_purchases)
    return Tracking(
        period=length,
        start=activity.start,
        days=np.diff(ends, prepend=0),
        predicted=np.diff(expected, prepend=0.0),
        actual=np.diff(made[ends - 1], prepend=0).astype(np.float64),
        held_out=ends > seen,
        holdout=error,
        _ids=None if isinstance(transactions, LazyTransactionSummary) else transactions.customers,
    )


def _expected_by_day(
    activity: Activity, seen: int, model: PurchaseProcess[Purchases], per_day: float
) -> Array:
    """Expected repeat purchases up to the end of each day, of customers acquired in the first `seen` days."""
    each = np.asarray(model.expected_purchases_new(np.arange(len(activity)) * per_day))
    return np.convolve(activity.new_customers[:seen].astype(np.float64), each)[: len(activity)]


def _expected_of_each(purchases: Purchases, after: list[float], model: PurchaseProcess[Purchases]) -> Array:
    """The same at times counted from the end of calibration, of customers who have a model each."""
    # before their first purchase they have age 0, at which nobody has bought again
    ages = (np.maximum(purchases.T + time, 0.0) for time in after)
    return np.array([np.sum(purchases.weight * model.expected_purchases_new(age)) for age in ages])


def _period_ends(seen: int, days: int, per: float) -> NDArray[np.int64]:
    """Days from the start to the end of each period, counted from the split so that none straddles it."""
    before = seen - np.rint(np.arange(1, seen / per + 1) * per).astype(np.int64)
    after = seen + np.rint(np.arange(1, (days - seen) / per + 1) * per).astype(np.int64)
    inside = [before[before > 0], [seen], after[after < days], [days]]
    return np.unique(np.concatenate(inside).astype(np.int64))
