"""What customers who move between states or segments are worth.

In reading order:

- `markov_value`    the value of a customer who moves between states, a Markov chain with money in them, and
                     when to stop marketing.
- `migration_value` the migration model: customers who skip a sale are not lost, but come back less and less
                     probably.
- `customer_equity` what all customers together are worth: those of now, those to come, and those who switch
                     brands.
"""

from retainkit.economics.segments.customer_equity import brand_switching_value, customer_equity
from retainkit.economics.segments.markov_value import StoppingPlan, best_stopping, markov_value, recency_chain
from retainkit.economics.segments.migration_value import migration_purchases, migration_value

__all__ = [
    "StoppingPlan",
    "best_stopping",
    "brand_switching_value",
    "customer_equity",
    "markov_value",
    "migration_purchases",
    "migration_value",
    "recency_chain",
]
