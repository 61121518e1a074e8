"""What every purchase model answers, in one place: names, units, checks and docstrings.

A model supplies formulas on plain arrays in its own unit of time; this class turns durations and
rates into that unit, evaluates once per distinct customer and refuses what makes no sense.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import numpy as np
from scipy.special import expit

from retainkit._numerics.grouping import distinct_rows
from retainkit.economics.rates import Rate
from retainkit.errors import InputError
from retainkit.models._base import AbstractModel
from retainkit.parameters import NOT_NEGATIVE
from retainkit.summaries import Purchases
from retainkit.typing import Array, NumberLike, Real, Unit
from retainkit.units import Duration, in_units

Horizon: TypeAlias = "Duration | NumberLike"
Seed: TypeAlias = "int | np.random.Generator"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AbstractPurchaseModel(AbstractModel[Purchases]):
    """A model of repeat purchases by customers who leave without telling."""

    data_kind: ClassVar[type[Purchases]] = Purchases

    # -- what a model supplies: formulas on plain arrays, in its own unit ----------------------------

    @abstractmethod
    def _log_odds_left(self, purchases: Purchases) -> Array:
        """ln P(has left) / P(is alive) at the end of observation."""

    @abstractmethod
    def _survival_from(self, x: Array, T: Array, horizon: Array) -> Array:
        """P(still alive `horizon` later), for customers alive at T."""

    @abstractmethod
    def _discounted_from(self, x: Array, T: Array, horizon: Array, force: float) -> Array:
        """Purchases in (T, T + horizon], each times e^(-force·time), for customers alive at T."""

    @abstractmethod
    def _pmf(self, n: Array, horizon: Array) -> Array:
        """P(n purchases in `horizon`) for a new customer."""

    @abstractmethod
    def _sample(self, rng: np.random.Generator, T: Array) -> tuple[Array, Array]:
        """frequency and recency of simulated customers observed for T."""

    # -- what every model answers ------------------------------------------------------------------

    def probability_alive(self, purchases: Purchases, horizon: Horizon = 0.0) -> Array:
        """Probability that each customer is still a customer `horizon` after the end of observation.

        Parameters
        ----------
        purchases : Purchases, n entries
        horizon : float (in the model's unit) or Duration, ≥ 0; a scalar or one per entry
            0 asks about the end of observation itself.

        Returns
        -------
        (n,) probabilities; (draws, n) if the parameters have a leading draws axis.
        """
        unit = self._unit_with(purchases)
        t = self._horizon(horizon, unit, zero=True)
        alive = expit(-self._log_odds_left(purchases))
        if np.all(np.asarray(t) == 0.0):
            return alive
        return alive * self._once(purchases, t, self._survival_from)

    def expected_purchases(self, purchases: Purchases, horizon: Horizon) -> Array:
        """Expected number of purchases of each customer in the `horizon` after observation.

        Parameters
        ----------
        purchases : Purchases, n entries
        horizon : float (in the model's unit) or Duration, > 0; a scalar or one per entry

        Returns
        -------
        (n,) expected counts; (draws, n) if the parameters have a leading draws axis. ``inf`` where
        an infinite horizon means infinitely many.
        """
        return self._value_of(purchases, horizon, 0.0, self._unit_with(purchases))

    def expected_purchases_new(self, horizon: Horizon) -> Real:
        """Expected repeat purchases of a customer just acquired, in the `horizon` after acquisition.

        `horizon` may be an array of any shape (m,); the answer has its shape (with the draws axis in
        front, if the parameters have one).
        """
        t = np.asarray(self._horizon(horizon, self.unit, zero=True))
        return self._new(t, 0.0)

    def discounted_expected_purchases(
        self, purchases: Purchases, discount_rate: Rate, horizon: Horizon = math.inf
    ) -> Array:
        """Expected purchases after observation, each discounted to the end of observation.

        Multiply by the margin per purchase for the residual value of a customer. `horizon` may be
        infinite as long as `discount_rate` is positive; purchases count when they happen
        (continuous time), not at the end of a period.

        Parameters
        ----------
        purchases : Purchases, n entries, with a unit
        discount_rate : Rate, ≥ 0
        horizon : float (in the model's unit) or Duration, > 0; infinite by default
        """
        unit = self._unit_with(purchases)
        return self._value_of(purchases, horizon, _force(discount_rate, unit), unit)

    def discounted_expected_purchases_new(self, discount_rate: Rate, horizon: Horizon = math.inf) -> Real:
        """Discounted expected repeat purchases of a customer just acquired; the first is not counted."""
        t = np.asarray(self._horizon(horizon, self.unit))
        return self._new(t, _force(discount_rate, self.unit))

    def purchase_pmf(self, n: NumberLike, horizon: Horizon) -> Real:
        """Probability that a customer just acquired makes exactly `n` repeat purchases in `horizon`.

        `n` and `horizon` broadcast against each other.
        """
        counts = np.asarray(NOT_NEGATIVE.check("n", n))
        if not np.all(counts == np.rint(counts)):
            raise InputError(
                "not-whole", argument="n", value=n, rule="must be whole numbers", way_out="Round it yourself."
            )
        return _plain(self._pmf(counts, np.asarray(self._horizon(horizon, self.unit, zero=True))))

    def sample(self, T: NumberLike, *, seed: Seed) -> Purchases:
        """Simulate one customer for each entry of `T`, the time observed since acquisition.

        Parameters
        ----------
        T : (n,) > 0, in the model's unit
        seed : int or numpy Generator

        Returns
        -------
        Purchases with n entries.
        """
        observed = np.atleast_1d(NOT_NEGATIVE.check("T", T))
        frequency, recency = self._sample(self._generator(seed), observed)
        return Purchases(frequency=frequency, recency=recency, T=observed, unit=self.unit)

    # -- units, checks and evaluation once per distinct customer ----------------------------------

    def _unit_with(self, purchases: Purchases) -> Unit | None:
        if not isinstance(purchases, Purchases):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InputError(
                "wrong-data",
                argument="purchases",
                value=type(purchases).__name__,
                rule="must be Purchases",
                way_out="Pass tx.purchases, or Purchases.from_frame(df, unit=...).",
            )
        if self.unit and purchases.unit and self.unit != purchases.unit:
            raise InputError(
                "unit-mismatch",
                argument="purchases",
                value=purchases.unit,
                rule=f"must count time in {self.unit}s, as the model does",
                way_out=f"Summarise the data with unit={self.unit!r}, or fit the model on these data.",
            )
        return self.unit or purchases.unit

    def _horizon(self, horizon: Horizon, unit: Unit | None, *, zero: bool = False) -> Real:
        t = in_units("horizon", horizon, unit)
        if isinstance(t, float) and t == math.inf:
            return t
        checked = NOT_NEGATIVE.check("horizon", t)
        if not zero and np.any(np.asarray(checked) == 0.0):
            raise InputError(
                "out-of-range",
                argument="horizon",
                value=horizon,
                rule="must be more than 0: nothing happens in no time",
                way_out="Give a length of time, for example Duration(3, 'year').",
            )
        return checked

    def _value_of(self, purchases: Purchases, horizon: Horizon, force: float, unit: Unit | None) -> Array:
        t = self._horizon(horizon, unit)
        alive = self.probability_alive(purchases)
        return alive * self._once(purchases, t, lambda x, T, h: self._discounted_from(x, T, h, force))

    def _new(self, t: Array, force: float) -> Real:
        zero = np.zeros(1)
        flat = self._discounted_from(zero, zero, t.reshape(-1), force)
        return _plain(flat.reshape((*flat.shape[:-1], *t.shape)))

    def _once(self, purchases: Purchases, t: Real, formula: Callable[[Array, Array, Array], Array]) -> Array:
        """`formula(x, T, horizon)` evaluated once per distinct (x, T, horizon) and joined back."""
        if len(purchases) == 0:
            return purchases.frequency
        varying = [purchases.frequency, purchases.T]
        if isinstance(t, np.ndarray):
            if t.shape != purchases.T.shape:
                raise InputError(
                    "length-mismatch",
                    argument="horizon",
                    value=t,
                    rule=f"must be one number, or one for each of the {len(purchases):,} entries",
                    way_out="Ask for one horizon at a time to compare several.",
                )
            varying.append(t)
        rows = distinct_rows(varying, None, inverse=True)
        x, T, *h = (part.column() for part in rows.levels)
        return np.take(formula(x, T, h[0] if h else np.asarray(t)), rows.inverse, axis=-1)  # type: ignore[arg-type]


def _force(discount_rate: Rate | NumberLike, unit: Unit | None) -> float:
    """The force of discount per model unit; a bare number has no period and is refused, save 0."""
    if not isinstance(discount_rate, Rate):
        if isinstance(discount_rate, int | float) and discount_rate == 0:
            return 0.0
        raise InputError(
            "rate-without-period",
            argument="discount_rate",
            value=discount_rate,
            rule="needs its period",
            way_out="Write it as a Rate, for example Rate(0.10, per='year').",
        )
    if unit is None:
        in_units("discount_rate", Duration(1.0, discount_rate.per), None)
        raise AssertionError("unreachable: in_units refuses a missing unit")
    force = discount_rate.continuous(unit)
    if force < 0.0:
        raise InputError(
            "out-of-range",
            argument="discount_rate",
            value=discount_rate,
            rule="must be 0 or more",
            way_out="Model growing margins in the spend, not by a negative discount.",
        )
    return force


def _plain(values: Array) -> Real:
    return float(values) if values.ndim == 0 else values
