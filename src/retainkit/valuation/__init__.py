"""What are customers worth: those at hand, subscribers, one not yet won?

Expected activity × margin × discounting → value. In reading order:

- `inputs`            the assumptions of every valuation, checked at the door.
- `customers`         the customers at hand: one row a customer, and the base as a whole.
- `lazy_customers`    the same of customers who stay in their engine.
- `new_customer`      one not yet won, and when the cost of winning one is paid back.
- `prior_predictive`  what a prior says of one before any data, so that one can say yes or no to it.
- `subscribers`       who of a subscription base may leave soon, and what each is worth.
- `by_tenure`         the subscribers at hand, by tenure, cohort and in all, and in the periods to come.
- `subscription_base` `value_subscriptions`, which gives either.
- `by_reason`         what each reason of leaving costs, and what less of it would bring.
- `acquisition_payback` what cohorts cost to win and have brought, and when the others are due.

`recurring/` forecasts recurring revenue; `scenarios/` has all figures of a business at once, from a record or
a table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from retainkit.addresses import lazily

# at once: a function that is called like its module would give way to it
from retainkit.valuation.prior_predictive import PriorPredictive, prior_predictive

if TYPE_CHECKING:
    from retainkit.valuation.acquisition_payback import CohortPayback, cohort_payback
    from retainkit.valuation.by_reason import ReasonValue, value_by_reason
    from retainkit.valuation.by_tenure import SubscriptionBaseValue, SubscriptionForecast
    from retainkit.valuation.customers import CustomerValue, value_customers
    from retainkit.valuation.lazy_customers import LazyCustomerValue
    from retainkit.valuation.new_customer import NewCustomerValue, Payback, payback_time, value_new_customer
    from retainkit.valuation.recurring.forecast import PlannedChange, forecast_revenue
    from retainkit.valuation.recurring.record import RevenueForecast
    from retainkit.valuation.recurring.simulate import SubscriptionTruth, simulate_billing
    from retainkit.valuation.scenarios import UnitEconomics
    from retainkit.valuation.subscribers import SubscriberValue
    from retainkit.valuation.subscription_base import value_subscriptions

# who values customers does not pay for scenarios, forecasts and what these need
_MODULES = {
    ".acquisition_payback": ("CohortPayback", "cohort_payback"),
    ".by_reason": ("ReasonValue", "value_by_reason"),
    ".by_tenure": ("SubscriptionBaseValue", "SubscriptionForecast"),
    ".customers": ("CustomerValue", "value_customers"),
    ".lazy_customers": ("LazyCustomerValue",),
    ".new_customer": ("NewCustomerValue", "Payback", "payback_time", "value_new_customer"),
    ".prior_predictive": ("PriorPredictive", "prior_predictive"),
    ".recurring.forecast": ("PlannedChange", "forecast_revenue"),
    ".recurring.record": ("RevenueForecast",),
    ".recurring.simulate": ("SubscriptionTruth", "simulate_billing"),
    ".scenarios": ("UnitEconomics",),
    ".subscribers": ("SubscriberValue",),
    ".subscription_base": ("value_subscriptions",),
}
__getattr__, __dir__, _ = lazily(__name__, _MODULES)

__all__ = [
    "CohortPayback",
    "CustomerValue",
    "LazyCustomerValue",
    "NewCustomerValue",
    "Payback",
    "PlannedChange",
    "PriorPredictive",
    "ReasonValue",
    "RevenueForecast",
    "SubscriberValue",
    "SubscriptionBaseValue",
    "SubscriptionForecast",
    "SubscriptionTruth",
    "UnitEconomics",
    "cohort_payback",
    "forecast_revenue",
    "payback_time",
    "prior_predictive",
    "simulate_billing",
    "value_by_reason",
    "value_customers",
    "value_new_customer",
    "value_subscriptions",
]
