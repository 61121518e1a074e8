"""The migration model: customers who skip a sale are not lost, but come back less and less probably.

Dwyer, F. R. (1989), "Customer lifetime valuation to support marketing decision making", Journal of Direct
Marketing 3(4), 8-15, doi:10.1002/dir.4000030404; case 5 of Berger and Nasr (citation in `berger_nasr`).

p_j is the probability that a customer whose last purchase was j periods ago buys now. After J periods
without a purchase no more is spent on the customer, who is counted as lost.
"""

from __future__ import annotations

from math import inf

import numpy as np

from retainkit.columns import numbers
from retainkit.domains import ENDLESS, GROWTH, PROBABILITY, REAL
from retainkit.each_draw import draw_by_draw
from retainkit.economics.formulas.survival import whole
from retainkit.errors import InputError
from retainkit.rates import in_period
from retainkit.typing import Array, Number, NumberLike, RateLike, Unit


def migration_purchases(purchase_probabilities: NumberLike, *, horizon: int) -> Array:
    """The expected purchases, per customer acquired now, in period 0, 1, …, n: one column of n + 1.

    C₀ = 1 and Cᵢ = Σ_j C_{i−j}·p_j·Π_{k<j}(1 − p_k): who bought j periods ago, not since, and buys now.

    Raises `InputError` for anything but shares in one column.

    Parameters
    ----------
    purchase_probabilities : (J,) in [0, 1]
        p₁, p₂, …, by the number of periods since the last purchase.
    horizon : int
        n, 1 or more.

    Examples
    --------
    >>> migration_purchases([0.3, 0.2], horizon=3).round(4).tolist()
    [1.0, 0.3, 0.23, 0.111]
    """
    p = _probabilities(purchase_probabilities)
    return _purchases(p, whole("horizon", horizon))


@draw_by_draw("contribution_per_purchase", "promotion_cost", "discount_rate")
def migration_value(
    contribution_per_purchase: Number,
    *,
    promotion_cost: Number,
    purchase_probabilities: NumberLike,
    discount_rate: RateLike,
    horizon: Number = inf,
    period: Unit | None = None,
) -> float:
    """What a customer acquired by a purchase now is worth, with the purchases and promotions to come.

    GC·Σ_{i=0..n} Cᵢ/(1+d)ⁱ − M·Σ_{i=1..n} Qᵢ/(1+d)^(i−½), Cᵢ as `migration_purchases`. A promotion M falls
    half-way before every sale for everyone who bought within the last J periods, a share Qᵢ =
    Σ_{j≤J} C_{i−j}·Π_{k<j}(1 − p_k).

    Raises `InputError` for values outside their domain, and where the endless sum has no limit.

    Parameters
    ----------
    contribution_per_purchase : number, money
        GC, before promotion. The purchase now is counted.
    promotion_cost : number, money
    purchase_probabilities : (J,) in [0, 1]
        By the number of periods since the last purchase; the promotion ends after J.
    discount_rate : number > -1, or Rate, per period
    horizon : int
        n; all by default, in closed form.
    period : unit, optional
        What a period is; needed to convert a `Rate`.

    Returns
    -------
    float
        Money of now. The same customer as a Markov chain: `markov_value` with `recency_chain`, where a
        promotion is paid at the sale.

    Examples
    --------
    >>> p = [0.3, 0.2, 0.15, 0.05]
    >>> value = migration_value(40, promotion_cost=4, purchase_probabilities=p, discount_rate=0.2)
    >>> round(value, 4)
    53.6413
    """
    p = _probabilities(purchase_probabilities)
    (rate,) = in_period(period, discount_rate=discount_rate)
    gc, m, d, n = numbers(
        contribution_per_purchase=(contribution_per_purchase, REAL),
        promotion_cost=(promotion_cost, REAL),
        discount_rate=(rate, GROWTH),
        horizon=(horizon, ENDLESS),
    )
    absent = np.concatenate([[1.0], np.cumprod(1.0 - p)])  # not bought for 0, 1, …, J periods
    v = (1.0 + d) ** -np.arange(1.0, p.size + 1.0)
    if n == inf:
        # a renewal process: each purchase starts it anew, so that all purchases are a geometric sum
        purchases = 1.0 / _left_over(p * absent[:-1], absent[-1], d)
        return purchases * float(gc - m * (absent[:-1] * v).sum() * (1.0 + d) ** 0.5)
    last = 0 if n == 0.0 else whole("horizon", n)
    bought = _purchases(p, last)
    # whoever bought up to J periods ago and not since is promoted to, and that is a convolution
    promoted = np.convolve(bought, absent[:-1])[:last]
    sales = bought @ (1.0 + d) ** -np.arange(last + 1.0)
    return float(gc * sales - m * (promoted @ (1.0 + d) ** -(np.arange(last) + 0.5)))


def _probabilities(value: NumberLike) -> Array:
    p = np.asarray(PROBABILITY.check("purchase_probabilities", value))
    if p.ndim != 1 or p.size == 0:
        rule = "must be one column: the probability 1, 2, … periods after the last purchase"
        way_out = "For a customer lost with the first sale skipped, write [0.8]."
        raise InputError("wrong-shape", "purchase_probabilities", value, rule, way_out)
    return p


def _purchases(p: Array, last: int) -> Array:
    after = p * np.concatenate([[1.0], np.cumprod(1.0 - p[:-1])])  # the next purchase comes after j periods
    bought = np.ones(last + 1)
    for i in range(1, last + 1):
        j = min(i, p.size)
        bought[i] = after[:j] @ bought[i - j : i][::-1]
    return bought


def _left_over(after: Array, lost: NumberLike, d: float) -> float:
    """1 − Σ_j after_j·v^j, as a sum of what is lost and what is discounted away."""
    # 1 − Σ afterⱼ·vʲ, from what is lost and what discounting takes: neither is a difference from 1
    left = float(lost - (after * np.expm1(-np.log1p(d) * np.arange(1.0, after.size + 1.0))).sum())
    if left > 0.0:
        return left
    rule = "is too low for an endless sum: as much comes back as is lost"
    way_out = "Count up to a horizon=…, or discount more."
    raise InputError("infinite-value", "discount_rate", d, rule, way_out)
