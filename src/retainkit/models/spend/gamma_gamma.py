"""Gamma-Gamma: every customer spends around a mean of their own, and the means differ over customers.

The value of each purchase is gamma-distributed around the customer's mean; the customers' rates are
gamma-distributed in turn. Spend is assumed independent of how often a customer buys.

Fader, Hardie & Lee (2005), RFM and CLV: Using Iso-Value Curves, Journal of Marketing Research 42(4),
415-430, doi:10.1509/jmkr.2005.42.4.415; derivations: Fader & Hardie (2013),
http://www.brucehardie.com/notes/025/ (equation numbers below).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from scipy.special import betaln, digamma, gammaincinv

from retainkit.models._base import AbstractModel
from retainkit.parameters import NOT_NEGATIVE, positive
from retainkit.summaries import Spend
from retainkit.typing import Array, NumberLike, Real


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class GammaGamma(AbstractModel[Spend]):
    """The gamma-gamma model of spend per purchase.

    Parameters
    ----------
    p : float or array, > 0
        Shape of the gamma distribution of one purchase's value within a customer.
    q, v : float or array, > 0
        Shape and rate of the gamma distribution of the customers' own rates; `v` counts in money.

    Notes
    -----
    The mean over new customers, p·v/(q − 1), exists only for q > 1. For q ≤ 1 the tail of rich customers
    is so heavy that it is infinite: the expectations answer ``inf`` and the medians stay finite.

    Examples
    --------
    >>> import retainkit as rk
    >>> model = rk.GammaGamma(p=6.25, q=3.74, v=15.44)
    >>> customers = rk.Spend(frequency=[2, 0], monetary_value=[22.35, 0.0])
    >>> print(model.expected_spend(customers).round(2))
    [24.66 35.22]
    """

    p: Real = positive(start=4.0, typical=(1.0, 8.0), doc="shape of a customer's purchase values")
    q: Real = positive(start=4.0, typical=(1.5, 6.0), doc="shape of the gamma over customers")
    v: Real = positive(
        start=0.75, typical=(0.2, 2.0), unit="money", doc="rate of the gamma over customers, in money"
    )

    data_kind: ClassVar[type[Spend]] = Spend

    # -- likelihood ---------------------------------------------------------------------------------

    def log_likelihood_and_score(self, data: Spend) -> tuple[Array, Array]:
        p, q, v = self.p, self.q, self.v
        by_x = data.levels("frequency")
        known = by_x.values > 0
        n = np.where(known, by_x.values, 1.0)  # a customer of whom nothing is known adds 0, below
        total = np.where(data.frequency > 0, data.frequency * data.monetary_value, 1.0)
        log_z = np.log(total / by_x.spread(n))
        own = -np.log1p(v / total)  # ln of the share of total in total + v
        rest = -np.log1p(total / v)

        px = p * n
        value = (
            -by_x.spread(np.asarray(betaln(px, q), np.float64)) - log_z + by_x.spread(px) * own + q * rest
        )  # eq. (1a)

        score = np.empty((3, *value.shape))
        d_beta: Array = digamma(px + q)
        score[0] = by_x.spread(n * (d_beta - digamma(px))) + by_x.spread(n) * own
        score[1] = by_x.spread(d_beta - digamma(q)) + rest
        score[2] = q / v - (by_x.spread(px) + q) / (total + v)
        evidence = by_x.spread(known.astype(np.float64))
        return value * evidence, score * evidence

    # -- predictions --------------------------------------------------------------------------------

    def expected_spend(self, spend: Spend) -> Array:
        """Expected value of a future purchase of each customer, given what they spent so far.

        A weighted mean of the customer's own average and the mean of all customers, eq. (5). Customers
        with frequency 0 get the mean of all. ``inf`` where that mean is infinite (p·frequency + q ≤ 1).

        Parameters
        ----------
        spend : Spend, n entries

        Returns
        -------
        (n,) money; (draws, n) if the parameters have a leading draws axis.
        """
        x, z = spend.frequency, spend.monetary_value
        return _ratio(self.p * (self.v + x * z), self.p * x + self.q - 1.0)

    def expected_spend_new(self) -> Real:
        """Expected value of a purchase of a customer not yet seen: p·v/(q − 1), ``inf`` for q ≤ 1."""
        mean = _ratio(np.asarray(self.p) * self.v, np.asarray(self.q) - 1.0)
        return float(mean) if mean.ndim == 0 else mean

    def median_spend(self, spend: Spend) -> Array:
        """Median of what each customer's own mean spend may be; finite for every q."""
        x, z = spend.frequency, spend.monetary_value
        return self.p * (self.v + x * z) / gammaincinv(self.p * x + self.q, 0.5)

    def median_spend_new(self) -> Real:
        """Median over new customers of their own mean spend; finite for every q."""
        median = np.asarray(self.p * self.v / gammaincinv(self.q, 0.5))
        return float(median) if median.ndim == 0 else median

    # -- simulator ----------------------------------------------------------------------------------

    def sample(self, frequency: NumberLike, *, seed: int | np.random.Generator) -> Spend:
        """Simulate the mean value of `frequency` purchases for one customer each.

        Parameters
        ----------
        frequency : (n,) whole numbers ≥ 0
        seed : int or numpy Generator
        """
        x = np.atleast_1d(NOT_NEGATIVE.check("frequency", frequency))
        rng = self._generator(seed)
        rate = rng.gamma(self.q, 1.0 / np.asarray(self.v), x.shape)
        mean = rng.gamma(self.p * np.maximum(x, 1.0)) / (rate * np.maximum(x, 1.0))
        return Spend(frequency=x, monetary_value=np.where(x > 0, mean, 0.0))


def _ratio(above: Array, below: Array) -> Array:
    """above / below where below is positive, else inf: the integral diverges."""
    safe = np.where(below > 0.0, below, 1.0)
    return np.where(below > 0.0, above / safe, np.inf)
