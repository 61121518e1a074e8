"""How much to spend on winning a prospect and how much on keeping a customer: the customer equity test.

Customer equity per prospect is CE = a(A)·LTV(R) − A with LTV(R) = m + (m·r(R) − R)/(1 + d − r(R)): the first
margin comes when the customer is won; at the end of every period R is spent on each customer of that period,
and those who stay, a share r(R), pay the margin. R* maximises LTV whatever A is; A* then equates the next
unit of acquisition money to its return. At the optimum the *marginal* cost of winning a customer and of
keeping one are both equal to LTV; the averages may stand in any ratio.

Blattberg, R. C. and Deighton, J. (1996), "Manage Marketing by the Customer Equity Test", Harvard Business
Review 74(4), 136-144; Pfeifer, P. E. (2005), "The optimal ratio of acquisition and retention costs", Journal
of Targeting, Measurement and Analysis for Marketing 13(2), 179-188, doi:10.1057/palgrave.jt.5740142.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from retainkit._numerics.search import where_zero
from retainkit.columns import keeps_labels, same_rows
from retainkit.decisions._base.draws import bare, drawn, mean, number, shown
from retainkit.decisions._base.inputs import Stated
from retainkit.decisions._base.rows import ByRow
from retainkit.decisions.spending.mean_response import curve_with, stated_of
from retainkit.decisions.spending.response_curves import AnyCurve
from retainkit.domains import GROWTH, NOT_NEGATIVE, POSITIVE, PROBABILITY
from retainkit.draws import Draws, beside_columns
from retainkit.economics.spending.five_times import FiveTimes, SpendResponse, five_times
from retainkit.errors import refuse_where
from retainkit.rates import as_read, in_period
from retainkit.records import Record
from retainkit.typing import Array, Number, NumberLike, RateLike, Real, Unit


@dataclass(frozen=True, eq=False)
class BlattbergDeighton(ByRow, Record):
    """The economics of a prospect: what a spending on winning and on keeping brings.

    Raises `InputError` for values outside their domain, ceilings above 1, and a ceiling of retention so high
    that the value of a customer has no limit.

    Parameters
    ----------
    margin_per_period : number or Draws, money, above 0
        What a customer brings in a period, before the spending on retention.
    discount_rate : number, Draws or Rate
        Per period.
    acquisition : ResponseCurve
        The share of prospects won, by spending per prospect.
    retention : ResponseCurve
        The share of customers kept, by spending per customer and period.
    period : unit, optional
        What the margin counts in; needed to convert a `Rate`.

    Examples
    --------
    >>> from retainkit.decisions.spending.response_curves import ExponentialResponse
    >>> prospect = BlattbergDeighton(
    ...     margin_per_period=50,
    ...     discount_rate=0.15,
    ...     acquisition=ExponentialResponse.through(spend=5, rate=0.2, ceiling=0.4),
    ...     retention=ExponentialResponse.through(spend=10, rate=0.6, ceiling=0.8),
    ... )
    >>> round(prospect.lifetime_value(10), 4), round(prospect.customer_equity(5, 10), 4)
    (86.3636, 12.2727)
    """

    margin_per_period: NumberLike
    discount_rate: RateLike
    acquisition: AnyCurve
    retention: AnyCurve
    period: Unit | None = None

    def __post_init__(self) -> None:
        labels = same_rows(margin_per_period=self.margin_per_period, discount_rate=self.discount_rate)
        object.__setattr__(self, "labels", labels)
        (d,) = in_period(self.period, discount_rate=self.discount_rate)
        object.__setattr__(
            self, "margin_per_period", POSITIVE.uncertain("margin_per_period", self.margin_per_period)
        )
        object.__setattr__(self, "discount_rate", GROWTH.uncertain("discount_rate", d))
        for name in ("acquisition", "retention"):
            PROBABILITY.uncertain(f"{name}.ceiling", getattr(self, name).ceiling)
        beside_columns(self._drawn())  # draws are equally many
        # 1 + d − r(R) divides the value: it must be above 0 however much is spent
        room = np.asarray(1.0 + bare(self.discount_rate) - np.asarray(self.retention.ceiling))
        rule = "must be below 1 + discount_rate, or the value of a customer has no limit"
        way_out = "Nobody keeps every customer for ever: lower the ceiling or discount."
        refuse_where(
            room <= 0.0, "infinite-value", "retention.ceiling", self.retention.ceiling, rule, way_out
        )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The record from its plain values; how large its rate may be was asked when it was made."""
        rate = values.get("discount_rate")
        return super().from_dict(
            {**values, "discount_rate": as_read(rate)} if isinstance(rate, float) else values
        )

    @property
    def has_draws(self) -> bool:
        """Whether any of the inputs comes as draws."""
        own = (self.margin_per_period, self.discount_rate)
        curves = (self.acquisition, self.retention)
        return any(isinstance(one, Draws) for one in own) or any(curve.has_draws for curve in curves)

    def _drawn(self) -> dict[str, Draws]:
        known = {name: stated.value for name, stated in self.inputs().items()}
        return {name: Draws.of(np.asarray(v)) for name, v in known.items() if self.has_draws and np.ndim(v)}

    def _spent(self, **spend: NumberLike) -> tuple[list[Array], bool]:
        """Checked spendings, with the axis of draws last where there are any, and whether there are."""
        checked = {name: NOT_NEGATIVE.uncertain(name, value) for name, value in spend.items()}
        own = {name: value for name, value in checked.items() if isinstance(value, Draws)}
        beside_columns(self._drawn() | own)  # draw by draw
        with_draws = self.has_draws or bool(own)
        placed = [
            np.moveaxis(np.asarray(value), 0, -1)
            if name in own
            # a column of spendings has an axis of its own before that of the draws
            else np.asarray(value)[..., None]
            if with_draws and np.ndim(value)
            else np.asarray(value)
            for name, value in checked.items()
        ]
        return placed, with_draws

    def _figure(self, value: NumberLike, with_draws: bool) -> NumberLike:
        found = np.asarray(value)
        if not with_draws or found.ndim == 0:
            return number(found)
        # what does not hang on the draws has one entry in their place
        return drawn(np.moveaxis(found, -1, 0)) if found.shape[-1] > 1 else number(found[..., 0])

    def lifetime_value(self, retention_spend: NumberLike) -> NumberLike:
        """LTV(R) of a customer won, first margin included, less all spending on retention.

        Parameters
        ----------
        retention_spend : number, array or Draws, money per customer and period

        Returns
        -------
        float, ndarray or Draws
        """
        found = self._value if isinstance(retention_spend, Draws) else self._value_of_each
        return found(retention_spend)

    def _value(self, retention_spend: NumberLike) -> NumberLike:
        (R,), with_draws = self._spent(retention_spend=retention_spend)
        return self._figure(self.value_and_equity(np.zeros(()), R)[0], with_draws)

    @keeps_labels
    def _value_of_each(self, retention_spend: NumberLike) -> NumberLike:
        return self._value(retention_spend)

    def customer_equity(self, acquisition_spend: NumberLike, retention_spend: NumberLike) -> NumberLike:
        """CE(A, R) = a(A)·LTV(R) − A of a prospect.

        Parameters
        ----------
        acquisition_spend : number, array or Draws, money per prospect
        retention_spend : number, array or Draws, money per customer and period

        Returns
        -------
        float, ndarray or Draws
        """
        drawn_spend = isinstance(acquisition_spend, Draws) or isinstance(retention_spend, Draws)
        return (self._equity if drawn_spend else self._equity_of_each)(acquisition_spend, retention_spend)

    def _equity(self, acquisition_spend: NumberLike, retention_spend: NumberLike) -> NumberLike:
        (A, R), with_draws = self._spent(acquisition_spend=acquisition_spend, retention_spend=retention_spend)
        return self._figure(self.value_and_equity(A, R)[1], with_draws)

    @keeps_labels
    def _equity_of_each(self, acquisition_spend: NumberLike, retention_spend: NumberLike) -> NumberLike:
        return self._equity(acquisition_spend, retention_spend)

    def value_and_equity(self, A: Array, R: Array) -> tuple[NumberLike, NumberLike]:
        """LTV(R) and CE(A, R) at checked arrays."""
        growth = 1.0 + bare(self.discount_rate)
        value = (bare(self.margin_per_period) * growth - R) / (growth - self.retention.at(R))
        return value, self.acquisition.at(A) * value - A

    def best_retention_spend(self) -> NumberLike:
        """R*, at which r'(R)·LTV(R) = 1, or 0 where no spending pays: one for every draw."""
        m, growth = bare(self.margin_per_period), 1.0 + bare(self.discount_rate)

        def rising(R: Array) -> Array:  # the sign of LTV'(R); falls beyond the inflection
            return self.retention.slope(R) * (m * growth - R) - (growth - self.retention.at(R))

        # beyond the inflection the sign changes once: from there it is a root and no search
        found = where_zero(rising, np.minimum(self.retention.inflection, m * growth), m * growth)
        # an S-shaped response may have its only root where spending still loses
        nothing = self.value_and_equity(np.zeros(()), np.zeros(()))[0]
        return np.where(self.value_and_equity(np.zeros(()), found)[0] > nothing, found, 0.0)

    def best_acquisition_spend(self, value: NumberLike) -> NumberLike:
        """A*, at which a'(A)·value = 1, or 0 where no spending pays: one for every value and draw."""
        # a customer who is worth nothing is won for nothing: the slope asked for is infinite
        with np.errstate(divide="ignore"):
            found = self.acquisition.spend_at_slope(1.0 / np.maximum(value, 0.0))
            worth = self.acquisition.at(found) * value - found
        return np.where(worth > np.asarray(self.acquisition.floor) * value, found, 0.0)

    def marginal_returns(
        self, acquisition_spend: float, retention_spend: float
    ) -> tuple[NumberLike, NumberLike]:
        """Value per unit of the next money on winning, a'(A)·LTV, and on keeping, r'(R)·LTV."""
        A, R = np.asarray(acquisition_spend), np.asarray(retention_spend)
        value = self.value_and_equity(A, R)[0]
        return self.acquisition.slope(A) * value, self.retention.slope(R) * value

    def five_times(self, acquisition_spend: Number, retention_spend: Number) -> FiveTimes:
        """The "five times" claim at a spending: the ratio of averages, and what the margins say instead.

        Draws count by their means.

        Examples
        --------
        >>> from retainkit.decisions.spending.response_curves import ExponentialResponse
        >>> winning = ExponentialResponse.through(5, 0.2, ceiling=0.4)
        >>> keeping = ExponentialResponse.through(10, 0.6, ceiling=0.8)
        >>> verdict = BlattbergDeighton(50, 0.15, winning, keeping).five_times(10, 10)
        >>> round(verdict.average_ratio, 2), verdict.next_money
        (2.0, 'keeping')
        """
        A = NOT_NEGATIVE.check("acquisition_spend", acquisition_spend)
        R = NOT_NEGATIVE.check("retention_spend", retention_spend)
        value = mean(self.value_and_equity(np.asarray(A), np.asarray(R))[0])
        won, kept = (
            SpendResponse(spend, mean(c.at(np.asarray(spend))), 1.0, mean(c.slope(np.asarray(spend))))
            for c, spend in ((self.acquisition, A), (self.retention, R))
        )
        return five_times(won, kept, value_won=value, value_kept=value)

    def inputs(self) -> dict[str, Stated]:
        """What the model assumes, by name."""
        return {
            "margin_per_period": Stated(
                bare(self.margin_per_period), POSITIVE, "margin of a customer in a period"
            ),
            "discount_rate": Stated(bare(self.discount_rate), GROWTH, "per period"),
            **stated_of("acquisition", self.acquisition, PROBABILITY),
            **stated_of("retention", self.retention, PROBABILITY),
        }

    def with_inputs(self, values: Mapping[str, Real]) -> BlattbergDeighton:
        """The same model with other numbers, by the names of `inputs`."""
        own = {name: value for name, value in values.items() if "." not in name}
        own["discount_rate"] = as_read(own.get("discount_rate", self.discount_rate))
        curves = {n: curve_with(n, getattr(self, n), values) for n in ("acquisition", "retention")}
        # the rate is a number per period by now, which must not be converted again
        return replace(self, period=None, **own, **curves)

    def __str__(self) -> str:
        return (
            f"A customer brings {shown(self.margin_per_period)} per period, discounted at "
            f"{shown(self.discount_rate, '.4g')}. Winning: {self.acquisition}. Keeping: {self.retention}."
        )
