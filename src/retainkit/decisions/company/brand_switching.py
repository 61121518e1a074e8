"""The return on marketing where customers switch between brands and back: ΔCE from a better offer.

Customers who buy another brand next are not lost for good, so that equity is counted over a table of
switching rather than over retention. An improvement raises the utility of the brand by some amount for
everybody; in the logit model of choice the odds of choosing it are multiplied by e^amount in every row.

Rust, R. T., Lemon, K. N. and Zeithaml, V. A. (2004), "Return on Marketing: Using Customer Equity to Focus
Marketing Strategy", Journal of Marketing 68(1), 109-127, doi:10.1509/jmkg.68.1.109.24030.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from retainkit.columns import labels_of
from retainkit.decisions._base.draws import mean, shown
from retainkit.decisions._base.old_decision import AbstractDecision, given, number, turning_points, values_of
from retainkit.decisions.service.return_on_quality import roi_of_customer_equity
from retainkit.domains import GROWTH, NOT_NEGATIVE, POSITIVE, REAL, whole_number
from retainkit.economics.segments.customer_equity import First, brand_switching_value
from retainkit.economics.segments.markov_value import checked_chain
from retainkit.errors import wrong_shape
from retainkit.rates import in_period
from retainkit.typing import Array, Number, NumberLike, RateLike, Real, Unit

PER_PERIOD = "per period"


def improved_switching(transitions: NumberLike, *, brand: int, utility_change: Number) -> Array:
    """The table of brand switching after one brand became better: its odds times e^utility_change.

    Parameters
    ----------
    transitions : (brands, brands), shares
        Row i says which brand buyers of brand i buy next.
    brand : int
        Which one becomes better, counted from 0.
    utility_change : number
        In units of the logit; negative for worse.

    Returns
    -------
    (brands, brands) float64 array
        Rows sum to what they summed to before.

    Raises
    ------
    InputError
        For rows that are no probabilities, and for a brand that is not in the table.

    Examples
    --------
    >>> improved_switching([[0.7, 0.3], [0.5, 0.5]], brand=0, utility_change=0.1).round(4)
    array([[0.7206, 0.2794],
           [0.525 , 0.475 ]])
    """
    a, _ = checked_chain(transitions, np.zeros(np.shape(transitions)[-1:]))
    way_out = "It is the number of a row of transitions, from 0."
    brand = whole_number("brand", brand, 0, len(a) - 1, way_out=way_out)
    better = a.copy()
    # in the logit model a utility is a factor of the odds, whatever brand was bought before
    better[:, brand] *= np.exp(REAL.check("utility_change", utility_change))
    total, before = better.sum(axis=1), a.sum(axis=1)
    # rows keep their sums: who left the category altogether is not won back by a better brand
    return better * np.divide(before, total, out=np.zeros_like(total), where=total > 0.0)[:, None]


@dataclass(frozen=True, eq=False, kw_only=True)
class ReturnOnSwitching(AbstractDecision):
    """Whether an improvement pays where customers switch; made by `return_on_switching`.

    Attributes
    ----------
    gain : float or (draws,), money of now
        ΔCE − E.
    equity_before, equity_after : float or (draws,), money of now
        Of all buyers of the category, to the brand.
    roi : float or (draws,)
        (ΔCE − E)/E.
    """

    equity_before: Real
    equity_after: Real
    roi: Real

    def headline(self) -> str:
        """The verdict in a sentence or two."""
        return (
            f"{shown(self.gain)} net; customer equity {shown(self.equity_after)} instead of "
            f"{shown(self.equity_before)}, return {mean(self.roi):.1%}."
        )


def return_on_switching(
    transitions: NumberLike,
    *,
    brand: int,
    last_bought: NumberLike,
    contribution_per_purchase: NumberLike,
    utility_change: NumberLike,
    cost: NumberLike,
    discount_rate: RateLike,
    first: First,
    purchases_per_period: Number = 1.0,
    horizon: Number = float("inf"),
    period: Unit | None = None,
) -> ReturnOnSwitching:
    """Whether an improvement of one brand pays, where buyers switch between brands and come back.

    CE = Σ over buyers of the value to the brand of one who bought brand i last, `brand_switching_value`.

    Parameters
    ----------
    transitions : (brands, brands), shares
        Before the improvement.
    brand : int
    last_bought : (brands,), 0 or more
        How many buyers of the category bought each brand last.
    contribution_per_purchase : number or draws, money
    utility_change : number or draws
        What the improvement adds to the brand's utility, in units of the logit: the caller's estimate.
    cost : number or draws, money of now, above 0
    discount_rate : number or draws > -1, or Rate, per period
    first, purchases_per_period, horizon, period
        As `brand_switching_value`.

    Returns
    -------
    ReturnOnSwitching

    Raises
    ------
    InputError
        As `brand_switching_value`, and for numbers of buyers that do not fit the table.

    Examples
    --------
    >>> roi = return_on_switching([[0.7, 0.3], [0.5, 0.5]], brand=0, last_bought=[60_000, 40_000],
    ...     contribution_per_purchase=20, utility_change=0.1, cost=400_000, discount_rate=0.1,
    ...     first="next-purchase")
    >>> round(roi.equity_before), roi.worth_it
    (12488889, True)
    """
    (rate,) = in_period(period, discount_rate=discount_rate)
    buyers = _one_for_each_brand(transitions, last_bought)
    inputs = given(
        contribution_per_purchase=(contribution_per_purchase, REAL, "of one purchase of the brand"),
        utility_change=(utility_change, REAL, "of the brand, in units of the logit"),
        cost=(cost, POSITIVE, "present value of all spending"),
        discount_rate=(rate, GROWTH, PER_PERIOD),
    )

    def equity(change: NumberLike, worth: NumberLike, d: NumberLike) -> NumberLike:
        value = brand_switching_value(
            improved_switching(transitions, brand=brand, utility_change=change),
            brand=brand,
            contribution_per_purchase=1.0,
            discount_rate=d,
            first=first,
            purchases_per_period=purchases_per_period,
            horizon=horizon,
        )
        return worth * float(buyers @ value)

    def both(x: Mapping[str, NumberLike]) -> tuple[NumberLike, NumberLike]:
        u, m, d = x["utility_change"], x["contribution_per_purchase"], x["discount_rate"]
        rows = np.broadcast_arrays(u, m, d)
        # numbers need no rows of draws: a chain is solved twice
        if rows[0].ndim == 0:
            return equity(0.0, m, d), equity(u, m, d)
        each = [(equity(0.0, b, c), equity(a, b, c)) for a, b, c in np.stack(rows, axis=-1).tolist()]
        before, after = np.array(each).T
        return before, after

    def gain(**x: NumberLike) -> NumberLike:
        before, after = both(x)
        return after - before - x["cost"]

    x = values_of(inputs)
    before, after = both(x)
    return ReturnOnSwitching(
        gain=number(after - before - x["cost"]),
        assumptions=turning_points(gain, inputs),
        equity_before=number(before),
        equity_after=number(after),
        roi=roi_of_customer_equity(after - before, cost=x["cost"]),
    )


def _one_for_each_brand(transitions: NumberLike, last_bought: NumberLike) -> Array:
    labels_of(transitions=transitions, last_bought=last_bought)
    buyers = np.asarray(NOT_NEGATIVE.check("last_bought", last_bought))
    if buyers.shape != np.shape(transitions)[:1]:
        way_out = "Give as many as transitions has rows."
        raise wrong_shape("last_bought", buyers, "must be one number of buyers for each brand", way_out)
    return buyers
