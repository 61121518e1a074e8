"""Weighted sufficient statistics: the treaty between data and models.

The likelihood of every model depends on a customer only through a summary, so equal summaries are
counted, not repeated.
"""

from retainkit.summaries._base import AbstractSummary as AbstractSummary
from retainkit.summaries.opportunities import Opportunities as Opportunities
from retainkit.summaries.purchases import Purchases as Purchases
from retainkit.summaries.renewals import Renewals as Renewals
from retainkit.summaries.spend import Spend as Spend
