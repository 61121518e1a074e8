"""Life table: churn by intervals of tenure, as actuaries count it.

Berkson, J. and Gage, R. P. (1950), "Calculation of Survival Rates for Cancer", Proceedings of the Staff
Meetings of the Mayo Clinic 25, 270-286; hazard and its standard error after Gehan, E. A. (1969),
"Estimating Survival Functions from the Life Table", Journal of Chronic Diseases 21(9-10), 629-644,
doi:10.1016/0021-9681(69)90035-6.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self, final

import numpy as np

from retainkit.columns import keeps_labels
from retainkit.domains import NOT_NEGATIVE
from retainkit.errors import InputError, refuse_where
from retainkit.models.contractual.nonparametric.curve import Time
from retainkit.models.contractual.nonparametric.estimate import AbstractEstimate, one_number
from retainkit.models.contractual.nonparametric.risk_table import Tally, at_known_times, weights_of
from retainkit.models.contractual.questions import plain, times
from retainkit.plurals import counted
from retainkit.protocols import DataOf
from retainkit.records import Impossible
from retainkit.summaries import Renewals
from retainkit.typing import Array, NumberLike, Plain, Real, Unit


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LifeTable(AbstractEstimate):
    """Who was there, left and was last seen in each interval of tenure, and the churn that follows.

    An interval (a, b] includes its end. Customers last seen strictly within it, and those who entered
    within it, were exposed for half of it: n = there at a + entered/2 − last seen/2. Those last seen
    exactly at b were there for all of it, so that in whole periods and with a width of 1 the table is
    Kaplan–Meier's. q = d/n is the churn of the interval, h = d/(width·(n − d/2)) its rate.

    Examples
    --------
    >>> import retainkit as rk
    >>> policies = rk.Renewals(
    ...     duration=[4, 9, 15, 20, 24], event=[1, 0, 1, 0, 0], weight=[10, 20, 14, 16, 60], unit="month"
    ... )
    >>> table = LifeTable.estimate(policies, width=12)
    >>> table.exposure.tolist()
    [110.0, 82.0]
    >>> table.survival([12, 24]).round(4).tolist()
    [0.9091, 0.7539]
    """

    edges: Array  # (k + 1,)
    at_risk: Array  # (k,) there at the start of the interval
    entered: Array  # (k,) began to be watched strictly within it
    left: Array  # (k,)
    withdrawn: Array  # (k,) last seen within it, or at its end
    exposure: Array  # (k,) customers exposed to churn for the length of it
    unit: Unit | None

    def _impossible(self) -> Iterator[Impossible]:
        if self.edges.ndim != 1 or self.edges.size < 2 or not np.all(np.diff(self.edges) > 0.0):
            yield "edges", self.edges, "must ascend"
        for name in ("at_risk", "entered", "left", "withdrawn", "exposure"):
            counts = getattr(self, name)
            if counts.shape != (self.edges.size - 1,) or np.any(counts < 0.0):
                yield name, counts, "must be 0 or more in each interval"
        if np.any(self.exposure <= 0.0) or np.any(self.left > self.exposure * (1.0 + 1e-9)):
            yield "left", self.left, "must not be more than were exposed, who must be some"

    @classmethod
    def estimate(
        cls, renewals: DataOf[Renewals], *, width: Time | None = None, edges: NumberLike | None = None
    ) -> Self:
        """The table of a summary.

        Raises `InputError` for edges that do not ascend, and for intervals in which nobody was exposed.

        Parameters
        ----------
        renewals : Renewals
        width : length of each interval, in the data's unit or Duration
            By default 1: one unit of time.
        edges : ascending tenures, instead of a width
            The table begins at the first, with those who got past it, and ends at the last.
        """
        data = at_known_times(renewals, "renewals", cls.__name__)
        bounds = _edges(data, width, edges)
        weight, gone = weights_of(data), data.event > 0.0
        ends, entries = data.levels("duration"), data.levels("entry")
        watched = Tally.of(ends, weight), Tally.of(entries, weight)
        there = watched[0].above(bounds) - watched[1].above(bounds)
        left = Tally.of_counts(
            ends.values, np.bincount(ends.codes, data.weight * gone, ends.values.size).astype(np.float64)
        )
        counts = left.above(bounds[:-1]) - left.above(bounds[1:])
        entered = watched[1].above(bounds[:-1]) - watched[1].at_least(bounds[1:])
        late = watched[1].at_least(bounds[1:]) - watched[1].above(
            bounds[1:]
        )  # enter at the edge, for the next
        withdrawn = there[:-1] + entered + late - there[1:] - counts
        full = _last_seen_at(bounds[1:], watched[0], left)
        exposure = there[:-1] + 0.5 * entered - 0.5 * (withdrawn - full)
        _require_exposed(bounds, exposure, counts)
        return cls(bounds, there[:-1], entered, counts, withdrawn, exposure, data.unit)

    @property
    def churn(self) -> Array:
        """q, the share lost in each interval of those exposed to all of it."""
        return self.left / self.exposure

    @property
    def churn_error(self) -> Array:
        """Standard error of `churn`."""
        return np.sqrt(self.churn * (1.0 - self.churn) / self.exposure)

    @property
    def shares(self) -> Array:
        """Survival at each edge, 1 at the first; shape (k + 1,)."""
        return np.append(1.0, np.cumprod(1.0 - self.churn))

    @property
    def shares_error(self) -> Array:
        """Standard error of `shares` by Greenwood's formula; 0 where nobody is left."""
        before, q = self.shares[:-1], self.churn
        kept = np.where(q < 1.0, 1.0 - q, 1.0)
        total = np.cumsum(q / (self.exposure * kept))
        return np.append(0.0, np.where(q < 1.0, before * kept * np.sqrt(total), 0.0))

    @property
    def hazard_rate(self) -> Array:
        """Churn rate per unit of time in each interval, as if churn were even within it."""
        return self.left / (np.diff(self.edges) * (self.exposure - 0.5 * self.left))

    @property
    def hazard_rate_error(self) -> Array:
        """Standard error of `hazard_rate`; 0 where nobody left."""
        rate, some = self.hazard_rate, np.where(self.left > 0.0, self.left, 1.0)
        within = 1.0 - (0.5 * rate * np.diff(self.edges)) ** 2
        return rate * np.sqrt(within / some)

    @keeps_labels
    def survival(self, t: Time, *, given: Time | None = None) -> Real:
        """Share still there after tenure `t`, of those there at `given`; straight lines within intervals.

        Refused outside the table, except past its end where nobody is left there.
        """
        now = self._inside("t", t)
        if given is None:
            return plain(np.asarray(np.interp(now, self.edges, self.shares)))
        known = self._inside("given", given)
        reached = np.interp(known, self.edges, self.shares)
        rule = "must be a tenure that customers are known to get past: survival is 0 there"
        way_out = f"The table ends at {float(self.edges[-1])!s}."
        refuse_where(reached == 0.0, "nobody-at-risk", "given", known, rule, way_out)
        return plain(np.asarray(np.interp(np.maximum(now, known), self.edges, self.shares) / reached))

    @keeps_labels
    def hazard(self, t: Time) -> Real:
        """Churn rate per unit of time in the interval that holds tenure `t` > its start."""
        now = self._inside("t", t)
        place = np.clip(np.searchsorted(self.edges, now, side="left") - 1, 0, self.left.size - 1)
        return plain(np.asarray(self.hazard_rate[place]))

    @property
    def table(self) -> dict[str, Array]:
        """The life table as columns, one row for each interval; survival is that at its end."""
        return {
            "from": self.edges[:-1],
            "to": self.edges[1:],
            "at_risk": self.at_risk,
            "entered": self.entered,
            "left": self.left,
            "withdrawn": self.withdrawn,
            "exposure": self.exposure,
            "churn": self.churn,
            "churn_error": self.churn_error,
            "survival": self.shares[1:],
            "survival_error": self.shares_error[1:],
            "hazard": self.hazard_rate,
            "hazard_error": self.hazard_rate_error,
        }

    @property
    def caveats(self) -> tuple[str, ...]:
        thin = self.exposure < 10.0
        if not thin.any():
            return ()
        first = int(np.flatnonzero(thin)[0])
        return (f"From tenure {self.edges[first]:g} on an interval has fewer than ten customers exposed.",)

    def _facts(self) -> Plain:
        return {"unit": self.unit, "left_in_all": float(self.left.sum()), "end": float(self.edges[-1])}

    def __str__(self) -> str:
        unit = f" {self.unit}s" if self.unit else ""
        return (
            f"Life table of {counted(self.left.size, 'interval')} to {self.edges[-1]:g}{unit}, "
            f"{self.left.sum():,.6g} left: {self.shares[-1]:.1%} still there"
        )

    def _inside(self, argument: str, t: Time) -> Array:
        tenure = times(argument, t, self.unit)
        outside = (tenure < self.edges[0]) | ((tenure > self.edges[-1]) & (self.shares[-1] > 0.0))
        rule = f"must be between {self.edges[0]!s} and {self.edges[-1]!s}, where the table is"
        way_out = "Give other edges, or say what comes after the end with KaplanMeier…continued(…)."
        refuse_where(outside, "outside-the-curve", argument, tenure, rule, way_out)
        return tenure


