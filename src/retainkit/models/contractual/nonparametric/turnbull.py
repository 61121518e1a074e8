"""Turnbull: the share of customers still there where it is known only between which tenures they left.

Turnbull, B. W. (1976), "The Empirical Distribution Function with Arbitrarily Grouped, Censored and Truncated
Data", Journal of the Royal Statistical Society B 38(3), 290-295, doi:10.1111/j.2517-6161.1976.tb01597.x. With
late entry the stretches are those of Alioum, A. and Commenges, D. (1996), "A Proportional Hazards Model for
Arbitrarily Censored and Truncated Data", Biometrics 52(2), 512-524, doi:10.2307/2532891.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self, final

import numpy as np
from numpy.typing import NDArray

from retainkit._numerics.grouping import Codes
from retainkit._numerics.hazard_steps import Stretches
from retainkit.columns import keeps_labels
from retainkit.errors import FitError, InputError
from retainkit.models.contractual.nonparametric.curve import AbstractCurve, Time
from retainkit.models.contractual.nonparametric.risk_table import (
    RiskTable,
    Watch,
    enters_late,
    nobody,
    refuse_gaps,
)
from retainkit.models.contractual.questions import plain
from retainkit.protocols import DataOf, data_of
from retainkit.summaries import Renewals
from retainkit.typing import Array, Real


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Turnbull(AbstractCurve):
    """Survival by tenure from intervals: left, right and interval censoring, moments and late entry together.

    The curve of the highest likelihood that any curve has. It falls only within certain stretches of tenure;
    how it falls within one the data do not say. `survival` falls at the end of each, `survival_bounds` gives
    the highest and the lowest curve of that likelihood. Where all moments are known, and in whole periods, it
    is `KaplanMeier`.

    Notes
    -----
    The estimate is the maximum of a concave function; at risk and left in `table` are expected counts.
    Standard errors are from the observed information with the stretches taken as known, which is Greenwood's
    formula where moments are; with many short stretches they are too small.

    Examples
    --------
    >>> import retainkit as rk
    >>> visits = rk.Renewals.from_intervals(
    ...     lower=[0, 0, 3, 3, 6, 9], upper=[3, 6, 6, 9, 9, float("inf")], weight=[20, 10, 30, 10, 20, 60],
    ...     unit="month",
    ... )
    >>> curve = Turnbull.estimate(visits)
    >>> print(curve)
    Turnbull of 150 customers, 90 left: median 9 months, 40.0% still there after 9 months
    >>> curve.survival([3, 6, 9]).round(3).tolist()
    [0.843, 0.557, 0.4]
    >>> [round(bound, 3) for bound in curve.survival_bounds(4)]
    [0.557, 0.843]
    """

    label: ClassVar[str] = "Turnbull"

    @classmethod
    def estimate(cls, renewals: DataOf[Renewals]) -> Self:
        """The curve of a summary.

        With late entry it raises `InputError` where nobody was under observation at some tenure, or where all
        who were may have left before later ones came: the curve would be flat, or 0, without anybody knowing.
        """
        data = data_of(renewals, Renewals, "renewals", cls.__name__).compress()
        left = data.event > 0.0
        given = data.duration - 1.0 if data.whole_periods else data.lower
        lower = np.where(left, data.duration if given is None else given, data.duration)
        watched = data.duration > data.entry
        if not watched.any():
            raise nobody(data, 0.0)
        if enters_late(data):
            refuse_gaps(Watch.of(data, None), 0.0, float(data.duration.max()), cls.__name__)
        after, time = _stretches(lower, data.duration, data.entry, left)
        moment = left & (lower == data.duration)
        first = np.searchsorted(time, lower, side="right") - moment  # that of a moment ends at it
        last = np.searchsorted(time, data.duration, side="right")
        begin = np.searchsorted(time, data.entry, side="right")
        heads, passed = (_passed(begin, first, w, time.size) for w in (np.ones_like(lower), data.weight))
        _refuse_collapse(time, heads, cls.__name__)
        ends = bool(np.any(heads[-1:] == 0.0))
        key, place = np.unique(first[left] * (time.size + 1) + last[left], return_inverse=True)
        told = Stretches(
            first=key // (time.size + 1),
            last=key % (time.size + 1),
            weight=np.bincount(place, data.weight[left], key.size).astype(np.float64),
            passed=passed[: time.size - ends],
            ends=ends,
        )
        try:
            steps = told.maximum()
        except ArithmeticError as error:
            way_out = "Round the bounds to fewer tenures."
            raise FitError("not-converged", f"Turnbull was not found: {error}.", way_out=way_out) from error
        return cls._of_steps(data, told, steps, after, time)

    @classmethod
    def _of_steps(cls, data: Renewals, told: Stretches, steps: Array, after: Array, time: Array) -> Self:
        kept = np.pad(steps > 0.0, (0, told.ends), constant_values=True)
        share = np.exp(-np.append(0.0, np.cumsum(steps[steps > 0.0])))
        shares = np.append(share, [0.0] * told.ends)
        variance = np.concatenate([[0.0], told.variance(steps), [np.inf] * told.ends])
        left = told.events(steps)[kept]
        at_risk = left / np.append(-np.expm1(-steps[steps > 0.0]), [1.0] * told.ends)
        after, time, end = after[kept], time[kept], float(data.duration.max())
        if not time.size or time[-1] < end:  # nobody left in the last stretch, which was watched to its end
            after, time, left = np.append(after, end), np.append(time, end), np.append(left, 0.0)
            at_risk = np.append(at_risk, data.weight[data.duration >= end].sum())
            shares, variance = np.append(shares, shares[-1]), np.append(variance, variance[-1])
        watched = data.duration > data.entry
        seen = watched & (data.event == 0.0)
        place = np.searchsorted(time, data.duration[seen])
        risk = RiskTable(
            time=time,
            at_risk=at_risk,
            left=left[None],
            censored=np.bincount(place, data.weight[seen], time.size).astype(np.float64),
            start=0.0,
            customers=float(data.weight[watched].sum()),
            reasons=data.reasons,
            whole_periods=data.whole_periods,
            unit=data.unit,
            after=after,
        )
        return cls(risk=risk, shares=shares, log_variance=variance)

    @keeps_labels
    def survival_bounds(self, t: Time) -> tuple[Real, Real]:
        """The lowest and the highest share still there after tenure `t` that the estimate allows.

        They differ within a stretch in which customers left somewhere; `survival` is the higher one.
        """
        now, _ = self.observed(t)
        assert self.risk.after is not None
        begun = np.searchsorted(self.risk.after, now, side="left")
        lowest = self.shares[np.maximum(begun, self.place(now))]
        return plain(np.asarray(lowest)), plain(np.asarray(self.shares[self.place(now)]))


def _stretches(lower: Array, upper: Array, entry: Array, left: NDArray[np.bool_]) -> tuple[Array, Array]:
    """The stretches (after, time] in which a curve of highest likelihood may fall, moments as [t, t].

    Each begins where somebody was last seen and ends, with no such tenure in between, where somebody was gone
    or one more was watched.
    """
    late = entry[entry > 0.0]
    value = np.concatenate([lower, upper[left], late])
    # at equal tenures a moment begins before those who left by then are gone, who was last seen then after it
    kind = np.ones(value.size, np.int8)
    kind[: lower.size] = np.where(left & (lower == upper), 0, 2)
    order = np.lexsort((kind, value))
    begins = (kind != 1)[order]
    place = np.flatnonzero(begins[:-1] & ~begins[1:])
    return value[order][place], value[order][place + 1]


def _passed(begin: Codes, first: Codes, weight: Array, size: int) -> Array:
    """How many were watched at the start of each stretch and known to be there after it."""
    rise = np.bincount(begin, weight, size + 1) - np.bincount(first, weight, size + 1)
    return np.asarray(np.cumsum(rise)[:-1], np.float64)


def _refuse_collapse(time: Array, heads: Array, model: str) -> None:
    gone = np.flatnonzero(heads[:-1] <= 0.0)
    if gone.size:
        at = float(time[gone[-1]])
        rule = "must have somebody known to get past every tenure while later tenures are observed"
        shown = f"nobody known to get past tenure {at!s}"
        way_out = f"Leave out those who were watched before tenure {at!s} only: {model} is 0 from there on."
        raise InputError("nobody-at-risk", "renewals", shown, rule, way_out)
