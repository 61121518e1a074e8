"""What a customer not yet won is worth, and when the cost of winning one is paid back."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from retainkit.columns import numbers
from retainkit.domains import NOT_NEGATIVE
from retainkit.errors import InputError
from retainkit.protocols import ModelOf, PurchaseProcess
from retainkit.rates import Rate
from retainkit.records import Record
from retainkit.typing import NumberLike, Real
from retainkit.units import Duration
from retainkit.valuation.inputs import (
    Spending,
    check_horizon,
    check_margin_share,
    check_purchasing,
    check_rate,
    check_spend,
)


@dataclass(frozen=True, slots=True, eq=False)
class NewCustomerValue(Record):
    """Expected discounted margin of a customer about to be won, first purchase included.

    Attributes
    ----------
    first_purchase : float
        Margin of the purchase that makes them a customer; not discounted.
    repeat_purchases : float
        Discounted margin of the expected repeat purchases within the horizon.
    expected_repeat_purchases : float
        Within the horizon, not discounted.
    expected_spend : float
        Per purchase.
    """

    _derived = ("value",)

    first_purchase: float
    repeat_purchases: float
    expected_repeat_purchases: float
    expected_spend: float
    margin_share: float
    discount_rate: Rate
    horizon: Duration

    @property
    def value(self) -> float:
        """The most that winning such a customer may cost: first and repeat purchases together."""
        return self.first_purchase + self.repeat_purchases

    def __str__(self) -> str:
        return (
            f"A new customer is worth {self.value:,.2f}: {self.first_purchase:,.2f} with the first purchase, "
            f"{self.repeat_purchases:,.2f} with {self.expected_repeat_purchases:,.2f} more "
            f"within {self.horizon}"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Payback(Record):
    """When the expected discounted margin of a new customer first covers the acquisition cost.

    Attributes
    ----------
    time : Duration or None
        0 where the first purchase covers it; None for never.
    limit : float
        What a new customer ever brings: an acquisition cost above it is never paid back.
    """

    _derived = ("never",)

    acquisition_cost: float
    time: Duration | None
    limit: float

    @property
    def never(self) -> bool:
        return self.time is None

    def __str__(self) -> str:
        if self.time is None:
            cost = f"{self.acquisition_cost:,.2f}"
            return f"never: a new customer brings {self.limit:,.2f} in all, not more than {cost}"
        if self.time.value == 0.0:
            return f"with the first purchase ({self.acquisition_cost:,.2f})"
        return f"after {self.time.value:,.1f} {self.time.unit}s"


def value_new_customer(
    purchasing: ModelOf[PurchaseProcess[Any]],
    spend: Spending,
    *,
    margin_share: NumberLike,
    discount_rate: Rate,
    horizon: Duration,
) -> NewCustomerValue:
    """Value of a customer about to be won, at the moment of the first purchase.

    Spend per purchase is taken to be the same for first and repeat purchases.

    Examples
    --------
    >>> import retainkit as rk
    >>> model = rk.BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
    >>> new = rk.value_new_customer(model, 35.0, margin_share=0.3, discount_rate=rk.Rate(0.10, per="year"),
    ...     horizon=rk.Duration(3, "year"))
    >>> round(new.first_purchase, 2), round(new.repeat_purchases, 2)
    (10.5, 26.17)
    """
    share, rate, length = check_margin_share(margin_share), check_rate(discount_rate), check_horizon(horizon)
    each = _mean_spend(spend)
    process = check_purchasing(purchasing)
    repeats = process.discounted_expected_purchases_new(rate, length)
    return NewCustomerValue(
        first_purchase=share * each,
        repeat_purchases=share * each * _finite(repeats, length),
        expected_repeat_purchases=float(process.expected_purchases_new(length)),
        expected_spend=each,
        margin_share=share,
        discount_rate=rate,
        horizon=length,
    )


def payback_time(
    acquisition_cost: NumberLike,
    purchasing: ModelOf[PurchaseProcess[Any]],
    spend: Spending,
    *,
    margin_share: NumberLike,
    discount_rate: Rate,
) -> Payback:
    """When a new customer has paid back what it cost to win them, or never.

    The first purchase counts in full at time 0; repeat purchases count as they are expected, discounted.

    Examples
    --------
    >>> import retainkit as rk
    >>> model = rk.BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
    >>> print(rk.payback_time(20.0, model, 35.0, margin_share=0.3, discount_rate=rk.Rate(0.10, per="year")))
    after 26.9 weeks
    """
    (cost,) = numbers(acquisition_cost=(acquisition_cost, NOT_NEGATIVE))
    share, rate, each = check_margin_share(margin_share), check_rate(discount_rate), _mean_spend(spend)
    process = check_purchasing(purchasing)
    unit = process.unit
    if unit is None:
        way_out = "Fit it on data with a unit, or pass unit=... when you make it."
        raise InputError("unit-unknown", "purchasing", purchasing, "must know its unit of time", way_out)

    def earned(time: float) -> float:
        if time == 0.0:
            return share * each
        # 1 for the first purchase, which is made at time 0 and not discounted
        return share * each * (1.0 + float(process.discounted_expected_purchases_new(rate, time)))

    limit = earned(math.inf)
    # no root to look for: at time 0 the earnings jump by the whole first purchase
    if earned(0.0) >= cost:
        return Payback(cost, Duration(0.0, unit), limit)
    # the limit is approached and never reached: with limit = cost it is never paid back either
    if limit <= cost:
        return Payback(cost, None, limit)
    time = _first_time(earned, cost, whole=process.whole_periods)
    return Payback(cost, None if time is None else Duration(time, unit), limit)


def _first_time(earned: Callable[[float], float], cost: float, *, whole: bool) -> float | None:
    """When what was earned, less than the cost at 0, first covers it; None if in no time a float can hold."""
    from scipy.optimize import brentq

    # doubling finds a bracket in as many steps as the answer has binary digits, whatever the unit
    late = 1.0
    while earned(late) < cost:
        late *= 2.0
        if math.isinf(late):
            return None
    if not whole:
        # a billionth of a period is below a second in days, and far below what data tell
        return float(brentq(lambda time: earned(time) - cost, 0.0, late, xtol=1e-9, rtol=1e-12))
    early = 0.0
    # opportunities come whole: between two of them the earnings do not move, and a root is not defined
    while late - early > 1.0:
        middle = (early + late) // 2.0
        early, late = (middle, late) if earned(middle) < cost else (early, middle)
    return late


def _mean_spend(spend: Spending) -> float:
    checked = check_spend(spend)
    return checked if isinstance(checked, float | int) else float(checked.expected_spend_new())


def _finite(purchases: Real, horizon: Duration) -> float:
    if math.isinf(purchases):
        rule = "must be finite here: without discount such a customer buys for ever"
        way_out = "Give a finite horizon or a discount rate above 0."
        raise InputError("infinite-value", "horizon", horizon, rule, way_out)
    return float(purchases)
