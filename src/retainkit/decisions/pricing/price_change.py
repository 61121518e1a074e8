"""A price premium or any change of price: the volume it may cost, and what it does to churn and value."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np

from retainkit.columns import columns
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import mean, shown
from retainkit.decisions._base.inputs import assumed, setting
from retainkit.decisions._base.rows import one_a_row
from retainkit.decisions.pricing.margin_against_churn import MarginAgainstChurn
from retainkit.domains import CHANGE, GROWTH, POSITIVE, PROBABILITY, SHARE_ABOVE_0, refuse_unmeant
from retainkit.economics.formulas.survival import Curve
from retainkit.timing import FlowTiming, check_flow
from retainkit.typing import NumberLike, NumberOf, RateLike, Real, Same, Unit


def break_even_volume(
    price_change: NumberOf[Same], *, margin_share: NumberOf[Same], meant: bool = False
) -> Same:
    """The change of volume at which a change of price neither gains nor loses: −x/(g + x).

    In money: ΔQ/Q = −ΔP/(CM + ΔP), CM the contribution margin per unit at the old price.

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    price_change : number or column > -1
        x = ΔP/P, 0.05 for a price 5% higher, −0.05 for one 5% lower.
    margin_share : number or column in (0, 1]
        g, contribution margin as a share of the old price.
    meant : bool
        That a change above 1, a price more than doubled, is meant: who writes 5 mostly means 5%.

    Returns
    -------
    float, ndarray or Series
        −0.1111 for a loss of 11.11%; ``inf`` where a price cut leaves no margin, so that no volume makes up
        for it.

    Examples
    --------
    At a margin of 40% a price 5% higher may lose 11.11% of the volume; one 5% lower has to win 14.29%:

    >>> break_even_volume([0.05, -0.05], margin_share=0.4).round(4)
    array([-0.1111,  0.1429])
    """
    (x, g), back = columns(price_change=(price_change, CHANGE), margin_share=(margin_share, SHARE_ABOVE_0))
    refuse_unmeant("price_change", x, meant=meant)
    return back(_even_volume(x, g))


@dataclass(frozen=True, eq=False, kw_only=True)
class PriceChangeInputs(MarginAgainstChurn):
    """What a change of price rests on."""

    price_per_period: Real = assumed(POSITIVE, "paid by a customer, at the old price")
    change: Real = assumed(CHANGE, "of the price, as a share")
    margin_share: Real = assumed(SHARE_ABOVE_0, "margin at the old price, share of it")
    volume_change: Real = assumed(CHANGE, "volume lost or won at once")
    churn: Real | Curve = assumed(
        PROBABILITY, "share lost per period at the old price", rate="loss", curve=True
    )
    churn_after: Real | Curve = assumed(
        PROBABILITY, "share lost per period at the new price", rate="loss", curve=True
    )
    discount_rate: Real = assumed(GROWTH, "per period", rate="growth")
    timing: FlowTiming = setting(check_flow)

    def before(self) -> tuple[NumberLike, NumberLike]:
        """Margin per period and churn at the old price."""
        return self.price_per_period * self.margin_share, self.churn

    def after(self) -> tuple[NumberLike, NumberLike]:
        """Margin per period, of the volume that is left of before, and churn at the new price."""
        margin = self.price_per_period * (self.margin_share + self.change) * (1.0 + self.volume_change)
        return margin, self.churn_after

    def gain(self) -> NumberLike:
        """What a customer of before is worth more after the change."""
        before, after = self.values()
        return after - before


@dataclass(frozen=True, eq=False, kw_only=True)
class PriceChange(Decision):
    """Whether a change of price pays; made by `price_change`.

    Attributes
    ----------
    gain : float or Draws, money of now per customer of before
    value_before, value_after : float or Draws, money of now per customer of before
    break_even_volume : float or Draws
        Change of volume at which it neither gains nor loses, churn being as assumed; ``inf`` where none is.
    break_even_churn : float or Draws
        Churn after it at which it neither gains nor loses, volume being as assumed; below 0 where none does.
    """

    inputs: PriceChangeInputs
    value_before: Real
    value_after: Real
    break_even_volume: Real
    break_even_churn: Real

    def headline(self) -> str:
        """The verdict in a sentence or two."""
        return (
            f"{shown(self.gain)} per customer, {shown(self.value_after)} instead of "
            f"{shown(self.value_before)}. It turns at a change of volume of "
            f"{mean(self.break_even_volume):+.2%}, or at a "
            f"churn of {mean(self.break_even_churn):.4%}."
        )


@one_a_row()
def price_change(
    price_per_period: NumberLike,
    *,
    change: NumberLike,
    margin_share: NumberLike,
    volume_change: NumberLike,
    churn: RateLike,
    churn_after: RateLike,
    discount_rate: RateLike,
    timing: FlowTiming,
    period: Unit | None = None,
    meant: bool = False,
) -> PriceChange:
    """Whether a price premium, or any change of price, is worth it: margin against volume and churn.

    A customer pays P per period at a margin of g·P, so is worth value(gP, c). After the change the volume is
    1 + ΔQ times as large, at once, at a margin of (g + x)·P, and the churn is c'.

    Raises `InputError` for values outside their domain, and where a value has no end.

    Parameters
    ----------
    price_per_period : number or Draws, money, above 0
        P, what a customer pays in a period at the old price.
    change : number or Draws > -1
        x, 0.05 for 5% more.
    margin_share : number or Draws in (0, 1]
        g, at the old price.
    volume_change : number or Draws > -1
        ΔQ/Q, customers lost at once and purchases given up: −0.03 for 3% less. It has no default; neither
        has the churn.
    churn, churn_after : number or Draws in [0, 1], or Rate
        Or what gives a survival curve, as in `lifetime_value`; a curve is not searched for a turning point.
    discount_rate : number or Draws > -1, or Rate, per period
    timing : {"begin", "mid", "end", "end-if-retained", "continuous"}
        As `lifetime_value`.
    period : unit, optional
        What the price counts in; needed to convert a `Rate`.
    meant : bool
        That a change of price or volume above 1, more than doubled, is meant: who writes 5 mostly means 5%.

    Examples
    --------
    >>> decision = price_change(
    ...     100,
    ...     change=0.05,
    ...     margin_share=0.4,
    ...     volume_change=-0.02,
    ...     churn=0.05,
    ...     churn_after=0.054,
    ...     discount_rate=0.01,
    ...     timing="end",
    ... )
    >>> decision.worth_it, round(decision.gain, 2), round(decision.break_even_churn, 5)
    (True, 22.4, 0.05615)
    """
    x = PriceChangeInputs.read(locals())
    before, after = x.finite_values()
    return PriceChange(
        gain=after - before,
        inputs=x,
        value_before=before,
        value_after=after,
        break_even_volume=_volume_needed(before, after, x.volume_change),
        break_even_churn=x.even_churn(),
    )


def _volume_needed(before: NumberLike, after: NumberLike, volume_change: NumberLike) -> NumberLike:
    """The change of volume at which the value after is the value before."""
    before, after = np.asarray(before), np.asarray(after)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(after > 0.0, before / after * (1.0 + np.asarray(volume_change)) - 1.0, inf)


def _even_volume(x: NumberLike, g: NumberLike) -> NumberLike:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(g + x > 0.0, -x / (g + x), inf)
