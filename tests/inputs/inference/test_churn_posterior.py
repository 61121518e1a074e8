"""Counts that cannot be those of customers who left are refused, and priors and seeds that are none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import retainkit as rk


@pytest.mark.parametrize(
    ("churned", "customers", "code", "told"),
    [
        (5, 4, "inconsistent", r"churned must be at most customers = 4, got 5\.0"),
        ([1, 5], [4, 4], "inconsistent", r"churned must be at most customers, got 5\.0 at position 1"),
        (-1, 4, "out-of-range", "churned must be 0 or more"),
        (1, -4, "out-of-range", "customers must be 0 or more"),
        (0.05, 4, "not-whole", "churned must be whole"),
        (1, 4.5, "not-whole", "customers must be whole"),
        (0, 0, "empty", "customers must be 1 or more: the churn of nobody"),
        ([1, 0], [4, 0], "empty", r"customers must be 1 or more.* got 0\.0 at position 1"),
        (np.nan, 4, "not-finite", "churned must be 0 or more, and finite"),
        (1, np.inf, "not-finite", "customers must be 0 or more, and finite"),
        ("1", 4, "not-a-number", "churned must be a number"),
        (True, 4, "not-a-number", "churned must be a number"),
        ([1, 2], [4, 4, 4], "length-mismatch", "customers must have the same length"),
    ],
)
def test_impossible_counts_are_refused(churned: Any, customers: Any, code: str, told: str) -> None:
    with pytest.raises(rk.InputError, match=told) as error:
        rk.churn_posterior(churned, customers, seed=1)
    assert error.value.code == code


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"draws": 0}, "draws must be a whole number, 1 or more"),
        ({"draws": 10.5}, "draws must be a whole number, 1 or more"),
        ({"seed": None}, "seed must be a whole number of 0 or more, or a numpy Generator, got None"),
        ({"seed": "one"}, "seed must be"),
        ({"seed": 1.5}, "seed must be"),
        ({"seed": -1}, "seed must be"),
        ({"prior": (0, 1)}, r"prior\[0\] must be positive"),
        ({"prior": (1, np.inf)}, r"prior\[1\] must be positive and finite"),
        ({"prior": 1}, "prior must be two numbers"),
        ({"prior": (1, 1, 1)}, "prior must be two numbers"),
        ({"prior": ("flat", 1)}, r"prior\[0\] must be a number"),
    ],
)
def test_priors_draws_and_seeds_that_are_none_are_refused(given: dict[str, Any], told: str) -> None:
    call: Any = rk.churn_posterior
    with pytest.raises(rk.InputError, match=told):
        call(1, 20, **{"seed": 1} | given)


def test_rows_of_other_customers_are_refused() -> None:
    with pytest.raises(rk.InputError, match="same index"):
        rk.churn_posterior(pd.Series([1, 2]), pd.Series([9, 9], index=[1, 0]), seed=1)
