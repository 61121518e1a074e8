"""Kaplan–Meier: the share of customers still there, straight from who left and who was still there.

Kaplan, E. L. and Meier, P. (1958), "Nonparametric Estimation from Incomplete Observations", Journal of the
American Statistical Association 53(282), 457-481, doi:10.1080/01621459.1958.10501452. The variance is
Greenwood's (1926); with late entry the risk set counts those who have entered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self, final

import numpy as np

from retainkit.models.contractual.nonparametric.curve import AbstractCurve, Time
from retainkit.models.contractual.nonparametric.estimate import one_number
from retainkit.models.contractual.nonparametric.restricted_mean import RestrictedMean, area_and_error
from retainkit.models.contractual.nonparametric.risk_table import risk_table
from retainkit.protocols import DataOf
from retainkit.summaries import Renewals


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class KaplanMeier(AbstractCurve):
    """Survival by tenure as the data say it, without a formula for churn.

    S(t) = Π (1 − d/n) over the tenures up to t at which d of the n customers at risk left. Greenwood's
    variance of ln S is Σ d/(n(n − d)).

    `estimate` makes one from `Renewals`, and so does ``fit(KaplanMeier, renewals)``. Weights count
    customers, so that one entry of weight 3 and three equal entries are the same to the last digit. The
    curve is known up to the largest observed tenure; past it every question is refused until `continued`
    says what to assume.

    Examples
    --------
    >>> import retainkit as rk
    >>> members = rk.Renewals(
    ...     duration=[1, 2, 3, 3, 4], event=[1, 1, 1, 0, 0], weight=[300, 100, 60, 40, 500],
    ...     whole_periods=True, unit="year",
    ... )
    >>> curve = KaplanMeier.estimate(members)
    >>> print(curve)
    Kaplan–Meier of 1,000 customers, 460 left: median not reached, 54.0% still there after 4 years
    >>> curve.survival([0, 1, 2, 4]).round(6).tolist()
    [1.0, 0.7, 0.6, 0.54]
    >>> round(curve.survival(4, given=1), 6)
    0.771429
    >>> [round(bound, 4) for bound in curve.interval(2)]
    [0.5689, 0.6296]
    >>> round(curve.continued("same-churn", over=2).survival(6), 6)
    0.486
    """

    label: ClassVar[str] = "Kaplan–Meier"

    @classmethod
    def estimate(cls, renewals: DataOf[Renewals], *, from_tenure: Time = 0.0) -> Self:
        """The curve of a summary, or of those in it who got past a tenure.

        With late entry, tenures at which nobody was under observation, and an early one at which all who were
        left, raise `InputError`: the product would be flat, or 0 for ever, without anybody knowing it.

        Parameters
        ----------
        renewals : Renewals
        from_tenure : tenure in the data's unit or Duration
            Where the curve begins, with S = 1. A later start is the way out where late entry leaves the
            first tenures with nobody, or almost nobody, under observation.
        """
        risk = risk_table(renewals, from_tenure=from_tenure, model=cls.__name__)
        left, n = risk.left_in_all, risk.at_risk
        with np.errstate(divide="ignore"):  # infinite where all leave and S is 0
            greenwood = np.cumsum(left / (n * (n - left)))
        shares = np.append(1.0, np.cumprod((n - left) / n))
        return cls(risk=risk, shares=shares, log_variance=np.append(0.0, greenwood))

    def restricted_mean(self, horizon: Time, *, given: Time | None = None) -> RestrictedMean:
        """Expected time as a customer up to a horizon, with its standard error: ∫ S(t) dt.

        The area under the curve between `given` (where the curve begins, by default) and `horizon`. In
        whole periods it is the expected number of periods begun, the first included. The `horizon` is at most
        the largest observed tenure, unless the curve has come down to 0.
        """
        end = one_number("horizon", self._tenure("horizon", horizon))
        known = self._known(given)
        self._refuse_beyond("horizon", np.asarray(end))
        reached = one_number("given", self._reached(known))
        mean, error = area_and_error(self, one_number("given", known), end)
        # given the share that got so far: both are per customer still there
        return RestrictedMean(mean / reached, error / reached, end, self.unit)
