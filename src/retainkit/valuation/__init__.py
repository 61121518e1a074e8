"""Expected activity × margin × discounting → value: of a customer, of the base, of a new customer."""

from retainkit.valuation.customers import CustomerValue, value_customers
from retainkit.valuation.new_customer import NewCustomerValue, Payback, payback_time, value_new_customer
from retainkit.valuation.scenarios import UnitEconomics
from retainkit.valuation.subscription_base import SubscriptionBaseValue, value_subscriptions
from retainkit.valuation.subscription_forecast import SubscriptionForecast

__all__ = [
    "CustomerValue",
    "NewCustomerValue",
    "Payback",
    "SubscriptionBaseValue",
    "SubscriptionForecast",
    "UnitEconomics",
    "payback_time",
    "value_customers",
    "value_new_customer",
    "value_subscriptions",
]
