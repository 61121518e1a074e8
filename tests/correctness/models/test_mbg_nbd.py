"""MBG/NBD meets its published optimum, 40-digit arithmetic at 250 places, and its singular points."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from accuracy_tables import read

import retainkit as rk
from retainkit.ingest.examples import load_cdnow

HERE = Path(__file__).parents[2] / "reference"
REFERENCE = tomllib.loads((HERE / "mbg_nbd.toml").read_text())


@cache
def points() -> list[dict[str, float]]:
    columns = read(REFERENCE["accuracy"]["table"])
    return [
        dict(zip(columns, row, strict=True))
        for row in zip(*map(np.ndarray.tolist, columns.values()), strict=True)
    ]


def model_of(c: dict[str, float]) -> rk.MBGNBD:
    return rk.MBGNBD(r=c["r"], alpha=c["alpha"], a=c["a"], b=c["b"], unit="week")


def customer_of(c: dict[str, float]) -> rk.Purchases:
    return rk.Purchases(frequency=c["x"], recency=c["t_x"], T=c["T"], unit="week")


def rate_of(c: dict[str, float]) -> rk.Rate:
    return rk.Rate(c["force"], per="week", kind="continuous", meant=True)


@pytest.mark.parametrize("case", REFERENCE["optimum"], ids=lambda c: c["file"])
def test_cdnow_optimum(case: dict[str, Any]) -> None:
    columns = load_cdnow(case["file"])
    early = columns["date"] <= np.datetime64(case["until"])
    summary = rk.summarize_transactions(
        {name: column[early] for name, column in columns.items()},
        customer_id="customer_id",
        date="date",
        unit="week",
        observation_end=case["until"],
    )
    fitted = rk.fit(rk.MBGNBD, summary.purchases)
    assert len(summary) == case["customers"]
    for name, value in case["parameters"].items():
        assert fitted.model.parameters[name] == pytest.approx(value, abs=case["parameter_digit"]), name
    digit = case["log_likelihood_digit"]
    assert fitted.log_likelihood == pytest.approx(case["log_likelihood"], abs=digit / 2)


def test_there_are_as_many_points_as_stated() -> None:
    assert len(points()) == REFERENCE["accuracy"]["points"]


def test_likelihood_and_score_agree_with_forty_digits() -> None:
    for c in points():
        value, score = model_of(c).log_likelihood_and_score(customer_of(c))
        assert value[0] == pytest.approx(c["log_likelihood"], rel=1e-10, abs=1e-8)
        for i, name in enumerate(("d_r", "d_alpha", "d_a", "d_b")):
            assert score[i, 0] == pytest.approx(c[name], rel=1e-7, abs=1e-10), name


ANSWERS: dict[str, Callable[[dict[str, float]], Any]] = {
    "alive": lambda c: model_of(c).probability_alive(customer_of(c))[0],
    "survival": lambda c: model_of(c).probability_alive(customer_of(c), c["horizon"])[0],
    "expected": lambda c: model_of(c).expected_purchases(customer_of(c), c["horizon"])[0],
    "discounted": lambda c: model_of(c).discounted_expected_purchases(
        customer_of(c), rate_of(c), c["horizon"]
    )[0],
    "discounted_ever": lambda c: model_of(c).discounted_expected_purchases(customer_of(c), rate_of(c))[0],
    "pmf": lambda c: model_of(c).purchase_pmf_given(customer_of(c), c["n"], c["horizon"])[0],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ANSWERS)
def test_answers_agree_with_brute_force_sums_in_fifty_digits(name: str) -> None:
    there = [c for c in points() if c[name] > 1e-290]
    assert len(there) > 120
    for c in there:
        assert ANSWERS[name](c) == pytest.approx(c[name], rel=1e-10), c


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_expected_purchases_agree_with_the_closed_form_over_the_whole_domain(seed: int) -> None:
    """Parameters .01 … 1000, x to 5000, times to 10,000, where sums would be too long, in 120 digits."""
    rng = np.random.default_rng(seed)
    compared = 0
    with mp.workdps(120):
        for _ in range(50):
            r, alpha, a, b = (float(v) for v in np.exp(rng.uniform(np.log(0.01), np.log(1000.0), 4)))
            x = int(np.exp(rng.uniform(0.0, np.log(5001.0)))) - 1
            T, horizon = (float(v) for v in np.exp(rng.uniform(np.log(0.1), np.log(10_000.0), 2)))
            model = rk.MBGNBD(r=r, alpha=alpha, a=a, b=b)
            customer = rk.Purchases(frequency=x, recency=T if x else 0.0, T=T)
            R, A, B, z = mp.mpf(r) + x, mp.mpf(alpha) + mp.mpf(T), mp.mpf(b) + x + 1, mp.mpf(horizon)
            try:
                series = mp.hyp2f1(R, B, a + B - 1, z / (A + z))
            except (mp.mp.NoConvergence, ValueError, ZeroDivisionError):  # pyright: ignore[reportAttributeAccessIssue]
                continue  # the reference gave up, not we
            truth = (a + B - 1) / (mp.mpf(a) - 1) * (1 - (A / (A + z)) ** R * series)
            odds = mp.mpf(a) / (B - 1) * (A / (alpha + mp.mpf(T if x else 0.0))) ** R
            truth /= 1 + odds
            assert model.expected_purchases(customer, horizon)[0] == pytest.approx(float(truth), rel=1e-10)
            compared += 1
    assert compared > 30


@pytest.mark.slow
@pytest.mark.parametrize(("a", "b"), [(1.0, 2.4258), (0.4, 0.6), (1.0 + 1e-13, 3.0), (1.0, 1.0)])
def test_singular_points_are_exact(a: float, b: float) -> None:
    """E = b/(a+b)·∫ r/α ₂F₁(r+1, a; a+b+1; −u/α) du, which divides by no a − 1."""
    model = rk.MBGNBD(r=0.5248, alpha=6.1831, a=a, b=b)
    with mp.workdps(40):
        r, alpha, a_, b_ = (mp.mpf(v) for v in model.parameters.values())

        def density(u: Any) -> Any:
            return r / alpha * mp.hyp2f1(r + 1, a_, a_ + b_ + 1, -u / alpha)

        truth: Any = b_ / (a_ + b_) * mp.quad(density, [0, 5, 10, 20, 39])
    assert model.expected_purchases_new(39.0) == pytest.approx(float(truth), rel=1e-13)


@pytest.mark.skipif(find_spec("lifetimes") is None, reason="lifetimes is not installed")
def test_agrees_with_lifetimes_where_lifetimes_is_right() -> None:
    import pandas as pd
    from lifetimes import ModifiedBetaGeoFitter

    model = rk.MBGNBD(r=0.524843, alpha=6.183086, a=0.891359, b=1.614002)
    peer = ModifiedBetaGeoFitter()
    peer.params_ = pd.Series(model.parameters)
    x, t_x, T = np.array([0.0, 2.0, 7.0]), np.array([0.0, 30.43, 20.0]), np.array([38.86, 38.86, 27.0])
    customers = rk.Purchases(frequency=x, recency=t_x, T=T)
    theirs = peer.conditional_probability_alive(x, t_x, T)
    np.testing.assert_allclose(model.probability_alive(customers), theirs, rtol=1e-12)
    theirs = peer.conditional_expected_number_of_purchases_up_to_time(39.0, x, t_x, T)
    np.testing.assert_allclose(model.expected_purchases(customers, 39.0), theirs, rtol=1e-9)
    theirs = peer.expected_number_of_purchases_up_to_time(39.0)
    assert model.expected_purchases_new(39.0) == pytest.approx(theirs, rel=1e-9)
