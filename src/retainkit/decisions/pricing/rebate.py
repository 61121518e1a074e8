"""A rebate on all that a customer spends: how much more has to be bought, how much is given away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

import numpy as np

from retainkit.columns import SameKind, columns
from retainkit.decisions._base.draws import mean, shown
from retainkit.decisions._base.old_decision import AbstractDecision, given, number, turning_points, values_of
from retainkit.domains import NOT_NEGATIVE, PROBABILITY, REAL, SHARE_ABOVE_0
from retainkit.typing import NumberLike, Real


def break_even_lift(rebate: NumberLike, *, margin_share: NumberLike) -> SameKind:
    """How much more customers have to buy for a rebate on all their purchases to cost nothing: ρ/(g − ρ).

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

    Raises
    ------
    InputError
        For values outside their domain.

    Examples
    --------
    2% of a margin of 10% needs 25% more sales, not 2%:

    >>> round(break_even_lift(0.02, margin_share=0.10), 6)
    0.25
    """
    (rho, g), back = columns(rebate=(rebate, PROBABILITY), margin_share=(margin_share, SHARE_ABOVE_0))
    return back(_even(rho, g))


@dataclass(frozen=True, eq=False, kw_only=True)
class Rebate(AbstractDecision):
    """Whether a rebate on all purchases pays; made by `rebate_programme` and `points_programme`.

    Attributes
    ----------
    gain : float or (draws,), money per period and customer
    effective_rebate : float or (draws,)
        What is really given back, as a share of the spending.
    break_even_lift : float or (draws,)
        ``inf`` where no lift is enough.
    share_paid_anyway : float or (draws,)
        The share of the rebate paid on purchases that would have been made without it.
    """

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


def rebate_programme(
    spend_per_period: NumberLike,
    *,
    rebate: NumberLike,
    margin_share: NumberLike,
    lift: NumberLike,
    cost_per_period: NumberLike = 0.0,
) -> Rebate:
    """Whether a rebate on all purchases is worth it: s·((g − ρ)(1 + lift) − g) − cost, in a period.

    Parameters
    ----------
    spend_per_period : number or draws, money, 0 or more
        s, without the programme.
    rebate : number or draws in [0, 1]
        ρ, of all spending.
    margin_share : number or draws in (0, 1]
        g.
    lift : number or draws
        How much more customers buy because of it, 0.1 for 10%; from a test with a control group. Members
        bought more before they joined: their lead over the others is not the lift.
    cost_per_period : number or draws, money per customer, 0 or more
        Of running it.

    Returns
    -------
    Rebate

    Raises
    ------
    InputError
        For values outside their domain.

    Examples
    --------
    >>> decision = rebate_programme(100, rebate=0.02, margin_share=0.1, lift=0.10, cost_per_period=0.1)
    >>> round(decision.gain, 2), round(decision.share_paid_anyway, 4)
    (-1.3, 0.9091)
    """
    inputs = given(
        spend_per_period=(spend_per_period, NOT_NEGATIVE, "spending without the programme"),
        rebate=(rebate, PROBABILITY, "given back, share of spending"),
        margin_share=(margin_share, SHARE_ABOVE_0, "margin before the rebate, share of spending"),
        lift=(lift, REAL, "how much more is bought because of it"),
        cost_per_period=(cost_per_period, NOT_NEGATIVE, "of running it, per customer"),
    )

    def gain(**x: NumberLike) -> NumberLike:
        return gain_of_rebate(x, x["rebate"])

    x = values_of(inputs)
    return Rebate(
        gain=number(gain(**x)), assumptions=turning_points(gain, inputs), **rebate_figures(x, x["rebate"])
    )


def gain_of_rebate(x: Mapping[str, NumberLike], rebate: NumberLike) -> NumberLike:
    """s·((g − ρ)(1 + lift) − g) − cost."""
    left = (x["margin_share"] - rebate) * (1.0 + x["lift"]) - x["margin_share"]
    return x["spend_per_period"] * left - x["cost_per_period"]


def rebate_figures(x: Mapping[str, NumberLike], rebate: NumberLike) -> dict[str, Real]:
    """The figures of a `Rebate` beside the gain."""
    anyway = np.minimum(1.0, 1.0 / np.maximum(1.0, 1.0 + np.asarray(x["lift"])))
    return {
        "effective_rebate": number(rebate),
        "break_even_lift": number(_even(np.asarray(rebate), np.asarray(x["margin_share"]))),
        "share_paid_anyway": number(anyway),
    }


def _even(rho: NumberLike, g: NumberLike) -> NumberLike:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(rho < g, rho / (g - rho), inf)
