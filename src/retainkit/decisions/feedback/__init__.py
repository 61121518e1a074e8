"""What to fix first: what customers say, and what it costs to leave it so.

In reading order:

- `tickets`                answers and tickets in a table of any kind: pandas, polars (eager, lazy),
                            pyarrow, dict of columns.
- `driver_parts`           the parts of R², one per driver, and how far they vary among samples of
                            respondents.
- `key_drivers`            what satisfaction goes along with: how much of its variation is due to each
                            driver in a survey.
- `importance_performance` importance against performance: what matters and is done badly comes first.
- `issue_effects`          how much more often customers leave who met an issue, other issues being equal.
- `effect_check`           did the fix work: the change among those who got it, less the change among those
                            who did not.
- `stakes`                 what an issue costs in customers, and what its fix brings.
- `issues_at_stake`        which issues to fix first, within a budget.

The parts of R² themselves, `shapley_r_squared` and `relative_weights`, know nothing of customers and stand
in ``retainkit._numerics.samples``.
"""

from retainkit._numerics.samples.relative_weights import relative_weights
from retainkit._numerics.samples.shapley_regression import (
    SampledParts,
    sampled_shapley_r_squared,
    shapley_r_squared,
)
from retainkit.decisions.feedback.driver_parts import DriverMethod
from retainkit.decisions.feedback.effect_check import EffectCheck, effect_check, effect_check_of_table
from retainkit.decisions.feedback.importance_performance import ImportancePerformance, importance_performance
from retainkit.decisions.feedback.issue_effects import EffectMethod, IssueEffects, issue_effects
from retainkit.decisions.feedback.issues_at_stake import IssueRanking, issues_at_stake
from retainkit.decisions.feedback.key_drivers import KeyDrivers, key_drivers, key_drivers_of_correlations
from retainkit.decisions.feedback.stakes import IssueAtStake, value_at_stake
from retainkit.decisions.feedback.tickets import tickets_by_customer

__all__ = [
    "DriverMethod",
    "EffectCheck",
    "EffectMethod",
    "ImportancePerformance",
    "IssueAtStake",
    "IssueEffects",
    "IssueRanking",
    "KeyDrivers",
    "SampledParts",
    "effect_check",
    "effect_check_of_table",
    "importance_performance",
    "issue_effects",
    "issues_at_stake",
    "key_drivers",
    "key_drivers_of_correlations",
    "relative_weights",
    "sampled_shapley_r_squared",
    "shapley_r_squared",
    "tickets_by_customer",
    "value_at_stake",
]
