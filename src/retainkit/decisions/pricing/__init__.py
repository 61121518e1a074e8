"""What a price, a discount or a loyalty programme has to earn, and whether it does.

In reading order:

- `margin_against_churn` another margin against another churn: the engine of the next two.
- `price_change`     A price premium or any change of price: the volume it may cost, and what it does to
                      churn and value.
- `discount`         A permanent discount for loyal customers: everyone pays less for ever, so that some
                      stay longer.
- `paid_anyway`      how much of a reward goes to customers who would have done the thing anyway.
- `rebate`           A rebate on all that a customer spends: how much more has to be bought, how much is
                      given away.
- `points`           loyalty points: what a promise costs that some never claim and the others claim later.
- `points_liability` what a company owes its members: the roll-forward of points, and what they are expected
                      to cost.
- `take_rate`        upselling and cross-selling: who takes the offer because of it, and what it displaces.
- `loyalty_tiers`    loyalty tiers as a Markov chain: members climb, fall and leave; each tier has its
                      margin and benefits.
"""

from retainkit.decisions.pricing.discount import (
    LoyaltyDiscount,
    break_even_churn_with_discount,
    loyalty_discount,
)
from retainkit.decisions.pricing.loyalty_tiers import TierProgramme, tier_programme
from retainkit.decisions.pricing.paid_anyway import share_paid_anyway
from retainkit.decisions.pricing.points import (
    PointsRedemption,
    effective_rebate,
    points_programme,
    points_redemption,
)
from retainkit.decisions.pricing.points_liability import PointsLiability, points_liability
from retainkit.decisions.pricing.price_change import PriceChange, break_even_volume, price_change
from retainkit.decisions.pricing.rebate import Rebate, break_even_lift, rebate_programme
from retainkit.decisions.pricing.take_rate import Offer, break_even_take_rate, offer_to_customers

__all__ = [
    "LoyaltyDiscount",
    "Offer",
    "PointsLiability",
    "PointsRedemption",
    "PriceChange",
    "Rebate",
    "TierProgramme",
    "break_even_churn_with_discount",
    "break_even_lift",
    "break_even_take_rate",
    "break_even_volume",
    "effective_rebate",
    "loyalty_discount",
    "offer_to_customers",
    "points_liability",
    "points_programme",
    "points_redemption",
    "price_change",
    "rebate_programme",
    "share_paid_anyway",
    "tier_programme",
]
