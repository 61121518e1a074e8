"""How much more a referred customer is worth than another one, and where the difference comes from.

Schmitt, P., Skiera, B. and Van den Bulte, C. (2011), "Referral Programs and Customer Value", Journal of
Marketing 75(1), 46-59, doi:10.1509/jm.75.1.46, found referred customers of a bank to have higher margins and
retention; other companies found lower churn only, or no more value (Armelini, G., Barrot, C. and Becker,
J. U. 2015, International Journal of Research in Marketing 32(4), 449-452,
doi:10.1016/j.ijresmar.2015.09.004). So nothing here has a default: measure your own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import mean, shown
from retainkit.decisions._base.inputs import Inputs, assumed, setting
from retainkit.decisions._base.rows import one_a_row
from retainkit.domains import GROWTH, NOT_NEGATIVE, PROBABILITY, REAL
from retainkit.economics.formulas.perpetuity import refuse_infinite
from retainkit.economics.formulas.survival import Curve
from retainkit.economics.lifetime.lifetime_value import lifetime_value
from retainkit.rates import as_read
from retainkit.timing import FlowTiming, check_flow
from retainkit.typing import NumberLike, RateLike, Real, Unit


@dataclass(frozen=True, eq=False, kw_only=True)
class PremiumInputs(Inputs):
    """What the premium of a referred customer rests on."""

    margin_per_period: Real = assumed(REAL, "margin of another customer")
    margin_referred: Real = assumed(REAL, "margin of a referred one")
    churn: Real | Curve = assumed(PROBABILITY, "share lost per period of the others", rate="loss", curve=True)
    churn_referred: Real | Curve = assumed(
        PROBABILITY, "share lost per period of the referred", rate="loss", curve=True
    )
    acquisition_cost: Real = assumed(NOT_NEGATIVE, "of winning another customer")
    acquisition_cost_referred: Real = assumed(NOT_NEGATIVE, "reward and programme")
    discount_rate: Real = assumed(GROWTH, "per period", rate="growth")
    timing: FlowTiming = setting(check_flow)

    def worth(self, churn: NumberLike | Curve) -> NumberLike:
        """What a margin of 1 per period is worth."""
        d = as_read(self.discount_rate)
        return lifetime_value(1.0, churn=churn, discount_rate=d, timing=self.timing)

    def gain(self) -> NumberLike:
        """What a referred customer brings more, after the cost of winning each."""
        ours = self.margin_referred * self.worth(self.churn_referred) - self.acquisition_cost_referred
        return ours - self.margin_per_period * self.worth(self.churn) + self.acquisition_cost


@dataclass(frozen=True, eq=False, kw_only=True)
class ReferredPremium(Decision):
    """What a referred customer is worth more than another; made by `referred_customer_premium`.

    Attributes
    ----------
    gain : float or Draws, money of now per customer
        Value less cost of winning of a referred customer, less that of another one.
    value_referred, value_other : float or Draws, money of now, before the cost of winning
    from_margin, from_retention, from_acquisition_cost : float or Draws, money of now
        Parts of the gain; they sum to it. Margin and retention share what they make together.
    premium_share : float or Draws
        Of the value before the cost of winning: 0.16 for 16% more.
    """

    inputs: PremiumInputs
    value_referred: Real
    value_other: Real
    from_margin: Real
    from_retention: Real
    from_acquisition_cost: Real
    premium_share: Real

    def headline(self) -> str:
        """The verdict in a sentence or two."""
        return (
            f"a referred customer brings {shown(self.gain)} more than another one: "
            f"{mean(self.from_margin):+,.2f} by margin, {mean(self.from_retention):+,.2f} by retention, "
            f"{mean(self.from_acquisition_cost):+,.2f} by the cost of winning."
        )


@one_a_row()
def referred_customer_premium(
    margin_per_period: NumberLike,
    *,
    margin_referred: NumberLike,
    churn: RateLike,
    churn_referred: RateLike,
    acquisition_cost: NumberLike,
    acquisition_cost_referred: NumberLike,
    discount_rate: RateLike,
    timing: FlowTiming,
    period: Unit | None = None,
) -> ReferredPremium:
    """How much more a referred customer is worth than another one, by margin, retention and cost of winning.

    Raises `InputError` for values outside their domain, and where a value has no end.

    Parameters
    ----------
    margin_per_period, margin_referred : number or Draws, money per period
        Of a customer won in another way, and of a referred one.
    churn, churn_referred : number or Draws in [0, 1], or Rate
        Or what gives a survival curve, as in `lifetime_value`.
    acquisition_cost, acquisition_cost_referred : number or Draws, money per customer, 0 or more
        For a referred one the reward and the cost of the programme.
    discount_rate, timing, period
        As `lifetime_value`; the rate may be draws.

    Examples
    --------
    >>> premium = referred_customer_premium(50, margin_referred=54, churn=0.05, churn_referred=0.044,
    ...     acquisition_cost=200, acquisition_cost_referred=80, discount_rate=0.01, timing="end")
    >>> premium.value_referred, round(premium.premium_share, 3), round(premium.gain, 2)
    (1000.0, 0.2, 286.67)
    """
    x = PremiumInputs.read(locals())
    ours, other = x.worth(x.churn_referred), x.worth(x.churn)
    refuse_infinite(np.asarray(ours + other), way_out="Discount: a value without end cannot be compared.")
    m, m_referred = x.margin_per_period, x.margin_referred
    with np.errstate(divide="ignore", invalid="ignore"):
        # of customers worth nothing there is no share: infinite, or undefined where both are
        share = np.asarray(m_referred * ours) / np.asarray(m * other) - 1.0
    return ReferredPremium(
        gain=x.gain(),
        inputs=x,
        value_referred=m_referred * ours,
        value_other=m * other,
        # half of the joint effect to each: the parts add up, whichever difference is taken out first
        from_margin=(m_referred - m) * (ours + other) / 2.0,
        from_retention=(m_referred + m) * (ours - other) / 2.0,
        from_acquisition_cost=x.acquisition_cost - x.acquisition_cost_referred,
        premium_share=share,
    )
