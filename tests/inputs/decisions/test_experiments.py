"""Judging tests by money refuses what it cannot use, and says what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from retainkit.decisions.experiments.experiment import experiment_from_draws
from retainkit.decisions.experiments.experiment_plan import sample_size_for_profit
from retainkit.decisions.experiments.information import evpi, evpi_of_draws, evsi
from retainkit.decisions.experiments.lifetime_test import lifetime_test
from retainkit.decisions.experiments.retention_test import retention_test
from retainkit.decisions.experiments.revenue_test import revenue_test
from retainkit.decisions.experiments.sample_size import sample_size_for_means, sample_size_for_shares
from retainkit.decisions.experiments.sequential import sequential_test
from retainkit.decisions.experiments.sequential_arms import sequential_retention_test, sequential_revenue_test
from retainkit.decisions.experiments.stopping_rule import when_to_stop
from retainkit.errors import InputError
from retainkit.rates import Rate

GIVEN: dict[Callable[..., Any], dict[str, Any]] = {
    retention_test: {
        "churned_control": 25,
        "control": 500,
        "churned_treated": 20,
        "treated": 500,
        "value": 800,
        "cost_per_customer": 5,
    },
    lifetime_test: {
        "churned_control": 25,
        "time_control": 500,
        "churned_treated": 20,
        "time_treated": 500,
        "margin_per_period": 50,
        "discount_rate": 0.01,
        "cost_per_customer": 5,
    },
    revenue_test: {"control": [1, 2, 3], "treated": [2, 3, 5], "cost_per_customer": 1},
    experiment_from_draws: {"control": [1, 2, 3], "treated": [2, 3, 5], "cost_per_customer": 1},
    sample_size_for_shares: {"share": 0.05, "other_share": 0.04},
    sample_size_for_means: {"difference": 5, "sd": 50},
    sample_size_for_profit: {"mean": 0, "sd": 5, "outcome_sd": 60, "customers": 1000},
    when_to_stop: {
        "mean": 0,
        "sd": 5,
        "outcome_sd": 60,
        "customers_per_period": 100,
        "horizon": 5,
    },
    evpi: {"mean": 1, "sd": 2},
    evsi: {"mean": 1, "sd": 2, "standard_error": 1},
    evpi_of_draws: {"gains": [1, -1]},
    sequential_test: {"estimate": [1, 2], "standard_error": [1, 0.5], "planned_standard_error": 0.5},
    sequential_retention_test: {
        "churned_control": [5, 9],
        "control": [100, 200],
        "churned_treated": [4, 8],
        "treated": [100, 200],
        "planned_per_arm": 500,
    },
    sequential_revenue_test: {
        "control": [1, 2, 3, 4],
        "treated": [2, 2, 3, 4],
        "looks": [2, 4],
        "planned_per_arm": 4,
    },
}


@pytest.mark.parametrize("function", GIVEN, ids=lambda f: f.__name__)
def test_what_is_given_is_accepted(function: Callable[..., Any]) -> None:
    assert function(**GIVEN[function]) is not None


@pytest.mark.parametrize(
    ("function", "given", "argument", "words"),
    [
        (retention_test, {"churned_control": 501}, "churned_control", "at most control = 500"),
        (retention_test, {"treated": -1}, "treated", "0 or more"),
        (retention_test, {"control": [500, 500]}, "control", "single number"),
        (retention_test, {"value": 0}, "value", "positive"),
        (retention_test, {"value": [800, -1]}, "value", "position 1"),
        (retention_test, {"cost_per_customer": -5}, "cost_per_customer", "0 or more"),
        (retention_test, {"prior": (0, 1)}, "prior[0]", "positive"),
        (retention_test, {"level": 95}, "level", "Write 90% as 0.9"),
        (retention_test, {"customers": np.inf}, "customers", "finite"),
        (retention_test, {"value": np.ones((3, 2))}, "value", "or draws of one"),
        (lifetime_test, {"time_control": 0}, "time_control", "positive"),
        (lifetime_test, {"discount_rate": 0}, "discount_rate", "positive"),
        (lifetime_test, {"churned_treated": 0, "prior": (0, 0)}, "churned_treated", "Give a prior"),
        (lifetime_test, {"discount_rate": Rate(0.1, per="year")}, "discount_rate", "Add the period"),
        (revenue_test, {"control": [1.0]}, "control", "two or more customers"),
        (revenue_test, {"treated": [1.0, np.nan]}, "treated", "Remove missing"),
        (revenue_test, {"posterior": "lognormal"}, "posterior", "bootstrap"),
        (experiment_from_draws, {"control": 1, "treated": 2}, "draws", "Draw some thousands"),
        (experiment_from_draws, {"control": [1, 2]}, "treated", "as many draws"),
        (sample_size_for_shares, {"share": 5}, "share", "Write 30%"),
        (sample_size_for_shares, {"power": 1}, "power", "below 1"),
        (sample_size_for_means, {"sd": -1}, "sd", "0 or more"),
        (sample_size_for_profit, {"customers": -5}, "customers", "0 or more"),
        (sample_size_for_profit, {"sd": [1, 2]}, "sd", "single number"),
        (when_to_stop, {"horizon": 0}, "horizon", "whole number"),
        (when_to_stop, {"horizon": 2.5}, "horizon", "whole number"),
        (when_to_stop, {"customers_per_period": 0}, "customers_per_period", "positive"),
        (evpi, {"sd": -1}, "sd", "0 or more"),
        (evsi, {"standard_error": -1}, "standard_error", "0 or more"),
        (evpi_of_draws, {"gains": np.ones((2, 2, 2))}, "gains", "column for every option"),
        (sequential_test, {"standard_error": [1, 0]}, "standard_error", "positive"),
        (sequential_test, {"estimate": np.ones((2, 2))}, "estimate", "one estimate per look"),
        (
            sequential_retention_test,
            {"churned_control": [9, 5]},
            "churned_control",
            "sums from the beginning",
        ),
        (sequential_retention_test, {"treated": [200, 100]}, "treated", "sums from the beginning"),
        (sequential_retention_test, {"churned_treated": [400, 500]}, "churned_treated", "at most treated"),
        (sequential_retention_test, {"planned_per_arm": 0}, "planned_per_arm", "positive"),
        (sequential_revenue_test, {"looks": [4, 2]}, "looks", "rising counts"),
        (sequential_revenue_test, {"looks": [2, 5]}, "looks", "the smaller arm"),
        (sequential_revenue_test, {"looks": [1, 4]}, "looks", "from 2"),
        (sequential_revenue_test, {"control": [1] * 4, "treated": [2] * 4}, "looks", "customers differ"),
    ],
)
def test_the_error_names_the_argument_and_the_way_out(
    function: Callable[..., Any], given: dict[str, Any], argument: str, words: str
) -> None:
    with pytest.raises(InputError) as caught:
        function(**(GIVEN[function] | given))
    assert caught.value.argument == argument
    assert words in str(caught.value)
    assert caught.value.way_out
