"""What every non-parametric survival curve answers, in one place.

A curve is a step function: 1 at the start, and a lower share from each tenure at which somebody left. Of what
happens after the last observed tenure nothing is assumed unsaid.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from retainkit.columns import keeps_labels
from retainkit.domains import PROBABILITY
from retainkit.errors import InputError, first_offender, refuse_where, unknown_choice
from retainkit.models.contractual.nonparametric.estimate import (
    AbstractEstimate,
    Transform,
    one_number,
    survival_band,
)
from retainkit.models.contractual.nonparametric.risk_table import RiskTable
from retainkit.models.contractual.questions import plain, times
from retainkit.records import Impossible
from retainkit.typing import Array, Number, NumberLike, Plain, Real, Unit
from retainkit.units import Duration

_NOISE = 1e-9  # of rounding, in what was written
Time: TypeAlias = "Duration | NumberLike"

_ROUNDING = 1e-12  # of a share: what a product of a million steps may lose
_FEW = 10.0  # customers at risk below which one who leaves moves a curve by a tenth and more


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AbstractCurve(AbstractEstimate):
    """A step function of survival with the variance of its logarithm."""

    risk: RiskTable
    shares: Array  # (k + 1,): 1 at the start, then survival at each tenure of the risk table
    log_variance: Array  # (k + 1,): variance of ln S at the same tenures
    force_after: float | None = None
    """Churn rate per unit of time after the last observation: inf stops, 0 is flat, None refuses."""

    label: ClassVar[str]

    # -- survival ----------------------------------------------------------------------------------

    @keeps_labels
    def survival(self, t: Time, *, given: Time | None = None) -> Real:
        """Share of customers still there after tenure `t`, of those who were there at tenure `given`.

        Raises `InputError` past the last observed tenure, unless the curve has come down to 0 or `continued`
        says what happens there; before the curve begins; and for a `given` tenure that nobody is known to
        reach.

        Parameters
        ----------
        t : tenure in the data's unit or as a Duration; any shape
            Who leaves at exactly `t` has left.
        given : tenure known to have been reached, broadcast against `t`
            S(t)/S(given), and 1 for tenures already passed. By default where the curve begins.
        """
        known = self._known(given)
        now = np.maximum(self._tenure("t", t), known)
        return plain(np.asarray(self._share("t", now) / self._reached(known)))

    @keeps_labels
    def retention(self, t: Time) -> Real:
        """Share kept in the period that ends at tenure `t`: S(t)/S(t − 1)."""
        return self.survival(t, given=self._tenure("t", t, after_start=1.0) - 1.0)

    @keeps_labels
    def churn(self, t: Time) -> Real:
        """Share lost in the period that ends at tenure `t`: 1 − S(t)/S(t − 1)."""
        return 1.0 - self.retention(t)

    @keeps_labels
    def hazard(self, t: Time, *, over: Number = 1.0) -> Real:
        """How strongly customers left in the stretch of time that ends at `t`, per unit of time.

        Σ d/n over the tenures in (t − over, t], divided by `over`: in whole periods the share that left
        at the t-th renewal, with exact times the mean rate in that stretch, which may exceed 1.
        """
        width = self._width(over)
        end = self._tenure("t", t, after_start=width)
        self._refuse_beyond("t", end)
        total = np.append(0.0, np.cumsum(self.risk.left_in_all / self.risk.at_risk))
        return plain(np.asarray(total[self.place(end)] - total[self.place(end - width)]) / width)

    def continued(self, after_end: AfterEnd, *, over: Number = 1.0) -> Self:
        """The same curve with a rule for tenures past the last observation.

        Standard errors and intervals stay refused there: they would not know of the assumption.

        Parameters
        ----------
        after_end : {"stop", "same-churn", "flat"} or number in [0, 1]
            ``"stop"``: nobody counts any more, a lower bound. ``"flat"``: nobody leaves any more, an upper
            bound. ``"same-churn"``: the churn of the last stretch goes on. A number: that churn per unit
            of time. A curve that has come down to 0 stays there in any case.
        over : number > 0, in the data's unit
            The last stretch, for ``"same-churn"``: by default one unit of time, the last period.
        """
        kept, width = 1.0, 0.0
        if after_end == "same-churn":
            width = self._width(over)
            kept = float(self.shares[-1] / self.shares[self.place(np.asarray(self.end - width))])
        return replace(self, force_after=force_after(after_end, kept, width))

    # -- uncertainty -------------------------------------------------------------------------------

    @keeps_labels
    def standard_error(self, t: Time, *, given: Time | None = None) -> Real:
        """Standard error of `survival` at the same arguments.

        It is 0 where nobody has left yet and where nobody is left: the formula cannot tell more there.
        """
        now, known = self.observed(t, given)
        share = self._share("t", now) / self._reached(known)
        before = self.log_variance[self.place(known)]
        log_variance = np.where(share > 0.0, self.log_variance[self.place(now)], before) - before
        return plain(np.asarray(share * np.sqrt(np.maximum(log_variance, 0.0))))

    @keeps_labels
    def interval(
        self, t: Time, level: Number = 0.95, *, given: Time | None = None, transform: Transform = "log-log"
    ) -> tuple[Real, Real]:
        """Lower and upper bound of `survival` at the same arguments, pointwise.

        Parameters
        ----------
        t, given : as `survival`
        level : share in (0, 1)
        transform : {"log-log", "log", "plain"}
            Where the estimate is taken as normal: ln(−ln S) stays within (0, 1) by itself and keeps its
            level in small samples; "log" and "plain" are cut to [0, 1].

        Notes
        -----
        While nobody has left both bounds are 1, which says that nothing was seen, not that nothing can
        happen. Once S is 0 the lower bound is 0 and the upper one that of the last share above 0, since
        survival does not rise.
        """
        now, known = self.observed(t, given)
        reached = self._reached(known)
        last = int(np.flatnonzero(self.shares)[-1])  # past it S is 0
        place = np.minimum(self.place(now), last)
        log_variance = np.maximum(self.log_variance[place] - self.log_variance[self.place(known)], 0.0)
        lower, upper = survival_band(self.shares[place] / reached, log_variance, level, transform)
        gone = self._share("t", now) == 0.0
        return plain(np.where(gone, 0.0, lower)), plain(np.asarray(upper))

    # -- lifetimes ---------------------------------------------------------------------------------

    @property
    def median(self) -> float:
        """The tenure by which half of the customers have left; ``inf`` if not reached in observation."""
        return one_number("p", self.quantile(0.5))

    @keeps_labels
    def quantile(self, p: NumberLike, *, given: Time | None = None) -> Real:
        """The first tenure by which a share `p` of the customers has left: S(t) ≤ 1 − p.

        In the data's unit; ``inf`` where so many have not left by the end of observation and the curve is not
        `continued`, or never will.

        Parameters
        ----------
        p : number or array in (0, 1)
        given : tenure known to have been reached, one number
            Quantiles of the tenures of those who got so far.
        """
        known = np.asarray(one_number("given", self._known(given)))
        stay = (1.0 - _shares_left(p)) * self._reached(known)
        place = np.searchsorted(-self.shares, -stay * (1.0 + _ROUNDING))
        inside = place < self.shares.size
        tenure = np.append(self.risk.start, self.risk.time)[np.where(inside, place, 0)]
        later = self.end + time_until(np.where(inside, 1.0, stay), self.shares[-1], self.force_after)
        return plain(np.where(inside, tenure, later))

    def quantile_interval(
        self,
        p: Number = 0.5,
        level: Number = 0.95,
        *,
        given: Time | None = None,
        transform: Transform = "log-log",
    ) -> tuple[float, float]:
        """Lower and upper bound of a quantile (the median by default): where the bands cross 1 − p.

        ``inf`` where a band does not come down so far within observation.

        Notes
        -----
        Brookmeyer, R. and Crowley, J. (1982), "A Confidence Interval for the Median Survival Time",
        Biometrics 38(1), 29-41, doi:10.2307/2530286.
        """
        known = one_number("given", self._known(given))
        stay = (1.0 - one_number("p", _shares_left(p))) * (1.0 + _ROUNDING)
        later = self.risk.time[self.risk.time > known]
        lower, upper = self.interval(later, level, given=known, transform=transform)
        low, high = (later[np.asarray(band) <= stay] for band in (lower, upper))
        return (float(low[0]) if low.size else np.inf), (float(high[0]) if high.size else np.inf)

    # -- the record --------------------------------------------------------------------------------

    def _impossible(self) -> Iterator[Impossible]:
        yield from self.risk.impossible()
        places = (self.risk.time.size + 1,)
        falling = self.shares.shape == places and self.shares[0] == 1.0 and self.shares[-1] >= 0.0
        if not (falling and np.all(np.diff(self.shares) <= _NOISE)):
            yield "shares", self.shares, "must fall from 1 at the start, with a share for each tenure"
        if self.log_variance.shape != places or np.any(self.log_variance < 0.0):
            yield "log_variance", self.log_variance, "must have a variance of 0 or more for each share"

    @property
    def unit(self) -> Unit | None:
        """What tenures count in."""
        return self.risk.unit

    @property
    def end(self) -> float:
        """The largest observed tenure: the curve is known up to there."""
        return self.risk.end

    @property
    def table(self) -> dict[str, Array]:
        """The curve as columns of equal length, ready for any dataframe; bounds are those of 95%."""
        lower, upper = self.interval(self.risk.time)
        return {
            **self.risk.columns,
            "survival": self.shares[1:],
            "standard_error": np.asarray(self.standard_error(self.risk.time)),
            "lower": np.asarray(lower),
            "upper": np.asarray(upper),
        }

    @property
    def caveats(self) -> tuple[str, ...]:
        return tuple(_caveats(self))

    def _facts(self) -> Plain:
        return {**self.risk.facts, "median": self.median}

    def __str__(self) -> str:
        unit = f" {self.unit}s" if self.unit else ""
        median = f"median {self.median:g}{unit}" if self.median < np.inf else "median not reached"
        return (
            f"{self.label} of {self.risk.customers:,.6g} customers, {self.risk.left.sum():,.6g} left: "
            f"{median}, {self.shares[-1]:.1%} still there after {self.end:g}{unit}"
        )

    # -- how it is done ----------------------------------------------------------------------------

    def place(self, t: Array) -> NDArray[np.intp]:
        """Where in `shares` and `log_variance` each tenure stands."""
        return np.searchsorted(self.risk.time, t, side="right")

    def _share(self, argument: str, t: Array) -> Array:
        """S(t), past the end by the rule that was given."""
        share = np.asarray(self.shares[self.place(t)])
        if self.force_after is None:
            self._refuse_beyond(argument, t)
            return share
        return continue_at(share, t - self.end, self.force_after)

    def _tenure(self, argument: str, t: Time, *, after_start: float = 0.0) -> Array:
        tenure, first = times(argument, t, self.unit), self.risk.start + after_start
        rule = f"must be {first!s} or more: the curve begins at tenure {self.risk.start!s}"
        way_out = "Ask for a later tenure, or estimate with an earlier from_tenure."
        refuse_where(tenure < first, "outside-the-curve", argument, tenure, rule, way_out)
        return tenure

    def _known(self, given: Time | None) -> Array:
        return np.asarray(self.risk.start) if given is None else self._tenure("given", given)

    @keeps_labels
    def observed(self, t: Time, given: Time | None = None) -> tuple[Array, Array]:
        """Tenures that the data reach, as plain numbers: those asked for, and those known."""
        known = self._known(given)
        now = np.maximum(self._tenure("t", t), known)
        self._refuse_beyond("t", now)
        return now, known

    def _reached(self, known: Array) -> Array:
        share = self._share("given", known)
        rule = "must be a tenure that customers are known to get past: survival is 0 there"
        way_out = f"The largest observed tenure is {self.end!s}."
        refuse_where(share == 0.0, "nobody-at-risk", "given", known, rule, way_out)
        return share

    def _width(self, over: Number) -> float:
        width, longest = one_number("over", times("over", over, self.unit)), self.end - self.risk.start
        if not 0.0 < width <= longest:
            rule = f"must be above 0 and no longer than the curve ({longest!s})"
            raise InputError("out-of-range", "over", over, rule, "Take a shorter stretch of time.")
        return width

    def _refuse_beyond(self, argument: str, t: Array) -> None:
        if self.shares[-1] > 0.0 and np.any(t > self.end):
            raise InputError(
                "outside-the-curve",
                argument,
                first_offender(t, t > self.end),
                f"must not exceed {self.end!s}, the largest observed tenure: a share of "
                f"{self.shares[-1]:.4g} is still there, and what they do next was not seen",
                "For survival say it: curve.continued('same-churn'), 'stop', 'flat' or a churn such "
                "as 0.02; or fit a model.",
            )


def _shares_left(p: NumberLike) -> Array:
    share = np.asarray(PROBABILITY.check("p", p))
    ends = (share <= 0.0) | (share >= 1.0)
    way_out = "The median is p=0.5."
    refuse_where(ends, "out-of-range", "p", share, "must be a share between 0 and 1, both excluded", way_out)
    return share


def _caveats(curve: AbstractCurve) -> Iterator[str]:
    risk = curve.risk
    most_later = np.maximum.accumulate(risk.at_risk[::-1])[::-1]
    thin = (risk.at_risk < _FEW) & (risk.left_in_all > 0.0) & (most_later > 2.0 * risk.at_risk)
    if thin.any():
        last = int(np.flatnonzero(thin)[-1])
        yield (
            f"Early on few were watched: {risk.at_risk[last]:,.6g} at tenure {risk.time[last]:g}, where "
            f"{risk.left_in_all[last]:,.6g} left. This moves all of the curve after it; condition on a later "
            f"tenure with from_tenure={risk.time[last]!s} or more."
        )
    if curve.force_after is not None and curve.shares[-1] > 0.0:
        yield f"Past tenure {curve.end:g} the curve is an assumption, not an observation."


AfterEnd: TypeAlias = "Literal['stop', 'same-churn', 'flat'] | float"
"""Nobody counts any more, the churn of the last stretch goes on, nobody leaves, or a churn of that size."""


def force_after(after_end: AfterEnd, kept: float, over: float) -> float:
    """The churn rate per unit of time after the end; `kept` is the share kept in the last stretch `over`."""
    if not isinstance(after_end, str):
        churn = one_number("after_end", PROBABILITY.check("after_end", after_end))
        return float(-np.log1p(-churn)) if churn < 1.0 else np.inf
    if after_end == "flat":
        return 0.0
    if after_end == "stop" or (after_end == "same-churn" and kept == 0.0):
        return np.inf
    if after_end != "same-churn":
        raise unknown_choice("after_end", after_end, ("stop", "same-churn", "flat"))
    if kept == 1.0:
        rule = "must reach back to somebody who left: nobody did in that last stretch of the curve"
        way_out = "Take a longer stretch, or say after_end='flat' if nobody leaves any more."
        raise InputError("too-few", "over", over, rule, way_out)
    return float(-np.log(kept) / over)


def continue_at(share: Array, rest: Array, force: float) -> Array:
    """A share that goes on leaving at a constant rate for the time `rest`; where `rest` ≤ 0 it is itself."""
    beyond = rest > 0.0
    if force == 0.0:
        return share
    return np.where(beyond, share * np.exp(-force * np.where(beyond, rest, 1.0)), share)


def time_until(stay: Array, share: float, force: float | None) -> Array:
    """How long after the end a share comes down to `stay`, which is below it; inf if it does not."""
    if not force or share == 0.0:
        return np.full_like(stay, np.inf)
    return np.log(share / stay) / force
