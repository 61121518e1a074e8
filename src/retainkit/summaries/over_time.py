"""Customers' purchases together with what went on around them: seasons, campaigns, prices by period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from retainkit._numerics.grouping import Levels
from retainkit.columns import labels_of, named_once
from retainkit.documents import Document
from retainkit.domains import NOT_NEGATIVE, POSITIVE, REAL
from retainkit.errors import InputError, first_offender
from retainkit.protocols import DataOf, data_of
from retainkit.records import same
from retainkit.summaries._base import AbstractSummary, require
from retainkit.summaries.purchases import Purchases
from retainkit.typing import Array, NumberLike, Plain, Unit


@dataclass(frozen=True, eq=False, init=False)
class CovariatePeriods(Document):
    """Covariates that change with the calendar: one value per period, for all customers or by group.

    Parameters
    ----------
    values : (periods, k), or (groups, periods, k)
        One row a period, one column a covariate; a leading axis for customers who lived through
        different things, such as countries or recipients of a mailing.
    names : the k covariates
    width : length of a period in the unit of the purchases, > 0
    edges : (periods + 1,), instead of a width
        When each period begins, and the last ends, from the start of the first: months of the calendar have
        lengths of their own. `summarize_over_time` finds them.

    Examples
    --------
    >>> import numpy as np, retainkit as rk
    >>> christmas = (np.arange(104) % 52 >= 47).astype(float)
    >>> seasons = rk.CovariatePeriods(christmas[:, None], names=["christmas"])
    >>> seasons.end
    104.0
    """

    values: Array  # (groups, periods, k)
    names: tuple[str, ...]
    width: float | None
    edges: Array

    def __init__(
        self,
        values: NumberLike,
        *,
        names: Sequence[str],
        width: float | None = None,
        edges: NumberLike | None = None,
    ) -> None:
        named = named_once("names", names)
        table = np.array(REAL.check("values", values), np.float64)
        table = table[None] if table.ndim == 2 else table
        if table.ndim != 3 or 0 in table.shape or table.shape[-1] != len(named):
            rule = f"must be (periods, k) or (groups, periods, k) with k = {len(named)}, a column a name"
            way_out = "Give one row a period; a single covariate is values[:, None]."
            raise InputError("length-mismatch", "values", f"shape {table.shape}", rule, way_out)
        table.setflags(write=False)
        object.__setattr__(self, "values", table)
        object.__setattr__(self, "names", named)
        if edges is None:
            width = float(POSITIVE.check("width", 1.0 if width is None else width))
        object.__setattr__(self, "width", width)
        object.__setattr__(self, "edges", _edges(table.shape[1], width, edges))

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(same(getattr(self, n), getattr(other, n)) for n in ("values", "names", "width", "edges"))

    def __hash__(self) -> int:
        return hash((self.names, self.values.shape))

    def model_dump(self) -> Plain:
        """The values with their width, or with their edges where there is none."""
        told = super().model_dump()
        return told if self.width is None else {**told, "edges": None}

    @property
    def end(self) -> float:
        """How far the periods reach, counted from the start of the first."""
        return float(self.edges[-1])

    def place(self, time: NumberLike) -> NDArray[np.intp]:
        """The period in which each time lies; what lies at the very end belongs to the last."""
        found = np.searchsorted(self.edges, np.asarray(time, np.float64), side="right") - 1
        return np.clip(found, 0, self.values.shape[1] - 1)

    def clock(self, coefficients: Array) -> Clock:
        """How fast purchasing runs in each period for given coefficients (…, k)."""
        pace = np.exp(np.einsum("gpk,...k->...gp", self.values, coefficients))
        return Clock(self, pace)


@dataclass(frozen=True, slots=True)
class Clock:
    """Time as purchasing feels it: it runs e^(γ·z) times as fast in a period with covariates z."""

    periods: CovariatePeriods
    pace: Array  # (…, groups, periods)

    def at(self, time: Array, group: NDArray[np.intp]) -> Array:
        """Felt time since the start of the table at calendar times (n,), for each entry's group."""
        return self._integral(self.pace, time, group)

    def slope(self, time: Array, group: NDArray[np.intp]) -> Array:
        """d operational time / d coefficients: (k, …, n)."""
        moved = self.pace[..., None] * self.periods.values  # (…, groups, periods, k)
        return self._integral(np.moveaxis(moved, -1, 0), time, group)

    def _integral(self, rate: Array, time: Array, group: NDArray[np.intp]) -> Array:
        edges = self.periods.edges
        cumulated = np.zeros((*rate.shape[:-1], rate.shape[-1] + 1))
        np.cumsum(rate * np.diff(edges), axis=-1, out=cumulated[..., 1:])
        place = self.periods.place(time)
        return cumulated[..., group, place] + rate[..., group, place] * (time - edges[place])

    def time_at(self, operational: Array, group: NDArray[np.intp]) -> Array:
        """The calendar time of an operational time: the inverse of `at`, for one set of paces."""
        edges = self.periods.edges
        found = np.empty_like(operational)
        for g in np.unique(group):
            mine = group == g
            cumulated = np.append(0.0, np.cumsum(self.pace[g] * np.diff(edges)))
            found[mine] = np.interp(operational[mine], cumulated, edges)
        return found


