"""MBG/NBD: BG/NBD whose customers may leave right after their first purchase, too.

Customers buy at their own steady rate; after every purchase, the one that acquired them included, a
customer leaves for good with a probability of his own. So one-time buyers are not all alive, and the
longer their silence the less: what BG/NBD rules out.

Batislam, Denizel & Filiztekin (2007), Empirical validation and comparison of models for customer base
analysis, International Journal of Research in Marketing 24(3), 201-209,
doi:10.1016/j.ijresmar.2006.12.005. Hoppe & Wagner (2007), Customer base analysis: the case for a central
variant of the Betageometric/NBD model, Marketing - Journal of Research and Management 3(2), 75-90, find
the same model on their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

from retainkit.models.purchasing.beta_geometric import AbstractBetaGeometricModel


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MBGNBD(AbstractBetaGeometricModel):
    """The modified beta-geometric / NBD model of repeat purchases.

    Parameters
    ----------
    r, alpha : float or array, > 0
        Shape and rate of the gamma distribution of purchase rates; the mean rate is r / alpha
        purchases per unit of time, so `alpha` counts in that unit.
    a, b : float or array, > 0
        Beta distribution of the probability to leave after a purchase, the first one included; its
        mean is a / (a + b).
    unit : {"day", "week", "month", "quarter", "year"}, optional

    Notes
    -----
    Some customers leave at once: a share of a / (a + b) buys never again. Predictions for new customers
    are for all who are acquired, that share included.

    Examples
    --------
    >>> import retainkit as rk
    >>> model = rk.MBGNBD(r=0.525, alpha=6.183, a=0.891, b=1.614, unit="week")
    >>> one_timers = rk.Purchases(frequency=[0, 0], recency=[0, 0], T=[2, 38], unit="week")
    >>> print(model.probability_alive(one_timers).round(2))
    [0.61 0.39]
    """

    _chances_at_once: ClassVar[int] = 1
