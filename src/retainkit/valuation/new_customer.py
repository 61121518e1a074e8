"""What a customer not yet won is worth, and when the cost of winning one is paid back."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from retainkit.columns import numbers
from retainkit.domains import NOT_NEGATIVE
from retainkit.draws import Draws
from retainkit.each_draw import draw_by_draw, draws_among
from retainkit.errors import InputError
from retainkit.models.contractual.questions import plain
from retainkit.protocols import ModelOf, PurchaseProcess, refuse_many
from retainkit.rates import Rate
from retainkit.records import Record
from retainkit.typing import Array, NumberLike, Real
from retainkit.units import Duration
from retainkit.valuation.inputs import (
    Spending,
    check_horizon,
    check_margin_share,
    check_purchasing,
    check_rate,
    uncertain_margin_share,
    uncertain_spend,
)


@dataclass(frozen=True, slots=True, eq=False)
class NewCustomerValue(Record):
    """Expected discounted margin of a customer about to be won, first purchase included.

    Numbers, or (n,) where a model has parameters for each customer; `Draws` of them from a posterior.

    Attributes
    ----------
    first_purchase : float or (n,)
        Margin of the purchase that makes them a customer; not discounted.
    repeat_purchases : float or (n,)
        Discounted margin of the expected repeat purchases within the horizon.
    expected_repeat_purchases : float or (n,)
        Within the horizon, not discounted.
    expected_spend : float or (n,)
        Per purchase.
    """

    _derived = ("value",)

    first_purchase: Real
    repeat_purchases: Real
    expected_repeat_purchases: Real
    expected_spend: Real
    margin_share: float | Draws
    discount_rate: Rate
    horizon: Duration

    @property
    def value(self) -> Real:
        """The most that winning such a customer may cost: first and repeat purchases together."""
        return self.first_purchase + self.repeat_purchases

    def __str__(self) -> str:
        figures = (self.value, self.first_purchase, self.repeat_purchases, self.expected_repeat_purchases)
        value, first, repeats, more = (float(np.mean(figure)) for figure in figures)
        count, value = np.size(self.value), f"{value:,.2f}"
        drawn: Real | Draws = self.value
        if isinstance(drawn, Draws):
            count = drawn.size // len(drawn)
            low, high = Draws.of(np.mean(drawn.values.reshape(len(drawn), -1), axis=1)).interval()
            value += f" (90%: {low:,.2f} to {high:,.2f})"
        who = "A new customer is worth" if count == 1 else f"{count:,} new customers are worth, on average,"
        return (
            f"{who} {value}: {first:,.2f} with the first purchase, {repeats:,.2f} with {more:,.2f} more "
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

    Spend per purchase is taken to be the same for first and repeat purchases. Models with parameters of
    shape (n,), such as those of ``model.given(covariates)``, give the value of each customer. A posterior, of
    purchasing, spend or both, gives every figure as `Draws`, one for each of its own; so do `Draws` of the
    spend per purchase or of `margin_share`, which belong together with the former, first with first.

    Examples
    --------
    >>> import retainkit as rk
    >>> model = rk.BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
    >>> new = rk.value_new_customer(model, 35.0, margin_share=0.3, discount_rate=rk.Rate(0.10, per="year"),
    ...     horizon=rk.Duration(3, "year"))
    >>> round(new.first_purchase, 2), round(new.repeat_purchases, 2)
    (10.5, 26.17)
    """
    share, rate = uncertain_margin_share(margin_share), check_rate(discount_rate)
    length = check_horizon(horizon)
    process = check_purchasing(purchasing)
    each = _mean_spend(spend)
    many = draws_among(purchasing=purchasing, spend=spend, margin_share=margin_share)
    later = _finite(process.discounted_expected_purchases_new(rate, length), length)
    part = _by_draw(np.asarray(share), share)
    each, repeats, count = (
        _by_draw(each, spend),
        _by_draw(later, purchasing),
        _by_draw(process.expected_purchases_new(length), purchasing),
    )
    return NewCustomerValue(
        first_purchase=_figure(part * each, many),
        repeat_purchases=_figure(part * each * repeats, many),
        expected_repeat_purchases=_figure(count, many),
        expected_spend=_figure(each, many),
        margin_share=share,
        discount_rate=rate,
        horizon=length,
    )


def _by_draw(answer: Real, model: object) -> Array:
    """What a model answers, or an amount; (draws, 1) where its parameters, or it, are draws."""
    array = np.asarray(answer, np.float64)
    return array.reshape(-1, 1) if draws_among(model=model) else array


def _figure(array: Array, draws: int) -> Any:
    """A figure as it is; where something is drawn, as draws of it, or of each customer's."""
    if not draws:
        return plain(array)
    columns = np.broadcast_to(array, (draws, array.shape[-1] if array.ndim else 1))
    return Draws.of(columns[:, 0] if columns.shape[1] == 1 else columns)


@draw_by_draw("acquisition_cost", "purchasing", "spend", "margin_share")
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
    Of a posterior 400 draws are asked: ``.time`` is `Draws` in the unit of the model, ``inf`` for
    never. The cost, the margin and the spend per purchase may be `Draws`, too.

    Examples
    --------
    >>> import retainkit as rk
    >>> model = rk.BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
    >>> print(rk.payback_time(20.0, model, 35.0, margin_share=0.3, discount_rate=rk.Rate(0.10, per="year")))
    after 26.9 weeks
    """
    (cost,) = numbers(acquisition_cost=(acquisition_cost, NOT_NEGATIVE))
    share, rate = check_margin_share(margin_share), check_rate(discount_rate)
    process = check_purchasing(purchasing)
    refuse_many("purchasing", process)
    refuse_many("spend", spend)
    each, unit = float(_mean_spend(spend)), process.unit
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


def _mean_spend(spend: Spending) -> Real:
    checked = uncertain_spend(spend)
    if isinstance(checked, Draws):
        return checked.values
    return checked if isinstance(checked, float | int) else plain(np.asarray(checked.expected_spend_new()))


def _finite(purchases: Real, horizon: Duration) -> Real:
    if np.any(np.isinf(purchases)):
        rule = "must be finite here: without discount such a customer buys for ever"
        way_out = "Give a finite horizon or a discount rate above 0."
        raise InputError("infinite-value", "horizon", horizon, rule, way_out)
    return plain(np.asarray(purchases))
