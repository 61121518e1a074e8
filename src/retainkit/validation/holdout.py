"""Each customer's expected purchases in a held-out period against the purchases that they made.

The table by past frequency is figure 4 ("conditional expectations") of Fader, Hardie & Lee (2005),
"Counting Your Customers" the Easy Way, Marketing Science 24(2), 275-284, doi:10.1287/mksc.1040.0098;
open copy: http://brucehardie.com/papers/018/.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeAlias, overload

import numpy as np

from retainkit.domains import whole_number
from retainkit.each_draw import draw_by_draw
from retainkit.errors import InputError
from retainkit.ingest import Holdout, LazyTransactionSummary, PeriodSummary, TransactionSummary
from retainkit.models.base import AnyModel
from retainkit.plurals import counted
from retainkit.protocols import ModelOf, PurchaseProcess, model_of
from retainkit.records import Record
from retainkit.summaries import Purchases, PurchasesInPeriods
from retainkit.typing import Array
from retainkit.units import DAYS_PER, Duration
from retainkit.validation.verdicts import Grade, grade_of, head_of

Transactions: TypeAlias = TransactionSummary | PeriodSummary


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

    @property
    def error_per_customer(self) -> float:
        """What a comparison shows of one customer: the mean absolute error."""
        return self.mean_absolute_error

    @property
    def better_than_past_rates(self) -> bool:
        """Whether a customer's purchases are foretold more closely than by their past rate."""
        return self.mean_absolute_error < self.past_rate_error

    @property
    def grade(self) -> Grade:
        """Whether figures can be used: ``"good"``, ``"care"`` or ``"bad"``."""
        return grade_of(self.relative_error, beats_guess=self.better_than_past_rates)

    @property
    def headline(self) -> str:
        """The verdict in one line."""
        if not self.better_than_past_rates:
            return "Not better than a guess, customer by customer"
        more, fewer = "customers bought more", "customers bought less"
        return head_of(self.grade, "what came", more, fewer, self.relative_error)

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
            f"{counted(self.customers, 'customer')} over {self.duration}: "
            f"{counted(self.predicted, 'purchase', spec=',.0f')} predicted, "
            f"{self.actual:,.0f} made{error}\n"
            f"  off by {self.mean_absolute_error:.3f} a customer (past rates: {self.past_rate_error:.3f}), "
            f"correlation {self.correlation:.3f}\n"
            f"  repeats before  customers  predicted  actual"
        )
        rows = [f"  {name:>14}  {n:>9,}  {p:>9.3f}  {a:>6.3f}" for name, n, p, a in self.rows()]
        return "\n".join([head, *rows])

    __repr__ = __str__


