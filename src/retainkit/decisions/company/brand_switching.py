"""The return on marketing where customers switch between brands and back: ΔCE from a better offer.

Customers who buy another brand next are not lost for good, so that equity is counted over a table of
switching rather than over retention. An improvement raises the utility of the brand by some amount for
everybody; in the logit model of choice the odds of choosing it are multiplied by e^amount in every row.

Rust, R. T., Lemon, K. N. and Zeithaml, V. A. (2004), "Return on Marketing: Using Customer Equity to Focus
Marketing Strategy", Journal of Marketing 68(1), 109-127, doi:10.1509/jmkg.68.1.109.24030.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retainkit.columns import labels_of
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import mean, shown
from retainkit.decisions._base.inputs import Inputs, assumed, setting
from retainkit.decisions._base.rows import one_a_row
from retainkit.decisions.service.return_on_quality import roi_of_customer_equity
from retainkit.domains import GROWTH, NOT_NEGATIVE, POSITIVE, REAL, whole_number
from retainkit.economics.segments.customer_equity import First, brand_switching_value
from retainkit.economics.segments.markov_value import checked_chain
from retainkit.errors import wrong_shape
from retainkit.rates import as_read
from retainkit.typing import Array, Number, NumberLike, RateLike, Real, Unit


def improved_switching(transitions: NumberLike, *, brand: int, utility_change: Number) -> Array:
    """The table of brand switching after one brand became better: its odds times e^utility_change.

    Raises `InputError` for rows that are no probabilities, and for a brand that is not in the table.

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
class SwitchingInputs(Inputs):
    """What the return on a better offer rests on."""

    contribution_per_purchase: Real = assumed(REAL, "of one purchase of the brand")
    utility_change: Real = assumed(REAL, "of the brand, in units of the logit")
    cost: Real = assumed(POSITIVE, "present value of all spending")
    discount_rate: Real = assumed(GROWTH, "per period", rate="growth")
    transitions: Array = setting()
    last_bought: Array = setting()
    brand: int = setting()
    first: First = setting()
    purchases_per_period: float = setting()
    horizon: float = setting()

    def equities(self) -> tuple[Real, Real]:
        """Customer equity of the brand, before and after."""
        rows = np.broadcast_arrays(self.utility_change, self.contribution_per_purchase, self.discount_rate)
        if rows[0].ndim == 0:
            u, m, d = (row.item() for row in rows)
            return self._equity(0.0, m, d), self._equity(u, m, d)
        # a chain for each draw: a table of switching is solved for one discount rate at a time
        draws = np.stack(rows, axis=-1).tolist()
        before, after = np.array([(self._equity(0.0, m, d), self._equity(u, m, d)) for u, m, d in draws]).T
        return before, after

    def gain(self) -> Real:
        # the same buyers, the same table: only the odds of the brand differ
        before, after = self.equities()
        return after - before - self.cost

    def _equity(self, change: float, worth: float, discount_rate: float) -> float:
        # for a contribution of 1, since worth is proportional to it
        value = brand_switching_value(
            improved_switching(self.transitions, brand=self.brand, utility_change=change),
            brand=self.brand,
            contribution_per_purchase=1.0,
            discount_rate=as_read(discount_rate),
            first=self.first,
            purchases_per_period=self.purchases_per_period,
            horizon=self.horizon,
        )
        return worth * float(self.last_bought @ value)


@dataclass(frozen=True, eq=False, kw_only=True)
class ReturnOnSwitching(Decision):
    """Whether an improvement pays where customers switch; made by `return_on_switching`.

    Attributes
    ----------
    gain : float or Draws, money of now
        ΔCE − E.
    equity_before, equity_after : float or Draws, money of now
        Of all buyers of the category, to the brand.
    roi : float or Draws
        (ΔCE − E)/E.
    """

    inputs: SwitchingInputs
    equity_before: Real
    equity_after: Real
    roi: Real

    def headline(self) -> str:
        return (
            f"{shown(self.gain)} net; customer equity {shown(self.equity_after)} instead of "
            f"{shown(self.equity_before)}, return {mean(self.roi):.1%}."
        )


@one_a_row(besides=("transitions", "last_bought"))
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

    Raises `InputError` as `brand_switching_value`, and for numbers of buyers that do not fit the table.

    Parameters
    ----------
    transitions : (brands, brands), shares
        Before the improvement.
    brand : int
    last_bought : (brands,), 0 or more
        How many buyers of the category bought each brand last.
    contribution_per_purchase : number or Draws, money
    utility_change : number or Draws
        What the improvement adds to the brand's utility, in units of the logit: the caller's estimate.
    cost : number or Draws, money of now, above 0
    discount_rate : number or Draws > -1, or Rate, per period
    first, purchases_per_period, horizon, period
        As `brand_switching_value`.

    Examples
    --------
    >>> roi = return_on_switching([[0.7, 0.3], [0.5, 0.5]], brand=0, last_bought=[60_000, 40_000],
    ...     contribution_per_purchase=20, utility_change=0.1, cost=400_000, discount_rate=0.1,
    ...     first="next-purchase")
    >>> round(roi.equity_before), roi.worth_it
    (12488889, True)
    """
    # who bought which brand last is the state in which the chain starts
    buyers = _one_for_each_brand(transitions, last_bought)
    x = SwitchingInputs.read(locals(), transitions=np.asarray(transitions), last_bought=buyers)
    before, after = x.equities()
    return ReturnOnSwitching(
        gain=x.gain(),
        inputs=x,
        equity_before=before,
        equity_after=after,
        roi=roi_of_customer_equity(after - before, cost=x.cost),
    )


def _one_for_each_brand(transitions: NumberLike, last_bought: NumberLike) -> Array:
    # rows of the table and buyers are the same brands in the same order
    labels_of(transitions=transitions, last_bought=last_bought)
    buyers = np.asarray(NOT_NEGATIVE.check("last_bought", last_bought))
    if buyers.shape != np.shape(transitions)[:1]:
        way_out = "Give as many as transitions has rows."
        raise wrong_shape("last_bought", buyers, "must be one number of buyers for each brand", way_out)
    return buyers
