"""A rebate on all that a customer spends: how much more has to be bought, how much is given away."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from math import inf
from typing import cast

import numpy as np

from retainkit.columns import columns
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import mean, shown
from retainkit.decisions._base.inputs import Inputs, assumed
from retainkit.decisions._base.rows import one_a_row
from retainkit.domains import CHANGE, GROWTH, NOT_NEGATIVE, PROBABILITY, SHARE_ABOVE_0
from retainkit.typing import Array, NumberLike, NumberOf, Real, Same


def break_even_lift(rebate: NumberOf[Same], *, margin_share: NumberOf[Same]) -> Same:
    """How much more customers have to buy for a rebate on all their purchases to cost nothing: ρ/(g − ρ).

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    rebate : number or column in [0, 1]
        ρ, given back of the spending: 0.02 for 2%. For points: `effective_rebate`.
    margin_share : number or column in (0, 1]
        g, contribution margin as a share of the spending, before the rebate.

    Returns
    -------
    float, ndarray or Series
        0.25 for 25% more; ``inf`` where the rebate eats the whole margin.

    Examples
    --------
    2% of a margin of 10% needs 25% more sales, not 2%:

    >>> round(break_even_lift(0.02, margin_share=0.10), 6)
    0.25
    """
    (rho, g), back = columns(rebate=(rebate, PROBABILITY), margin_share=(margin_share, SHARE_ABOVE_0))
    return back(_even(rho, g))


@dataclass(frozen=True, eq=False, kw_only=True)
class RebateInputs(Inputs):
    """What a rebate on all purchases rests on, however it is given back."""

    spend_per_period: Real = assumed(NOT_NEGATIVE, "spending without the programme")
    margin_share: Real = assumed(SHARE_ABOVE_0, "margin before the rebate, share of spending")
    lift: Real = assumed(CHANGE, "how much more is bought because of it")
    cost_per_period: Real = assumed(NOT_NEGATIVE, "of running it, per customer")

    @abstractmethod
    def given_back(self) -> Real:
        """ρ, what is really given back of the spending."""

    def gain(self) -> Real:
        """s·((g − ρ)(1 + lift) − g) − cost."""
        left = (self.margin_share - self.given_back()) * (1.0 + self.lift) - self.margin_share
        return self.spend_per_period * left - self.cost_per_period

    def _lift_needed(self) -> Real:
        """(ρ + cost/s)/(g − ρ): what is given back and the cost to run, out of the margin that is left."""
        s, rho, c = (np.asarray(x) for x in (self.spend_per_period, self.given_back(), self.cost_per_period))
        with np.errstate(divide="ignore", invalid="ignore"):
            # nothing to run costs nothing, of whatever spending
            return _even(rho, np.asarray(self.margin_share), np.where(c > 0.0, c / s, 0.0))

    def decided(self) -> Rebate:
        """The verdict."""
        rebate = self.given_back()
        return Rebate(
            gain=self.gain(),
            inputs=cast("PlainRebateInputs | PointsInputs", self),
            effective_rebate=rebate,
            break_even_lift=self._lift_needed(),
            # of what is bought with it, the part that would have been bought without it
            share_paid_anyway=np.minimum(1.0, 1.0 / np.maximum(1.0, 1.0 + np.asarray(self.lift))),
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class PlainRebateInputs(RebateInputs):
    """A rebate as a share of the spending."""

    _first = ("spend_per_period", "rebate")

    rebate: Real = assumed(PROBABILITY, "given back, share of spending")

    def given_back(self) -> Real:
        """ρ itself."""
        return self.rebate


@dataclass(frozen=True, eq=False, kw_only=True)
class PointsInputs(RebateInputs):
    """A rebate in points, after breakage and delay."""

    _first = (
        "spend_per_period",
        "points_per_unit",
        "cost_per_point",
        "redemption_probability",
        "periods_to_redemption",
        "discount_rate",
    )

    points_per_unit: Real = assumed(NOT_NEGATIVE, "points earned per unit of money")
    cost_per_point: Real = assumed(NOT_NEGATIVE, "of a redeemed point")
    redemption_probability: Real = assumed(PROBABILITY, "share of points ever redeemed")
    periods_to_redemption: Real = assumed(NOT_NEGATIVE, "from earning to redemption")
    discount_rate: Real = assumed(GROWTH, "per period", rate="growth")

    def given_back(self) -> Real:
        """e·k·(1 − b)·(1+d)^(−τ): breakage and delay make a promise cheaper than it looks."""
        promised = self.points_per_unit * self.cost_per_point * self.redemption_probability
        return promised * np.exp(-self.periods_to_redemption * np.log1p(self.discount_rate))


@dataclass(frozen=True, eq=False, kw_only=True)
class Rebate(Decision):
    """Whether a rebate on all purchases pays; made by `rebate_programme` and `points_programme`.

    Attributes
    ----------
    gain : float or Draws, money per period and customer
    effective_rebate : float or Draws
        What is really given back, as a share of the spending.
    break_even_lift : float or Draws
        At which it neither gains nor loses, its cost included; ``inf`` where no lift is enough.
    share_paid_anyway : float or Draws
        The share of the rebate paid on purchases that would have been made without it.
    """

    inputs: PlainRebateInputs | PointsInputs
    effective_rebate: Real
    break_even_lift: Real
    share_paid_anyway: Real

    def headline(self) -> str:
        """The verdict in a sentence or two."""
        even = mean(self.break_even_lift)
        needed = "no lift is enough" if even == inf else f"it needs a lift of {even:.2%}"
        return (
            f"{shown(self.gain)} per customer and period; the rebate costs "
            f"{mean(self.effective_rebate):.3%} of sales and {needed}. {mean(self.share_paid_anyway):.1%} of "
            "it is paid on purchases made anyway."
        )


@one_a_row()
def rebate_programme(
    spend_per_period: NumberLike,
    *,
    rebate: NumberLike,
    margin_share: NumberLike,
    lift: NumberLike,
    cost_per_period: NumberLike = 0.0,
    meant: bool = False,
) -> Rebate:
    """Whether a rebate on all purchases is worth it: s·((g − ρ)(1 + lift) − g) − cost, in a period.

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    spend_per_period : number or Draws, money, 0 or more
        s, without the programme.
    rebate : number or Draws in [0, 1]
        ρ, of all spending.
    margin_share : number or Draws in (0, 1]
        g.
    lift : number or Draws > -1
        How much more customers buy because of it, 0.1 for 10%; from a test with a control group. Members
        bought more before they joined: their lead over the others is not the lift.
    cost_per_period : number or Draws, money per customer, 0 or more
        Of running it.
    meant : bool
        As `price_change`, of the lift.

    Examples
    --------
    >>> decision = rebate_programme(100, rebate=0.02, margin_share=0.1, lift=0.10, cost_per_period=0.1)
    >>> round(decision.gain, 2), round(decision.break_even_lift, 4), round(decision.share_paid_anyway, 4)
    (-1.3, 0.2625, 0.9091)
    """
    return PlainRebateInputs.read(locals()).decided()


def _even(rho: Array, g: Array, cost: NumberLike = 0.0) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(rho < g, (rho + cost) / (g - rho), inf)
