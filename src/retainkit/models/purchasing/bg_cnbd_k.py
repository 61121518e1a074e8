"""BG/CNBD-k: BG/NBD with regular purchases, the times between them Erlang-k instead of exponential.

Reutterer, Platzer & Schröder (2021), Leveraging purchase regularity for predicting customer behavior the
easy way, International Journal of Research in Marketing, doi:10.1016/j.ijresmar.2020.09.002.
Platzer (2008), Stochastic models of noncontractual consumer relationships, master's thesis, Vienna
University of Economics and Business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

from retainkit.models.purchasing.erlang import AbstractErlangModel


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class BGCNBDk(AbstractErlangModel):
    """The beta-geometric / condensed NBD model: regular purchases, no leaving before the second.

    Every k-th stage of a customer's Poisson process is a purchase, so that the times between purchases
    vary less than at random: their coefficient of variation is 1/√k. With k = 1 it is `BGNBD`.

    Parameters
    ----------
    r, alpha : float or array, > 0
        Shape and rate of the gamma distribution of stage rates; the mean rate of purchases is
        r / (k·alpha) per unit of time, so `alpha` counts in that unit.
    a, b : float or array, > 0
        Beta distribution of the probability to leave after a repeat purchase; its mean is a / (a + b).
    k : whole number from 1 to 50
        Stages from one purchase to the next; no fit estimates it. ``fit(BGCNBDk, data, fixed={"k": 2})``
        holds it, `choose_k` compares several.
    unit : {"day", "week", "month", "quarter", "year"}, optional

    Notes
    -----
    A regular customer who is overdue is suspect sooner: P(alive) falls faster after the usual gap than
    under BG/NBD, and does not fall at all before it. Expectations are exact: they know how long the
    running gap has lasted, where the formulas of the literature scale BG/NBD's.

    Without ``purchases.log_gaps`` the log-likelihood lacks the term (k − 1)·Σ ln(gap). That moves no
    parameter, but log-likelihoods with different k, or with that of `BGNBD`, do not compare then.

    Examples
    --------
    >>> import retainkit as rk
    >>> model = rk.BGCNBDk(r=1.5, alpha=4.0, a=0.8, b=2.5, k=3, unit="week")
    >>> customers = rk.Purchases(frequency=[4, 4], recency=[36, 20], T=[40, 40], unit="week")
    >>> print(model.probability_alive(customers).round(2))
    [0.85 0.05]
    >>> print(model.expected_purchases(customers, horizon=10).round(2))
    [0.88 0.07]
    """

    _chances_at_once: ClassVar[int] = 0
