"""Weighted sufficient statistics: the treaty between data and models.

The likelihood of every model depends on a customer only through a summary, so equal summaries are
counted, not repeated.
"""

from retainkit.summaries._base import AbstractSummary as AbstractSummary
from retainkit.summaries.covariates import Described as Described
from retainkit.summaries.covariates import align_covariates as align_covariates
from retainkit.summaries.covariates import encode_categories as encode_categories
from retainkit.summaries.opportunities import Opportunities as Opportunities
from retainkit.summaries.over_time import CovariatePeriods as CovariatePeriods
from retainkit.summaries.over_time import PurchasesOverTime as PurchasesOverTime
from retainkit.summaries.purchases import Purchases as Purchases
from retainkit.summaries.renewals import Renewals as Renewals
from retainkit.summaries.spend import Spend as Spend
