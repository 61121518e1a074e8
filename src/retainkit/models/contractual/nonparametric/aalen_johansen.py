"""Aalen–Johansen: how many have left by each tenure for each reason, when reasons compete.

Aalen, O. and Johansen, S. (1978), "An Empirical Transition Matrix for Non-homogeneous Markov Chains Based
on Censored Observations", Scandinavian Journal of Statistics 5(3), 141-150. The variance is that of the
delta method, after Marubini, E. and Valsecchi, M. G. (1995), Analysing Survival Data from Clinical Trials
and Observational Studies, Wiley, section 10.2; the same as the recursion of Greenwood's type for transition
matrices in Andersen, Borgan, Gill and Keiding (1993), Statistical Models Based on Counting Processes, IV.4,
which stays regular where all who are at risk leave.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self, final

import numpy as np

from retainkit.columns import keeps_labels
from retainkit.errors import unknown_choice
from retainkit.models.contractual.nonparametric.curve import Time
from retainkit.models.contractual.nonparametric.estimate import (
    AbstractEstimate,
    Transform,
    survival_band,
)
from retainkit.models.contractual.nonparametric.kaplan_meier import KaplanMeier
from retainkit.models.contractual.questions import plain
from retainkit.plurals import counted
from retainkit.protocols import DataOf, data_of
from retainkit.records import Impossible
from retainkit.summaries import Renewals
from retainkit.typing import Array, Number, Plain, Real, Unit


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AalenJohansen(AbstractEstimate):
    """Share that has left by each tenure for each reason, such as by choice or for a failed payment.

    F(t) = Σ S(t−)·d/n over the tenures up to t, with d those who left for that reason and S the
    Kaplan–Meier curve of all reasons. One minus a Kaplan–Meier curve that takes the other reasons as
    censored is something else, and too high: it counts customers who have gone already. The shares of all
    reasons and of those still there add up to 1. Equal tenures are taken as they are, without jitter.

    Examples
    --------
    >>> import retainkit as rk
    >>> members = rk.Renewals(
    ...     duration=[1, 1, 2, 2, 3], event=[1, 2, 1, 2, 0], weight=[120, 80, 60, 20, 720],
    ...     reasons=("voluntary", "failed payment"), whole_periods=True, unit="month",
    ... )
    >>> left = AalenJohansen.estimate(members)
    >>> round(left.cumulative_incidence("voluntary", 2), 6)
    0.18
    >>> round(left.cumulative_incidence("failed payment", 2), 6)
    0.1
    >>> round(left.survival(2), 6)
    0.72
    """

    all_reasons: KaplanMeier
    """Survival whatever the reason."""
    shares: Array  # (reasons, k + 1): left by each tenure of the risk table, 0 at the start
    variance: Array  # (reasons, k + 1)

    @classmethod
    def estimate(cls, renewals: DataOf[Renewals], *, from_tenure: Time = 0.0) -> Self:
        """The estimate from a summary with `reasons`, or from those in it who got past a tenure.

        Late entry is refused where `KaplanMeier.estimate` refuses it.
        """
        data = data_of(renewals, Renewals, "renewals", cls.__name__)
        curve = KaplanMeier.estimate(data, from_tenure=from_tenure)
        left, n = curve.risk.left, curve.risk.at_risk
        before = curve.shares[:-1]  # S just before each tenure
        steps = before * left / n
        # by recursion: Var F_j = Var F + 2a·Cov(S, F) + a²·Var S + S²·d(n − d)/n³ with a = d/n and all else
        # just before j; Var S = S²·g (Greenwood) and Cov(S, F) = S·h, where h has the steps a·S·g − S·d/n²
        greenwood = curve.log_variance[:-1]
        step_of_h = steps * greenwood - steps / n
        h = np.cumsum(step_of_h, axis=-1) - step_of_h
        own = before**2 * left * (n - left) / n**3
        growth = 2.0 * steps * h + steps**2 * greenwood + own
        start = np.zeros((left.shape[0], 1))
        return cls(
            all_reasons=curve,
            shares=np.hstack([start, np.minimum(np.cumsum(steps, axis=-1), 1.0)]),  # but for rounding
            variance=np.hstack([start, np.maximum(np.cumsum(growth, axis=-1), 0.0)]),
        )

    def _impossible(self) -> Iterator[Impossible]:
        places = (len(self.reasons), self.all_reasons.shares.size)
        risen = self.shares.shape == places and np.all(self.shares[:, 0] == 0.0)
        if not (risen and np.all(np.diff(self.shares) >= 0.0) and self.shares.max() <= 1.0):
            yield "shares", self.shares, "must rise from 0, to 1 at most, for each reason"
        if self.variance.shape != places or np.any(self.variance < 0.0):
            yield "variance", self.variance, "must be 0 or more wherever there is a share"

    @property
    def reasons(self) -> tuple[str, ...]:
        """The names of the reasons; ``("left",)`` where the data name none."""
        return self.all_reasons.risk.reasons or ("left",)

    @property
    def unit(self) -> Unit | None:
        """What tenures count in."""
        return self.all_reasons.unit

    @keeps_labels
    def survival(self, t: Time, *, given: Time | None = None) -> Real:
        """Share still there after tenure `t`, whatever the reason: that of `KaplanMeier`."""
        return self.all_reasons.survival(t, given=given)

    @keeps_labels
    def cumulative_incidence(self, reason: str, t: Time) -> Real:
        """Share of customers who have left by tenure `t` for that reason, one of `reasons`.

        `t` may have any shape; it is at most the largest observed tenure, unless nobody is left there.
        """
        return plain(self._at(self.shares, reason, t))

    @keeps_labels
    def standard_error(self, reason: str, t: Time) -> Real:
        """Standard error of `cumulative_incidence`."""
        return plain(np.sqrt(self._at(self.variance, reason, t)))

    @keeps_labels
    def interval(
        self, reason: str, t: Time, level: Number = 0.95, *, transform: Transform = "log-log"
    ) -> tuple[Real, Real]:
        """Lower and upper bound of `cumulative_incidence`, taking a `transform` of 1 − F as normal.

        With a single reason they are 1 minus the bounds of `KaplanMeier.interval`, which says what the
        transforms are. Both are 0 while nobody has left
        for that reason; where all have, the lower one is that of the last share below 1.
        """
        share, variance = self.shares[self._number(reason)], self.variance[self._number(reason)]
        below = int(np.flatnonzero(share < 1.0)[-1])  # past it all have left for this one reason
        now, _ = self.all_reasons.observed(t)
        place = self.all_reasons.place(now)
        kept = np.minimum(place, below)
        rest = 1.0 - share[kept]
        lower, upper = survival_band(rest, variance[kept] / rest**2, level, transform)
        return plain(np.asarray(1.0 - upper)), plain(np.where(place > below, 1.0, 1.0 - lower))

    @property
    def table(self) -> dict[str, Array]:
        """The estimate as columns of equal length: for each reason those who left, their share, its error."""
        risk = self.all_reasons.risk
        columns = {**risk.columns, "survival": self.all_reasons.shares[1:]}
        for i, reason in enumerate(self.reasons):
            columns[f"left: {reason}"] = risk.left[i]
            columns[f"incidence: {reason}"] = self.shares[i, 1:]
            columns[f"standard error: {reason}"] = np.sqrt(self.variance[i, 1:])
        return columns

    @property
    def caveats(self) -> tuple[str, ...]:
        return self.all_reasons.caveats

    def _facts(self) -> Plain:
        return {**self.all_reasons.risk.facts, "reasons": list(self.reasons)}

    def __str__(self) -> str:
        risk = self.all_reasons.risk
        unit = f" {self.unit}s" if self.unit else ""
        shares = ", ".join(f"{f[-1]:.1%} {name}" for name, f in zip(self.reasons, self.shares, strict=True))
        return (
            f"Aalen–Johansen of {counted(risk.customers, 'customer', spec=',.6g')}, "
            f"{risk.left.sum():,.6g} left: by "
            f"{risk.end:g}{unit} {shares}, {self.all_reasons.shares[-1]:.1%} still there"
        )

    def _number(self, reason: str) -> int:
        if reason not in self.reasons:
            raise unknown_choice("reason", reason, self.reasons)
        return self.reasons.index(reason)

    def _at(self, columns: Array, reason: str, t: Time) -> Array:
        now, _ = self.all_reasons.observed(t)
        return np.asarray(columns[self._number(reason)][self.all_reasons.place(now)])
