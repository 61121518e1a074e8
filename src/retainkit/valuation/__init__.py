"""What are customers worth: those at hand, subscribers, one not yet won?

Expected activity × margin × discounting → value. In reading order:

- `inputs`            the assumptions of every valuation, checked at the door.
- `customers`         the customers at hand: one row a customer, and the base as a whole.
- `new_customer`      one not yet won, and when the cost of winning one is paid back.
- `subscription_base` the subscribers at hand, by tenure, cohort and in all, and in the periods to come.

`scenarios/` has all figures of a business at once, from a record or a table.
"""

from retainkit.valuation.customers import CustomerValue, value_customers
from retainkit.valuation.new_customer import NewCustomerValue, Payback, payback_time, value_new_customer
from retainkit.valuation.scenarios import UnitEconomics
from retainkit.valuation.subscription_base import (
    SubscriptionBaseValue,
    SubscriptionForecast,
    value_subscriptions,
)

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
