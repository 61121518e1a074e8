"""How long customers stayed, where leaving is seen: subscriptions, memberships, policies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np

from retainkit._numerics.grouping import Levels
from retainkit.columns import labels_of, named_once
from retainkit.domains import NOT_NEGATIVE, as_numbers
from retainkit.errors import InputError, missing_argument
from retainkit.summaries._base import AbstractSummary, read_columns, require
from retainkit.summaries._cohorts import Zeros, cohort_ages, cohort_counts, cohort_rows
from retainkit.typing import Array, Frame, NumberLike, Unit
from retainkit.units import check_unit

_PROBED = 64  # entries that tell moments from whole numbers in nearly all data

Tally: TypeAlias = tuple[Array, Array]
"""Tenures, and how many customers at each."""


@dataclass(frozen=True, eq=False, init=False)
class Renewals(AbstractSummary):
    """How long customers have been there, who of them left, and from when on they were watched.

    Parameters
    ----------
    duration : (n,) ≥ `entry`, in `unit`
        Tenure at the end: of those who left, when they left; of the others, when they were last seen.
        In whole periods: the number of the period in or at the end of which a customer left (1 for
        those who never renewed), or the periods completed by those still there.
    event : (n,) whole numbers
        0 still there, 1 left. With `reasons` the number of the reason: 1 for the first.
    entry : (n,) ≥ 0, in `unit`
        Tenure when observation of the customer began; 0 from the start. Customers who were there
        already when the records begin have a later entry, and ignoring it makes churn look small.
    weight : (n,) > 0
        Customers that each entry stands for.
    lower : (n,) between `entry` and `duration`, optional
        Where leaving was not watched: the last tenure at which a customer who left was seen there. They
        left in (lower, duration], at a known moment where the two are equal. Of the others it says nothing.
        `from_intervals` makes such data of two bounds.
    whole_periods : bool, optional
        Whether durations count periods (who left in period 3 did so somewhere in it) or are moments. By
        default they do where every duration and entry is a whole number. Models of continuous time then
        read leaving in period k as (k − 1, k]; ``False`` makes moments of whole numbers, too.
    reasons : names, optional
        Why customers left, for competing risks. All other models take any reason as leaving.
    unit : {"day", "week", "month", "quarter", "year"}, optional

    Notes
    -----
    Nobody is seen to leave at duration 0, nor at their entry: such a customer was never at risk.

    Examples
    --------
    >>> import retainkit as rk
    >>> members = rk.Renewals(duration=[3, 12, 12], event=[1, 0, 1], weight=[40, 300, 25], unit="month")
    >>> members.customers, members.churned
    (365.0, 65.0)
    >>> members.treatment
    'whole periods: who left in period k did so after k − 1 and by k; whole_periods=False makes moments'
    """

    duration: Array
    event: Array
    entry: Array
    lower: Array | None
    whole_periods: bool
    reasons: tuple[str, ...]
    unit: Unit | None

    def __init__(
        self,
        *,
        duration: NumberLike,
        event: NumberLike,
        entry: NumberLike = 0.0,
        weight: NumberLike = 1.0,
        lower: NumberLike | None = None,
        whole_periods: bool | None = None,
        reasons: tuple[str, ...] = (),
        unit: Unit | None = None,
    ) -> None:
        columns = {"duration": duration, "event": event, "entry": entry, "weight": weight}
        columns |= {} if lower is None else {"lower": lower}
        self._put(lower=None)._store(columns, may_be_one=("entry", "weight", "lower"), flags=("event",))
        known = None if unit is None else check_unit("unit", unit)
        whole = self._counts_periods() if whole_periods is None else bool(whole_periods)
        names = named_once("reasons", reasons, least=0)
        self._put(whole_periods=whole, reasons=names, unit=known)._check(said=bool(whole_periods))

    def _counts_periods(self) -> bool:
        """Whether all tenures are whole numbers, with nothing said of when in their period customers left."""
        if self.lower is not None or np.any(np.rint(self.duration[:_PROBED]) != self.duration[:_PROBED]):
            return False
        # the levels are kept for later; an entry that is one for all is looked at once
        entry = self.entry[:1] if self.entry.strides == (0,) else self.entry
        return all(np.array_equal(np.rint(v), v) for v in (self.levels("duration").values, entry))

    def _check(self, *, said: bool) -> None:
        known = (np.rint(self.event) == self.event) & (self.event <= max(1, len(self.reasons)))
        allowed = ", ".join(f"{i} ({name})" for i, name in enumerate(self.reasons, 1)) or "1 (left)"
        way_out = "For several reasons to leave give their names: reasons=('voluntary', 'involuntary')."
        self._require(known, "event", f"must be 0 (still there) or {allowed}", way_out)
        rule = "must not exceed duration: observation cannot begin after it ended"
        self._require(self.entry <= self.duration, "entry", rule)
        rule = "must exceed entry (0 if not given) where a customer left: nobody leaves before being there"
        way_out = "Count the first period as 1, or the day of leaving as a day: end the tenure a day later."
        self._require((self.event == 0) | (self.duration > self.entry), "duration", rule, way_out)
        if said:  # what was recognised is so
            self._require_whole("duration", "entry", rule="must be whole numbers with whole_periods=True")
        if self.lower is not None:
            if self.whole_periods:
                rule = "must be left out where lower says in what stretch of time each customer left"
                raise InputError("needless", "whole_periods", True, rule, "Leave it out.")
            within = (self.event == 0) | ((self.entry <= self.lower) & (self.lower <= self.duration))
            rule = "must be, of those who left, from entry up to the tenure by which they were gone"
            way_out = "Who was gone the first time anyone looked has 0, or their entry."
            self._require(within, "lower", rule, way_out)
            # of those still there it says nothing: one value, so that equal customers are equal
            self._put(lower=np.where(self.event == 0, self.duration, self.lower))
            self.lower.setflags(write=False)

    @classmethod
    def from_frame(cls, frame: Frame, *, unit: Unit | None = None, whole_periods: bool | None = None) -> Self:
        """Read the columns duration, event (and entry, lower, weight, if there) of any dataframe."""
        found = read_columns(frame, ("duration", "event"), optional=("entry", "lower", "weight"))
        return cls(**found, unit=unit, whole_periods=whole_periods)._labelled(frame=frame)

    @classmethod
    def from_intervals(
        cls,
        lower: NumberLike,
        upper: NumberLike,
        *,
        entry: NumberLike = 0.0,
        weight: NumberLike = 1.0,
        unit: Unit | None = None,
    ) -> Self:
        """Customers of whom two bounds are known: last seen there at `lower`, first seen gone at `upper`.

        Parameters
        ----------
        lower : (n,) ≥ 0, in `unit`
            0 where a customer was found gone the first time anyone looked (left censoring).
        upper : (n,) ≥ `lower`, in `unit`
            ``inf`` where nobody has seen them leave (right censoring); `lower` where the moment is known.
        entry, weight, unit : as `Renewals`

        Examples
        --------
        >>> import retainkit as rk
        >>> visits = rk.Renewals.from_intervals([0, 3, 6, 9], [3, 6, 6, float("inf")], unit="month")
        >>> visits.duration.tolist(), visits.event.tolist()
        ([3.0, 6.0, 6.0, 9.0], [1.0, 1.0, 1.0, 0.0])
        >>> visits.treatment
        'intervals: of 3 who left, 1 did so at a known moment and 2 between lower and duration'
        """
        labels = labels_of(lower=lower, upper=upper, entry=entry, weight=weight)
        first = np.asarray(NOT_NEGATIVE.check("lower", lower))
        last = np.asarray(as_numbers("upper", upper))
        if first.shape != last.shape:
            way_out = "Give inf as the upper bound of those still there."
            raise InputError("length-mismatch", "upper", last, "must have the length of lower", way_out)
        left = ~np.isposinf(last)
        rule = "must be known, and not below lower, and above 0 and entry"
        way_out = "Give inf as the upper bound of those still there, lower where the moment is known."
        begun = np.asarray(NOT_NEGATIVE.check("entry", entry))
        after = last > (begun if begun.shape in ((), last.shape) else 0.0)  # other lengths are refused below
        require((last >= first) & after, "upper", last, rule, way_out)
        told = cls(
            duration=np.where(left, last, first),
            event=left,
            entry=entry,
            weight=weight,
            lower=first,
            unit=unit,
        )
        told._kept["labels"] = labels
        return told

    @classmethod
    def from_survivors(cls, counts: NumberLike, *, unit: Unit | None = None) -> Self:
        """One cohort counted at each renewal: ``[1000, 869, 743]`` began, renewed once, renewed twice.

        Parameters
        ----------
        counts : whole numbers that never rise
            Customers at the start and after each renewal opportunity.

        Examples
        --------
        >>> import retainkit as rk
        >>> cohort = rk.Renewals.from_survivors([1000, 869, 743, 653], unit="year")
        >>> cohort.churned
        347.0
        """
        return cls._from_cohorts(np.zeros(1), cohort_counts("counts", counts)[None], unit)

    @classmethod
    def from_cohort_table(
        cls,
        table: Frame,
        *,
        first_age: NumberLike | None = None,
        zeros: Zeros | None = None,
        unit: Unit | None = None,
    ) -> Self:
        """Cohorts by age: a triangle whose rows are cohorts and whose columns count those still there.

        Parameters
        ----------
        table : (cohorts, ages) counts, or rows of unequal length
            Each row as in `from_survivors`; NaN (or the row's end) where a cohort has not come so far.
        first_age : one whole number per cohort, optional
            Age in periods at the first count, for cohorts that were there before the records begin.
        zeros : {"left", "unseen"}, optional
            What zeros mean that fill the lower right of the triangle, each row one more than the row above:
            all customers left, or nobody has seen those ages yet. Such zeros are refused without it.

        Examples
        --------
        >>> import retainkit as rk
        >>> triangle = [[1000, 869, 743], [1100, 960], [1050]]
        >>> rk.Renewals.from_cohort_table(triangle, unit="year").customers
        3150.0
        """
        labels_of(table=table, first_age=first_age)
        alive = cohort_rows(table, zeros)
        return cls._from_cohorts(cohort_ages(first_age, len(alive)), alive, unit)

    @classmethod
    def _from_cohorts(cls, age: Array, alive: Array, unit: Unit | None) -> Self:
        """Rows of counts that were checked, NaN after their end; `age` is that of the first count."""
        known = ~np.isnan(alive)
        last = known.sum(axis=1) - 1
        left = np.where(known[:, 1:], alive[:, :-1] - alive[:, 1:], 0.0)
        cohort, renewal = np.nonzero(left > 0.0)
        stayed = alive[np.arange(len(alive)), last]
        there = np.flatnonzero(stayed > 0.0)
        return cls(
            duration=np.concatenate([age[cohort] + renewal + 1.0, (age + last)[there]]),
            event=np.repeat([1.0, 0.0], [cohort.size, there.size]),
            entry=np.concatenate([age[cohort], age[there]]),
            weight=np.concatenate([left[cohort, renewal], stayed[there]]),
            whole_periods=True,
            unit=unit,
        )

    @property
    def columns(self) -> dict[str, Array]:
        columns = {"duration": self.duration, "event": self.event, "entry": self.entry}
        return columns if self.lower is None else columns | {"lower": self.lower}

    def tallies(self) -> tuple[Tally, Tally, Tally]:
        """When how many customers left, when the others were last seen, and when late ones came in."""

        def found() -> tuple[Tally, Tally, Tally]:
            by_end, late = self.levels("duration"), self.weight * (self.entry > 0.0)
            left = self.weight * (self.event > 0.0)
            return (
                _tally(by_end, left),
                _tally(by_end, self.weight - left),
                _tally(self.levels("entry"), late),
            )

        return self._once("tallies", found)

    @property
    def by_reason(self) -> dict[str, Renewals]:
        """The tenures as each reason alone would see them, by its name: what a model of one is fitted to.

        Who left for another reason at a known moment was there until then. In whole periods it is known
        only that they went somewhere in theirs: half of them are taken to have come through it, as
        actuaries count, which is right to the product of the three churns.

        Raises `InputError` without `reasons`, and for intervals of other lengths than a period.

        Examples
        --------
        >>> import retainkit as rk
        >>> members = rk.Renewals(duration=[2, 2, 5], event=[1, 2, 0], reasons=("price", "card"))
        >>> price = members.by_reason["price"]
        >>> price.duration.tolist(), price.event.tolist(), price.weight.tolist()
        ([2.0, 2.0, 5.0, 1.0], [1.0, 0.0, 0.0, 0.0], [1.0, 0.5, 1.0, 0.5])
        """
        if not self.reasons:
            rule = "must have been read to tell reasons apart"
            raise missing_argument(
                "reasons", rule, "Name the column: reason='why', or Renewals(reasons=...)."
            )
        if self.lower is not None:
            rule = "must not be known between two tenures only, where reasons are to be told apart"
            raise InputError("not-supported", "lower", self.lower, rule, "Give whole periods, or moments.")
        found: dict[str, Renewals] = {}
        for number, name in enumerate(self.reasons, 1):
            other = (self.event > 0) & (self.event != number) & self.whole_periods
            rows = np.append(np.arange(len(self)), np.flatnonzero(other))
            half = other[rows]
            found[name] = type(self)(
                duration=self.duration[rows] - (half & (np.arange(rows.size) >= len(self))),
                event=self.event[rows] == number,
                entry=self.entry[rows],
                weight=self.weight[rows] * np.where(half, 0.5, 1.0),
                whole_periods=self.whole_periods,
                unit=self.unit,
            )
        return found

    @property
    def has_moments(self) -> bool:
        """Whether of some who left the very moment is known."""
        known = True if self.lower is None else self.lower == self.duration
        return not self.whole_periods and bool(np.any((self.event > 0) & known))

    @property
    def treatment(self) -> str:
        """What models of continuous time take the tenures of those who left for: moments or intervals."""
        if self.whole_periods:
            told = "who left in period k did so after k − 1 and by k"
            return f"whole periods: {told}; whole_periods=False makes moments"
        if self.lower is None:
            return "moments: each left at the very tenure given"
        known = float(self.weight[(self.event > 0) & (self.lower == self.duration)].sum())
        return (
            f"intervals: of {self.churned:,.6g} who left, {known:,.6g} did so at a known moment and "
            f"{self.churned - known:,.6g} between lower and duration"
        )

    @property
    def scales(self) -> dict[str, float]:
        """The exposure per customer who left: the mean lifetime if churn were constant."""
        last = self.duration if self.lower is None else 0.5 * (self.duration + self.lower)
        exposure = float(self.weight @ (last - self.entry))
        return {"time": exposure / max(self.churned, 1.0) if exposure > 0 else 1.0}

    @property
    def churned(self) -> float:
        """How many customers left, for whatever reason."""
        return float(self.weight[self.event > 0].sum())

    def missing_evidence(self) -> tuple[str, str] | None:
        if len(self) == 0:
            return "there is no customer.", "Check the filter that made the data."
        if not np.any(self.event > 0):
            return (
                "nobody has left: everyone is still there at the end of observation.",
                "Observe for longer; until then only a bound on churn is known.",
            )
        return None

    @property
    def informative_customers(self) -> float:
        return float(self.weight[self.duration > self.entry].sum())


def _tally(by: Levels, weight: Array) -> Tally:
    customers = np.asarray(np.bincount(by.codes, weight, by.values.size), np.float64)
    some = customers > 0.0
    return by.values[some], customers[some]