@dataclass(frozen=True, eq=False, init=False)
class PurchasesOverTime(AbstractSummary):
    """Purchases, when each customer's observation began, and the covariates at their purchases.

    Made from a table of transactions by `summarize_over_time`.

    Parameters
    ----------
    purchases : Purchases, n entries
    birth : (n,) ≥ 0
        Time of the first purchase since the start of the first period, in the unit of the purchases.
    at_purchases : (n, k)
        Sums of the covariates over the repeat purchases of each customer.
    periods : CovariatePeriods
        Must reach as far as observation does; further for predictions.
    group : (n,) whole numbers, optional
        Which of the groups of `periods` each customer belongs to; 0 for all by default.

    Examples
    --------
    >>> import retainkit as rk
    >>> periods = rk.CovariatePeriods([[0.0], [1.0], [0.0]], names=["christmas"])
    >>> bought = rk.Purchases(frequency=[1, 0], recency=[1.5, 0], T=[2.5, 2])
    >>> data = rk.summaries.PurchasesOverTime(bought, birth=[0, 1], at_purchases=[[1], [0]], periods=periods)
    >>> data.customers
    2.0
    """

    _written = ("purchases", "birth", "at_purchases", "group", "periods")

    purchases: Purchases
    birth: Array
    at_purchases: Array
    group: Array
    periods: CovariatePeriods

    def __init__(
        self,
        purchases: DataOf[Purchases],
        *,
        birth: NumberLike,
        at_purchases: NumberLike,
        periods: CovariatePeriods,
        group: NumberLike = 0.0,
    ) -> None:
        purchases = data_of(purchases, Purchases, "purchases")
        n, k = len(purchases), len(periods.names)
        labels = labels_of(purchases.labels, birth=birth, at_purchases=at_purchases, group=group)
        born, member = _one_each("birth", birth, n), _one_each("group", group, n)
        sums = np.asarray(REAL.check("at_purchases", at_purchases))
        if sums.shape != (n, k):
            rule = f"must be of shape ({n}, {k}): a row for each entry, a column for each covariate"
            way_out = "Let summarize_over_time compute it from the transactions."
            raise InputError("length-mismatch", "at_purchases", sums, rule, way_out)
        last = periods.values.shape[0] - 1
        require((member == np.rint(member)) & (member <= last), "group", member, f"must be 0 to {last}")
        end = born + purchases.T
        if np.any(end > periods.end * (1.0 + 1e-12)):
            raise too_short(end, periods)
        self._put(purchases=purchases, birth=born, at_purchases=sums, group=member, periods=periods)
        self._put(weight=purchases.weight, _levels={}, _kept={"labels": labels})

    @property
    def columns(self) -> dict[str, Array]:
        sums = {f"sum of {name}": self.at_purchases[:, i] for i, name in enumerate(self.periods.names)}
        return {**self.purchases.columns, "birth": self.birth, "group": self.group, **sums}

    @property
    def scales(self) -> dict[str, float]:
        return self.purchases.scales

    @property
    def unit(self) -> Unit | None:
        """What times count in."""
        return self.purchases.unit

    def fingerprint(self, beside: Mapping[str, Array] | None = None) -> dict[str, float]:
        named = dict(zip(self.periods.names, self.at_purchases.T, strict=True))
        return self.purchases.fingerprint({**named, **(beside or {})})

    def __retention_data__(self, kind: type[object]) -> object:
        """What a model without covariates is fitted to."""
        return self.purchases if isinstance(self.purchases, kind) else None

    def missing_evidence(self) -> tuple[str, str] | None:
        return self.purchases.missing_evidence()

    def _alike(self) -> Plain:
        # births and groups point into the periods: of two summaries they are one thing only with one calendar
        told = (self.periods.names, self.periods.values, self.periods.edges)
        return {**self.purchases._alike(), "periods": told}

    def _of(self, entries: dict[str, Levels], weight: Array) -> Self:
        inner = {name: part for name, part in entries.items() if name in self.purchases.columns}
        sums = [entries[f"sum of {name}"].column() for name in self.periods.names]
        own = {name: entries[name].column() for name in ("birth", "group")}
        purchases = self.purchases._of(inner, weight)
        return self._blank()._put(
            purchases=purchases, at_purchases=np.stack(sums, axis=1), weight=weight, **own
        )


