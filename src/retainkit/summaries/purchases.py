"""When customers bought, in the names that users of lifetimes and PyMC-Marketing know."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from retainkit.columns import known
from retainkit.domains import NOT_NEGATIVE, REAL
from retainkit.errors import InputError
from retainkit.summaries._base import NOBODY_CAME_BACK, AbstractSummary, read_columns, require
from retainkit.typing import Array, Frame, NumberLike, Unit
from retainkit.units import DAYS_PER, check_unit

_SHAPE, _USUAL = 0.5, 0.5 / 0.3  # r, and purchases in the mean time observed, as declared starts have them
_ROUNDED = 0.1  # recency may be rounded, to two decimals of a week say; a wrong unit differs by ln 7


@dataclass(frozen=True, eq=False, init=False)
class Purchases(AbstractSummary):
    """When customers bought, as far as any purchase model can see.

    Raises `InputError` for missing or negative values, fractional frequencies, recency after T, unequal
    lengths, more repeat purchases than days of recency (in unit "day", if all times are whole), or gaps whose
    logarithms cannot belong to so many purchases in that time.

    Parameters
    ----------
    frequency : (n,) whole numbers ≥ 0
        Repeat purchases: distinct purchase occasions after the first.
    recency : (n,) ≥ 0, in `unit`
        Time from the first purchase to the last; 0 for customers without a repeat purchase.
    T : (n,) ≥ `recency`, in `unit`
        Time from the first purchase to the end of observation.
    weight : (n,) > 0
        Customers that each entry stands for.
    unit : {"day", "week", "month", "quarter", "year"}, optional
        What the times count in. Rates and durations can be used only when it is known.
    log_gaps : (n,), optional
        Sum of ln(time in `unit`) from each purchase to the next; 0 for customers without a repeat
        purchase. Only regularity of purchasing needs it: likelihoods of Erlang models with different k
        compare by it. `summarize_transactions` computes it.

    Examples
    --------
    >>> import retainkit as rk
    >>> customers = rk.Purchases(frequency=[2, 0, 0], recency=[30.43, 0, 0], T=[38.86, 5, 5], unit="week")
    >>> len(customers.compress())
    2
    """

    frequency: Array
    recency: Array
    T: Array
    unit: Unit | None
    log_gaps: Array | None

    def __init__(
        self,
        *,
        frequency: NumberLike,
        recency: NumberLike,
        T: NumberLike,
        weight: NumberLike = 1.0,
        unit: Unit | None = None,
        log_gaps: NumberLike | None = None,
    ) -> None:
        self._store({"frequency": frequency, "recency": recency, "T": T, "weight": weight})
        self._put(unit=None if unit is None else check_unit("unit", unit))
        self._require_whole("frequency")
        self._require(self.recency <= self.T, "recency", "must not exceed T, the end of observation")
        rule = "must be 0 where frequency is 0 (no repeat purchase)"
        self._require((self.frequency > 0) | (self.recency == 0), "recency", rule)
        self._check_days()
        self._put(log_gaps=None if log_gaps is None else self._checked_gaps(log_gaps))

    def _check_days(self) -> None:
        """Where all times are whole days, purchases on different days need as many of them."""
        holds = self.frequency <= self.recency
        if self.unit != "day" or np.all(holds):
            return  # a week or a month may hold any number of purchases
        times = np.concatenate([self.recency, self.T])
        if np.all(times == np.rint(times)):  # those of simulated customers are not whole
            rule = "must not exceed the days of recency: it counts the days with a purchase after the first"
            way_out = (
                "Check the unit; count several purchases of one day once, as summarize_transactions does."
            )
            require(holds, "frequency", self.frequency, rule, way_out)

    @classmethod
    def from_frame(cls, frame: Frame, *, unit: Unit | None = None) -> Self:
        """Read the columns frequency, recency, T (and weight, log_gaps, if there) of any dataframe.

        The frames that lifetimes' ``summary_data_from_transaction_data`` and PyMC-Marketing's
        ``rfm_summary`` make have these columns.
        """
        given = read_columns(frame, ("frequency", "recency", "T"), optional=("weight", "log_gaps"))
        return cls(**given, unit=unit)._labelled(frame=frame)

    @classmethod
    def from_rfm(
        cls,
        *,
        orders: NumberLike,
        days_since_last: NumberLike,
        days_since_first: NumberLike,
        unit: Unit,
    ) -> Self:
        """Customers from a ready-made RFM table, whose recency and frequency are those of marketing.

        Marketing counts recency from the last order to today, and the first order too; here frequency is
        ``orders - 1``, recency the time from the first order to the last, and T that since the first. Raises
        `InputError` for what cannot be: fewer than one order, a last order before the first, one order on two
        days, several on one.

        Parameters
        ----------
        orders : (n,) whole numbers ≥ 1, or one for all
            Days with an order, the first one included.
        days_since_last, days_since_first : (n,) ≥ 0, or one for all, days
            From the last and from the first order to the end of observation.
        unit : {"day", "week", "month", "quarter", "year"}
            What recency and T count in.

        Examples
        --------
        >>> import retainkit as rk
        >>> since = {"days_since_last": [10, 40], "days_since_first": [45, 40]}
        >>> rk.Purchases.from_rfm(orders=[3, 1], **since, unit="week").recency
        array([5., 0.])
        """
        names = {"orders": orders, "days_since_last": days_since_last, "days_since_first": days_since_first}
        found = known(**{name: (value, NOT_NEGATIVE) for name, value in names.items()})
        count, last, first = np.broadcast_arrays(*map(np.atleast_1d, found))
        per = DAYS_PER[check_unit("unit", unit)]
        once = "It counts the days with an order, the first one included."
        whole = (count >= 1) & (count == np.rint(count))
        require(whole, "orders", count, "must be whole numbers from 1 on", once)
        before = "Recency here is marketing's: a small number is a customer who came lately."
        require(last <= first, "days_since_last", last, "must not exceed days_since_first", before)
        alone = "A customer of one order has the same first and last day; count orders of one day once."
        one_day = "must be 1 exactly where the first and the last day are one"
        require((count > 1) == (last < first), "orders", count, one_day, alone)
        made = cls(frequency=count - 1.0, recency=(first - last) / per, T=first / per, unit=unit)
        return made._labelled(**names)

    @property
    def columns(self) -> dict[str, Array]:
        return {"frequency": self.frequency, "T": self.T, "recency": self.recency}

    @property
    def scales(self) -> dict[str, float]:
        """Of time the mean observation; of gaps, shapes of rates and counts, how these customers buy.

        A gap is the time of `_USUAL` purchases. Shapes are halfway, on the log scale, from those that models
        declare to that of customers of whom none leaves; counts to those of all chances to leave.
        """

        def mean(column: Array) -> float:
            return float(self.weight @ column) / self.customers

        T, last, made = mean(self.T), mean(self.recency), mean(self.frequency)
        if not last * made > 0.0:
            return {"time": T or 1.0}
        # squared counts beyond those of equal customers: 1/r, the squared variation of their rates
        pairs = mean(self.frequency * (self.frequency - 1.0))
        differ = min(max(pairs / made**2 * (T**2 / mean(self.T**2)) - 1.0, 0.5), 10.0)
        shape = 1.0 / math.sqrt(differ * _SHAPE)
        # customers were active for less than T and for more than until their last purchase: between the two
        gap, count = math.sqrt(T * last) / made * _USUAL * shape, math.sqrt(max(made / _USUAL, 1.0))
        return {"time": T, "gap": gap, "shape": shape, "count": count}

    def missing_evidence(self) -> tuple[str, str] | None:
        if len(self) == 0:
            return "there is no customer.", "Check the filter that made the data."
        if not np.any(self.frequency > 0):
            return NOBODY_CAME_BACK
        return None

    # -- the gaps: not part of what makes two customers equal, since a likelihood is linear in them ---

    def _checked_gaps(self, log_gaps: NumberLike) -> Array:
        self._labelled(log_gaps=log_gaps)
        gaps = np.atleast_1d(REAL.check("log_gaps", log_gaps)).copy()
        if gaps.shape != self.frequency.shape:
            rule = f"must be one column of the same length as the others ({len(self):,})"
            way_out = "Give every column one value per customer."
            raise InputError("length-mismatch", "log_gaps", gaps, rule, way_out)
        x = np.maximum(self.frequency, 1.0)
        with np.errstate(divide="ignore"):
            most = np.where(self.frequency > 0.0, x * (np.log(self.recency / x) + _ROUNDED), 0.0)
        rule = "must be 0 without a repeat purchase and at most frequency · ln(recency / frequency) with them"
        way_out = "Sum the natural logarithms of the times between purchases, counted in the unit of recency."
        possible = (gaps <= most) & ((self.frequency > 0.0) | (gaps == 0.0))
        require(possible, "log_gaps", gaps, rule, way_out)
        gaps.setflags(write=False)
        return gaps

    @property
    def _beside(self) -> dict[str, Array]:
        return {} if self.log_gaps is None else {"log_gaps": self.log_gaps}
