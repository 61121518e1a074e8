"""Each customer's expected purchases in a held-out period against the purchases that they made.

The table by past frequency is figure 4 ("conditional expectations") of Fader, Hardie & Lee (2005),
"Counting Your Customers" the Easy Way, Marketing Science 24(2), 275-284, doi:10.1287/mksc.1040.0098;
open copy: http://brucehardie.com/papers/018/.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from retainkit.domains import whole_number
from retainkit.errors import InputError
from retainkit.ingest import Holdout, TransactionSummary
from retainkit.protocols import ModelOf, PurchaseProcess, model_of
from retainkit.records import Record
from retainkit.summaries import Purchases
from retainkit.typing import Array
from retainkit.units import Duration


@dataclass(frozen=True, eq=False, slots=True)
class HoldoutError(Record):
    """How far the expected purchases of customers lay from their actual ones in a held-out period.

    Made by `holdout_error`. All customers were acquired before the period; all their purchases in it
    count.

    Attributes
    ----------
    customers : int
    duration : Duration
        Length of the held-out period.
    predicted, actual : float
        Purchases of all these customers in it.
    mean_absolute_error : float
        Mean over customers of the absolute difference of actual and predicted purchases.
    past_rate_error : float
        The same for the plain guess that everyone goes on at their past rate, frequency / T.
    correlation : float
        Pearson's, between predicted and actual purchases of a customer; NaN where one does not vary.
    frequency : (k,)
        Repeat purchases before the period, 0, 1, 2 …; the last group also holds all who made more.
    group_customers : (k,)
    group_predicted, group_actual : (k,)
        Mean purchases of a customer of the group in the held-out period.
    """

    _derived = ("relative_error",)

    customers: int
    duration: Duration
    predicted: float
    actual: float
    mean_absolute_error: float
    past_rate_error: float
    correlation: float
    frequency: Array
    group_customers: Array
    group_predicted: Array
    group_actual: Array
    last_is_open: bool

    @property
    def relative_error(self) -> float:
        """Predicted over actual purchases, minus 1; negative where the model expected too few."""
        return self.predicted / self.actual - 1.0 if self.actual else math.inf

    def rows(self) -> list[tuple[str, int, float, float]]:
        """One row a group: repeat purchases before, customers, mean predicted and mean actual purchases."""
        labels = [f"{x:.0f}" for x in self.frequency]
        if self.last_is_open:
            labels[-1] += "+"
        columns = (self.group_customers, self.group_predicted, self.group_actual)
        return [(name, int(n), float(p), float(a)) for name, n, p, a in zip(labels, *columns, strict=True)]

    def _row_columns(self) -> dict[str, Any]:
        names = ("repeats_before", "customers", "predicted", "actual")
        return dict(zip(names, zip(*self.rows(), strict=True), strict=True))

    def __str__(self) -> str:
        error = f" ({self.relative_error:+.1%})" if self.actual else ""
        head = (
            f"{self.customers:,} customers over {self.duration}: {self.predicted:,.0f} purchases predicted, "
            f"{self.actual:,.0f} made{error}\n"
            f"  off by {self.mean_absolute_error:.3f} a customer (past rates: {self.past_rate_error:.3f}), "
            f"correlation {self.correlation:.3f}\n"
            f"  repeats before  customers  predicted  actual"
        )
        rows = [f"  {name:>14}  {n:>9,}  {p:>9.3f}  {a:>6.3f}" for name, n, p, a in self.rows()]
        return "\n".join([head, *rows])

    __repr__ = __str__


def holdout_error(
    transactions: TransactionSummary, model: ModelOf[PurchaseProcess[Purchases]], *, groups: int = 7
) -> HoldoutError:
    """Compare each customer's expected purchases in the held-out period with the actual ones.

    Raises `InputError` without a holdout, for a model in another unit of time, and for a fit that saw the
    holdout.

    Parameters
    ----------
    transactions : TransactionSummary with a holdout
    model : a purchase model or its fit, on ``transactions.calibration``
    groups : int ≥ 1
        From this many repeat purchases on, customers share the last row of the table by frequency.

    Examples
    --------
    >>> import retainkit as rk
    >>> from retainkit.ingest.examples import load_cdnow
    >>> from retainkit.validation import holdout_error
    >>> tx = rk.summarize_transactions(load_cdnow("sample"), customer_id="customer_id", date="date",
    ...     amount="dollar_value", unit="week", holdout_from="1997-10-01")
    >>> fitted = rk.fit(rk.BGNBD, tx.calibration.purchases)
    >>> print(holdout_error(tx, fitted.model, groups=2))
    2,357 customers over 39 weeks: 1,653 purchases predicted, 1,882 made (-12.1%)
      off by 0.785 a customer (past rates: 1.024), correlation 0.626
      repeats before  customers  predicted  actual
                   0      1,411      0.225   0.237
                   1        439      0.523   0.697
                  2+        507      2.182   2.450
    """
    calibration, holdout = split_of(transactions)
    process, purchases = unseen_model(model, transactions), calibration.purchases
    way_out = "The paper's figure has groups=7: 0 to 6 repeat purchases, and 7 or more."
    groups = whole_number("groups", groups, way_out=way_out)
    predicted = process.expected_purchases(purchases, holdout.duration)
    actual = holdout.frequency
    group = np.minimum(purchases.frequency, groups).astype(np.intp)
    size = np.bincount(group)
    present = np.flatnonzero(size)
    return HoldoutError(
        customers=len(holdout),
        duration=Duration(holdout.duration, holdout.unit),
        predicted=float(predicted.sum()),
        actual=float(actual.sum()),
        mean_absolute_error=float(np.abs(predicted - actual).mean()),
        past_rate_error=float(np.abs(_at_past_rate(purchases, holdout.duration) - actual).mean()),
        correlation=_correlation(predicted, actual),
        frequency=present.astype(np.float64),
        group_customers=size[present].astype(np.float64),
        group_predicted=np.bincount(group, weights=predicted)[present] / size[present],
        group_actual=np.bincount(group, weights=actual)[present] / size[present],
        last_is_open=bool(present[-1] == groups),
    )


def unseen_model(
    model: ModelOf[PurchaseProcess[Purchases]], transactions: TransactionSummary
) -> PurchaseProcess[Purchases]:
    """The model that is meant; a fit on all customers, those of the held-out period too, is refused."""
    calibration, _ = split_of(transactions)
    customers = getattr(model, "customers", None)
    if customers == len(transactions) != len(calibration) and model_of(model) is not model:
        rule = f"must not have seen the held-out period: calibration has {len(calibration):,} customers"
        way_out = "Fit it on transactions.calibration."
        raise InputError("inconsistent", "model", f"a fit on {customers:,.0f} customers", rule, way_out)
    return model_of(model)


def split_of(transactions: TransactionSummary) -> tuple[TransactionSummary, Holdout]:
    """The two sides of a split observation; an error where there is none."""
    if transactions.calibration is None or transactions.holdout is None:
        shown = f"{len(transactions):,} customers without a split"
        way_out = "Call summarize_transactions(..., holdout_from='1997-10-01') with its first day."
        raise InputError("missing-argument", "transactions", shown, "must have a held-out period", way_out)
    return transactions.calibration, transactions.holdout


def _at_past_rate(purchases: Purchases, duration: float) -> Array:
    x, T = purchases.frequency, purchases.T
    return duration * np.divide(x, T, out=np.zeros_like(x), where=x > 0)  # acquired on the last day: T = 0


def _correlation(a: Array, b: Array) -> float:
    if np.ptp(a) == 0.0 or np.ptp(b) == 0.0:
        return math.nan
    return float(np.corrcoef(a, b)[0, 1])
