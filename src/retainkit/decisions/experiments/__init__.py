"""Did it pay: a test against a control group, its size beforehand and its verdict in money.

In reading order:

- `rate_contrast`   differences of rates with an interval that stays right for small rates and few
                     customers.
- `tested`          what the verdicts on tests rest on: one kind of inputs for each kind of outcome.
- `experiment`      what a test says about money: the posterior of the net gain, and what a wrong decision
                     would cost.
- `retention_test`  A test of who left: the net gain from two shares, each with its beta posterior.
- `lifetime_test`   A test of how long customers stay: the net gain from two rates of leaving, each with its
                     gamma posterior.
- `revenue_test`    A test of what customers spent: the net gain from the margins of two arms, customer by
                     customer.
- `sample_size`     how many customers a test needs to show an effect: the classical numbers.
- `stopping_rule`   when to stop a test: as soon as no further period earns its cost.
- `experiment_plan` whether to test, and with how many customers, so that test and roll-out together earn
                     most.
- `information`     what it is worth to know more before deciding: perfect information, and that of a
                     sample.
- `sequential`      looking at a test as often as one likes, and keeping its error: confidence sequences.
- `sequential_arms` the sequential test for the two outcomes that retention tests have: who left, and what
                     customers spent.
"""

from retainkit.decisions.experiments.experiment import ExperimentResult, experiment_from_draws
from retainkit.decisions.experiments.experiment_plan import ExperimentPlan, sample_size_for_profit
from retainkit.decisions.experiments.information import (
    evpi,
    evpi_of_draws,
    evppi_of_draws,
    evsi,
    evsi_of_draws,
)
from retainkit.decisions.experiments.lifetime_test import lifetime_test
from retainkit.decisions.experiments.rate_contrast import Contrast, rate_contrast
from retainkit.decisions.experiments.retention_test import retention_test
from retainkit.decisions.experiments.revenue_test import revenue_test
from retainkit.decisions.experiments.sample_size import sample_size_for_means, sample_size_for_shares
from retainkit.decisions.experiments.sequential import SequentialResult, sequential_test
from retainkit.decisions.experiments.sequential_arms import sequential_retention_test, sequential_revenue_test
from retainkit.decisions.experiments.stopping_rule import when_to_stop

__all__ = [
    "Contrast",
    "ExperimentPlan",
    "ExperimentResult",
    "SequentialResult",
    "evpi",
    "evpi_of_draws",
    "evppi_of_draws",
    "evsi",
    "evsi_of_draws",
    "experiment_from_draws",
    "lifetime_test",
    "rate_contrast",
    "retention_test",
    "revenue_test",
    "sample_size_for_means",
    "sample_size_for_profit",
    "sample_size_for_shares",
    "sequential_retention_test",
    "sequential_revenue_test",
    "sequential_test",
    "when_to_stop",
]
