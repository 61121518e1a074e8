"""Nelson–Aalen: the churn that customers have been exposed to by each tenure.

Nelson, W. (1972), Technometrics 14(4), 945-966; Aalen, O. (1978), "Nonparametric Inference for a Family of
Counting Processes", Annals of Statistics 6(4), 701-726, doi:10.1214/aos/1176344247.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self, final

import numpy as np

from retainkit.columns import keeps_labels
from retainkit.models.contractual.nonparametric.curve import AbstractCurve, Time
from retainkit.models.contractual.nonparametric.estimate import normal_quantile
from retainkit.models.contractual.nonparametric.risk_table import risk_table
from retainkit.models.contractual.questions import plain
from retainkit.protocols import DataOf
from retainkit.summaries import Renewals
from retainkit.typing import Array, Number, Real


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class NelsonAalen(AbstractCurve):
    """Cumulative hazard by tenure: the sum of the shares that left at each.

    H(t) = Σ d/n over the tenures up to t, with Aalen's variance Σ d/n²; its slope is the churn rate. As a
    survival curve it is exp(−H), which lies above Kaplan–Meier's and comes to it as churn per tenure gets
    small; where many leave at once (whole periods) Kaplan–Meier is right and this one is too high.

    Examples
    --------
    >>> import retainkit as rk
    >>> members = rk.Renewals(duration=[5, 8, 8, 12, 20], event=[1, 1, 0, 1, 0], unit="week")
    >>> curve = NelsonAalen.estimate(members)
    >>> round(curve.cumulative_hazard(12), 6)  # 1/5 + 1/4 + 1/2
    0.95
    >>> round(curve.survival(12), 6)
    0.386741
    """

    label: ClassVar[str] = "Nelson–Aalen"

    @classmethod
    def estimate(cls, renewals: DataOf[Renewals], *, from_tenure: Time = 0.0) -> Self:
        """The curve of a summary, or of those in it who got past a tenure; as `KaplanMeier.estimate`."""
        risk = risk_table(renewals, from_tenure=from_tenure, model=cls.__name__)
        left, n = risk.left_in_all, risk.at_risk
        shares = np.append(1.0, np.exp(-np.cumsum(left / n)))
        return cls(risk=risk, shares=shares, log_variance=np.append(0.0, np.cumsum(left / n**2)))

    @keeps_labels
    def cumulative_hazard(self, t: Time) -> Real:
        """H(t): expected number of times that a customer replaced at once would have left by tenure `t`.

        Past the last observed tenure it is refused unless the curve is `continued`.
        """
        with np.errstate(divide="ignore"):  # infinite once a continued curve has stopped
            return plain(-np.log(self._share("t", self._tenure("t", t))) + 0.0)

    @keeps_labels
    def cumulative_hazard_standard_error(self, t: Time) -> Real:
        """Standard error of `cumulative_hazard` by Aalen's variance."""
        now, _ = self.observed(t, None)
        return plain(np.asarray(np.sqrt(self.log_variance[self.place(now)])))

    def cumulative_hazard_interval(self, t: Time, level: Number = 0.95) -> tuple[Real, Real]:
        """Lower and upper bound of `cumulative_hazard`, taking ln H as normal: H·exp(±z·se/H).

        It is that of `interval` seen through −ln; both bounds are 0 while nobody has left.
        """
        now, _ = self.observed(t, None)
        hazard = np.asarray(self.cumulative_hazard(now))
        error: Array = np.sqrt(self.log_variance[self.place(now)])
        reach = np.exp(normal_quantile(level) * error / np.where(hazard > 0.0, hazard, 1.0))
        return plain(hazard / reach), plain(hazard * reach)
