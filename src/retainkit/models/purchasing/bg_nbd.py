"""BG/NBD: customers buy at their own steady rate and may leave for good right after any purchase.

Purchases are Poisson with gamma-distributed rates; after each repeat purchase a customer leaves with
a probability that is beta-distributed over customers. Nobody leaves before a first repeat purchase,
so P(alive) of one-time buyers is 1 by construction: a property of the model, not a finding.

Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24(2), 275-284,
doi:10.1287/mksc.1040.0098; open copy: http://brucehardie.com/papers/018/ (equation numbers below).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

from retainkit.models.purchasing.beta_geometric import AbstractBetaGeometricModel


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class BGNBD(AbstractBetaGeometricModel):
    """The beta-geometric / NBD model of repeat purchases.

    Parameters
    ----------
    r, alpha : float or array, > 0
        Shape and rate of the gamma distribution of purchase rates; the mean rate is r / alpha
        purchases per unit of time, so `alpha` counts in that unit.
    a, b : float or array, > 0
        Beta distribution of the probability to leave after a purchase; its mean is a / (a + b).
    unit : {"day", "week", "month", "quarter", "year"}, optional

    Notes
    -----
    One-time buyers have P(alive) = 1: the model lets nobody leave before a first repeat purchase.

    Examples
    --------
    >>> import retainkit as rk
    >>> model = rk.BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
    >>> customer = rk.Purchases(frequency=2, recency=30.43, T=38.86, unit="week")
    >>> print(model.expected_purchases(customer, horizon=39).round(3))
    [1.226]
    """

    _chances_at_once: ClassVar[int] = 0
