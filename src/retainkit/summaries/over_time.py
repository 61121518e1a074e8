"""Customers' purchases together with what went on around them: seasons, campaigns, prices by period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from retainkit._numerics.grouping import Levels
from retainkit.columns import labels_of
from retainkit.domains import NOT_NEGATIVE, POSITIVE, REAL
from retainkit.errors import InputError, first_offender
from retainkit.protocols import DataOf, data_of
from retainkit.summaries._base import AbstractSummary, require
from retainkit.summaries.purchases import Purchases
from retainkit.typing import Array, NumberLike, Unit


@dataclass(frozen=True, eq=False, init=False)
class CovariatePeriods:
    """Covariates that change with the calendar: one value per period, for all customers or by group.

    Parameters
    ----------
    values : (periods, k), or (groups, periods, k)
        One row a period, one column a covariate; a leading axis for customers who lived through
        different things, such as countries or recipients of a mailing.
    names : the k covariates
    width : length of a period in the unit of the purchases, > 0

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
    width: float

    def __init__(self, values: NumberLike, *, names: Sequence[str], width: float = 1.0) -> None:
        table = np.array(REAL.check("values", values), np.float64)
        table = table[None] if table.ndim == 2 else table
        if table.ndim != 3 or 0 in table.shape or table.shape[-1] != len(names):
            rule = f"must be (periods, k) or (groups, periods, k) with k = {len(names)}, a column a name"
            way_out = "Give one row a period; a single covariate is values[:, None]."
            raise InputError("length-mismatch", "values", f"shape {table.shape}", rule, way_out)
        table.setflags(write=False)
        object.__setattr__(self, "values", table)
        object.__setattr__(self, "names", tuple(names))
        object.__setattr__(self, "width", POSITIVE.check("width", width))

    @property
    def end(self) -> float:
        """How far the periods reach, counted from the start of the first."""
        return self.values.shape[1] * self.width

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
        width = self.periods.width
        cumulated = np.zeros((*rate.shape[:-1], rate.shape[-1] + 1))
        np.cumsum(rate * width, axis=-1, out=cumulated[..., 1:])
        place = np.minimum((time / width).astype(np.intp), rate.shape[-1] - 1)
        return cumulated[..., group, place] + rate[..., group, place] * (time - place * width)

    def time_at(self, operational: Array, group: NDArray[np.intp]) -> Array:
        """The calendar time of an operational time: the inverse of `at`, for one set of paces."""
        width = self.periods.width
        found = np.empty_like(operational)
        for g in np.unique(group):
            mine = group == g
            cumulated = np.append(0.0, np.cumsum(self.pace[g] * width))
            found[mine] = np.interp(operational[mine], cumulated, width * np.arange(cumulated.size))
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
    >>> data = rk.PurchasesOverTime(bought, birth=[0, 1], at_purchases=[[1], [0]], periods=periods)
    >>> data.customers
    2.0
    """

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

    def missing_evidence(self) -> tuple[str, str] | None:
        return self.purchases.missing_evidence()

    def _of(self, entries: dict[str, Levels], weight: Array) -> Self:
        inner = {name: part for name, part in entries.items() if name in self.purchases.columns}
        sums = [entries[f"sum of {name}"].column() for name in self.periods.names]
        own = {name: entries[name].column() for name in ("birth", "group")}
        purchases = self.purchases._of(inner, weight)
        return self._blank()._put(
            purchases=purchases, at_purchases=np.stack(sums, axis=1), weight=weight, **own
        )


def _one_each(argument: str, value: NumberLike, n: int) -> Array:
    column = np.asarray(NOT_NEGATIVE.check(argument, value))
    if column.shape not in ((), (1,), (n,)):
        rule = f"must be one column of the same length as the purchases ({n:,}), or one number"
        raise InputError("length-mismatch", argument, column, rule, "Give every customer one value.")
    return np.broadcast_to(column, (n,))


def with_times(purchases: Purchases, *, recency: Array, T: Array) -> Purchases:
    """The same purchases on another clock, known to be in order; times may have leading axes (…, n)."""
    columns = {"frequency": purchases.frequency, "recency": recency, "T": T}
    own = np.arange(len(purchases))
    levels = {name: Levels(column, own) for name, column in columns.items()}
    return purchases._blank()._put(**columns, _levels=levels)  # pyright: ignore[reportPrivateUsage]


def too_short(end: Array, periods: CovariatePeriods) -> InputError:
    """The covariates do not reach as far as they are needed."""
    rule = f"must reach as far as is asked: they end at {periods.end:g}"
    way_out = "Add the periods to come, with the covariates that you expect in them."
    return InputError("too-few", "periods", first_offender(end, end > periods.end), rule, way_out)
