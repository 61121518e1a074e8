"""What word of mouth is worth: referrals, rewards for them, reviews.

In reading order:

- `multiplier` referred customers refer others: what one customer is worth with all that follow, and why
                retention counts.
- `value`      what the referrals of a customer are worth: two kinds of referral, and only one of them
                brings a customer.
- `reward`     how large a referral reward should be: more of it brings more referrals and costs more on
                every one.
- `premium`    how much more a referred customer is worth than another one, and where the difference comes
                from.
- `reviews`    what reviews do to acquisition and revenue: how many see them, and what a better rating
                changes for these.
"""

from retainkit.decisions.referral.multiplier import (
    ReferralGrowth,
    referral_multiplier,
    referrals_per_customer,
    value_with_referrals,
)
from retainkit.decisions.referral.premium import ReferredPremium, referred_customer_premium
from retainkit.decisions.referral.reviews import ReviewEffect, customers_from_reviews, review_effect
from retainkit.decisions.referral.reward import ReferralReward, best_referral_reward
from retainkit.decisions.referral.value import ReferralValue, customer_referral_value, value_of_referral

__all__ = [
    "ReferralGrowth",
    "ReferralReward",
    "ReferralValue",
    "ReferredPremium",
    "ReviewEffect",
    "best_referral_reward",
    "customer_referral_value",
    "customers_from_reviews",
    "referral_multiplier",
    "referrals_per_customer",
    "referred_customer_premium",
    "review_effect",
    "value_of_referral",
    "value_with_referrals",
]
