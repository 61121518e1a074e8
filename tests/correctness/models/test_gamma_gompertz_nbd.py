"""Gamma-Gompertz/NBD: what the paper says of its lifetimes, and a fit that is refused where it must be.

Its 1,000 answers in 40-digit arithmetic are in test_accuracy_pareto.py.
"""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import retainkit as rk
from retainkit.ingest.examples import load_cdnow
from retainkit.models.purchasing.gamma_gompertz_nbd import GammaGompertzNBD

REFERENCE = tomllib.loads((Path(__file__).parents[2] / "reference" / "gamma_gompertz_nbd.toml").read_text())
MODEL = GammaGompertzNBD(r=0.55, alpha=10.6, b=0.05, s=0.7, beta=6.0, unit="week")


@pytest.mark.slow
@pytest.mark.parametrize("case", REFERENCE["boundary"], ids=lambda c: c["file"])
def test_on_cdnow_the_fit_goes_to_pareto_nbd_and_is_refused(case: dict[str, Any]) -> None:
    columns = load_cdnow(case["file"])
    early = columns["date"] <= np.datetime64(case["until"])
    data = rk.summarize_transactions(
        {name: column[early] for name, column in columns.items()},
        customer_id="customer_id",
        date="date",
        unit="week",
        observation_end=case["until"],
    ).purchases
    with pytest.raises(rk.FitError, match="go to 0 together: the data do not bound") as refused:
        rk.fit(GammaGompertzNBD, data)
    assert refused.value.code == "boundary"
    attempt: Any = refused.value.attempt
    digit = case["log_likelihood_digit"]
    assert attempt.log_likelihood == pytest.approx(case["log_likelihood"], abs=digit / 2)


def test_survival_is_the_papers() -> None:
    """(β / (β − 1 + e^(b t)))^s of a new customer, and of one alive at T the ratio of two such."""
    customers = rk.Purchases(frequency=[0, 5], recency=[0.0, 20.0], T=[0.0, 20.0], unit="week")

    def survival(t: float) -> Any:
        return (mp.mpf(6) / (5 + mp.exp(mp.mpf("0.05") * t))) ** mp.mpf("0.7")

    with mp.workdps(30):
        truth = [float(survival(30)), float(survival(50) / survival(20))]
    np.testing.assert_allclose(MODEL.probability_alive(customers, 30.0), truth, rtol=1e-14)


def test_times_beyond_every_exponential_stay_finite() -> None:
    """e^(b t) of 10^43429 and more: the customers are gone, or (s tiny) still there with a known share."""
    model = GammaGompertzNBD(r=0.5, alpha=10.0, b=10.0, s=1e-6, beta=0.5)
    customers = rk.Purchases(frequency=[3, 0], recency=[9_000.0, 0.0], T=[10_000.0, 10_000.0])
    value, score = model.log_likelihood_and_score(customers)
    assert np.all(np.isfinite(value))
    assert np.all(np.isfinite(score))
    # alive at T: S(T + h)/S(T) = e^(−s b h), up to e^(−b T)
    ahead = model.probability_alive(customers, 10_000.0) / model.probability_alive(customers)
    np.testing.assert_allclose(ahead, math.exp(-0.1), rtol=1e-13)


def test_the_lifetime_is_finite_without_discount() -> None:
    with mp.workdps(30):
        survival = lambda t: (mp.mpf(6) / (5 + mp.exp(t / 20))) ** mp.mpf("0.7")  # noqa: E731
        lifetime = mp.quad(survival, [0, 20, 60, 100, 200, 400, 800, 1600, 3200])
        truth = float(mp.mpf("0.55") / mp.mpf("10.6") * lifetime)
    assert MODEL.expected_purchases_new(math.inf) == pytest.approx(truth, rel=1e-12)


def test_simulated_lifetimes_follow_the_survival_function() -> None:
    """Customers who buy all the time show when they left: the last purchase is the end of the lifetime."""
    eager = GammaGompertzNBD(r=1e4, alpha=1.0, b=0.05, s=0.7, beta=6.0)
    n = 40_000
    seen = eager.sample(np.full(n, 500.0), seed=3).recency
    for t in (1.0, 10.0, 40.0, 100.0):
        there = (6.0 / (5.0 + math.exp(0.05 * t))) ** 0.7
        assert abs(np.mean(seen > t) - there) < 4.0 * math.sqrt(there * (1.0 - there) / n)
