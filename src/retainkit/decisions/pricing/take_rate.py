"""Upselling and cross-selling: who takes the offer because of it, and what it displaces."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np

from retainkit.columns import columns
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import mean, shown
from retainkit.decisions._base.inputs import Inputs, assumed
from retainkit.decisions._base.rows import one_a_row
from retainkit.decisions.pricing.paid_anyway import share_paid_anyway
from retainkit.domains import NOT_NEGATIVE, PROBABILITY, REAL
from retainkit.typing import NumberLike, NumberOf, Real, Same


def break_even_take_rate(
    margin_per_taker: NumberOf[Same],
    *,
    cost_per_offer: NumberOf[Same],
    take_rate_without: NumberOf[Same],
    cannibalised_share: NumberOf[Same],
    displaced_margin: NumberOf[Same],
) -> Same:
    """The take rate from which on an offer pays: t₀ + f/(M − κD).

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    margin_per_taker, cost_per_offer, take_rate_without, cannibalised_share, displaced_margin
        As `offer_to_customers`; numbers or columns.

    Returns
    -------
    float, ndarray or Series
        Above 1 where even everyone is not enough, ``inf`` where a taker brings nothing.

    Examples
    --------
    >>> displaced = dict(cannibalised_share=0.25, displaced_margin=120)
    >>> round(break_even_take_rate(80, cost_per_offer=1, take_rate_without=0.02, **displaced), 6)
    0.04
    """
    (m, f, t0, k, d), back = columns(
        margin_per_taker=(margin_per_taker, REAL),
        cost_per_offer=(cost_per_offer, NOT_NEGATIVE),
        take_rate_without=(take_rate_without, PROBABILITY),
        cannibalised_share=(cannibalised_share, PROBABILITY),
        displaced_margin=(displaced_margin, REAL),
    )
    return back(_even(m - k * d, f, t0))


@dataclass(frozen=True, eq=False, kw_only=True)
class OfferInputs(Inputs):
    """What an upsell or cross-sell offer rests on."""

    margin_per_taker: Real = assumed(REAL, "margin of what is offered")
    take_rate: Real = assumed(PROBABILITY, "share of the offered who take it")
    take_rate_without: Real = assumed(PROBABILITY, "share who buy it without the offer")
    cost_per_offer: Real = assumed(NOT_NEGATIVE, "of making the offer to one customer")
    cannibalised_share: Real = assumed(PROBABILITY, "of additional takers who give up another sale")
    displaced_margin: Real = assumed(REAL, "margin lost with each of these")

    def left(self) -> Real:
        """What an additional taker brings after what the offer displaces."""
        return self.margin_per_taker - self.cannibalised_share * self.displaced_margin

    def gain(self) -> Real:
        """(t − t₀)(M − κ·D) − f."""
        return (self.take_rate - self.take_rate_without) * self.left() - self.cost_per_offer


@dataclass(frozen=True, eq=False, kw_only=True)
class Offer(Decision):
    """Whether an upsell or cross-sell offer pays; made by `offer_to_customers`.

    Attributes
    ----------
    gain : float or Draws, money per customer who gets the offer
    margin_of_an_additional_taker : float or Draws, money
        After what the offer displaces.
    break_even_take_rate : float or Draws
        Above 1 or ``inf`` where no take rate is enough.
    share_paid_anyway : float or Draws
        The share of takers who would have bought without the offer.
    """

    inputs: OfferInputs
    margin_of_an_additional_taker: Real
    break_even_take_rate: Real
    share_paid_anyway: Real

    def headline(self) -> str:
        """The verdict in a sentence or two."""
        even = mean(self.break_even_take_rate)
        needed = "no take rate is enough" if even > 1.0 else f"it pays from a take rate of {even:.3%}"
        return (
            f"{shown(self.gain)} per customer offered; {needed}. {mean(self.share_paid_anyway):.1%} of the "
            "takers would have bought anyway."
        )


@one_a_row()
def offer_to_customers(
    margin_per_taker: NumberLike,
    *,
    take_rate: NumberLike,
    take_rate_without: NumberLike,
    cost_per_offer: NumberLike,
    cannibalised_share: NumberLike,
    displaced_margin: NumberLike,
) -> Offer:
    """Whether an upsell or cross-sell offer is worth it: (t − t₀)(M − κ·D) − f per customer who gets it.

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    margin_per_taker : number or Draws, money
        M, what the offered product brings, margin and not revenue; a lifetime value where it is a contract.
    take_rate : number or Draws in [0, 1]
        t, of those who get the offer.
    take_rate_without : number or Draws in [0, 1]
        t₀, of those who do not: the share that buys it anyway. No default, since leaving it out credits
        the offer with sales that it did not make.
    cost_per_offer : number or Draws, money, 0 or more
        f.
    cannibalised_share : number or Draws in [0, 1]
        κ, share of the additional takers who would else have bought something of ours, or go on paying less
        for it.
    displaced_margin : number or Draws, money
        D, margin lost with each of these.

    Examples
    --------
    >>> decision = offer_to_customers(
    ...     80,
    ...     take_rate=0.05,
    ...     take_rate_without=0.02,
    ...     cost_per_offer=1,
    ...     cannibalised_share=0.25,
    ...     displaced_margin=120,
    ... )
    >>> round(decision.gain, 6), round(decision.break_even_take_rate, 6), round(decision.share_paid_anyway, 6)
    (0.5, 0.04, 0.4)
    """
    x = OfferInputs.read(locals())
    return Offer(
        gain=x.gain(),
        inputs=x,
        margin_of_an_additional_taker=x.left(),
        break_even_take_rate=_even(*map(np.asarray, (x.left(), x.cost_per_offer, x.take_rate_without))),
        share_paid_anyway=share_paid_anyway(x.take_rate_without, x.take_rate),
    )


def _even(left: NumberLike, cost: NumberLike, without: NumberLike) -> NumberLike:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(left > 0.0, without + cost / left, inf)