def _edges(data: Renewals, width: Time | None, edges: NumberLike | None) -> Array:
    if edges is None:
        step = one_number("width", times("width", 1.0 if width is None else width, data.unit))
        if not 0.0 < step < np.inf:
            raise _not_edges("out-of-range", "width", width, "must be above 0 and finite")
        end = float(data.duration.max()) if len(data) else 0.0
        count = int(np.ceil(end / step))
        if count < 1 or count > 1_000_000:
            rule = f"must cut the longest tenure, {end!s}, into 1 to 1,000,000 parts"
            raise _not_edges("out-of-range", "width", width, rule)
        return step * np.arange(count + 1.0)
    if width is not None:
        raise _not_edges("needless", "width", width, "must be left out where edges are given")
    bounds = np.atleast_1d(NOT_NEGATIVE.check("edges", edges))
    if bounds.ndim != 1 or bounds.size < 2 or np.any(np.diff(bounds) <= 0.0):
        rule = "must be two or more tenures in ascending order"
        raise _not_edges("not-ascending", "edges", bounds.tolist(), rule)
    return bounds.astype(np.float64)


def _not_edges(code: str, argument: str, value: object, rule: str) -> InputError:
    return InputError(code, argument, value, rule, "For example width=12, or edges=[0, 3, 12, 24].")


def _last_seen_at(bounds: Array, ends: Tally, left: Tally) -> Array:
    """Customers last seen, still there, at exactly the end of an interval: exposed to all of it."""
    return (ends.at_least(bounds) - ends.above(bounds)) - (left.at_least(bounds) - left.above(bounds))


def _require_exposed(bounds: Array, exposure: Array, left: Array) -> None:
    bad = (exposure <= 0.0) | (left > exposure)
    if np.any(bad):
        i = int(np.flatnonzero(bad)[0])
        shown = (
            f"{exposure[i]:g} exposed, {left[i]:g} left between tenure {bounds[i]!s} and {bounds[i + 1]!s}"
        )
        rule = "must make intervals in which more customers are exposed than leave"
        way_out = "Make intervals wider, begin later or end earlier."
        raise InputError("nobody-at-risk", "edges", shown, rule, way_out)
