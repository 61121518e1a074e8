"""How does recurring revenue move, and who stays, by a subscription table?

In reading order:

- `billing`       `read_subscriptions`, the verb: a billing table of any shape → the base.
- `base`          who held which plan from when to when, at which price: the object behind all questions.
- `board`         movements and ratios by plan, country, cohort and period, in one table.
- `subscriptions` what every customer pays per month, read from the tables that businesses have.
- `movements`     how recurring revenue moved: new, expansion, reactivation, contraction, churn.
- `ratios`        retention, churn and growth as ratios, each with its denominator named.
- `cohorts`       what became of the customers who began in the same month, quarter or year.
- `episodes`      tenures cut where a plan, a price or the calendar changes: what hazard ratios are fitted to.
- `split`         the base as it was known on a day, and what became of those who were there.
- `efficiency`    how dearly growth is bought: magic number, burn multiple, rule of 40.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from retainkit.addresses import lazily

if TYPE_CHECKING:
    from retainkit.metrics.base import SubscriptionBase as SubscriptionBase
    from retainkit.metrics.billing import read_subscriptions as read_subscriptions
    from retainkit.metrics.board import SubscriptionMetrics as SubscriptionMetrics
    from retainkit.metrics.cohorts import CohortTable as CohortTable
    from retainkit.metrics.cohorts import cohort_table as cohort_table
    from retainkit.metrics.efficiency import burn_multiple as burn_multiple
    from retainkit.metrics.efficiency import magic_number as magic_number
    from retainkit.metrics.efficiency import rule_of_40 as rule_of_40
    from retainkit.metrics.episodes import Episodes as Episodes
    from retainkit.metrics.episodes import cut_episodes as cut_episodes
    from retainkit.metrics.movements import MRRMovements as MRRMovements
    from retainkit.metrics.movements import mrr_movements as mrr_movements
    from retainkit.metrics.ratios import average_revenue_per_account as average_revenue_per_account
    from retainkit.metrics.ratios import churn_rate as churn_rate
    from retainkit.metrics.ratios import gross_revenue_retention as gross_revenue_retention
    from retainkit.metrics.ratios import net_revenue_retention as net_revenue_retention
    from retainkit.metrics.ratios import quick_ratio as quick_ratio
    from retainkit.metrics.split import as_of as as_of
    from retainkit.metrics.subscriptions import Subscriptions as Subscriptions

_MODULES = {
    ".base": ("SubscriptionBase",),
    ".billing": ("read_subscriptions",),
    ".board": ("SubscriptionMetrics",),
    ".cohorts": ("CohortTable", "cohort_table"),
    ".efficiency": ("burn_multiple", "magic_number", "rule_of_40"),
    ".episodes": ("Episodes", "cut_episodes"),
    ".movements": ("MRRMovements", "mrr_movements"),
    ".ratios": (
        "average_revenue_per_account",
        "churn_rate",
        "gross_revenue_retention",
        "net_revenue_retention",
        "quick_ratio",
    ),
    ".split": ("as_of",),
    ".subscriptions": ("Subscriptions",),
}
__getattr__, __dir__, __all__ = lazily(__name__, _MODULES)  # pyright: ignore[reportUnsupportedDunderAll]
