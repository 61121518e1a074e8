"""NBD ends at the optimum that 40-digit arithmetic finds, and is the negative binomial distribution."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import nbinom

import retainkit as rk
from retainkit.ingest.examples import load_cdnow
from retainkit.models.purchasing.nbd import NBD

REFERENCE = tomllib.loads((Path(__file__).parents[2] / "reference" / "nbd.toml").read_text())


@pytest.mark.parametrize("case", REFERENCE["optimum"], ids=lambda c: c["file"])
def test_fits_on_cdnow(case: dict[str, Any]) -> None:
    columns = load_cdnow(case["file"])
    early = columns["date"] <= np.datetime64(case["until"])
    data = rk.summarize_transactions(
        {name: column[early] for name, column in columns.items()},
        customer_id="customer_id",
        date="date",
        unit="week",
        observation_end=case["until"],
    ).purchases
    assert len(data) == case["customers"]
    fitted = rk.fit(NBD, data)
    for name, value in case["parameters"].items():
        assert fitted.model.parameters[name] == pytest.approx(value, abs=case["parameter_digit"]), name
    digit = case["log_likelihood_digit"]
    assert fitted.log_likelihood == pytest.approx(case["log_likelihood"], abs=digit / 2)


def test_counts_are_negative_binomial() -> None:
    """Against scipy.stats.nbinom, for new customers and for those who have bought before."""
    model = NBD(r=0.385, alpha=12.07)
    n = np.arange(60)
    theirs = nbinom.pmf(n, 0.385, 12.07 / (12.07 + 52.0))
    np.testing.assert_allclose(model.purchase_pmf(n, 52.0), theirs, rtol=1e-11)
    customers = rk.Purchases(frequency=np.full(60, 3), recency=np.full(60, 9.0), T=np.full(60, 20.0))
    ahead = nbinom.pmf(n, 3.385, 32.07 / (32.07 + 52.0))
    np.testing.assert_allclose(model.purchase_pmf_given(customers, n, 52.0), ahead, rtol=1e-11)


def test_nobody_leaves() -> None:
    model = NBD(r=0.5, alpha=10.0, unit="week")
    customers = rk.Purchases(frequency=[0, 9], recency=[0.0, 3.0], T=[100.0, 100.0], unit="week")
    np.testing.assert_array_equal(model.probability_alive(customers), 1.0)
    np.testing.assert_array_equal(model.probability_alive(customers, 1000.0), 1.0)
    assert model.expected_purchases_new(math.inf) == math.inf
    assert model.expected_purchases_new(30.0) == pytest.approx(1.5, rel=1e-15)
    force = rk.Rate(0.01, per="week", kind="continuous")
    assert model.discounted_expected_purchases_new(force) == pytest.approx(0.05 / 0.01, rel=1e-14)


def test_no_time_and_all_time() -> None:
    model = NBD(r=0.5, alpha=10.0)
    np.testing.assert_array_equal(model.purchase_pmf([0, 1, 2], 0.0), [1.0, 0.0, 0.0])
    np.testing.assert_array_equal(model.purchase_pmf([0, 1, 2], math.inf), 0.0)
