"""What does a model need to know of customers? Columns of numbers, equal customers counted once.

The likelihood of every model depends on a customer only through a summary, so equal summaries are
counted, not repeated. In reading order:

- `purchases`     when customers bought, in the names that users of lifetimes know.
- `spend`         what they spent per purchase.
- `opportunities` when they took their chances to buy, where chances come one by one.
- `in_periods`    how many in each month, week or quarter, where the day is not known.
- `renewals`      how long they stayed, where leaving is seen.
- `covariates`    any of these with what else is known of the customers.
- `over_time`     purchases with what went on around them: seasons, campaigns, prices by period.

What all of them share (weights, checks, `compress()`) stands in `_base`, what tables of cohorts are in
`_cohorts`.
"""

from retainkit.summaries._base import AbstractSummary as AbstractSummary
from retainkit.summaries.covariates import Described as Described
from retainkit.summaries.covariates import align_covariates as align_covariates
from retainkit.summaries.covariates import encode_categories as encode_categories
from retainkit.summaries.in_periods import PurchasesInPeriods as PurchasesInPeriods
from retainkit.summaries.opportunities import Opportunities as Opportunities
from retainkit.summaries.over_time import CovariatePeriods as CovariatePeriods
from retainkit.summaries.over_time import PurchasesOverTime as PurchasesOverTime
from retainkit.summaries.purchases import Purchases as Purchases
from retainkit.summaries.renewals import Renewals as Renewals
from retainkit.summaries.spend import Spend as Spend
