"""How long customers stayed, where leaving is seen: subscriptions, memberships, policies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from retainkit.columns import labels_of
from retainkit.domains import NOT_NEGATIVE, as_numbers
from retainkit.errors import InputError
from retainkit.summaries._base import AbstractSummary, read_columns, require
from retainkit.typing import Array, Frame, NumberLike, Unit
from retainkit.units import check_unit


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
    whole_periods : bool
        Whether durations count periods (an event in period 3 happened somewhere in it) or are exact
        times. Models of continuous time then use the interval, and discrete models need it so.
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
    """

    duration: Array
    event: Array
    entry: Array
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
        whole_periods: bool = False,
        reasons: tuple[str, ...] = (),
        unit: Unit | None = None,
    ) -> None:
        columns = {"duration": duration, "event": event, "entry": entry, "weight": weight}
        self._store(columns, may_be_one=("entry", "weight"), flags=("event",))
        known = None if unit is None else check_unit("unit", unit)
        self._put(whole_periods=bool(whole_periods), reasons=tuple(reasons), unit=known)._check()

    def _check(self) -> None:
        known = (np.rint(self.event) == self.event) & (self.event <= max(1, len(self.reasons)))
        allowed = ", ".join(f"{i} ({name})" for i, name in enumerate(self.reasons, 1)) or "1 (left)"
        way_out = "For several reasons to leave give their names: reasons=('voluntary', 'involuntary')."
        self._require(known, "event", f"must be 0 (still there) or {allowed}", way_out)
        rule = "must not exceed duration: observation cannot begin after it ended"
        self._require(self.entry <= self.duration, "entry", rule)
        rule = "must exceed entry (0 if not given) where a customer left: nobody leaves before being there"
        way_out = "Count the first period as 1, or the day of leaving as a day: end the tenure a day later."
        self._require((self.event == 0) | (self.duration > self.entry), "duration", rule, way_out)
        if self.whole_periods:
            self._require_whole("duration", "entry", rule="must be whole numbers with whole_periods=True")

    @classmethod
    def from_frame(cls, frame: Frame, *, unit: Unit | None = None, whole_periods: bool = False) -> Self:
        """Read the columns duration, event (and entry, weight, if there) of any dataframe."""
        found = read_columns(frame, ("duration", "event"), optional=("entry", "weight"))
        return cls(**found, unit=unit, whole_periods=whole_periods)._labelled(frame=frame)

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
        return cls._from_cohorts(np.zeros(1), _counts("counts", counts)[None], unit)

    @classmethod
    def from_cohort_table(
        cls, table: Frame, *, first_age: NumberLike | None = None, unit: Unit | None = None
    ) -> Self:
        """Cohorts by age: a triangle whose rows are cohorts and whose columns count those still there.

        Parameters
        ----------
        table : (cohorts, ages) counts, or rows of unequal length
            Each row as in `from_survivors`; NaN (or the row's end) where a cohort has not come so far.
        first_age : one whole number per cohort, optional
            Age in periods at the first count, for cohorts that were there before the records begin.

        Examples
        --------
        >>> import retainkit as rk
        >>> triangle = [[1000, 869, 743], [1100, 960], [1050]]
        >>> rk.Renewals.from_cohort_table(triangle, unit="year").customers
        3150.0
        """
        labels_of(table=table, first_age=first_age)
        alive = _cohorts(table)
        return cls._from_cohorts(_ages(first_age, len(alive)), alive, unit)

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
        return {"duration": self.duration, "event": self.event, "entry": self.entry}

    @property
    def scales(self) -> dict[str, float]:
        """The exposure per customer who left: the mean lifetime if churn were constant."""
        exposure = float(self.weight @ (self.duration - self.entry))
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


def _cohorts(table: Frame) -> Array:
    """The counts of a table, one row per cohort, NaN after the end of each; checked."""
    if hasattr(table, "to_numpy"):
        table = table.to_numpy()
    if not isinstance(table, Iterable):
        raise _no_table(table)
    given: list[Any] = list(as_numbers("table", table)) if isinstance(table, np.ndarray) else [*table]
    rows = [as_numbers(f"table, cohort {i}", row) for i, row in enumerate(given)]
    if not rows or any(row.ndim != 1 for row in rows):
        raise _no_table(table)
    alive = np.full((len(rows), max(row.size for row in rows)), np.nan)
    for i, row in enumerate(rows):
        alive[i, : row.size] = row
    if not _is_triangle(alive):
        for i, row in enumerate(rows):  # one of them is refused, by its number
            _counts(f"table, cohort {i}", _known(f"table, cohort {i}", row), row=True)
    return alive


def _is_triangle(alive: Array) -> bool:
    """Whether every row holds counts that never rise, known up to some age."""
    known = ~np.isnan(alive)
    counts = np.where(known, alive, 0.0)
    falls = np.all(counts[:, 1:] <= counts[:, :-1]) and not np.any(known[:, 1:] & ~known[:, :-1])
    whole = np.all((np.rint(counts) == counts) & (counts >= 0.0) & np.isfinite(counts))
    return bool(alive.size and falls and whole and np.all(counts[:, 0] > 0.0))


def _ages(first_age: NumberLike | None, cohorts: int) -> Array:
    if first_age is None:
        return np.zeros(cohorts)
    ages = np.atleast_1d(NOT_NEGATIVE.check("first_age", first_age))
    if ages.shape != (cohorts,):
        rule = f"must be one age for each of the {cohorts:,} cohorts"
        way_out = "Give 0 for cohorts that were counted from their start."
        raise InputError("length-mismatch", "first_age", ages, rule, way_out)
    require(np.rint(ages) == ages, "first_age", ages, "must be whole numbers of periods")
    return ages


def _no_table(table: Frame) -> InputError:
    rule = "must have at least one cohort, and one row of counts per cohort"
    way_out = "For example [[1000, 869, 743], [1100, 960], [1050]]; one cohort alone has from_survivors."
    return InputError("not-a-table", "table", table, rule, way_out)


def _known(argument: str, row: Any) -> Array:
    """The counts of a row before its first gap; a count after a gap is refused."""
    values = as_numbers(argument, row)
    missing = np.isnan(values)
    known = values[: int(np.argmax(missing))] if missing.any() else values
    if not missing[known.size :].all():
        rule = "must not have a gap between counts"
        way_out = "Fill the missing count; only the end of a row may be unknown."
        raise InputError("missing-value", argument, values.tolist(), rule, way_out)
    return known


def _counts(argument: str, counts: NumberLike, *, row: bool = False) -> Array:
    alive = np.atleast_1d(as_numbers(argument, counts))
    if alive.ndim != 1 or alive.size < (1 if row else 2):
        rule = "must be a column of counts: the start and at least one renewal"
        raise InputError("too-few", argument, alive.tolist(), rule, "For example [1000, 869, 743].")
    whole = np.isfinite(alive) & (alive >= 0) & (np.rint(alive) == alive)
    way_out = "Give counts, not shares: 1000 and 869, not 1.0 and 0.869."
    require(whole, argument, alive, "must be whole numbers of customers, 0 or more", way_out)
    rule = "must never rise: these are the customers of one cohort who are still there"
    way_out = "Keep new and returning customers out of the cohort they did not begin in."
    require(np.append(True, np.diff(alive) <= 0), argument, alive, rule, way_out)
    rule = "must begin with at least one customer"
    require(alive[:1] > 0, argument, alive, rule, "Leave out empty cohorts.")
    return alive
