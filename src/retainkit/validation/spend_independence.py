"""Do frequent buyers spend more per purchase? The assumption behind every spend model, measured in money.

Gamma-Gamma, like any model that multiplies a number of purchases by a value per purchase, takes the two
to be unrelated over customers. With many customers a test of that finds something nearly always; what
counts is how much it changes a value.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtr

from retainkit.domains import LEVEL
from retainkit.errors import InputError
from retainkit.plurals import counted
from retainkit.protocols import DataOf, data_of
from retainkit.records import Record
from retainkit.summaries import Spend
from retainkit.typing import Array

_NEGLIGIBLE = 0.05
_LARGE = 0.15
_ROUNDING = 1e-12
_ADVICE = {
    "unknown": "Get customers who differ in how often they buy and in what they spend.",
    "negligible": "Go on: spend may be fitted apart from frequency, and the two multiplied.",
    "noticeable": "The values of customers at hand rest mostly on their own spend and change little. "
    "Multiply the value of a new customer's repeat purchases by {factor:.3f}, or fit segments apart.",
    "large": "Do not multiply averages. Fit spend in segments that buy alike, or with frequency as a "
    "covariate of it; until then multiply the value of a new customer's repeat purchases by {factor:.3f}.",
}


@dataclass(frozen=True, slots=True, eq=False)
class SpendIndependence(Record):
    """How customers' spend per purchase goes with how often they buy, and what that changes in money.

    Made by `spend_independence`, from the customers with a known spend.

    Attributes
    ----------
    customers : float
        Customers behind it: the sum of their weights.
    spearman, spearman_low, spearman_high : float
        Correlation of ranks, which no single big spender can move, with its interval; NaN where frequency
        or spend does not vary.
    p_value : float
        How often unrelated columns would give a rank correlation as far from 0. Small for any link, however
        weak, if customers are many: no measure of how much it matters.
    pearson_log, pearson : float
        Of the logarithms, and of the plain numbers.
    share_of_variance : float
        Share of the differences in (log) spend that goes with (log) frequency: `pearson_log` squared.
    half_ratio, half_low, half_high : float
        Value per purchase in the half of the customers who buy most often, over that in the other half.
    revenue_ratio, revenue_low, revenue_high : float
        What an average repeat purchase brought over what the average customer spends on one: by this
        factor independence gets the money from repeat purchases wrong.
    level : float
        Of the intervals.
    """

    _derived = ("size", "verdict", "advice")

    customers: float
    spearman: float
    spearman_low: float
    spearman_high: float
    p_value: float
    pearson_log: float
    pearson: float
    share_of_variance: float
    half_ratio: float
    half_low: float
    half_high: float
    revenue_ratio: float
    revenue_low: float
    revenue_high: float
    level: float

    @property
    def size(self) -> str:
        """``"negligible"`` (money changes by less than 5%), ``"noticeable"``, ``"large"`` (15% and more).

        ``"unknown"`` where nothing varies. Judged by `revenue_ratio`, not by the p-value.
        """
        if math.isnan(self.spearman):
            return "unknown"
        change = abs(self.revenue_ratio - 1.0)
        return "negligible" if change < _NEGLIGIBLE else "noticeable" if change < _LARGE else "large"

    @property
    def verdict(self) -> str:
        """What was found, in sentences."""
        if math.isnan(self.spearman):
            return "Independence cannot be tested: all customers have the same frequency, or the same spend."
        half, low, high = (_more(v) for v in (self.half_ratio, self.half_low, self.half_high))
        each, least, most = (_more(v) for v in (self.revenue_ratio, self.revenue_low, self.revenue_high))
        return (
            f"The half of the customers who buy most often spend {half} per purchase than the others "
            f"(between {low} and {high}). An average repeat purchase brought {each} than the average "
            f"customer spends on one (between {least} and {most}): taking spend as "
            f"independent of frequency, a new customer is valued {self._side}."
        )

    @property
    def _side(self) -> str:
        if self.size == "negligible":
            return "about right"
        return "too low" if self.revenue_ratio > 1.0 else "too high"

    @property
    def advice(self) -> str:
        """What to do about it."""
        return _ADVICE[self.size].format(factor=self.revenue_ratio)

    def __str__(self) -> str:
        return (
            f"Frequency and spend of {counted(self.customers, 'customer', spec=',.0f')}: "
            f"rank correlation {self.spearman:+.3f} "
            f"({self.spearman_low:+.3f} to {self.spearman_high:+.3f}), effect {self.size}\n"
            f"  {self.verdict}\n  {self.advice}"
        )

    __repr__ = __str__


def spend_independence(spend: DataOf[Spend], *, level: float = 0.95) -> SpendIndependence:
    """Measure whether customers who buy more often spend more, or less, per purchase.

    Raises `InputError` with fewer than four customers whose spend is known.

    Parameters
    ----------
    spend : Spend, or a TransactionSummary
        Customers with frequency 0 tell nothing and are left out. Weights count as customers.
    level : between 0 and 1
        Of the intervals.

    Notes
    -----
    Equal values share their mean rank. The interval of the rank correlation is Fisher's, with the variance
    (1 + r²/2)/(n − 3) of Bonett & Wright (2000), Psychometrika 65(1), 23-28; those of the ratios
    come from the influence of each customer (delta method, on the log scale).

    A mean of few purchases is skewed more than one of many, so that even under independence ranks and
    logarithms correlate a little (by some +0.05 for values like the CD shop's). The two ratios of money
    are free of that.

    Examples
    --------
    >>> import retainkit as rk
    >>> from retainkit.validation.spend_independence import spend_independence
    >>> tx = rk.summarize_transactions(rk.load_cdnow("sample"), customer_id="customer_id", date="date",
    ...     amount="dollar_value", unit="week")
    >>> found = spend_independence(tx.spend)
    >>> print(found.size, round(found.pearson, 3), round(found.revenue_ratio, 3))
    noticeable 0.07 1.071
    """
    LEVEL.check("level", level)
    spend = data_of(spend, Spend, "spend")
    known = spend.frequency > 0
    x, z, w = spend.frequency[known], spend.monetary_value[known], spend.weight[known]
    n = float(w.sum())
    if n < 4.0:
        rule = "must have at least 4 customers with frequency above 0"
        way_out = "Observe for longer, or include customers who came back."
        raise InputError(
            "too-few", "spend", f"{counted(n, 'customer', spec='g')} with a known spend", rule, way_out
        )
    rank = _correlation(_ranks(x, w), _ranks(z, w), w)
    logs = _correlation(np.log(x), np.log(z), w)
    half = np.exp(_interval(*_halves(x, z, w), w, level))
    revenue = np.exp(_interval(*_revenue(x, z, w), w, level))
    return SpendIndependence(
        n,
        *(rank, *_fisher(rank, n, level), _p_value(rank, n)),
        *(logs, _correlation(x, z, w), logs * logs),
        *(float(v) for v in (*half, *revenue)),
        level=level,
    )


def _more(ratio: float) -> str:
    return f"{abs(ratio - 1.0):.1%} {'more' if ratio >= 1.0 else 'less'}"


def _ranks(values: Array, w: Array) -> Array:
    """Ranks of the customers behind the entries; equal values share their mean rank.

    Means of money that differ in the last bits only, by rounding, are equal.
    """
    ordered = np.unique(values)
    new = np.diff(ordered, prepend=-np.inf) > _ROUNDING * ordered
    place = (np.cumsum(new) - 1)[np.searchsorted(ordered, values)]
    count = np.bincount(place, weights=w)
    return (np.cumsum(count) - (count - 1.0) / 2.0)[place]


def _correlation(a: Array, b: Array, w: Array) -> float:
    """Pearson's correlation of weighted entries; NaN where one of the columns does not vary."""
    if np.ptp(a) == 0.0 or np.ptp(b) == 0.0:
        return math.nan
    a, b = a - np.average(a, weights=w), b - np.average(b, weights=w)
    covariance = float(np.sum(w * a * b))
    return max(-1.0, min(1.0, covariance / math.sqrt(float(np.sum(w * a * a)) * float(np.sum(w * b * b)))))


def _fisher(r: float, n: float, level: float) -> tuple[float, float]:
    if abs(r) == 1.0:
        return r, r
    reach = float(ndtri(0.5 + 0.5 * level)) * math.sqrt((1.0 + 0.5 * r * r) / (n - 3.0))
    return math.tanh(math.atanh(r) - reach), math.tanh(math.atanh(r) + reach)


def _p_value(r: float, n: float) -> float:
    """Two-sided, from Student's t with n − 2 degrees of freedom."""
    if abs(r) == 1.0:
        return 0.0
    return 2.0 * float(stdtr(n - 2.0, -abs(r) * math.sqrt((n - 2.0) / (1.0 - r * r))))


def _interval(log_ratio: float, influence: Array, w: Array, level: float) -> tuple[float, float, float]:
    """ln of a ratio, and its interval from how far each customer moves it."""
    reach = float(ndtri(0.5 + 0.5 * level)) * math.sqrt(float(np.sum(w * influence**2)))
    return log_ratio, log_ratio - reach, log_ratio + reach


def _halves(x: Array, z: Array, w: Array) -> tuple[float, Array]:
    """ln of value per purchase in the busier half over that in the other, and each customer's influence.

    Customers equal in frequency at the border belong to both halves, in the same proportion.
    """
    _, place = np.unique(x, return_inverse=True)
    count = np.bincount(place, weights=w)
    below = np.cumsum(count) - count
    quiet = np.clip((0.5 * w.sum() - below) / count, 0.0, 1.0)[place]
    log_ratio, influence = 0.0, np.zeros_like(x)
    for share, sign in ((1.0 - quiet, 1.0), (quiet, -1.0)):
        money, purchases = float(np.sum(w * share * x * z)), float(np.sum(w * share * x))
        log_ratio += sign * math.log(money / purchases)
        influence += sign * share * x * (z / money - 1.0 / purchases)
    return log_ratio, influence


def _revenue(x: Array, z: Array, w: Array) -> tuple[float, Array]:
    """ln of value per purchase over the mean of customers' values, and each customer's influence."""
    money, purchases, means, n = (float(np.sum(w * v)) for v in (x * z, x, z, np.ones_like(x)))
    return math.log(money / purchases * n / means), x * z / money - x / purchases - z / means + 1.0 / n