def _edges(periods: int, width: float | None, edges: NumberLike | None) -> Array:
    if edges is None:
        assert width is not None
        found: Array = np.arange(periods + 1) * np.float64(width)
    else:
        found = np.array(REAL.check("edges", edges), np.float64)
        way_out = "For example edges=[0, 31, 59] for January and February in days."
        if found.shape != (periods + 1,):
            rule = f"must be {periods + 1} times: the begin of each period, and the end of the last"
            raise InputError("length-mismatch", "edges", f"shape {found.shape}", rule, way_out)
        if width is not None:
            raise InputError("needless", "width", width, "must be left out where edges are given", way_out)
        if found[0] != 0.0 or (np.diff(found) <= 0.0).any():
            raise InputError("not-ascending", "edges", found, "must rise from 0", way_out)
    found.setflags(write=False)
    return found


def _one_each(argument: str, value: NumberLike, n: int) -> Array:
    column = np.asarray(NOT_NEGATIVE.check(argument, value))
    if column.shape not in ((), (1,), (n,)):
        rule = f"must be one column of the same length as the purchases ({n:,}), or one number"
        raise InputError("length-mismatch", argument, column, rule, "Give every customer one value.")
    return np.broadcast_to(column, (n,))


def with_times(purchases: Purchases, *, recency: Array, T: Array) -> Purchases:
    """The same purchases on another clock, known to be in order; times may have leading axes (…, n)."""
    columns, own = {"recency": recency, "T": T}, np.arange(len(purchases))
    levels = {name: Levels(column, own) for name, column in columns.items()}
    levels["frequency"] = purchases.levels("frequency")
    return purchases._blank()._put(**columns, _levels=levels)  # pyright: ignore[reportPrivateUsage]


def too_short(end: Array, periods: CovariatePeriods) -> InputError:
    """The covariates do not reach as far as they are needed."""
    rule = f"must reach as far as is asked: they end at {periods.end:g}"
    way_out = "Add the periods to come, with the covariates that you expect in them."
    return InputError("too-few", "periods", first_offender(end, end > periods.end), rule, way_out)