def holdout_error(
    transactions: Transactions, model: ModelOf[PurchaseProcess[Any]], *, groups: int = 7
) -> HoldoutError:
    """Compare each customer's expected purchases in the held-out period with the actual ones.

    Raises `InputError` without a holdout, for a model in another unit of time or of other data than
    purchases, and for a fit that saw the holdout.

    Parameters
    ----------
    transactions : TransactionSummary or PeriodSummary with a holdout
    model : a purchase model, its fit or its posterior, on ``transactions.calibration``
        With covariates the model of each of its customers: ``fitted.model.given(covariates)``. Of orders by
        period it is one `in_periods`. Of a posterior 400 draws are asked, and figures are `Draws`.
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
    refuse_seen(model, transactions)
    return _error(transactions, model, groups)


@draw_by_draw("model")
def _error(transactions: Transactions, model: ModelOf[PurchaseProcess[Any]], groups: int) -> HoldoutError:
    calibration, holdout = split_of(transactions)
    process, purchases = unseen_model(model, transactions), history_of(calibration)
    way_out = "The paper's figure has groups=7: 0 to 6 repeat purchases, and 7 or more."
    groups = whole_number("groups", groups, way_out=way_out)
    predicted = process.expected_purchases(purchases, holdout.duration)
    actual = holdout.frequency
    weight, everyone = weights_of(holdout), len(holdout)
    group = np.minimum(purchases.frequency, groups).astype(np.intp)
    size = np.bincount(group, weights=weight)
    present = np.flatnonzero(size)
    past = at_past_rate(purchases, holdout.duration)
    return HoldoutError(
        customers=everyone,
        duration=Duration(holdout.duration, holdout.unit),
        predicted=float((weight * predicted).sum()),
        actual=float((weight * actual).sum()),
        mean_absolute_error=float((weight * np.abs(predicted - actual)).sum()) / everyone,
        past_rate_error=float((weight * np.abs(past - actual)).sum()) / everyone,
        correlation=_correlation(predicted, actual, holdout.weight),
        frequency=present.astype(np.float64),
        group_customers=size[present].astype(np.float64),
        group_predicted=np.bincount(group, weights=weight * predicted)[present] / size[present],
        group_actual=np.bincount(group, weights=weight * actual)[present] / size[present],
        last_is_open=bool(present[-1] == groups),
    )


def holdout_log_likelihood(transactions: Transactions, model: AnyModel) -> Array:
    """Log-likelihood of each customer's held-out purchases, given what they did before.

    That of the whole history over that of the calibration alone, both with the parameters of the calibration:
    the likelihood of when they bought is the product of the two periods'.
    """
    calibration, holdout = split_of(transactions)
    if isinstance(transactions, LazyTransactionSummary) and transactions.followed is not None:
        before = model.log_likelihood(history_of(calibration))
        return model.log_likelihood(transactions.followed) - before
    history, half_a_day = history_of(transactions), 0.5 / DAYS_PER[transactions.unit]
    # periods count the one of the first order, days do not
    since = history.T - half_a_day if isinstance(history, PurchasesInPeriods) else history.T + half_a_day
    # both list customers by their id, so that those acquired before the split are the calibration's, in order
    whole = history.reweighted((since > holdout.duration).astype(np.float64))
    return model.log_likelihood(whole) - model.log_likelihood(history_of(calibration))


def weights_of(holdout: Holdout) -> Array:
    """How many customers each entry of a held-out period stands for."""
    return np.ones(len(holdout)) if holdout.weight is None else holdout.weight


def history_of(transactions: Transactions) -> Purchases | PurchasesInPeriods:
    """What models of when customers buy are fitted to."""
    return transactions.data if isinstance(transactions, PeriodSummary) else transactions.purchases


def refuse_seen(model: ModelOf[PurchaseProcess[Any]], transactions: Transactions) -> None:
    """Refuse a fit, or a posterior, of all customers, those of the held-out period too."""
    calibration, _ = split_of(transactions)
    customers = getattr(model, "customers", None)
    if customers == len(transactions) != len(calibration) and model_of(model) is not model:
        seen = counted(len(calibration), "customer")
        rule = f"must not have seen the held-out period: calibration has {seen}"
        way_out = "Fit it on transactions.calibration."
        shown = f"a fit on {counted(len(transactions), 'customer')}"
        raise InputError("inconsistent", "model", shown, rule, way_out)


def unseen_model(model: ModelOf[PurchaseProcess[Any]], transactions: Transactions) -> PurchaseProcess[Any]:
    """The model that is meant; one that saw the held-out period, or is of other data, is refused."""
    refuse_seen(model, transactions)
    calibration, _ = split_of(transactions)
    meant = model_of(model)
    if meant.data_kind is not type(history_of(transactions)):
        rule = "must be a model of when customers buy, which is what transactions tell"
        way_out = (
            "Give the model of each customer, model.given(covariates), those of transactions.calibration."
            if hasattr(type(meant), "given")
            else "Hold expected_purchases(data, horizon) of its own data against what these customers did."
            if isinstance(transactions, TransactionSummary)
            else "Of orders by period it is one in periods, such as fit(in_periods(BGNBD), told.calibration)."
        )
        raise InputError("not-a-model", "model", type(meant).__name__, rule, way_out)
    for name, value in meant.parameters.items():
        if np.shape(value) not in ((), (len(calibration),)):
            rule = f"must be one model, or have one for each of the {len(calibration):,} customers"
            way_out = "Take the fitted model itself, or one draw at a time: model.of_draw(0)."
            raise InputError("wrong-shape", "model", f"{name} of shape {np.shape(value)}", rule, way_out)
    return meant


@overload
def split_of(transactions: TransactionSummary) -> tuple[TransactionSummary, Holdout]: ...
@overload
def split_of(transactions: Transactions) -> tuple[Transactions, Holdout]: ...
def split_of(transactions: Transactions) -> tuple[Transactions, Holdout]:
    """The two sides of a split observation; an error where there is none."""
    if transactions.calibration is None or transactions.holdout is None:
        shown = f"{counted(len(transactions), 'customer')} without a split"
        way_out = "Call summarize_transactions(..., holdout_from='1997-10-01') with its first day."
        raise InputError("missing-argument", "transactions", shown, "must have a held-out period", way_out)
    return transactions.calibration, transactions.holdout


def at_past_rate(purchases: Purchases | PurchasesInPeriods, duration: float) -> Array:
    """Purchases of each customer if they go on as they did: the plain guess a model has to beat."""
    x, T = purchases.frequency, purchases.T
    return duration * np.divide(x, T, out=np.zeros_like(x), where=x > 0)  # acquired on the last day: T = 0


def _correlation(a: Array, b: Array, weight: Array | None) -> float:
    if np.ptp(a) == 0.0 or np.ptp(b) == 0.0:
        return math.nan
    if weight is None:
        return float(np.corrcoef(a, b)[0, 1])
    both = np.cov(a, b, aweights=weight)
    return float(both[0, 1] / math.sqrt(both[0, 0] * both[1, 1]))
